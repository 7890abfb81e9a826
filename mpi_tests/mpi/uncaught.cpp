// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause

// Programs that end in trouble, on one rank while the others wait, or on all; check_uncaught.cmake runs them on 3
// ranks one by one and looks at how they end.

#include <mpi.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>

#include "memdata/array/redistribution.hpp"
#include "memdata/base/error.hpp"
#include "memdata/mpi/agreement.hpp"
#include "memdata/mpi/environment.hpp"

namespace md = memdata;

namespace {

// Objects that the rest of the program still holds when MPI is finalised.
std::unique_ptr<md::RedistributionPlan> plan;

// What is allocated is written here, or the compiler would leave the allocation out.
void* volatile taken = nullptr;

/// Takes all memory, down to the smallest piece.
void exhaust_memory() {
    const rlimit limit{.rlim_cur = 1, .rlim_max = RLIM_INFINITY};
    setrlimit(RLIMIT_AS, &limit);
    for (std::size_t bytes = std::size_t{1} << 20U; bytes > 8; bytes /= 2) {
        do {
            taken = std::malloc(bytes);
        } while (taken != nullptr);
    }
    for (;;) {
        taken = ::operator new(1000);
    }
}

void throw_path_error(int rank) {
    if (rank > 0) {
        throw md::PathError("thrown in noexcept");
    }
}

void run(const std::string& mode, const md::Communicator& world) {
    if (mode == "all_ranks") {
        throw md::ShapeError("thrown by every rank");
    }
    if (mode == "agreed" || mode == "caught_outside_on_all") {
        md::agree(world, "the step", [&] {
            if (world.rank() == 1) {
                throw md::IoError("seen by one rank");
            }
        });
    }
    if (mode == "plan_outlives") {
        const md::Distribution from({5, 7}, md::Axis{0}, world.size());
        plan = std::make_unique<md::RedistributionPlan>(world, from,
                                                        md::Distribution({5, 7}, md::Axis{1}, world.size()), 8);
        return;
    }
    if (world.rank() == 1) {
        if (mode == "terminate") {
            std::terminate();
        } else if (mode == "foreign") {
            throw 1;
        } else if (mode == "no_memory") {
            exhaust_memory();
        } else if (mode == "thread") {
            std::thread([] { throw md::IoError("thrown in a thread"); }).join();
        } else if (mode == "in_noexcept") {
            [&]() noexcept { throw_path_error(world.rank()); }();
        } else if (mode == "long_message") {
            throw std::runtime_error("a long message " + std::string(100'000, 'x'));
        }
        throw std::runtime_error("thrown by one rank");
    }
    world.barrier();
}

int inside(int argc, char** argv, const std::string& mode) {
    const md::Environment env(argc, argv);
    run(mode, md::Communicator());
    return 0;
}

int outside(int argc, char** argv, const std::string& mode) {
    try {
        return inside(argc, argv, mode);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "the program's own handler: %s\n", error.what());
        if (mode == "handler_hangs") {
            std::this_thread::sleep_for(std::chrono::minutes(1));
        }
        return mode == "handler_returns_0" ? 0 : 3;
    }
}

/// MPI that somebody else initialised, without threads.
int thread_level(int argc, char** argv) {
    int provided = 0;
    MPI_Init_thread(&argc, &argv, MPI_THREAD_SINGLE, &provided);
    int rank = 0;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    try {
        const md::Environment env(argc, argv, md::ThreadLevel::multiple);
    } catch (const md::Error& error) {
        std::fprintf(stderr, "rank %d: %s\n", rank, error.what());
    }
    MPI_Finalize();
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string mode = argc > 1 ? argv[1] : "";
    if (mode == "thread_level") {
        return thread_level(argc, argv);
    }
    if (mode.starts_with("caught_outside") || mode.starts_with("handler")) {
        return outside(argc, argv, mode);
    }
    return inside(argc, argv, mode);
}
