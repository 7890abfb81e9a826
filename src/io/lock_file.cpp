// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/io/lock_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>

#include "base/fault_point.hpp"
#include "io/lock_holder.hpp"
#include "io/posix.hpp"
#include "memdata/base/error.hpp"

namespace memdata {

namespace {

/// Of a lock, in bytes.
constexpr std::size_t most_text = 4096;

/// What the lock says; nothing when it cannot be read.
std::optional<std::string> read_lock(const io::Descriptor& lock) {
    std::array<char, most_text> text{};
    const ssize_t length = pread(lock.get(), text.data(), text.size(), 0);
    return length < 0 ? std::nullopt : std::optional(std::string(text.data(), static_cast<std::size_t>(length)));
}

std::optional<std::string> read_lock(const std::string& lock) {
    return read_lock(io::Descriptor(open(lock.c_str(), O_RDONLY | O_CLOEXEC)));
}

/// The lock appears whole and at once: a file that has no name yet gets this one. False: there is a lock already.
/// Nothing when the file system has no such files.
std::optional<bool> link_nameless(const std::string& lock, const std::string& text) {
    const io::Descriptor out(open(io::folder_of(lock).c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666));
    if (out.get() < 0) {
        return std::nullopt;
    }
    io::write_all(out, text, lock);
    const std::string name = fmt::format("/proc/self/fd/{}", out.get());
    if (linkat(AT_FDCWD, name.c_str(), AT_FDCWD, lock.c_str(), AT_SYMLINK_FOLLOW) == 0) {
        return true;
    }
    return errno == EEXIST ? std::optional(false) : std::nullopt;
}

/// The same by way of a file with a name. A process that is killed meanwhile leaves that file behind.
bool link_draft(const std::string& lock, const std::string& text) {
    const std::string draft = io::draft_of(lock, text);
    const io::Descriptor out(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, "making the lock file");
    const io::RemoveOnExit remove_draft(draft);
    io::write_all(out, text, draft);
    if (link(draft.c_str(), lock.c_str()) == 0) {
        return true;
    }
    if (errno != EEXIST) {
        throw io::system_error("making the lock file", lock);
    }
    return false;
}

/// False: there is a lock already.
bool make_lock(const std::string& lock, const std::string& text) {
    faults::point("making the lock file");
    const std::optional<bool> made = link_nameless(lock, text);
    return made ? *made : link_draft(lock, text);
}

/// Is `lock` still the name of this open file?
bool is_named(const io::Descriptor& file, const std::string& lock) {
    struct stat opened {};
    struct stat named {};
    return fstat(file.get(), &opened) == 0 && stat(lock.c_str(), &named) == 0 && opened.st_ino == named.st_ino &&
           opened.st_dev == named.st_dev;
}

/// For reading and writing where it may be written: NFS wants that for an exclusive flock.
io::Descriptor open_to_judge(const std::string& lock) {
    const int descriptor = open(lock.c_str(), O_RDWR | O_CLOEXEC);
    return io::Descriptor(descriptor >= 0 || errno == ENOENT ? descriptor : open(lock.c_str(), O_RDONLY | O_CLOEXEC));
}

/// Removes a lock that is stale (or is to be broken); else returns who holds it, in words. Processes may try at once:
/// the flock lets one after the other judge this very file, and only its dead owner or the one with the flock unlinks
/// it. Where there is no flock, they may do so at the same time.
std::optional<std::string> remove_stale(const std::string& lock, bool break_lock) {
    const io::Descriptor file = open_to_judge(lock);
    if (file.get() < 0) {
        return errno == ENOENT
                   ? std::nullopt
                   : std::optional(fmt::format("somebody whose lock cannot be read ({})", std::strerror(errno)));
    }
    if (flock(file.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        usleep(10000);  // somebody is judging it; who was stopped while doing so is not waited for
        return std::nullopt;
    }
    if (!is_named(file, lock)) {
        return std::nullopt;  // somebody else removed it meanwhile
    }
    const std::string text = read_lock(file).value_or("");
    if (!break_lock && !io::is_gone(text)) {
        return io::describe_holder(text);
    }
    // A lock that is broken has an owner who may have given it back by now.
    if (is_named(file, lock) && unlink(lock.c_str()) != 0 && errno != ENOENT) {
        throw io::system_error(fmt::format("taking over the lock of {}:", io::describe_holder(text)), lock);
    }
    if (const std::string draft = io::draft_of(lock, text); !draft.empty()) {
        unlink(draft.c_str());
    }
    return std::nullopt;
}

/// Over several hosts ompio keeps shared file pointers, which memdata does not use, in a file "NAME-JOB-PID.lock",
/// which a job that is killed leaves behind.
void remove_side_files(const std::string& temporary) {
    const std::string beginning = std::filesystem::path(temporary).filename().string() + "-";
    constexpr std::string_view end = ".lock";
    std::error_code failed;
    for (std::filesystem::directory_iterator entry(io::folder_of(temporary), failed), none; !failed && entry != none;
         entry.increment(failed)) {
        const std::string name = entry->path().filename();
        if (name.size() > beginning.size() + end.size() && name.starts_with(beginning) && name.ends_with(end) &&
            name.find_first_not_of("0123456789-", beginning.size()) == name.size() - end.size()) {
            unlink(entry->path().c_str());
        }
    }
}

/// For a new file in place of what the dead left: their last ranks may still be writing into that, and it may be
/// another name of the finished file.
void clear_temporary(const std::string& temporary) {
    if (std::error_code none; std::filesystem::exists(temporary, none)) {
        remove_side_files(temporary);
    }
    if (!io::remove_file(temporary)) {
        throw io::system_error("removing what is left of an earlier save,", temporary);
    }
}

}  // namespace

struct LockFile::Held : io::HeldLock {
    using HeldLock::HeldLock;
};

LockFile::LockFile(const std::string& file, Options options) : file_(io::follow_link(file)), options_(options) {
    const std::filesystem::path path(file_);
    const std::string name = path.filename();
    temporary_ = path.parent_path() / ("." + name);
    lock_ = path.parent_path() / ("." + name + ".lock");
    auto mine = std::make_unique<Held>(io::make_holder());
    constexpr int attempts = 150;  // each lost to another process that took over and finished, or is judging the lock
    std::optional<std::string> holder;
    for (int attempt = 0; !held_ && !holder && attempt < attempts; ++attempt) {
        if (make_lock(lock_, mine->text())) {
            held_ = std::move(mine);
        } else {
            holder = remove_stale(lock_, options_.break_lock);
        }
    }
    if (!held_) {
        const std::string who = holder ? *holder : io::describe_holder(read_lock(lock_).value_or(""));
        throw LockError(
            fmt::format("'{}' is being written by {}: wait for it, or, if that process is known to be dead, "
                        "save with break_lock, or remove '{}'",
                        file_, who, lock_),
            {.file = file_, .holder = who});
    }
    try {  // nobody gives the lock of an unfinished object back
        clear_temporary(temporary_);
    } catch (...) {
        release();
        throw;
    }
}

LockFile::~LockFile() {
    if (held_) {
        if (!options_.preserve && is_mine()) {
            io::remove_file(temporary_);
        }
        release();
    }
}

bool LockFile::is_mine() const noexcept {
    std::array<char, most_text> text{};
    const io::Descriptor lock(open(lock_.c_str(), O_RDONLY | O_CLOEXEC));
    const ssize_t length = pread(lock.get(), text.data(), text.size(), 0);
    return length < 0 || std::string_view(text.data(), static_cast<std::size_t>(length)) == held_->text();
}

void LockFile::release() noexcept {
    if (is_mine()) {  // not of somebody who broke it
        io::remove_file(lock_);
    }
    held_.reset();
}

void LockFile::commit(bool sync, bool replace) {
    if (!is_mine()) {
        const std::string other = io::describe_holder(read_lock(lock_).value_or(""));
        throw LockError(
            fmt::format("'{}' was not saved: its lock was broken, by {}, who is writing it now", file_, other),
            {.file = file_, .holder = other});
    }
    struct stat old {};
    if (replace && stat(file_.c_str(), &old) == 0) {
        if (chmod(temporary_.c_str(), old.st_mode & 07777) != 0) {
            throw io::system_error("keeping the permissions of the old file on", temporary_);
        }
    } else if (replace && errno != ENOENT) {  // what was private must not become public
        throw io::system_error("asking for the permissions of the old file", file_);
    }
    const std::string folder = io::folder_of(file_);
    std::optional<io::Descriptor> open_folder;  // before anything is renamed: it may fail
    if (sync) {
        io::sync_path(temporary_);
        open_folder.emplace(folder, O_RDONLY | O_CLOEXEC, "opening, to flush it to the device,");
    }
    faults::point("renaming the finished file");
    if (replace) {
        if (std::rename(temporary_.c_str(), file_.c_str()) != 0) {
            throw io::system_error("renaming the finished file to", file_);
        }
    } else {
        if (link(temporary_.c_str(), file_.c_str()) != 0) {
            throw io::system_error("giving the finished file the name", file_);
        }
        io::remove_file(temporary_);
    }
    release();
    if (sync) {
        try {
            io::sync(*open_folder, folder);
        } catch (const IoError& error) {
            throw IoError(fmt::format("'{}' is saved and complete, but {}: should the machine fail now, the old file "
                                      "may be back",
                                      file_, error.what()),
                          {.file = file_});
        }
    }
}

}  // namespace memdata
