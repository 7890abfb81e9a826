// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/io/lock_file.hpp"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

#include "base/fault_point.hpp"
#include "io/posix.hpp"
#include "memdata/base/error.hpp"

namespace memdata {

namespace {

using nlohmann::json;

std::string first_line(const std::string& file) {
    std::ifstream in(file);
    std::string line;
    std::getline(in, line);
    return line;
}

/// When a process started, in clock ticks since boot (field 22 of /proc/PID/stat, after the name in brackets):
/// with it a pid used a second time is not taken for the first. 0 when the process is gone, or only its entry in
/// the process table is left (a zombie).
long long start_ticks(long pid) {
    const std::string stat = first_line(fmt::format("/proc/{}/stat", pid));
    const auto after_name = stat.rfind(')');
    if (after_name == std::string::npos) {
        return 0;
    }
    std::istringstream fields(stat.substr(after_name + 1));
    std::string state;
    fields >> state;
    if (state == "Z" || state == "X") {
        return 0;
    }
    std::string skipped;
    for (int number = 4; number < 22; ++number) {
        fields >> skipped;
    }
    long long ticks = 0;
    fields >> ticks;
    return ticks;
}

std::string host_name() {
    std::array<char, 256> name{};
    gethostname(name.data(), name.size() - 1);
    return name.data();
}

std::string own_pid_namespace() {
    std::error_code ignored;
    return std::filesystem::read_symlink("/proc/self/ns/pid", ignored).string();
}

const char* environment_or_empty(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

/// Where this process lives: with these in common, the numbers of processes mean the same.
struct Here {
    std::string host = host_name();
    std::string boot = first_line("/proc/sys/kernel/random/boot_id");
    std::string pid_namespace = own_pid_namespace();
};

/// What a lock of this process says, in JSON. Not by a json object: its destructor takes memory, and ends the program
/// when there is none (nlohmann 3.11).
std::string this_process() {
    const Here here;
    const auto quoted = [](const std::string& text) { return json(text).dump(); };
    return fmt::format(
        R"({{"boot":{},"host":{},"job":{},"pid":{},"pid_namespace":{},"start_ticks":{},"time":"{:%Y-%m-%dT%H:%M:%SZ}"}})",
        quoted(here.boot), quoted(here.host), quoted(environment_or_empty("SLURM_JOB_ID")), getpid(),
        quoted(here.pid_namespace), start_ticks(getpid()), fmt::gmtime(std::time(nullptr)));
}

/// What a lock says of its holder; an empty object when it cannot be read.
json read_holder(const io::Descriptor& lock) {
    std::array<char, 4096> text{};
    const ssize_t length = pread(lock.get(), text.data(), text.size(), 0);
    json holder = json::parse(text.begin(), text.begin() + std::max<ssize_t>(length, 0), nullptr, false);
    return holder.is_object() ? holder : json::object();
}

std::string text(const json& holder, const char* key) {
    const auto found = holder.find(key);
    return found == holder.end() ? "" : found->is_string() ? found->get<std::string>() : found->dump();
}

std::string description(const json& holder) {
    if (text(holder, "host").empty()) {
        return "a holder that does not say who it is";
    }
    const std::string job = text(holder, "job");
    return fmt::format("host {}, pid {}{}, since {}", text(holder, "host"), text(holder, "pid"),
                       job.empty() ? "" : fmt::format(", job {}", job), text(holder, "time"));
}

/// Known to be dead? Only a holder of this boot and pid namespace can be judged.
bool is_stale(const json& holder) {
    const Here here;
    if (text(holder, "host") != here.host || text(holder, "boot") != here.boot ||
        text(holder, "pid_namespace") != here.pid_namespace || !holder.contains("pid") ||
        !holder["pid"].is_number_integer()) {
        return false;
    }
    const long pid = holder["pid"].get<long>();
    const bool gone = kill(static_cast<pid_t>(pid), 0) != 0 && errno == ESRCH;
    return gone || std::to_string(start_ticks(pid)) != text(holder, "start_ticks");
}

/// Makes the lock appear with its content and returns its inode; 0: there is one already. Once it is there nothing may
/// fail: it would be a lock that nobody gives back.
ino_t try_lock(const std::string& lock) {
    const std::string draft = fmt::format("{}.{}.{}", lock, host_name(), getpid());
    const io::RemoveOnExit remove_draft(draft);
    const io::Descriptor out(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, "making the lock file");
    faults::point("making the lock file");
    io::write_all(out, this_process() + "\n", draft);
    struct stat made {};
    if (fstat(out.get(), &made) != 0) {
        throw io::system_error("making the lock file", draft);
    }
    if (link(draft.c_str(), lock.c_str()) == 0) {
        return made.st_ino;
    }
    if (errno != EEXIST) {
        throw io::system_error("making the lock file", lock);
    }
    return 0;
}

/// Is `lock` still the name of this open file?
bool is_named(const io::Descriptor& file, const std::string& lock) {
    struct stat opened {};
    struct stat named {};
    return fstat(file.get(), &opened) == 0 && stat(lock.c_str(), &named) == 0 && opened.st_ino == named.st_ino &&
           opened.st_dev == named.st_dev;
}

/// Removes a lock that is stale (or is to be broken); false when it is neither. Processes may try at once: the flock
/// lets one after the other judge this very file, and only its dead owner or the one with the flock unlinks it.
bool remove_stale(const std::string& lock, bool break_lock) {
    const io::Descriptor file(open(lock.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0) {
        return errno == ENOENT;
    }
    if (flock(file.get(), LOCK_EX) != 0 && errno != ENOLCK && errno != EOPNOTSUPP) {
        throw io::system_error("examining the lock file", lock);
    }
    if (!is_named(file, lock)) {
        return true;  // somebody else removed it meanwhile
    }
    if (!break_lock && !is_stale(read_holder(file))) {
        return false;
    }
    // A lock that is broken has an owner who may have given it back by now.
    return !is_named(file, lock) || unlink(lock.c_str()) == 0 || errno == ENOENT;
}

/// Who holds the lock, in words.
std::string holder_of(const std::string& lock) {
    return description(read_holder(io::Descriptor(open(lock.c_str(), O_RDONLY | O_CLOEXEC))));
}

}  // namespace

LockFile::LockFile(const std::string& file, Options options) : file_(io::follow_link(file)), options_(options) {
    const std::filesystem::path path(file_);
    const std::string name = path.filename();
    temporary_ = path.parent_path() / ("." + name);
    lock_ = path.parent_path() / ("." + name + ".lock");
    constexpr int attempts = 100;  // each lost to another process that took over and finished
    for (int attempt = 0; inode_ == 0 && attempt < attempts; ++attempt) {
        inode_ = try_lock(lock_);
        if (inode_ == 0 && !remove_stale(lock_, options_.break_lock)) {
            break;
        }
    }
    if (inode_ == 0) {
        const std::string holder = holder_of(lock_);
        throw LockError(
            fmt::format("'{}' is being written by {}: wait for it, or, if that process is known to be dead, "
                        "remove '{}'",
                        file_, holder, lock_),
            {.file = file_, .holder = holder});
    }
    // What a save that was killed has left may be another name of the finished file: it is not to be written over.
    if (!io::remove_file(temporary_)) {
        const int error = errno;
        release();
        errno = error;
        throw io::system_error("removing what is left of an earlier save,", temporary_);
    }
}

LockFile::~LockFile() {
    if (inode_ != 0) {
        if (!options_.preserve) {
            io::remove_file(temporary_);
        }
        release();
    }
}

void LockFile::release() noexcept {
    struct stat named {};
    constexpr int attempts = 3;  // as in remove_file()
    for (int attempt = 0; attempt < attempts; ++attempt) {
        if (stat(lock_.c_str(), &named) == 0) {
            if (named.st_ino == inode_) {  // not one of somebody who broke ours
                io::remove_file(lock_);
            }
            break;
        }
    }
    inode_ = 0;
}

void LockFile::commit(bool sync, bool replace) {
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
