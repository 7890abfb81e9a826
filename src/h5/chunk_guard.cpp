// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "h5/chunk_guard.hpp"

#include <optional>

#include "h5/space.hpp"
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
        const H5Z_class2_t description = {H5Z_CLASS_T_VERS,        free,    1,       1,
                                          "memdata's chunk guard", nullptr, nullptr, pass_on};
        check(H5Zregister(&description), "H5Zregister");
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
    const PropertyList in_memory(check(H5Pcreate(H5P_FILE_ACCESS), "H5Pcreate"));
    constexpr std::size_t increment = std::size_t{64} << 10;
    check(H5Pset_fapl_core(in_memory.get(), increment, false), "H5Pset_fapl_core");
    const File file(check(H5Fcreate("memdata nbit", H5F_ACC_TRUNC, H5P_DEFAULT, in_memory.get()), "H5Fcreate"));
    const PropertyList list(check(H5Pcreate(H5P_DATASET_CREATE), "H5Pcreate"));
    const std::vector<hsize_t> extents(chunk.begin(), chunk.end());
    check(H5Pset_chunk(list.get(), chunk.ndim(), extents.data()), "H5Pset_chunk");
    add(list.get(), nbit);
    const Type type = make_type(file_dtype);
    const Space space = make_space(chunk);
    const Dataset dataset(check(
        H5Dcreate2(file.get(), "chunk", type.get(), space.get(), H5P_DEFAULT, list.get(), H5P_DEFAULT), "H5Dcreate2"));
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

}  // namespace

ChunkGuards::ChunkGuards(hid_t list, const Dtype& file_dtype, const Shape& chunk) {
    std::vector<AsItIs> all{guard(exact, chunk.bytes(file_dtype.itemsize()))};  // fits, HDF5 keeps it in 32 bits, too
    for (AsItIs& filter : filters_of(list)) {
        std::optional<AsItIs> guard = guard_of(filter, file_dtype, chunk);
        const auto own = static_cast<unsigned>(all.size());
        places_.push_back({own, own + (guard ? 1U : 0U)});
        all.push_back(std::move(filter));
        if (guard) {
            all.push_back(std::move(*guard));
        }
    }
    used_ = all.size() <= H5Z_MAX_NFILTERS;
    if (used_) {
        check(H5Premove_filter(list, H5Z_FILTER_ALL), "H5Premove_filter");
        for (const AsItIs& filter : all) {
            add(list, filter);
        }
    }
}

std::uint32_t ChunkGuards::with(std::uint32_t skipped) const noexcept {
    if (!used_) {
        return skipped;
    }
    std::uint32_t result = 0;
    for (std::size_t i = 0; i < places_.size(); ++i) {
        if (((skipped >> i) & 1U) != 0) {
            result |= std::uint32_t{1} << places_[i].own | std::uint32_t{1} << places_[i].guard;
        }
    }
    return result;
}

std::uint32_t ChunkGuards::without(std::uint32_t skipped) const noexcept {
    if (!used_) {
        return skipped;
    }
    std::uint32_t result = 0;
    for (std::size_t i = 0; i < places_.size(); ++i) {
        result |= ((skipped >> places_[i].own) & 1U) << i;
    }
    return result;
}

}  // namespace memdata::h5
