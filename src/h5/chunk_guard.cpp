// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "h5/chunk_guard.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <optional>

#include "h5/filters.hpp"
#include "h5/memory_file.hpp"
#include "h5/types.hpp"

namespace memdata::h5 {

namespace {

/// What a guard asks of the bytes that it is to pass on; a and b are its other options.
enum Rule : unsigned {
    exact,        ///< there are `a` of them
    at_least,     ///< there are `a` or more
    szip,         ///< szip's header tells of at most `a` bytes
    scaleoffset,  ///< they are as many as the header tells for `a` elements of `b` bytes
};

constexpr const char* guard_name = "memdata's chunk guard";
std::atomic<H5Z_filter_t> guard_number = 0;  // none yet

std::uint32_t little_endian(const unsigned char* bytes) {
    return bytes[0] | static_cast<std::uint32_t>(bytes[1]) << 8U | static_cast<std::uint32_t>(bytes[2]) << 16U |
           static_cast<std::uint32_t>(bytes[3]) << 24U;
}

bool can_be(unsigned rule, std::uint64_t a, std::uint64_t b, std::size_t bytes, const unsigned char* data) {
    constexpr std::size_t szip_header = 4;
    constexpr std::size_t scaleoffset_header = 21;
    switch (rule) {
        case exact:
            return bytes == a;
        case at_least:
            return bytes >= a;
        case szip:
            return bytes > szip_header && little_endian(data) <= a;
        case scaleoffset: {
            const std::uint64_t bits = bytes < scaleoffset_header ? 0 : little_endian(data);
            return bytes >= scaleoffset_header && bits <= 8 * b && bytes >= scaleoffset_header + (a * bits + 7) / 8;
        }
        default:
            return false;
    }
}

std::size_t pass_on(unsigned flags, std::size_t count, const unsigned options[], std::size_t bytes, std::size_t*,
                    void** buffer) {
    if ((flags & H5Z_FLAG_REVERSE) == 0 ||
        (count == 3 && can_be(options[0], options[1], options[2], bytes, static_cast<unsigned char*>(*buffer)))) {
        return bytes;
    }
    H5Epush2(H5E_DEFAULT, __FILE__, __func__, __LINE__, H5E_ERR_CLS, H5E_PLINE, H5E_BADSIZE,
             "%zu bytes cannot be what a filter made of the chunk, or the chunk", bytes);
    return 0;
}

/// The number of our filter: the highest that is free, far from those that HDF5 gives out.
H5Z_filter_t registered() {
    static const H5Z_filter_t number = [] {
        H5Z_filter_t free = H5Z_FILTER_MAX;
        while (H5Zfilter_avail(free) > 0) {
            --free;
        }
        H5Eclear2(H5E_DEFAULT);
        const H5Z_class2_t description = {H5Z_CLASS_T_VERS, free, 1, 1, guard_name, nullptr, nullptr, pass_on};
        check(H5Zregister(&description), "H5Zregister");
        guard_number = free;
        return free;
    }();
    return number;
}

struct AsItIs {
    H5Z_filter_t id = 0;
    unsigned flags = 0;
    std::vector<unsigned> options = {};
};

AsItIs guard(Rule rule, Index a, Index b = 0) {
    return {registered(), H5Z_FLAG_MANDATORY, {rule, static_cast<unsigned>(a), static_cast<unsigned>(b)}};
}

std::vector<AsItIs> filters_of(hid_t list) {
    std::vector<AsItIs> filters(static_cast<std::size_t>(check(H5Pget_nfilters(list), "H5Pget_nfilters")));
    for (unsigned i = 0; i < filters.size(); ++i) {
        AsItIs& filter = filters[i];
        std::size_t options = 0;
        unsigned configuration = 0;
        check(H5Pget_filter2(list, i, &filter.flags, &options, nullptr, 0, nullptr, &configuration), "H5Pget_filter2");
        filter.options.resize(options);
        filter.id =
            check(H5Pget_filter2(list, i, &filter.flags, &options, filter.options.data(), 0, nullptr, &configuration),
                  "H5Pget_filter2");
    }
    return filters;
}

void add(hid_t list, const AsItIs& filter) {
    check(H5Pset_filter(list, filter.id, filter.flags, filter.options.size(), filter.options.data()), "H5Pset_filter");
}

/// Bytes of a chunk after the filter nbit, which takes out the gaps of a type: as many whatever the data.
Index bytes_after_nbit(const AsItIs& nbit, const Dtype& file_dtype, const Shape& chunk) {
    const File file = memory_file({});
    const PropertyList list = chunked_properties(chunk, {});
    add(list.get(), nbit);
    const Dataset dataset = make_one_chunk(file, file_dtype, chunk, list.get());
    check(dataset.get(), "H5Dcreate2");
    const Type type = make_type(file_dtype);
    const std::vector<std::byte> zeros(static_cast<std::size_t>(chunk.bytes(file_dtype.itemsize())));
    check(H5Dwrite(dataset.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, zeros.data()), "H5Dwrite");
    check(H5Dflush(dataset.get()), "H5Dflush");
    return static_cast<Index>(H5Dget_storage_size(dataset.get()));
}

/// Looks at what a filter is to undo, where that may harm it.
std::optional<AsItIs> guard_of(const AsItIs& filter, const Dtype& file_dtype, const Shape& chunk) {
    const Index bytes = chunk.bytes(file_dtype.itemsize());
    constexpr Index checksum = 4;
    switch (filter.id) {
        case H5Z_FILTER_FLETCHER32:
            return guard(at_least, checksum);
        case H5Z_FILTER_SZIP:
            return guard(szip, bytes + checksum * H5Z_MAX_NFILTERS);  // szip may follow a checksum
        case H5Z_FILTER_SCALEOFFSET:
            return guard(scaleoffset, chunk.elements(), static_cast<Index>(file_dtype.itemsize()));
        case H5Z_FILTER_NBIT:
            return guard(exact, bytes_after_nbit(filter, file_dtype, chunk));
        default:
            return std::nullopt;
    }
}

/// As the oldest format has numbers of two bytes.
std::string two_bytes(std::size_t number) {
    return {static_cast<char>(number & 0xffU), static_cast<char>(number >> 8U & 0xffU)};
}

std::size_t number_at(const std::string& bytes, std::size_t at) {
    return static_cast<unsigned char>(bytes.at(at)) | std::size_t{static_cast<unsigned char>(bytes.at(at + 1))} << 8U;
}

}  // namespace

bool is_chunk_guard(int id) noexcept { return id != 0 && id == guard_number; }

std::string too_many_to_guard(const std::vector<Filter>& filters) {
    const auto guarded = std::ranges::count_if(filters, [](const Filter& filter) {
        return filter.id == H5Z_FILTER_FLETCHER32 || filter.id == H5Z_FILTER_SZIP ||
               filter.id == H5Z_FILTER_SCALEOFFSET || filter.id == H5Z_FILTER_NBIT;
    });
    const std::size_t all = 1 + filters.size() + static_cast<std::size_t>(guarded);
    return all <= H5Z_MAX_NFILTERS
               ? ""
               : fmt::format(
                     "{} filters are too many: with memdata's checks against damaged chunks between them they are "
                     "{}, and HDF5 takes {}",
                     filters.size(), all, H5Z_MAX_NFILTERS);
}

ChunkGuards::ChunkGuards(hid_t list, const Dtype& file_dtype, const Shape& chunk) {
    if (const std::string reason = too_many_to_guard(read_filters(list, {})); !reason.empty()) {
        throw IoError(reason, {});
    }
    std::vector<AsItIs> all{guard(exact, chunk.bytes(file_dtype.itemsize()))};  // fits, HDF5 keeps it in 32 bits, too
    for (AsItIs& filter : filters_of(list)) {
        std::optional<AsItIs> guard = guard_of(filter, file_dtype, chunk);
        const auto own = static_cast<unsigned>(all.size());
        places_.push_back({.own = own, .guard = own + (guard ? 1U : 0U), .put_later = 0});
        if (!knows_given_options(filter.id)) {
            places_.back().put_later = filter.id;
            filter.id = registered();
        }
        all.push_back(std::move(filter));
        if (guard) {
            all.push_back(std::move(*guard));
        }
    }
    count_ = all.size();
    check(H5Premove_filter(list, H5Z_FILTER_ALL), "H5Premove_filter");
    for (const AsItIs& filter : all) {
        add(list, filter);
    }
}

bool ChunkGuards::hold_places() const noexcept {
    return std::ranges::any_of(places_, [](const Place& place) { return place.put_later != 0; });
}

void ChunkGuards::put_filters(std::string& file) const {
    // The message of the filters, version 1: their number and six bytes; then of each filter its number, the bytes of
    // its name, flags, the number of options, the name and the options, both padded to eight bytes.
    const auto padded = [](std::size_t bytes) { return (bytes + 7) / 8 * 8; };
    std::string name = guard_name;
    name.resize(padded(name.size() + 1), '\0');
    const std::string first = std::string{1, static_cast<char>(count_)} + std::string(6, '\0') +
                              two_bytes(static_cast<std::size_t>(registered())) + two_bytes(name.size()) +
                              two_bytes(H5Z_FLAG_MANDATORY) + two_bytes(3) + name;
    constexpr std::size_t message_head = 8;
    constexpr std::size_t filter_head = 8;
    std::size_t found = file.find(first);
    if (found == std::string::npos) {
        throw IoError("this HDF5 does not store filters in the way of its oldest format", {});
    }
    for (; found != std::string::npos; found = file.find(first, found + 1)) {  // HDF5 may have left an old copy
        std::size_t at = found + message_head;
        auto place = places_.begin();
        for (unsigned i = 0; i < count_ && place != places_.end(); ++i) {
            if (i == place->own) {
                if (place->put_later != 0) {
                    file.replace(at, 2, two_bytes(static_cast<std::size_t>(place->put_later)));
                }
                ++place;
            }
            at += filter_head + padded(number_at(file, at + 2)) + padded(4 * number_at(file, at + 6));
        }
    }
}

std::uint32_t ChunkGuards::with(std::uint32_t skipped) const noexcept {
    std::uint32_t result = 0;
    for (std::size_t i = 0; i < places_.size(); ++i) {
        if (((skipped >> i) & 1U) != 0) {
            result |= std::uint32_t{1} << places_[i].own | std::uint32_t{1} << places_[i].guard;
        }
    }
    return result;
}

std::uint32_t ChunkGuards::without(std::uint32_t skipped) const noexcept {
    std::uint32_t result = 0;
    for (std::size_t i = 0; i < places_.size(); ++i) {
        result |= ((skipped >> places_[i].own) & 1U) << i;
    }
    return result;
}

}  // namespace memdata::h5
