// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "h5/call.hpp"

namespace memdata::h5 {

/// A serial HDF5 driver (VFD) of our own, for two reasons.
///
/// When HDF5 cannot write while it closes a file, on a full disk say, H5Fclose fails and leaves an id behind that
/// crashes the process at exit (h5py#914, fixed after HDF5 1.10 by HDFGroup/hdf5#2291). This driver keeps the first
/// error for itself and goes on as if all were well, so that HDF5 closes cleanly; check() then throws the error.
///
/// And it can let HDF5 find the place of raw data in the file without touching them (see RawData): all ranks then
/// read and write there by themselves.
class FileDriver {
public:
    FileDriver() = default;
    FileDriver(const FileDriver&) = delete;
    FileDriver& operator=(const FileDriver&) = delete;

    /// Sets the driver in a file access property list; this object must outlive the file.
    void use_in(hid_t access_list);
    /// Of a file that is opened from now on: every dataset gets its room when it is made, as HDF5's own parallel driver
    /// wants it. To say so in each dataset's property list costs HDF5 half as much again as making the dataset.
    void make_room_at_once() noexcept { at_once_ = true; }
    [[nodiscard]] bool makes_room_at_once() const noexcept { return at_once_; }
    /// Throws IoError, with the operating system's reason, when anything could not be written or read.
    void check(const std::string& file, std::string_view doing = "writing") const;

    /// Where HDF5 would have read or written raw data.
    struct RawData {
        haddr_t offset;
        std::size_t bytes;
    };
    /// Runs call(buffer), which reads or writes raw data with that buffer: they are not moved. Returns the last place
    /// in the file that it asked for. All else is moved as ever, global heaps too, which HDF5 calls raw data.
    template <class F>
    std::optional<RawData> locate(F&& call) {
        raw_data_.reset();
        call(&untouched_);
        return raw_data_;
    }

    // What the driver's callbacks tell.
    void fail(const char* call, int error) noexcept {
        if (error_ == 0) {
            call_ = call;
            error_ = error;
        }
    }
    [[nodiscard]] bool failed() const noexcept { return error_ != 0; }
    /// Is this to be left alone, as raw data that are located only?
    [[nodiscard]] bool only_located(const void* buffer, haddr_t offset, std::size_t bytes) noexcept {
        if (buffer == &untouched_) {
            raw_data_ = {offset, bytes};
            return true;
        }
        return false;
    }

private:
    const char* call_ = "";
    int error_ = 0;
    bool at_once_ = false;
    std::byte untouched_{};
    std::optional<RawData> raw_data_;
};

}  // namespace memdata::h5
