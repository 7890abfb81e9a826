// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/mpi/environment.hpp"

#include <fmt/format.h>
#include <mpi.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <thread>

#include "memdata/base/error.hpp"
#include "mpi/call.hpp"

namespace memdata {

namespace {

struct Level {
    int mpi;
    const char* name;
};

Level described(ThreadLevel level) {
    switch (level) {
        case ThreadLevel::single:
            return {MPI_THREAD_SINGLE, "single"};
        case ThreadLevel::funneled:
            return {MPI_THREAD_FUNNELED, "funneled"};
        case ThreadLevel::serialized:
            return {MPI_THREAD_SERIALIZED, "serialized"};
        case ThreadLevel::multiple:
            return {MPI_THREAD_MULTIPLE, "multiple"};
    }
    throw ArgumentError(fmt::format("there is no thread level {}", static_cast<int>(level)));
}

bool mpi_is_running() {
    int initialized = 0;
    int finalized = 0;
    MPI_Initialized(&initialized);
    MPI_Finalized(&finalized);
    return initialized != 0 && finalized == 0;
}

/// One line on stderr, in one write so that ranks do not mix. Allocates nothing: there may be no memory left.
void say(const char* reason, const char* what) noexcept {
    std::array<char, 2048> line{};
    std::array<char, 64> who{};
    if (mpi_is_running()) {
        int rank = 0;
        int size = 0;
        MPI_Comm_rank(MPI_COMM_WORLD, &rank);
        MPI_Comm_size(MPI_COMM_WORLD, &size);
        std::snprintf(who.data(), who.size(), ": rank %d of %d", rank, size);
    }
    const int length =
        std::snprintf(line.data(), line.size(), "memdata%s: %s%s; the job ends\n", who.data(), reason, what);
    std::size_t bytes = static_cast<std::size_t>(std::max(length, 0));
    if (bytes >= line.size()) {  // cut
        bytes = line.size();
        line.back() = '\n';
    }
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), bytes);
}

[[noreturn]] void end_job() noexcept {
    if (mpi_is_running()) {
        MPI_Abort(MPI_COMM_WORLD, 1);
    }
    std::_Exit(1);
}

[[noreturn]] void on_terminate() {
    if (const std::exception_ptr current = std::current_exception()) {
        try {
            std::rethrow_exception(current);
        } catch (const std::exception& error) {
            say("uncaught exception: ", error.what());
        } catch (...) {
            say("uncaught exception of unknown type", "");
        }
    } else {
        say("std::terminate without an exception", "");
    }
    end_job();
}

/// An exception passes the end of the Environment: somebody outside catches it. Its text is not known here, so
/// the handler gets the time to print it; the job ends when the program does, or after that time.
void end_job_soon() noexcept {
    say("an exception leaves the scope of the Environment", "");
    std::atexit([] { end_job(); });
    std::thread([] {
        std::this_thread::sleep_for(std::chrono::seconds(5));
        end_job();
    }).detach();
}

void ignore_file_size_signal() {
    struct sigaction now {};
    if (sigaction(SIGXFSZ, nullptr, &now) == 0 && now.sa_handler == SIG_DFL) {
        std::signal(SIGXFSZ, SIG_IGN);
    }
}

}  // namespace

Environment::Environment(int& argc, char**& argv, ThreadLevel level) : exceptions_(std::uncaught_exceptions()) {
    const Level wanted = described(level);
    int initialized = 0;
    MPI_Initialized(&initialized);
    int provided = 0;
    if (initialized == 0) {
        mpi::check(MPI_Init_thread(&argc, &argv, wanted.mpi, &provided), "MPI_Init_thread");
        finalize_ = true;
    } else {
        mpi::check(MPI_Query_thread(&provided), "MPI_Query_thread");
    }
    std::set_terminate(on_terminate);
    ignore_file_size_signal();
    if (provided < wanted.mpi) {
        const auto gives = [&](ThreadLevel l) { return described(l).mpi == provided; };
        constexpr std::array all{ThreadLevel::single, ThreadLevel::funneled, ThreadLevel::serialized};
        const auto* const given = std::find_if(all.begin(), all.end(), gives);
        throw Error(fmt::format(
            "thread level '{}' was asked for, but MPI gives '{}': {}", wanted.name,
            given == all.end() ? "unknown" : described(*given).name,
            initialized != 0 ? "it was initialised before, with that level" : "this MPI library has no other"));
    }
}

namespace {
int no_arguments = 0;
char** no_argument_list = nullptr;
}  // namespace

Environment::Environment(ThreadLevel level) : Environment(no_arguments, no_argument_list, level) {}

Environment::~Environment() {
    if (std::uncaught_exceptions() > exceptions_) {
        end_job_soon();
    } else if (finalize_ && mpi_is_running()) {
        MPI_Finalize();
    }
}

}  // namespace memdata
