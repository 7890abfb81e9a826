// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "io/file_access.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/fault_point.hpp"
#include "memdata/base/error.hpp"
#include "mpi/call.hpp"

namespace memdata::io {

namespace {

/// What is done, and why it may fail, for people. Only put into words when it fails: there may be a call for every
/// piece.
struct Doing {
    std::string_view verb;  ///< "reading"
    std::string_view preposition;
    std::string_view why;
    const std::string& path;
    const std::string& file;

    [[nodiscard]] std::string text() const {
        return fmt::format("{} '{}' {} file '{}'", verb, path, preposition, file);
    }
    [[nodiscard]] ErrorContext context() const { return {.path = path, .file = file}; }
};

/// Calls transfer(offset, bytes done before, bytes, status) until all bytes are done.
template <class Transfer>
void transfer_all(std::uint64_t offset, Index bytes, Index round_bytes, const Doing& doing, Transfer&& transfer) {
    for (Index done = 0; done < bytes;) {
        const auto now = static_cast<int>(std::min(bytes - done, round_bytes));
        const auto at = static_cast<MPI_Offset>(offset) + done;
        MPI_Status status{};
        if (const int code = transfer(at, done, now, &status); code != MPI_SUCCESS) {
            mpi::check(code, fmt::format("{} ({})", doing.text(), doing.why), doing.context());
        }
        int moved = 0;
        mpi::check(MPI_Get_count(&status, MPI_BYTE, &moved), "MPI_Get_count");
        if (moved <= 0) {
            throw IoError(fmt::format("{}: {} of {} bytes at offset {}; {}", doing.text(), moved, now, at, doing.why),
                          doing.context());
        }
        done += moved;  // the system may do less than it is asked for
    }
}

void read_all(int descriptor, std::uint64_t offset, std::byte* data, Index bytes, const Doing& doing) {
    for (Index done = 0; done < bytes;) {
        const auto at = static_cast<off_t>(offset) + done;
        const ssize_t now = pread(descriptor, data + done, static_cast<std::size_t>(bytes - done), at);
        if (now < 0 && errno == EINTR) {
            continue;
        }
        if (now <= 0) {
            throw IoError(fmt::format("{}: {} at offset {}", doing.text(),
                                      now < 0 ? std::strerror(errno) : "it ends; is it truncated?", at),
                          doing.context());
        }
        done += now;
    }
}

}  // namespace

void FileAccess::read(const std::string& path, std::uint64_t offset, std::byte* data, Index bytes) const {
    faults::point("reading from the file");
    const Doing doing{"reading", "from", "is it truncated?", path, name_};
    if (descriptor_ >= 0) {
        read_all(descriptor_, offset, data, bytes, doing);
        return;
    }
    transfer_all(offset, bytes, round_bytes_, doing, [&](MPI_Offset at, Index done, int now, MPI_Status* status) {
        return MPI_File_read_at(file_, at, data + done, now, MPI_BYTE, status);
    });
}

void FileAccess::write(const std::string& path, std::uint64_t offset, const std::byte* data, Index bytes) const {
    faults::point("writing to the file");
    const Doing doing{"writing", "to", "is the disk or quota full, or the file at its size limit?", path, name_};
    transfer_all(offset, bytes, round_bytes_, doing, [&](MPI_Offset at, Index done, int now, MPI_Status* status) {
        return MPI_File_write_at(file_, at, data + done, now, MPI_BYTE, status);
    });
}

}  // namespace memdata::io
