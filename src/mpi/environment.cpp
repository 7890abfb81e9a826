// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/mpi/environment.hpp"

#include <fmt/format.h>
#include <mpi.h>
#include <unistd.h>

#include <csignal>
#include <exception>
#include <string>

#include "memdata/base/error.hpp"
#include "mpi/call.hpp"

namespace memdata {

namespace {

int mpi_level(ThreadLevel level) {
    switch (level) {
        case ThreadLevel::single:
            return MPI_THREAD_SINGLE;
        case ThreadLevel::funneled:
            return MPI_THREAD_FUNNELED;
        case ThreadLevel::serialized:
            return MPI_THREAD_SERIALIZED;
        case ThreadLevel::multiple:
            return MPI_THREAD_MULTIPLE;
    }
    return MPI_THREAD_FUNNELED;
}

bool mpi_is_running() {
    int initialized = 0;
    int finalized = 0;
    MPI_Initialized(&initialized);
    MPI_Finalized(&finalized);
    return initialized != 0 && finalized == 0;
}

/// Says on stderr, in one write so that ranks do not mix, why the job ends, and ends it on all ranks.
[[noreturn]] void end_job(const std::string& reason) noexcept {
    std::string who = "memdata";
    const bool running = mpi_is_running();
    if (running) {
        int rank = 0;
        int size = 0;
        MPI_Comm_rank(MPI_COMM_WORLD, &rank);
        MPI_Comm_size(MPI_COMM_WORLD, &size);
        who = fmt::format("memdata: rank {} of {}", rank, size);
    }
    const std::string line = fmt::format("{}: {}; the job ends\n", who, reason);
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
    if (running) {
        MPI_Abort(MPI_COMM_WORLD, 1);
    }
    std::_Exit(1);
}

[[noreturn]] void on_terminate() {
    std::string what = "std::terminate without an exception";
    if (const std::exception_ptr current = std::current_exception()) {
        try {
            std::rethrow_exception(current);
        } catch (const std::exception& error) {
            what = fmt::format("uncaught exception: {}", error.what());
        } catch (...) {
            what = "uncaught exception of unknown type";
        }
    }
    end_job(what);
}

void ignore_file_size_signal() {
    struct sigaction now {};
    if (sigaction(SIGXFSZ, nullptr, &now) == 0 && now.sa_handler == SIG_DFL) {
        std::signal(SIGXFSZ, SIG_IGN);
    }
}

}  // namespace

Environment::Environment(int& argc, char**& argv, ThreadLevel level) : exceptions_(std::uncaught_exceptions()) {
    int initialized = 0;
    MPI_Initialized(&initialized);
    int provided = 0;
    if (initialized == 0) {
        mpi::check(MPI_Init_thread(&argc, &argv, mpi_level(level), &provided), "MPI_Init_thread");
        finalize_ = true;
    } else {
        mpi::check(MPI_Query_thread(&provided), "MPI_Query_thread");
    }
    std::set_terminate(on_terminate);
    ignore_file_size_signal();
    if (provided < mpi_level(level)) {
        throw Error(fmt::format("MPI gives thread level {}, {} was asked for", provided, mpi_level(level)));
    }
}

namespace {
int no_arguments = 0;
char** no_argument_list = nullptr;
}  // namespace

Environment::Environment(ThreadLevel level) : Environment(no_arguments, no_argument_list, level) {}

Environment::~Environment() {
    if (std::uncaught_exceptions() > exceptions_) {
        end_job("an exception leaves the scope of the Environment");
    }
    if (finalize_ && mpi_is_running()) {
        MPI_Finalize();
    }
}

}  // namespace memdata
