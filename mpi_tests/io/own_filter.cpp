// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "own_filter.hpp"

#include <hdf5.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace memdata_test {

namespace {

/// The options of the filter with this number lie from `first` on.
template <std::size_t first>
std::size_t add(unsigned flags, std::size_t count, const unsigned options[], std::size_t bytes, std::size_t*,
                void** buffer) {
    if (count <= first) {
        return 0;
    }
    auto* data = static_cast<unsigned char*>(*buffer);
    const unsigned sign = (flags & H5Z_FLAG_REVERSE) != 0 ? 255 : 1;
    std::for_each(data, data + bytes,
                  [&](unsigned char& byte) { byte = static_cast<unsigned char>(byte + sign * options[first]); });
    return bytes;
}

htri_t takes_four_bytes(hid_t, hid_t type, hid_t) { return H5Tget_size(type) == 4 ? 1 : 0; }

herr_t wants_less_than_100(hid_t list, hid_t, hid_t) {
    std::array<unsigned, 8> options{};
    std::size_t count = options.size();
    unsigned flags = 0;
    H5Pget_filter_by_id2(list, choosy_filter, &flags, &count, options.data(), 0, nullptr, nullptr);
    return count == 1 && options[0] < 100 ? 0 : -1;
}

herr_t grow(hid_t list, hid_t type, hid_t) {
    std::array<unsigned, 8> options = {0, 3, static_cast<unsigned>(H5Tget_size(type))};
    std::size_t count = options.size() - 3;
    unsigned flags = 0;
    H5Pget_filter_by_id2(list, growing_filter, &flags, &count, options.data() + 3, 0, nullptr, nullptr);
    if (count > options.size() - 3) {
        return -1;
    }
    return H5Pmodify_filter(list, growing_filter, flags, count + 3, options.data());
}

/// As H5Z-ZFP does: what comes out means something else when it goes in again.
herr_t replace(hid_t list, hid_t type, hid_t) {
    std::array<unsigned, 2> options{};
    std::size_t count = options.size();
    unsigned flags = 0;
    H5Pget_filter_by_id2(list, replacing_filter, &flags, &count, options.data(), 0, nullptr, nullptr);
    options = {static_cast<unsigned>(H5Tget_size(type)), options[0]};
    return count == 0 ? -1 : H5Pmodify_filter(list, replacing_filter, flags, options.size(), options.data());
}

void must(herr_t result) {
    if (result < 0) {
        throw std::runtime_error("a filter of the test cannot be registered");
    }
}

void register_filter(int id, bool encodes, const char* name, H5Z_can_apply_func_t can_apply,
                     H5Z_set_local_func_t set_local, H5Z_func_t filter) {
    const H5Z_class2_t description = {H5Z_CLASS_T_VERS, id, encodes ? 1U : 0U, 1, name, can_apply, set_local, filter};
    must(H5Zregister(&description));
}

}  // namespace

void register_own_filters() {
    register_filter(plain_filter, true, "plain", nullptr, nullptr, add<0>);
    register_filter(decoding_filter, false, "decoding", nullptr, nullptr, add<0>);
    register_filter(choosy_filter, true, "choosy", takes_four_bytes, wants_less_than_100, add<0>);
    register_filter(growing_filter, true, "growing", nullptr, grow, add<3>);
    register_filter(replacing_filter, true, "replacing", nullptr, replace, add<1>);
}
void register_absent_filter() { register_filter(absent_filter, true, "a friend's filter", nullptr, nullptr, add<0>); }
void unregister_absent_filter() { must(H5Zunregister(absent_filter)); }

}  // namespace memdata_test
