// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "io/same_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <span>

#include "memdata/base/error.hpp"
#include "memdata/mpi/agreement.hpp"
#include "mpi/hash.hpp"
#include "mpi/large_count.hpp"
#include "mpi/same.hpp"
#include "mpi/serialize.hpp"

namespace memdata::io {

namespace {

/// What all ranks must find. Numbers of device and inode would not do: hosts may number them on their own.
struct Appearance {
    std::int64_t size = 0;
    std::int64_t modified = 0;
    std::string beginning = {};
    template <class Archive>
    void serialize(Archive& ar, unsigned) {
        ar& size& modified& beginning;
    }
};

Appearance look_at(const Descriptor& in, const std::string& file) {
    constexpr std::size_t most = 1024;
    struct stat status {};
    Appearance result{0, 0, std::string(most, '\0')};
    if (fstat(in.get(), &status) != 0) {
        throw system_error("reading", file);
    }
    std::size_t done = 0;
    for (ssize_t now = 1; now != 0 && done < most;) {
        now = pread(in.get(), result.beginning.data() + done, most - done, static_cast<off_t>(done));
        if (now < 0 && errno != EINTR) {
            throw system_error("reading", file);
        }
        done += static_cast<std::size_t>(std::max<ssize_t>(now, 0));
    }
    result.beginning.resize(done);
    result.size = status.st_size;
    result.modified = status.st_mtim.tv_sec;
    return result;
}

}  // namespace

Descriptor open_same_file(const Communicator& comm, const std::string& file) {
    std::optional<Descriptor> opened;
    std::string mine;
    const bool alike = mpi::agree_alike(comm, "opening the file on every rank", [&] {
        opened.emplace(file, O_RDONLY | O_CLOEXEC, "opening");
        mine = mpi::pack(look_at(*opened, file));
        return mpi::hash(std::as_bytes(std::span(mine)));
    });
    if (!alike) {
        const std::string of_rank_0 =
            mpi::broadcast_result(comm, "comparing the file that every rank sees", 0, [&] { return mine; });
        agree(comm, "comparing the file that every rank sees", [&] {
            if (mine != of_rank_0) {
                throw IoError(fmt::format("'{}' is another file here than on rank 0: give all ranks the same working "
                                          "directory or an absolute path, on a file system that all hosts share",
                                          file),
                              {.file = file});
            }
        });
    }
    return *std::move(opened);
}

void check_can_write(const std::string& file) { const Descriptor opened(file, O_RDWR | O_CLOEXEC, "opening"); }

}  // namespace memdata::io
