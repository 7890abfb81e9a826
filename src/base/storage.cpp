// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/base/storage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "base/element_converter.hpp"
#include "base/join.hpp"
#include "memdata/base/error.hpp"

namespace memdata {

namespace {

constexpr int deflate_id = 1;
constexpr int shuffle_id = 2;
constexpr int fletcher32_id = 3;
constexpr int largest_id = 65535;  // H5Z_FILTER_MAX

std::string filter_text(const Filter& filter) {
    switch (filter.id) {
        case deflate_id:
            return fmt::format("deflate {}", detail::join(filter.options, " "));
        case shuffle_id:
            return "shuffle";
        case fletcher32_id:
            return "fletcher32";
        default:
            break;
    }
    return filter.options.empty() ? fmt::format("filter {}", filter.id)
                                  : fmt::format("filter {} ({})", filter.id, detail::join(filter.options, ", "));
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

void check_filters(const std::vector<Filter>& filters, const std::string& path) {
    for (const Filter& filter : filters) {
        if (filter.id < 1 || filter.id > largest_id) {
            throw ArgumentError(fmt::format("{}: there is no filter {}", path, filter.id), {.path = path});
        }
        if (filter.id == deflate_id && (filter.options.size() != 1 || filter.options[0] > 9)) {
            throw ArgumentError(
                fmt::format("{}: the level of deflate is 0 to 9, not \"{}\"", path, detail::join(filter.options, " ")),
                {.path = path});
        }
    }
}

}  // namespace

void Storage::check(const Dtype& dtype, const Shape& shape, const std::string& path, bool is_distributed) const {
    if (null_space && (is_distributed || shape != Shape{0} || !chunks.empty())) {
        throw ArgumentError(fmt::format("{}: a null dataspace has no elements: a common dataset of shape (0,) without "
                                        "chunks stands for it, not {} of shape {}",
                                        path, is_distributed ? "a distributed one" : "one", to_string(shape)),
                            {.path = path});
    }
    if (chunks.empty() && !filters.empty()) {
        throw ArgumentError(fmt::format("{}: {} needs chunks", path, filter_text(filters.front())), {.path = path});
    }
    if (!chunks.empty()) {
        check_chunks(chunks, file_dtype.value_or(dtype), shape, path);
    }
    check_filters(filters, path);
    if (file_dtype) {
        check_file_dtype(*file_dtype, dtype, conversion, path);
    }
}

std::string to_string(const Storage& storage) {
    std::string text = storage.null_space       ? "null"
                       : storage.chunks.empty() ? "contiguous"
                                                : "chunks " + detail::tuple_text(storage.chunks);
    for (const Filter& filter : storage.filters) {
        text += ", " + filter_text(filter);
    }
    if (storage.file_dtype) {
        text += ", as " + to_string(*storage.file_dtype);
        text += storage.conversion == Conversion::lossy ? ", lossy" : "";
    }
    return text;
}

}  // namespace memdata
