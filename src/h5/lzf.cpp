// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "h5/lzf.hpp"

#include <hdf5.h>

#ifdef MEMDATA_HAVE_LZF
#include <lzf.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <limits>
#include <utility>
#endif

namespace memdata::h5 {

#ifdef MEMDATA_HAVE_LZF

namespace {

constexpr H5Z_filter_t lzf_id = 32000;

/// The options are, as h5py has them: the filter's revision, LZF's version, the bytes of a chunk.
herr_t set_options(hid_t list, hid_t type, hid_t) {
    constexpr unsigned revision = 4;
    unsigned flags = 0;
    std::size_t count = 0;
    std::array<hsize_t, H5S_MAX_RANK> extents{};
    if (H5Pget_filter_by_id2(list, lzf_id, &flags, &count, nullptr, 0, nullptr, nullptr) < 0) {
        return -1;
    }
    const int ndim = H5Pget_chunk(list, H5S_MAX_RANK, extents.data());
    std::uint64_t bytes = H5Tget_size(type);
    for (int axis = 0; axis < ndim; ++axis) {
        bytes *= extents[static_cast<std::size_t>(axis)];
    }
    if (ndim < 0 || bytes == 0 || bytes > std::numeric_limits<unsigned>::max()) {
        return -1;
    }
    const std::array<unsigned, 3> options = {revision, LZF_VERSION, static_cast<unsigned>(bytes)};
    return H5Pmodify_filter(list, lzf_id, flags, options.size(), options.data());
}

/// Gives the new buffer to HDF5 in place of the old one.
std::size_t hand_over(void* made, std::size_t room, std::size_t used, std::size_t* size, void** buffer) {
    H5free_memory(std::exchange(*buffer, made));
    *size = room;
    return used;
}

/// Returns 0 when the chunk does not become smaller: it is then stored as it is.
std::size_t compress(std::size_t bytes, std::size_t* size, void** buffer) {
    if (bytes < 2 || bytes > std::numeric_limits<unsigned>::max()) {
        return 0;
    }
    void* made = H5allocate_memory(bytes, false);
    const unsigned used =
        made == nullptr ? 0
                        : lzf_compress(*buffer, static_cast<unsigned>(bytes), made, static_cast<unsigned>(bytes - 1));
    if (used == 0) {
        H5free_memory(made);
        return 0;
    }
    return hand_over(made, bytes, used, size, buffer);
}

/// `expected`: the bytes of a chunk, 0 when the file does not tell.
std::size_t decompress(std::size_t bytes, std::size_t expected, std::size_t* size, void** buffer) {
    constexpr std::size_t most = std::numeric_limits<unsigned>::max();
    for (std::size_t room = expected != 0 ? expected : 4 * bytes; room <= most; room *= 2) {
        void* made = H5allocate_memory(room, false);
        if (made == nullptr) {
            return 0;
        }
        const unsigned used = lzf_decompress(*buffer, static_cast<unsigned>(bytes), made, static_cast<unsigned>(room));
        if (used != 0) {
            return hand_over(made, room, used, size, buffer);
        }
        const bool too_small = errno == E2BIG;
        H5free_memory(made);
        if (!too_small) {
            return 0;
        }
    }
    return 0;
}

std::size_t filter(unsigned flags, std::size_t count, const unsigned options[], std::size_t bytes, std::size_t* size,
                   void** buffer) {
    return (flags & H5Z_FLAG_REVERSE) != 0 ? decompress(bytes, count >= 3 ? options[2] : 0, size, buffer)
                                           : compress(bytes, size, buffer);
}

}  // namespace

void register_lzf() {
    if (H5Zfilter_avail(lzf_id) <= 0) {
        const H5Z_class2_t description = {H5Z_CLASS_T_VERS, lzf_id, 1, 1, "lzf", nullptr, set_options, filter};
        H5Zregister(&description);
    }
    H5Eclear2(H5E_DEFAULT);
}

#else

void register_lzf() {}

#endif

}  // namespace memdata::h5
