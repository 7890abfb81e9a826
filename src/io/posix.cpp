// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "io/posix.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace memdata::io {

IoError system_error(std::string_view doing, const std::string& file) {
    return IoError(fmt::format("{} '{}': {}", doing, file, std::strerror(errno)), {.file = file});
}

Descriptor::Descriptor(const std::string& file, int flags, std::string_view doing)
    : fd_(open(file.c_str(), flags, 0666)) {
    if (fd_ < 0) {
        throw system_error(doing, file);
    }
}

Descriptor::~Descriptor() {
    if (fd_ >= 0) {
        close(fd_);
    }
}

bool remove_file(const std::string& file) noexcept {
    constexpr int attempts = 3;
    for (int attempt = 0; attempt < attempts; ++attempt) {
        if (unlink(file.c_str()) == 0 || errno == ENOENT) {
            return true;
        }
    }
    return false;
}

namespace {

FileIdentity identity_of(const struct stat& status) {
    return {status.st_dev, status.st_ino, status.st_size,
            status.st_mtim.tv_sec * std::int64_t{1000000000} + status.st_mtim.tv_nsec};
}

void check_same(const std::string& file, const FileIdentity& now, const FileIdentity& before) {
    if (now != before) {
        throw IoError(fmt::format("'{}' was replaced or changed while it was read: load it again", file),
                      {.file = file});
    }
}

}  // namespace

FileIdentity identify(const std::string& file) {
    struct stat status {};
    if (stat(file.c_str(), &status) != 0) {
        throw system_error("opening", file);
    }
    return identity_of(status);
}

FileIdentity identify(const Descriptor& opened, const std::string& file) {
    struct stat status {};
    if (fstat(opened.get(), &status) != 0) {
        throw system_error("examining", file);
    }
    return identity_of(status);
}

void check_unchanged(const std::string& file, const FileIdentity& before) { check_same(file, identify(file), before); }

void check_unchanged(const Descriptor& opened, const std::string& file, const FileIdentity& before) {
    check_same(file, identify(opened, file), before);
}

void write_all(const Descriptor& out, std::string_view bytes, const std::string& file) {
    while (!bytes.empty()) {
        const ssize_t written = write(out.get(), bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            throw system_error("writing", file);
        }
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

void sync(const Descriptor& file, const std::string& path) {
    // Some file systems cannot flush a folder; there is nothing more to be done then.
    if (fsync(file.get()) != 0 && errno != EINVAL && errno != EROFS) {
        throw system_error("flushing to the device", path);
    }
}

void sync_path(const std::string& path) {
    sync(Descriptor(path, O_RDONLY | O_CLOEXEC, "opening, to flush it to the device,"), path);
}

void reserve_space(const std::string& file, std::uint64_t bytes) {
    const Descriptor out(file, O_WRONLY | O_CLOEXEC, "opening, to set disk space aside,");
    const std::string doing = fmt::format("setting aside {} bytes of disk space for", bytes);
    if (bytes == 0 || fallocate(out.get(), FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(bytes)) == 0) {
        return;
    }
    if (errno != EOPNOTSUPP && errno != ENOSYS && errno != EINVAL) {
        throw system_error(doing, file);
    }
    struct statvfs disk {};
    struct stat now {};
    if (fstatvfs(out.get(), &disk) != 0 || fstat(out.get(), &now) != 0) {
        throw system_error(doing, file);
    }
    const std::uint64_t here = static_cast<std::uint64_t>(now.st_blocks) * 512;
    if (bytes > here && (bytes - here) / disk.f_frsize >= disk.f_bavail) {
        errno = ENOSPC;
        throw system_error(doing, file);
    }
}

void release_space(const std::string& file) {
    struct stat now {};
    if (stat(file.c_str(), &now) != 0 || truncate(file.c_str(), now.st_size) != 0) {
        throw system_error("giving back disk space of", file);
    }
}

std::string folder_of(const std::string& file) {
    const std::string folder = std::filesystem::path(file).parent_path();
    return folder.empty() ? "." : folder;
}

std::string follow_link(const std::string& file) {
    std::error_code failed;
    if (!std::filesystem::is_symlink(file, failed)) {
        return file;
    }
    const std::filesystem::path target = std::filesystem::weakly_canonical(file, failed);
    return failed ? file : target.string();
}

}  // namespace memdata::io
