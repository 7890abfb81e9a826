// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "io_folder.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

namespace md = memdata;

namespace bench {

namespace {

void check(bool good, const std::string& what, const std::string& file) {
    if (!good) {
        throw md::IoError(fmt::format("{} '{}': {}", what, file, std::strerror(errno)));
    }
}

/// The folders that a signal removes.
struct Folders {
    std::mutex mutex;
    std::set<std::string> paths;
};
Folders& folders() {
    static Folders all;
    return all;
}

/// Again and again, when the job ends: another rank may be making a file right now.
void remove_all(const std::string& folder) noexcept {
    std::error_code ignored;  // nothing can be done about it
    std::filesystem::remove_all(folder, ignored);
    for (int attempt = 0; attempt < 20 && std::filesystem::exists(folder, ignored); ++attempt) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
        std::filesystem::remove_all(folder, ignored);
    }
}

/// An open file for as long as it is looked at.
class Descriptor {
public:
    explicit Descriptor(const std::string& file) : fd_(::open(file.c_str(), O_RDONLY | O_CLOEXEC)) {
        check(fd_ >= 0, "cannot open", file);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() { ::close(fd_); }
    [[nodiscard]] int get() const noexcept { return fd_; }

private:
    int fd_;
};

std::size_t size_of(const Descriptor& descriptor, const std::string& file) {
    struct stat status {};
    check(::fstat(descriptor.get(), &status) == 0, "cannot look at", file);
    return static_cast<std::size_t>(status.st_size);
}

/// How many pages of the file are in memory, a part of 1.
double cached_part(const Descriptor& descriptor, const std::string& file) {
    const std::size_t bytes = size_of(descriptor, file);
    if (bytes == 0) {
        return 0;
    }
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    void* const pages = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, descriptor.get(), 0);
    check(pages != MAP_FAILED, "cannot map", file);
    std::vector<unsigned char> resident((bytes + page - 1) / page);
    const bool known = ::mincore(pages, bytes, resident.data()) == 0;
    ::munmap(pages, bytes);
    check(known, "mincore fails for", file);
    const auto here = std::ranges::count_if(resident, [](unsigned char state) { return (state & 1U) != 0; });
    return static_cast<double>(here) / static_cast<double>(resident.size());
}

/// What is left: the machine's, or that of the control group the process sees as its root.
std::optional<md::Index> free_memory() {
    const auto number = [](const char* file) {
        std::ifstream in(file);
        md::Index value = 0;
        return in >> value ? std::optional(value) : std::nullopt;
    };
    std::optional<md::Index> left;
    std::ifstream in("/proc/meminfo");
    for (std::string word; in >> word;) {
        if (md::Index kibibytes = 0; word == "MemAvailable:" && in >> kibibytes) {
            left = kibibytes * 1024;
        }
    }
    const auto limit = number("/sys/fs/cgroup/memory.max");
    return limit && (!left || *limit < *left) ? limit : left;
}

}  // namespace

ScratchFolder::ScratchFolder(const md::Communicator& comm, const std::string& parent)
    : comm_(comm), exceptions_(std::uncaught_exceptions()) {
    int number = static_cast<int>(::getpid());
    MPI_Bcast(&number, 1, MPI_INT, 0, comm);
    path_ = fmt::format("{}/bench_io.{}", parent, number);
    md::agree(comm, "making a folder", [&] {
        if (comm.rank() == 0) {
            std::filesystem::create_directory(path_);
        }
        const std::scoped_lock lock(folders().mutex);
        folders().paths.insert(path_);
    });
}

ScratchFolder::~ScratchFolder() {
    if (std::uncaught_exceptions() == exceptions_) {
        comm_.barrier();
    }  // else the other ranks may be anywhere, and the job ends
    const std::scoped_lock lock(folders().mutex);
    if (comm_.rank() == 0 || std::uncaught_exceptions() > exceptions_) {
        remove_all(path_);
    }
    folders().paths.erase(path_);
}

void remove_folders_on_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    // Threads made later inherit this, so only the one below gets them.
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::thread([signals] {
        int signal = 0;
        if (sigwait(&signals, &signal) == 0) {
            const std::scoped_lock lock(folders().mutex);
            for (const std::string& folder : folders().paths) {
                remove_all(folder);
            }
            std::_Exit(128 + signal);
        }
    }).detach();
}

std::string file_system_of(const std::string& folder) {
    struct statfs status {};
    check(::statfs(folder.c_str(), &status) == 0, "cannot look at the file system of", folder);
    return status.f_type == TMPFS_MAGIC ? "tmpfs" : "disk";
}

void require(const md::Communicator& comm, const std::string& folder, const std::string& name, const Needs& needs) {
    MPI_Comm node = MPI_COMM_NULL;
    MPI_Comm_split_type(comm, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node);
    int here = 0;
    MPI_Comm_size(node, &here);
    MPI_Comm_free(&node);
    std::string refusal;
    struct statvfs status {};
    if (::statvfs(folder.c_str(), &status) != 0) {
        refusal = fmt::format("'{}': {}", folder, std::strerror(errno));
    } else if (const auto room = static_cast<md::Index>(status.f_bavail * status.f_frsize); room < needs.files) {
        refusal = fmt::format("'{}' needs {} MiB in '{}', which has {} MiB left", name, needs.files >> 20, folder,
                              room >> 20);
    }
    const md::Index memory = needs.files + needs.memory / comm.size() * here + here * (md::Index{64} << 20);
    if (const auto left = free_memory(); refusal.empty() && left && *left < memory) {
        refusal = fmt::format("'{}' needs {} MiB of memory on this node, its files in '{}' included; there are {} MiB",
                              name, memory >> 20, folder, *left >> 20);
    }
    int refused = refusal.empty() ? comm.size() : comm.rank();
    MPI_Allreduce(MPI_IN_PLACE, &refused, 1, MPI_INT, MPI_MIN, comm);
    if (refused < comm.size()) {
        std::array<char, 512> text{};
        refusal.copy(text.data(), text.size() - 1);
        MPI_Bcast(text.data(), static_cast<int>(text.size()), MPI_CHAR, refused, comm);
        throw Refused(text.data());
    }
}

void flush(const md::Communicator& comm, const std::string& file) {
    md::agree(comm, "flushing a file", [&] {
        const Descriptor descriptor(file);
        check(::fdatasync(descriptor.get()) == 0, "cannot flush", file);
    });
}

bool drop_from_cache(const md::Communicator& comm, const std::string& file) {
    flush(comm, file);
    for (int attempt = 0; attempt < 10; ++attempt) {
        const double cached = md::agree(comm, "dropping a file from the page cache", [&] {
            const Descriptor descriptor(file);
            const int failure = ::posix_fadvise(descriptor.get(), 0, 0, POSIX_FADV_DONTNEED);
            if (failure != 0) {
                throw md::IoError(fmt::format("cannot advise on '{}': {}", file, std::strerror(failure)));
            }
            return cached_part(descriptor, file);
        });
        double most = 0;
        MPI_Allreduce(&cached, &most, 1, MPI_DOUBLE, MPI_MAX, comm);
        if (most < 0.01) {
            return true;
        }
        if (file_system_of(file) == "tmpfs") {
            return false;
        }
        // Pages that another core has not yet let go of.
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return false;
}

std::function<void()> dropping(const Setup& setup, const std::string& file, bool wanted) {
    if (!wanted) {
        return {};
    }
    return [&setup, file] {
        if (!drop_from_cache(setup.world, file)) {
            throw md::IoError("a file does not leave the page cache any more");
        }
    };
}

}  // namespace bench
