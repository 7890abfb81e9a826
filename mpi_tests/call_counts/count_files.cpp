// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// The C library's calls to the file system under their own names, which count what is done with a watched file, and
// fail where a test wants it (call_faults.hpp).
#undef _FORTIFY_SOURCE  // it has bodies of its own for some of them
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <forward_list>
#include <string>
#include <string_view>

#include "call_counts.hpp"
#include "call_faults.hpp"

using memdata_test::Call;
using memdata_test::count_call;
using memdata_test::fault_of;
using memdata_test::Needs;

namespace {

/// The name that watch_file() was given; kept for ever, as any thread may look at any time.
constinit std::atomic<const std::string*> watched{nullptr};

enum class Watched : unsigned char { no, data, lock, side };

/// By descriptor. Higher ones are not followed.
constinit std::array<std::atomic<Watched>, 4096> descriptors{};

/// ".NAME" is the file while it is saved, ".NAME.lock" and ".NAME.lock.HOST.PID" are its lock; ompio makes
/// ".NAME.locktest.RANK".
Watched kind_of(const char* path) noexcept {
    const std::string* name = watched.load();
    if (name == nullptr || path == nullptr) {
        return Watched::no;
    }
    std::string_view last(path);
    last.remove_prefix(last.rfind('/') + 1);  // npos + 1 is 0
    const bool is_hidden = last.starts_with('.');
    if (is_hidden && !name->starts_with('.')) {
        last.remove_prefix(1);
    }
    if (!last.starts_with(*name)) {
        return Watched::no;
    }
    last.remove_prefix(name->size());
    if (last.empty()) {
        return Watched::data;
    }
    if (is_hidden && (last == ".lock" || last.starts_with(".lock."))) {
        return Watched::lock;
    }
    return last.starts_with('.') ? Watched::side : Watched::no;
}

Watched kind_of(int descriptor) noexcept {
    const auto index = static_cast<std::size_t>(descriptor);
    return descriptor >= 0 && index < descriptors.size() ? descriptors[index].load() : Watched::no;
}

bool is_data(int descriptor) noexcept { return kind_of(descriptor) == Watched::data; }

void remember(int descriptor, Watched kind) noexcept {
    if (const auto index = static_cast<std::size_t>(descriptor); descriptor >= 0 && index < descriptors.size()) {
        descriptors[index] = kind;
    }
}

/// Attempts count, too: they cost as much.
int opened(const char* path, int descriptor) noexcept {
    const Watched kind = kind_of(path);
    if (kind != Watched::no) {
        count_call(kind == Watched::data ? Call::open : kind == Watched::lock ? Call::lock_open : Call::side_open);
    }
    remember(descriptor, kind);
    return descriptor;
}

std::FILE* opened(const char* path, std::FILE* file) noexcept {
    opened(path, file == nullptr ? -1 : fileno(file));
    return file;
}

void touched(Call call, int descriptor, std::size_t bytes = 0) noexcept {
    if (is_data(descriptor)) {
        count_call(call, static_cast<std::int64_t>(bytes));
    }
}

void touched(Call call, const char* path) noexcept {
    if (kind_of(path) == Watched::data) {
        count_call(call);
    }
}

std::size_t bytes_of(const iovec* pieces, int number) noexcept {
    std::size_t sum = 0;
    for (int i = 0; i < number; ++i) {
        sum += pieces[i].iov_len;
    }
    return sum;
}

/// The errno with which a call is to fail; 0: it is not.
template <class Subject>
int fault(const char* name, Subject subject, Needs needs) noexcept {
    return kind_of(subject) == Watched::no ? 0 : fault_of(name, needs);
}

/// How many bytes a call is to transfer instead of those that it was asked for.
std::size_t fewer(const char* name, int descriptor, std::size_t bytes) noexcept {
    return kind_of(descriptor) != Watched::no && memdata_test::is_cut_short(name, bytes) ? bytes - bytes / 2 : bytes;
}

/// The function that would be called if this file were not here.
template <class Function>
Function* next(Function*, const char* name) noexcept {
    return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

/// The mode of a file that open() may make.
mode_t mode_in(int flags, va_list arguments) noexcept {
    return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(arguments, mode_t) : 0;
}

}  // namespace

void memdata_test::watch_file(const std::string& file) {
    static std::forward_list<std::string>& names = *new std::forward_list<std::string>;  // see above
    watched = &names.emplace_front(file.substr(file.rfind('/') + 1));
}

#define MEMDATA_COUNTING_OPEN(name, parameters, arguments)                                                 \
    extern "C" int name parameters {                                                                       \
        va_list rest;                                                                                      \
        va_start(rest, flags);                                                                             \
        const mode_t mode = mode_in(flags, rest);                                                          \
        va_end(rest);                                                                                      \
        static auto* const next_one = next(&name, #name);                                                  \
        if (const int error = fault(#name, path, (flags & O_CREAT) != 0 ? Needs::room : Needs::nothing)) { \
            opened(path, -1);                                                                              \
            errno = error;                                                                                 \
            return -1;                                                                                     \
        }                                                                                                  \
        return opened(path, next_one arguments);                                                           \
    }

#define MEMDATA_COUNTING(result, name, parameters, arguments, note, subject, needs) \
    extern "C" result name parameters {                                             \
        static auto* const next_one = next(&name, #name);                           \
        note;                                                                       \
        if (const int error = fault(#name, subject, needs)) {                       \
            errno = error;                                                          \
            return -1;                                                              \
        }                                                                           \
        return next_one arguments;                                                  \
    }

/// Of `bytes`, of which there may be fewer.
#define MEMDATA_COUNTING_TRANSFER(name, parameters, arguments, call, needs) \
    extern "C" ssize_t name parameters {                                    \
        static auto* const next_one = next(&name, #name);                   \
        touched(call, file, bytes);                                         \
        if (const int error = fault(#name, file, needs)) {                  \
            errno = error;                                                  \
            return -1;                                                      \
        }                                                                   \
        bytes = fewer(#name, file, bytes);                                  \
        return next_one arguments;                                          \
    }

MEMDATA_COUNTING_OPEN(open, (const char* path, int flags, ...), (path, flags, mode))
MEMDATA_COUNTING_OPEN(open64, (const char* path, int flags, ...), (path, flags, mode))
MEMDATA_COUNTING_OPEN(openat, (int folder, const char* path, int flags, ...), (folder, path, flags, mode))
MEMDATA_COUNTING_OPEN(openat64, (int folder, const char* path, int flags, ...), (folder, path, flags, mode))

extern "C" int creat(const char* path, mode_t mode) {
    static auto* const next_one = next(&creat, "creat");
    return opened(path, next_one(path, mode));
}
extern "C" std::FILE* fopen(const char* path, const char* mode) {
    static auto* const next_one = next(&fopen, "fopen");
    return opened(path, next_one(path, mode));
}
extern "C" std::FILE* fopen64(const char* path, const char* mode) {
    static auto* const next_one = next(&fopen64, "fopen64");
    return opened(path, next_one(path, mode));
}
extern "C" int close(int file) {
    static auto* const next_one = next(&close, "close");
    const int error = fault("close", file, Needs::room);  // of a full disk network file systems tell here
    remember(file, Watched::no);
    const int result = next_one(file);
    errno = error != 0 ? error : errno;
    return error != 0 ? -1 : result;
}

MEMDATA_COUNTING_TRANSFER(read, (int file, void* data, size_t bytes), (file, data, bytes), Call::read, Needs::nothing)
MEMDATA_COUNTING_TRANSFER(pread, (int file, void* data, size_t bytes, off_t at), (file, data, bytes, at), Call::read,
                          Needs::nothing)
MEMDATA_COUNTING_TRANSFER(pread64, (int file, void* data, size_t bytes, off64_t at), (file, data, bytes, at),
                          Call::read, Needs::nothing)
MEMDATA_COUNTING_TRANSFER(write, (int file, const void* data, size_t bytes), (file, data, bytes), Call::write,
                          Needs::room)
MEMDATA_COUNTING_TRANSFER(pwrite, (int file, const void* data, size_t bytes, off_t at), (file, data, bytes, at),
                          Call::write, Needs::room)
MEMDATA_COUNTING_TRANSFER(pwrite64, (int file, const void* data, size_t bytes, off64_t at), (file, data, bytes, at),
                          Call::write, Needs::room)

#define MEMDATA_COUNTING_VECTOR(name, parameters, arguments, call, needs) \
    MEMDATA_COUNTING(ssize_t, name, parameters, arguments, touched(call, file, bytes_of(pieces, number)), file, needs)
MEMDATA_COUNTING_VECTOR(readv, (int file, const iovec* pieces, int number), (file, pieces, number), Call::read,
                        Needs::nothing)
MEMDATA_COUNTING_VECTOR(preadv, (int file, const iovec* pieces, int number, off_t at), (file, pieces, number, at),
                        Call::read, Needs::nothing)
MEMDATA_COUNTING_VECTOR(preadv64, (int file, const iovec* pieces, int number, off64_t at), (file, pieces, number, at),
                        Call::read, Needs::nothing)
MEMDATA_COUNTING_VECTOR(writev, (int file, const iovec* pieces, int number), (file, pieces, number), Call::write,
                        Needs::room)
MEMDATA_COUNTING_VECTOR(pwritev, (int file, const iovec* pieces, int number, off_t at), (file, pieces, number, at),
                        Call::write, Needs::room)
MEMDATA_COUNTING_VECTOR(pwritev64, (int file, const iovec* pieces, int number, off64_t at), (file, pieces, number, at),
                        Call::write, Needs::room)

#define MEMDATA_COUNTING_STAT(name, type, subject_type, subject)                                   \
    MEMDATA_COUNTING(int, name, (subject_type subject, type * status) noexcept, (subject, status), \
                     touched(Call::stat, subject), subject, Needs::nothing)
MEMDATA_COUNTING_STAT(stat, struct stat, const char*, path)
MEMDATA_COUNTING_STAT(stat64, struct stat64, const char*, path)
MEMDATA_COUNTING_STAT(lstat, struct stat, const char*, path)
MEMDATA_COUNTING_STAT(lstat64, struct stat64, const char*, path)
MEMDATA_COUNTING_STAT(fstat, struct stat, int, file)
MEMDATA_COUNTING_STAT(fstat64, struct stat64, int, file)
MEMDATA_COUNTING(int, fsync, (int file), (file), touched(Call::sync, file), file, Needs::room)
MEMDATA_COUNTING(int, fdatasync, (int file), (file), touched(Call::sync, file), file, Needs::room)
MEMDATA_COUNTING(int, ftruncate, (int file, off_t size) noexcept, (file, size), touched(Call::truncate, file), file,
                 Needs::nothing)
MEMDATA_COUNTING(int, ftruncate64, (int file, off64_t size) noexcept, (file, size), touched(Call::truncate, file), file,
                 Needs::nothing)
MEMDATA_COUNTING(int, rename, (const char* path, const char* to) noexcept, (path, to), touched(Call::rename, path),
                 path, Needs::nothing)
MEMDATA_COUNTING(int, link, (const char* path, const char* to) noexcept, (path, to), touched(Call::rename, path), path,
                 Needs::room)

// Not counted, as a save makes a handful of them at most; but they can fail.
// (ompio does not care whether it can remove the file in which it tried locks.)
MEMDATA_COUNTING(int, unlink, (const char* path) noexcept, (path), , kind_of(path) == Watched::side ? nullptr : path,
                 Needs::nothing)
MEMDATA_COUNTING(int, access, (const char* path, int mode) noexcept, (path, mode), , path, Needs::nothing)
MEMDATA_COUNTING(int, chmod, (const char* path, mode_t mode) noexcept, (path, mode), , path, Needs::nothing)
MEMDATA_COUNTING(int, fchmod, (int file, mode_t mode) noexcept, (file, mode), , file, Needs::nothing)
MEMDATA_COUNTING(int, flock, (int file, int how) noexcept, (file, how), , file, Needs::nothing)
MEMDATA_COUNTING(int, truncate, (const char* path, off_t size) noexcept, (path, size), , path, Needs::nothing)
MEMDATA_COUNTING(int, truncate64, (const char* path, off64_t size) noexcept, (path, size), , path, Needs::nothing)
MEMDATA_COUNTING(int, fallocate, (int file, int mode, off_t at, off_t bytes), (file, mode, at, bytes), , file,
                 Needs::room)
MEMDATA_COUNTING(int, fallocate64, (int file, int mode, off64_t at, off64_t bytes), (file, mode, at, bytes), , file,
                 Needs::room)
MEMDATA_COUNTING(ssize_t, copy_file_range, (int file, off64_t* from, int to, off64_t* at, size_t bytes, unsigned flags),
                 (file, from, to, at, bytes, flags), , to, Needs::room)
