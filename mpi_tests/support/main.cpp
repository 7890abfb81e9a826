// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause

// The main program of tests that run under mpirun.

#include <gtest/gtest.h>
#include <mpi.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <string_view>
#include <utility>

#include "rank_listener.hpp"
#include "scratch.hpp"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>

// Open MPI unloads plug-ins after the first file; what they leaked then has no name that lsan.supp could hold.
// So they stay loaded in a build with the address sanitiser.
extern "C" int dlclose(void* /*handle*/) noexcept { return 0; }
#endif

namespace {

// In a build with the address sanitiser leaks are looked for before MPI_Finalize, and what MPI_Init
// allocates does not count: MPI's plug-ins leak, and cannot be told from others once unloaded.
#ifdef __SANITIZE_ADDRESS__
void ignore_leaks(bool on) { on ? __lsan_disable() : __lsan_enable(); }
int count_leaks() { return __lsan_do_recoverable_leak_check() != 0 ? 1 : 0; }
#else
void ignore_leaks(bool /*on*/) {}
int count_leaks() { return 0; }
#endif

/// What threads may do: MEMDATA_TEST_THREADS is single, funneled, serialized (the default) or multiple.
int thread_level() {
    constexpr std::array<std::pair<std::string_view, int>, 4> levels{{{"single", MPI_THREAD_SINGLE},
                                                                      {"funneled", MPI_THREAD_FUNNELED},
                                                                      {"serialized", MPI_THREAD_SERIALIZED},
                                                                      {"multiple", MPI_THREAD_MULTIPLE}}};
    const char* const text = std::getenv("MEMDATA_TEST_THREADS");
    if (text == nullptr) {
        return MPI_THREAD_SERIALIZED;
    }
    for (const auto& [name, level] : levels) {
        if (name == text) return level;
    }
    std::fprintf(stderr, "MEMDATA_TEST_THREADS: there is no thread level '%s'\n", text);
    std::exit(2);
}

/// Rank 0 empties the scratch folder before any rank begins.
void prepare(MPI_Comm comm) {
    int rank = 0;
    MPI_Comm_rank(comm, &rank);
    if (rank == 0) {
        try {
            memdata_test::prepare_scratch();
        } catch (const std::exception& error) {
            std::fprintf(stderr, "scratch folder: %s\n", error.what());
            MPI_Abort(MPI_COMM_WORLD, 2);
        }
    }
    MPI_Barrier(comm);
}

}  // namespace

int main(int argc, char** argv) {
    const int wanted = thread_level();
    int provided = 0;
    ignore_leaks(true);
    MPI_Init_thread(&argc, &argv, wanted, &provided);
    ignore_leaks(false);
    if (provided < wanted) {
        std::fprintf(stderr, "MPI gives thread level %d, not %d\n", provided, wanted);
        MPI_Abort(MPI_COMM_WORLD, 2);
    }
    ::testing::InitGoogleTest(&argc, argv);

    MPI_Comm comm = MPI_COMM_NULL;
    MPI_Comm_dup(MPI_COMM_WORLD, &comm);
    int rank = 0;
    MPI_Comm_rank(comm, &rank);
    if (rank != 0) ::testing::GTEST_FLAG(output) = "";  // one XML or JSON report, rank 0's
    prepare(comm);

    auto& listeners = ::testing::UnitTest::GetInstance()->listeners();
    std::unique_ptr<::testing::TestEventListener> printer(listeners.Release(listeners.default_result_printer()));
    auto* listener = new memdata_test::RankListener(comm, std::move(printer));
    listeners.Append(listener);  // takes ownership

    const int tests = RUN_ALL_TESTS();
    const int leaks = count_leaks();
    const int status = listener->finish(tests != 0 ? tests : leaks);
    MPI_Comm_free(&comm);
    MPI_Finalize();
    return status;
}
