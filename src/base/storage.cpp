// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/base/storage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "base/element_converter.hpp"
#include "base/join.hpp"
#include "memdata/base/error.hpp"

namespace memdata {

namespace {

constexpr int deflate_id = 1;
constexpr int fletcher32_id = 3;
constexpr int szip_id = 4;
constexpr int nbit_id = 5;
constexpr int scaleoffset_id = 6;

constexpr unsigned szip_entropy = static_cast<unsigned>(SzipCoding::entropy);
constexpr unsigned szip_nearest = static_cast<unsigned>(SzipCoding::nearest_neighbour);

/// HDF5's own, and those of its registry that are met most.
const char* known_name(int id) {
    constexpr std::array<std::pair<int, const char*>, 14> names = {{{deflate_id, "deflate"},
                                                                    {2, "shuffle"},
                                                                    {fletcher32_id, "fletcher32"},
                                                                    {szip_id, "szip"},
                                                                    {nbit_id, "nbit"},
                                                                    {scaleoffset_id, "scaleoffset"},
                                                                    {307, "bzip2"},
                                                                    {32000, "lzf"},
                                                                    {32001, "blosc"},
                                                                    {32004, "lz4"},
                                                                    {32008, "bitshuffle"},
                                                                    {32013, "zfp"},
                                                                    {32015, "zstd"},
                                                                    {32026, "blosc2"}}};
    const auto* found = std::ranges::find(names, id, &std::pair<int, const char*>::first);
    return found != names.end() ? found->second : nullptr;
}

void check_file_dtype(const Dtype& file_dtype, const Dtype& dtype, Conversion how, const std::string& path) {
    const auto fail = [&](const std::string& why) {
        throw ArgumentError(
            fmt::format("{}: {} cannot be stored as {}: {}", path, to_string(dtype), to_string(file_dtype), why),
            {.path = path, .dtype = to_string(dtype)});
    };
    if (file_dtype.is_trivial() != dtype.is_trivial()) {
        fail("one is of variable length, the other is not; convert the data first, by converted()");
    }
    try {
        detail::check_convertible(dtype, file_dtype, how);
    } catch (const DtypeError& error) {
        fail(error.what());
    }
}

void check_chunks(const std::vector<Index>& chunks, const Dtype& dtype, const Shape& shape, const std::string& path) {
    const auto fail = [&](const std::string& why, std::optional<int> axis = std::nullopt) {
        throw ArgumentError(
            fmt::format("{}: chunks {} of shape {}: {}", path, detail::tuple_text(chunks), to_string(shape), why),
            {.path = path, .axis = axis});
    };
    if (chunks.size() != static_cast<std::size_t>(shape.ndim())) {
        fail(fmt::format("one extent per axis is needed, {} axes", shape.ndim()));
    }
    constexpr std::uint64_t limit = std::uint64_t{1} << 32U;  // HDF5 keeps a chunk's bytes in 32 bits
    std::uint64_t bytes = dtype.itemsize();
    for (int axis = 0; axis < shape.ndim(); ++axis) {
        const Index chunk = chunks[static_cast<std::size_t>(axis)];
        if (chunk < 1) {
            fail(fmt::format("extent {} on axis {} is below 1", chunk, axis), axis);
        }
        // As in HDF5, a dataset without elements may have any chunks: it may have been cut by a selection.
        if (shape.elements() > 0 && chunk > shape[axis]) {
            fail(fmt::format("extent {} on axis {} is above the dataset's {}", chunk, axis, shape[axis]), axis);
        }
        if (bytes >= limit || static_cast<std::uint64_t>(chunk) >= (limit - 1) / bytes + 1) {
            fail(fmt::format("a chunk of {} elements has 4 GiB or more", to_string(dtype)));
        }
        bytes *= static_cast<std::uint64_t>(chunk);
    }
}

/// Types that szip takes: what HDF5 says has a byte order and a precision. Others may follow: HDF5 has the last word.
bool may_be_number(const Dtype& dtype) {
    switch (dtype.kind()) {
        case TypeKind::complex64:
        case TypeKind::complex128:
        case TypeKind::compound:
        case TypeKind::subarray:
        case TypeKind::fixed_string:
        case TypeKind::variable_string:
        case TypeKind::sequence:
        case TypeKind::opaque:
            return false;
        default:
            return true;
    }
}

/// Why a filter cannot be; nothing when it can as far as HDF5 need not be asked.
std::string objection(const Filter& filter, const Dtype& dtype, const std::vector<Index>& chunks) {
    constexpr int largest_id = 65535;  // H5Z_FILTER_MAX
    if (filter.id < 1 || filter.id > largest_id) {
        return "there is no such filter";
    }
    if (filter.mandatory && !dtype.is_trivial()) {
        return "HDF5 does not filter variable-length data; use fixed strings";
    }
    if (filter.id == deflate_id && (filter.options.size() != 1 || filter.options[0] > 9)) {
        return "the level of deflate is 0 to 9";
    }
    if (filter.id == scaleoffset_id && filter.options.size() != 2) {
        return "scaleoffset has two options, the way and the number of digits or bits";
    }
    if (filter.id != szip_id) {
        return "";
    }
    if (filter.options.size() != 2 || (filter.options[0] != szip_entropy && filter.options[0] != szip_nearest)) {
        return "szip has two options: the coding (4 entropy, 32 nearest neighbour) and the pixels a block";
    }
    const unsigned pixels = filter.options[1];
    if (pixels < 2 || pixels > 32 || pixels % 2 != 0) {
        return "the pixels a block of szip are even, 2 to 32";
    }
    const std::size_t size = dtype.itemsize();
    if (!may_be_number(dtype) || (size != 1 && size != 2 && size != 4 && size != 8)) {
        return fmt::format("szip takes numbers of 1, 2, 4 or 8 bytes, not {}", to_string(dtype));
    }
    Index elements = 1;  // no more than 4 GiB, or check_chunks() had failed
    for (const Index chunk : chunks) {
        elements *= chunk;
    }
    return chunks.empty() || elements >= static_cast<Index>(pixels)
               ? ""
               : fmt::format("a block of {} pixels is more than the {} elements of a chunk", pixels, elements);
}

void check_filters(const Storage& storage, const Dtype& dtype, const std::string& path) {
    constexpr std::size_t most_filters = 32;     // H5Z_MAX_NFILTERS
    constexpr std::size_t most_options = 16000;  // they share 64 KiB of an object's header
    const auto fail = [&](const std::string& what, const std::string& why) {
        throw ArgumentError(fmt::format("{}: {}: {}", path, what, why), {.path = path, .dtype = to_string(dtype)});
    };
    std::size_t options = 0;
    for (const Filter& filter : storage.filters) {
        const std::string why = objection(filter, dtype, storage.chunks);
        if (!why.empty()) {
            fail(to_string(filter), why);
        }
        const bool once = filter.id == szip_id || filter.id == nbit_id || filter.id == scaleoffset_id;
        if (once && std::ranges::count(storage.filters, filter.id, &Filter::id) > 1) {
            fail(to_string(filter), "HDF5 sets up the first of two such filters only, and crashes in the second");
        }
        options += filter.options.size();
    }
    if (storage.filters.size() > most_filters || options > most_options) {
        fail(fmt::format("{} filters with {} options", storage.filters.size(), options),
             fmt::format("at most {} with {} in all are possible", most_filters, most_options));
    }
}

}  // namespace

void Storage::check(const Dtype& dtype, const Shape& shape, const std::string& path, bool is_distributed) const {
    if (null_space && (is_distributed || shape != Shape{0} || !chunks.empty() || wants_automatic_chunks())) {
        throw ArgumentError(fmt::format("{}: a null dataspace has no elements: a common dataset of shape (0,) without "
                                        "chunks stands for it, not {} of shape {}",
                                        path, is_distributed ? "a distributed one" : "one", to_string(shape)),
                            {.path = path});
    }
    if (automatic_chunks && !chunks.empty()) {
        throw ArgumentError(fmt::format("{}: chunks are given and also to be chosen automatically", path),
                            {.path = path});
    }
    if (wants_automatic_chunks() && shape.is_scalar()) {
        throw ArgumentError(fmt::format("{}: a scalar has neither chunks nor filters", path), {.path = path});
    }
    if (!chunks.empty()) {
        check_chunks(chunks, file_dtype.value_or(dtype), shape, path);
    }
    check_filters(*this, file_dtype.value_or(dtype), path);
    if (file_dtype) {
        check_file_dtype(*file_dtype, dtype, conversion, path);
    }
}

std::string to_string(const Filter& filter) {
    const char* name = known_name(filter.id);
    std::string text = name != nullptr ? name : fmt::format("filter {}", filter.id);
    if (filter.id == deflate_id) {
        text += fmt::format(" {}", detail::join(filter.options, " "));
    } else if (filter.id == szip_id && filter.options.size() == 2 &&
               (filter.options[0] == szip_entropy || filter.options[0] == szip_nearest)) {
        text += fmt::format(" {} {}", filter.options[0] == szip_entropy ? "ec" : "nn", filter.options[1]);
    } else if (!filter.options.empty()) {
        text += fmt::format(" ({})", detail::join(filter.options, ", "));
    }
    if (filter.mandatory != (filter.id == fletcher32_id)) {
        text += filter.mandatory ? " mandatory" : " optional";
    }
    return text;
}

std::string to_string(const Storage& storage) {
    std::string text = storage.null_space                 ? "null"
                       : storage.wants_automatic_chunks() ? "automatic chunks"
                       : storage.chunks.empty()           ? "contiguous"
                                                          : "chunks " + detail::tuple_text(storage.chunks);
    for (const Filter& filter : storage.filters) {
        text += ", " + to_string(filter);
    }
    if (storage.file_dtype) {
        text += ", as " + to_string(*storage.file_dtype);
        text += storage.conversion == Conversion::lossy ? ", lossy" : "";
    }
    return text;
}

}  // namespace memdata
