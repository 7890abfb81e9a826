// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "io/old_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <vector>

#include "base/fault_point.hpp"
#include "memdata/base/error.hpp"

namespace memdata::io {

namespace {

struct stat status_of(int descriptor, const std::string& file) {
    struct stat status {};
    if (fstat(descriptor, &status) != 0) {
        throw system_error("opening", file);
    }
    return status;
}

/// False: the file system has no such locks.
bool lock(int descriptor, int how, const std::string& file) {
    if (flock(descriptor, how | LOCK_NB) == 0) {
        return true;
    }
    if (errno == EWOULDBLOCK) {
        throw LockError(fmt::format("'{}' is to be updated, but another program has it open (h5py, h5dump, HDFView, a "
                                    "load that is going on): close it there, then save again",
                                    file),
                        {.file = file});
    }
    return false;
}

/// One piece of a file, copied within the kernel where it can be, else by reading and writing.
class PieceCopier {
public:
    PieceCopier(int from, int to, const std::string& copy) : from_(from), to_(to), copy_(copy) {}

    void operator()(off_t begin, off_t end) {
        while (begin < end) {
            const ssize_t done = in_kernel_ ? copy_in_kernel(begin, end) : copy_through_memory(begin, end);
            if (done < 0) {
                in_kernel_ = false;
            } else {
                begin += done;
            }
        }
    }

private:
    /// -1: this pair of files cannot be copied so.
    ssize_t copy_in_kernel(off_t begin, off_t end) const {
        constexpr off_t most = off_t{1} << 30;
        off_t here = begin;
        off_t there = begin;
        const ssize_t done =
            copy_file_range(from_, &here, to_, &there, static_cast<std::size_t>(std::min(most, end - begin)), 0);
        if (done < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EFBIG || errno == EIO)) {
            throw system_error("copying the old file to", copy_);
        }
        return done == 0 ? -1 : done;  // 0 on some virtual file systems, which can be read all the same
    }

    ssize_t copy_through_memory(off_t begin, off_t end) {
        buffer_.resize(std::size_t{4} << 20);
        const auto wanted = std::min(buffer_.size(), static_cast<std::size_t>(end - begin));
        const ssize_t got = pread(from_, buffer_.data(), wanted, begin);
        if (got <= 0) {
            if (got < 0 && errno == EINTR) {
                return 0;
            }
            errno = got == 0 ? EIO : errno;  // it was longer a moment ago
            throw system_error("reading the old file, to copy it to", copy_);
        }
        for (ssize_t done = 0; done < got;) {
            const ssize_t now = pwrite(to_, buffer_.data() + done, static_cast<std::size_t>(got - done), begin + done);
            if (now == 0 || (now < 0 && errno != EINTR)) {
                errno = now == 0 ? ENOSPC : errno;
                throw system_error("copying the old file to", copy_);
            }
            done += std::max<ssize_t>(now, 0);
        }
        return got;
    }

    int from_;
    int to_;
    const std::string& copy_;
    bool in_kernel_ = true;
    std::vector<char> buffer_;
};

}  // namespace

OldFile::OldFile(const std::string& file)
    : file_(file),
      descriptor_(file, O_RDWR | O_NONBLOCK | O_CLOEXEC, "opening, to update it,"),
      identity_(identify(file)) {
    if (!S_ISREG(status_of(descriptor_.get(), file).st_mode)) {
        throw IoError(fmt::format("updating '{}': it is no regular file", file), {.file = file});
    }
    // Alone for a moment, to see that nobody has it open; then readers may come, who keep the old file. HDF5's own
    // locks are the same: shared for reading, exclusive for writing.
    if (lock(descriptor_.get(), LOCK_EX, file)) {
        lock(descriptor_.get(), LOCK_SH, file);
    }
}

void OldFile::check_room(int copy) const {
    struct statvfs disk {};
    if (fstatvfs(copy, &disk) != 0) {
        throw system_error("asking for the free room beside", file_);
    }
    const auto wanted = static_cast<std::uint64_t>(status_of(descriptor_.get(), file_).st_blocks) * 512;
    const std::uint64_t there = std::uint64_t{disk.f_bavail} * disk.f_frsize;
    if (wanted > there) {
        throw IoError(fmt::format("updating '{}' needs a copy of it: {} bytes, but only {} are free beside it", file_,
                                  wanted, there),
                      {.file = file_});
    }
}

void OldFile::copy_to(const std::string& copy) const {
    const Descriptor to(copy, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, "making the copy to update,");
    const int from = descriptor_.get();
    const struct stat old = status_of(from, file_);
    if (fchmod(to.get(), (old.st_mode & 0777) | S_IRUSR | S_IWUSR) != 0) {  // as private as the old one
        throw system_error("setting the permissions of", copy);
    }
    if (ioctl(to.get(), FICLONE, from) == 0) {
        return;
    }
    check_room(to.get());
    if (ftruncate(to.get(), old.st_size) != 0) {
        throw system_error("making room for", copy);
    }
    faults::point("copying the old file");
    PieceCopier copy_piece(from, to.get(), copy);
    for (off_t end = 0; end < old.st_size;) {
        const off_t begin = lseek(from, end, SEEK_DATA);
        if (begin < 0 && errno == ENXIO) {
            break;  // a hole up to the end
        }
        if (begin < 0) {  // no notion of holes
            copy_piece(end, old.st_size);
            break;
        }
        end = lseek(from, begin, SEEK_HOLE);
        copy_piece(begin, end < 0 ? old.st_size : end);
        end = end < 0 ? old.st_size : end;
    }
}

void OldFile::check_unchanged() const {
    if (identify(file_) != identity_) {
        throw IoError(fmt::format("'{}' was changed or replaced by another program while it was being updated: it is "
                                  "left as it is now, nothing was saved",
                                  file_),
                      {.file = file_});
    }
}

}  // namespace memdata::io
