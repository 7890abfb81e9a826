// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <hdf5.h>

#include <string>
#include <vector>

#include "h5/call.hpp"

namespace memdata_test {

/// A file that is written by HDF5's calls, with shorthands for what crafted files need.
class CraftedFile {
public:
    explicit CraftedFile(const std::string& file, bool newest = false) {
        const memdata::h5::PropertyList access(memdata::h5::check(H5Pcreate(H5P_FILE_ACCESS), "H5Pcreate"));
        memdata::h5::check(
            H5Pset_libver_bounds(access.get(), newest ? H5F_LIBVER_LATEST : H5F_LIBVER_EARLIEST, H5F_LIBVER_LATEST),
            "H5Pset_libver_bounds");
        file_ = memdata::h5::File(
            memdata::h5::check(H5Fcreate(file.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access.get()), "H5Fcreate"));
    }
    [[nodiscard]] hid_t id() const { return file_.get(); }

    [[nodiscard]] static memdata::h5::Space space(const std::vector<hsize_t>& extents,
                                                  const std::vector<hsize_t>& most = {}) {
        return memdata::h5::Space(
            memdata::h5::check(extents.empty() ? H5Screate(H5S_SCALAR)
                                               : H5Screate_simple(static_cast<int>(extents.size()), extents.data(),
                                                                  most.empty() ? nullptr : most.data()),
                               "H5Screate_simple"));
    }
    /// Without any element written.
    memdata::h5::Dataset dataset(const std::string& name, hid_t type, const std::vector<hsize_t>& extents,
                                 const std::vector<hsize_t>& chunk = {}, int deflate = -1) {
        const memdata::h5::PropertyList list(memdata::h5::check(H5Pcreate(H5P_DATASET_CREATE), "H5Pcreate"));
        memdata::h5::check(H5Pset_alloc_time(list.get(), H5D_ALLOC_TIME_LATE), "H5Pset_alloc_time");
        if (!chunk.empty()) {
            memdata::h5::check(H5Pset_chunk(list.get(), static_cast<int>(chunk.size()), chunk.data()), "H5Pset_chunk");
        }
        if (deflate >= 0) {
            memdata::h5::check(H5Pset_deflate(list.get(), static_cast<unsigned>(deflate)), "H5Pset_deflate");
        }
        return dataset_with(list.get(), name, type, space(extents, chunk.empty() ? std::vector<hsize_t>() : extents));
    }
    memdata::h5::Dataset dataset_with(hid_t list, const std::string& name, hid_t type,
                                      const memdata::h5::Space& space) {
        return memdata::h5::Dataset(memdata::h5::check(
            H5Dcreate2(id(), name.c_str(), type, space.get(), H5P_DEFAULT, list, H5P_DEFAULT), "H5Dcreate2"));
    }
    memdata::h5::Attribute attribute(hid_t owner, const std::string& name, hid_t type, const memdata::h5::Space& space,
                                     const void* data = nullptr) {
        memdata::h5::Attribute made(memdata::h5::check(
            H5Acreate2(owner, name.c_str(), type, space.get(), H5P_DEFAULT, H5P_DEFAULT), "H5Acreate2"));
        if (data != nullptr) {
            memdata::h5::check(H5Awrite(made.get(), type, data), "H5Awrite");
        }
        return made;
    }
    /// Text of any length.
    void text(hid_t owner, const std::string& name, const std::string& value) {
        const memdata::h5::Type type(memdata::h5::check(H5Tcopy(H5T_C_S1), "H5Tcopy"));
        memdata::h5::check(H5Tset_size(type.get(), H5T_VARIABLE), "H5Tset_size");
        const char* pointer = value.c_str();
        attribute(owner, name, type.get(), space({}), &pointer);
    }
    memdata::h5::Group group(const std::string& name) { return group(id(), name); }
    static memdata::h5::Group group(hid_t in, const std::string& name) {
        return memdata::h5::Group(
            memdata::h5::check(H5Gcreate2(in, name.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), "H5Gcreate2"));
    }
    void hard(hid_t target, const char* of, hid_t in, const std::string& name) {
        memdata::h5::check(H5Lcreate_hard(target, of, in, name.c_str(), H5P_DEFAULT, H5P_DEFAULT), "H5Lcreate_hard");
    }
    void soft(const std::string& target, const std::string& name) {
        memdata::h5::check(H5Lcreate_soft(target.c_str(), id(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT),
                           "H5Lcreate_soft");
    }
    void external(const std::string& file, const std::string& target, const std::string& name) {
        memdata::h5::check(
            H5Lcreate_external(file.c_str(), target.c_str(), id(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT),
            "H5Lcreate_external");
    }

private:
    memdata::h5::File file_;
};

}  // namespace memdata_test
