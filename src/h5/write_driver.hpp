// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "h5/call.hpp"

namespace memdata::h5 {

/// A serial HDF5 driver (VFD) for making a file, for one reason: when HDF5 cannot write while it closes a file, on a
/// full disk say, H5Fclose fails and leaves an id behind that crashes the process at exit (h5py#914, fixed after
/// HDF5 1.10 by HDFGroup/hdf5#2291). This driver keeps the first error for itself and goes on as if all were well, so
/// that HDF5 closes cleanly; check() then throws the error.
class WriteDriver {
public:
    WriteDriver() = default;
    WriteDriver(const WriteDriver&) = delete;
    WriteDriver& operator=(const WriteDriver&) = delete;

    /// Sets the driver in a file access property list; this object must outlive the file.
    void use_in(hid_t access_list);
    /// Throws IoError, with the operating system's reason, when anything could not be written.
    void check(const std::string& file) const;

    void fail(const char* call, int error) noexcept {
        if (error_ == 0) {
            call_ = call;
            error_ = error;
        }
    }
    [[nodiscard]] bool failed() const noexcept { return error_ != 0; }

private:
    const char* call_ = "";
    int error_ = 0;
};

}  // namespace memdata::h5
