// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "io/turn.hpp"

#include <fmt/format.h>
#include <mpi.h>

#include <mutex>
#include <thread>

#include "memdata/base/error.hpp"
#include "mpi/call.hpp"

namespace memdata::io {

namespace {

/// Whose turn it is; `operation` and `file` belong to the thread's first Turn.
struct Holder {
    std::mutex mutex;
    int depth = 0;
    std::thread::id thread;
    const char* operation = nullptr;
    const std::string* file = nullptr;
};

Holder& holder() {
    static Holder instance;
    return instance;
}

int thread_level() {
    int level = MPI_THREAD_SINGLE;
    mpi::check(MPI_Query_thread(&level), "MPI_Query_thread");
    return level;
}

/// Below `serialized` MPI belongs to the thread that initialised it.
void check_thread(const char* operation, const std::string& file) {
    int is_main = 0;
    mpi::check(MPI_Is_thread_main(&is_main), "MPI_Is_thread_main");
    if (is_main == 0 && thread_level() < MPI_THREAD_SERIALIZED) {
        throw Error(fmt::format("{}() of '{}' by another thread than the one that initialised MPI needs thread level "
                                "'serialized' or 'multiple': md::Environment env(argc, argv, "
                                "md::ThreadLevel::serialized)",
                                operation, file),
                    {.file = file});
    }
}

}  // namespace

Turn::Turn(const char* operation, const std::string& file) : operation_(operation), file_(file) {
    check_thread(operation, file);
    {
        Holder& now = holder();
        const std::scoped_lock lock(now.mutex);
        mine_ = now.depth == 0 || now.thread == std::this_thread::get_id();
        if (mine_) {
            if (++now.depth == 1) {
                now.thread = std::this_thread::get_id();
                now.operation = operation;
                now.file = &file;
            }
            return;
        }
    }
    if (thread_level() < MPI_THREAD_MULTIPLE) {
        check();
    }
}

Turn::~Turn() {
    if (mine_) {
        Holder& now = holder();
        const std::scoped_lock lock(now.mutex);
        --now.depth;
    }
}

void Turn::check() const {
    if (mine_) {
        return;
    }
    Holder& now = holder();
    const std::scoped_lock lock(now.mutex);
    throw Error(fmt::format("{}() of '{}' at the same time as {} by another thread: a process saves or loads one file "
                            "at a time, as HDF5 does. Let one thread do it, in the same order on all ranks",
                            operation_, file_,
                            now.depth > 0 ? fmt::format("{}() of '{}'", now.operation, *now.file) : "another"),
                {.file = file_});
}

}  // namespace memdata::io
