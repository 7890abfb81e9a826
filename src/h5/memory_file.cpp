// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "h5/memory_file.hpp"

#include <fmt/format.h>

#include <atomic>
#include <vector>

#include "h5/space.hpp"
#include "h5/types.hpp"

namespace memdata::h5 {

File memory_file(const ErrorContext& context, std::string bytes) {
    const PropertyList access(check(H5Pcreate(H5P_FILE_ACCESS), "H5Pcreate", context));
    constexpr std::size_t increment = std::size_t{64} << 10;
    check(H5Pset_fapl_core(access.get(), increment, false), "H5Pset_fapl_core", context);
    static std::atomic<unsigned long> made = 0;  // HDF5 takes files in memory of one name for the same
    const std::string name = fmt::format("memdata in memory {}", ++made);
    if (bytes.empty()) {
        // The oldest format: whoever changes the bytes of a file has no checksums to care for.
        check(H5Pset_libver_bounds(access.get(), H5F_LIBVER_EARLIEST, H5F_LIBVER_LATEST), "H5Pset_libver_bounds",
              context);
        return File(check(H5Fcreate(name.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access.get()), "H5Fcreate", context));
    }
    check(H5Pset_file_image(access.get(), bytes.data(), bytes.size()), "H5Pset_file_image", context);
    return File(check(H5Fopen(name.c_str(), H5F_ACC_RDWR, access.get()), "H5Fopen (in memory)", context));
}

std::string bytes_of(const File& file, const ErrorContext& context) {
    check(H5Fflush(file.get(), H5F_SCOPE_GLOBAL), "H5Fflush", context);
    const ssize_t size = H5Fget_file_image(file.get(), nullptr, 0);
    if (size < 0) {
        throw_failure("H5Fget_file_image", context);
    }
    std::string bytes(static_cast<std::size_t>(size), '\0');
    if (H5Fget_file_image(file.get(), bytes.data(), bytes.size()) != size) {
        throw_failure("H5Fget_file_image", context);
    }
    return bytes;
}

PropertyList chunked_properties(const Shape& chunk, const ErrorContext& context) {
    PropertyList list(check(H5Pcreate(H5P_DATASET_CREATE), "H5Pcreate", context));
    const std::vector<hsize_t> extents(chunk.begin(), chunk.end());
    check(H5Pset_chunk(list.get(), chunk.ndim(), extents.data()), "H5Pset_chunk", context);
    return list;
}

Dataset make_one_chunk(const File& file, const Dtype& file_dtype, const Shape& chunk, hid_t creation) {
    const Type type = make_type(file_dtype);
    const Space space = make_space(chunk);
    return Dataset(H5Dcreate2(file.get(), "chunk", type.get(), space.get(), H5P_DEFAULT, creation, H5P_DEFAULT));
}

}  // namespace memdata::h5
