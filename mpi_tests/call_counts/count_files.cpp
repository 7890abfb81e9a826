// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// The C library's calls to the file system under their own names, which count what is done with a watched file.
#undef _FORTIFY_SOURCE  // it has bodies of its own for some of them
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cstdarg>
#include <cstdio>
#include <forward_list>
#include <string>
#include <string_view>

#include "call_counts.hpp"

using memdata_test::Call;
using memdata_test::count_call;

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

bool is_data(int descriptor) noexcept {
    const auto index = static_cast<std::size_t>(descriptor);
    return descriptor >= 0 && index < descriptors.size() && descriptors[index].load() == Watched::data;
}

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

#define MEMDATA_COUNTING_OPEN(name, parameters, arguments) \
    extern "C" int name parameters {                       \
        va_list rest;                                      \
        va_start(rest, flags);                             \
        const mode_t mode = mode_in(flags, rest);          \
        va_end(rest);                                      \
        static auto* const next_one = next(&name, #name);  \
        return opened(path, next_one arguments);           \
    }

#define MEMDATA_COUNTING(result, name, parameters, arguments, note) \
    extern "C" result name parameters {                             \
        static auto* const next_one = next(&name, #name);           \
        note;                                                       \
        return next_one arguments;                                  \
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
MEMDATA_COUNTING(int, close, (int file), (file), remember(file, Watched::no))

MEMDATA_COUNTING(ssize_t, read, (int file, void* data, size_t bytes), (file, data, bytes),
                 touched(Call::read, file, bytes))
MEMDATA_COUNTING(ssize_t, pread, (int file, void* data, size_t bytes, off_t at), (file, data, bytes, at),
                 touched(Call::read, file, bytes))
MEMDATA_COUNTING(ssize_t, pread64, (int file, void* data, size_t bytes, off64_t at), (file, data, bytes, at),
                 touched(Call::read, file, bytes))
MEMDATA_COUNTING(ssize_t, readv, (int file, const iovec* pieces, int number), (file, pieces, number),
                 touched(Call::read, file, bytes_of(pieces, number)))
MEMDATA_COUNTING(ssize_t, preadv, (int file, const iovec* pieces, int number, off_t at), (file, pieces, number, at),
                 touched(Call::read, file, bytes_of(pieces, number)))
MEMDATA_COUNTING(ssize_t, preadv64, (int file, const iovec* pieces, int number, off64_t at), (file, pieces, number, at),
                 touched(Call::read, file, bytes_of(pieces, number)))
MEMDATA_COUNTING(ssize_t, write, (int file, const void* data, size_t bytes), (file, data, bytes),
                 touched(Call::write, file, bytes))
MEMDATA_COUNTING(ssize_t, pwrite, (int file, const void* data, size_t bytes, off_t at), (file, data, bytes, at),
                 touched(Call::write, file, bytes))
MEMDATA_COUNTING(ssize_t, pwrite64, (int file, const void* data, size_t bytes, off64_t at), (file, data, bytes, at),
                 touched(Call::write, file, bytes))
MEMDATA_COUNTING(ssize_t, writev, (int file, const iovec* pieces, int number), (file, pieces, number),
                 touched(Call::write, file, bytes_of(pieces, number)))
MEMDATA_COUNTING(ssize_t, pwritev, (int file, const iovec* pieces, int number, off_t at), (file, pieces, number, at),
                 touched(Call::write, file, bytes_of(pieces, number)))
MEMDATA_COUNTING(ssize_t, pwritev64, (int file, const iovec* pieces, int number, off64_t at),
                 (file, pieces, number, at), touched(Call::write, file, bytes_of(pieces, number)))

MEMDATA_COUNTING(int, stat, (const char* path, struct stat* status) noexcept, (path, status), touched(Call::stat, path))
MEMDATA_COUNTING(int, stat64, (const char* path, struct stat64* status) noexcept, (path, status),
                 touched(Call::stat, path))
MEMDATA_COUNTING(int, lstat, (const char* path, struct stat* status) noexcept, (path, status),
                 touched(Call::stat, path))
MEMDATA_COUNTING(int, lstat64, (const char* path, struct stat64* status) noexcept, (path, status),
                 touched(Call::stat, path))
MEMDATA_COUNTING(int, fstat, (int file, struct stat* status) noexcept, (file, status), touched(Call::stat, file))
MEMDATA_COUNTING(int, fstat64, (int file, struct stat64* status) noexcept, (file, status), touched(Call::stat, file))
MEMDATA_COUNTING(int, fsync, (int file), (file), touched(Call::sync, file))
MEMDATA_COUNTING(int, fdatasync, (int file), (file), touched(Call::sync, file))
MEMDATA_COUNTING(int, ftruncate, (int file, off_t size) noexcept, (file, size), touched(Call::truncate, file))
MEMDATA_COUNTING(int, ftruncate64, (int file, off64_t size) noexcept, (file, size), touched(Call::truncate, file))
MEMDATA_COUNTING(int, rename, (const char* path, const char* to) noexcept, (path, to), touched(Call::rename, path))
MEMDATA_COUNTING(int, link, (const char* path, const char* to) noexcept, (path, to), touched(Call::rename, path))
