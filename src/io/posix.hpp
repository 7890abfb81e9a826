// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "memdata/base/error.hpp"

// The few calls of the operating system that saving needs, with errors as exceptions.
namespace memdata::io {

/// An IoError from errno: "making the lock file '/x/.y.lock': No space left on device".
[[nodiscard]] IoError system_error(std::string_view doing, const std::string& file);

/// Owns a file descriptor.
class Descriptor {
public:
    explicit Descriptor(int fd) noexcept : fd_(fd) {}
    /// Throws IoError ("doing ...") when the file cannot be opened. New files get mode 0666 less the umask.
    Descriptor(const std::string& file, int flags, std::string_view doing);
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Descriptor& operator=(Descriptor&&) = delete;
    ~Descriptor();
    [[nodiscard]] int get() const noexcept { return fd_; }

private:
    int fd_;
};

/// Removes a file, if there is one. What fails for a moment, as on network file systems, is tried again. False: it is
/// still there, and errno says why.
bool remove_file(const std::string& file) noexcept;

/// Removes a file at the end of the scope, if there is one.
class RemoveOnExit {
public:
    explicit RemoveOnExit(std::string file) : file_(std::move(file)) {}
    RemoveOnExit(const RemoveOnExit&) = delete;
    RemoveOnExit& operator=(const RemoveOnExit&) = delete;
    ~RemoveOnExit() { remove_file(file_); }

private:
    std::string file_;
};

/// Which file a name stood for, and in which state.
struct FileIdentity {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t size = 0;
    std::int64_t modified_ns = 0;
    friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};
/// Throws IoError when there is no such file, or the system does not tell.
[[nodiscard]] FileIdentity identify(const std::string& file);
/// Of a file that is open, whatever its name `file` stands for by now.
[[nodiscard]] FileIdentity identify(const Descriptor& opened, const std::string& file);
/// Throws IoError when the name stands for another file by now, or the file has changed: what was read of its
/// structure does not hold for its data.
void check_unchanged(const std::string& file, const FileIdentity& before);
/// The same of a file that is open.
void check_unchanged(const Descriptor& opened, const std::string& file, const FileIdentity& before);

void write_all(const Descriptor& out, std::string_view bytes, const std::string& file);
/// Flushes a file or folder to the device.
void sync(const Descriptor& file, const std::string& path);
void sync_path(const std::string& path);
/// Sets disk space aside for a file that will have up to `bytes`, without changing its size; where the file system
/// cannot, at least compares with what is free. Throws IoError when there is not enough.
void reserve_space(const std::string& file, std::uint64_t bytes);
/// Gives back what reserve_space() set aside beyond the end of the file.
void release_space(const std::string& file);
/// "." for a plain name.
[[nodiscard]] std::string folder_of(const std::string& file);
/// What a symbolic link points to, so that the file is replaced and not the link; else the name itself.
[[nodiscard]] std::string follow_link(const std::string& file);

}  // namespace memdata::io
