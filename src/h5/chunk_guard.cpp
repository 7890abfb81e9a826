// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "h5/chunk_guard.hpp"

#include <string>
#include <vector>

namespace memdata::h5 {

namespace {

std::size_t pass_on(unsigned flags, std::size_t count, const unsigned options[], std::size_t bytes, std::size_t*,
                    void**) {
    if ((flags & H5Z_FLAG_REVERSE) == 0 || (count == 1 && bytes == options[0])) {
        return bytes;
    }
    H5Epush2(H5E_DEFAULT, __FILE__, __func__, __LINE__, H5E_ERR_CLS, H5E_PLINE, H5E_BADSIZE,
             "%zu bytes come out of the filters, not the %u of a chunk", bytes, count == 1 ? options[0] : 0);
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
        const H5Z_class2_t description = {H5Z_CLASS_T_VERS, free,    1,      1, "memdata's check of a chunk's size",
                                          nullptr,          nullptr, pass_on};
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

AsItIs filter_of(hid_t list, unsigned index) {
    AsItIs filter;
    std::size_t options = 0;
    unsigned configuration = 0;
    check(H5Pget_filter2(list, index, &filter.flags, &options, nullptr, 0, nullptr, &configuration), "H5Pget_filter2");
    filter.options.resize(options);
    filter.id =
        check(H5Pget_filter2(list, index, &filter.flags, &options, filter.options.data(), 0, nullptr, &configuration),
              "H5Pget_filter2");
    return filter;
}

}  // namespace

bool guard_chunks(hid_t list, std::uint32_t chunk_bytes) {
    const int count = check(H5Pget_nfilters(list), "H5Pget_nfilters");
    if (count >= H5Z_MAX_NFILTERS) {
        return false;
    }
    std::vector<AsItIs> filters{{registered(), H5Z_FLAG_MANDATORY, {chunk_bytes}}};
    for (unsigned index = 0; index < static_cast<unsigned>(count); ++index) {
        filters.push_back(filter_of(list, index));
    }
    check(H5Premove_filter(list, H5Z_FILTER_ALL), "H5Premove_filter");
    for (const AsItIs& filter : filters) {
        check(H5Pset_filter(list, filter.id, filter.flags, filter.options.size(), filter.options.data()),
              "H5Pset_filter");
    }
    return true;
}

}  // namespace memdata::h5
