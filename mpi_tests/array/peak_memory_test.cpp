// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// Redistribution in place needs at most 64 MiB a rank beyond the larger of the two blocks. getrusage knows only the
// highest mark of a process, so each case is a process of its own: test_peak_memory --gtest_filter=..., run by ctest.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "expect_on_all.hpp"
#include "memdata/memdata.hpp"

namespace md = memdata;

namespace {

constexpr md::Index mib = md::Index{1} << 20;

md::Index peak_memory() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss * 1024;
}

struct Case {
    const char* name;
    md::Shape shape;  // of float64, 192 MiB a rank on 4 ranks
    int from;
    int to;
};

class PeakMemory : public ::testing::TestWithParam<Case> {};

TEST_P(PeakMemory, stays_below_the_limit) {
    const md::Communicator world;
    const auto& [name, shape, from, to] = GetParam();
    md::MPIArray array = md::MPIArray::zeros<double>(world, shape, md::Axis{from});
    double x = world.rank();
    for (double& value : array.local().span<double>()) {
        value = x;
        x += 1;
    }
    md::MPIArray small = md::MPIArray::zeros<double>(world, {64, 64}, md::Axis{0});
    small.redistribute(md::Axis{1});  // MPI's own memory is there now
    const md::Index before = peak_memory();
    array.redistribute(md::Axis{to});
    const md::Index extra = peak_memory() - before;
    if (world.rank() == 0) {
        std::printf("%s: %lld MiB beyond a block of %lld MiB on rank 0\n", name, static_cast<long long>(extra / mib),
                    static_cast<long long>(array.local().bytes() / mib));
    }
    EXPECT_ON_ALL(world, extra <= 64 * mib);
    EXPECT_ON_ALL(world, array.axis() == GetParam().to);
}

TEST(PeakMemoryOf, several_arrays_with_uneven_blocks) {
    // What one array takes last the other takes first.
    const md::Communicator world;
    const md::Index rows = 384 * world.size();  // of 128 KiB: 48 MiB a rank and array
    std::vector<md::Index> counts(static_cast<std::size_t>(world.size()), 1);
    counts.front() = 16384 - world.size() + 1;
    const md::Distribution to_first({rows, 16384}, md::Axis{1}, md::Partition::from_counts(counts));
    std::swap(counts.front(), counts.back());
    const md::Distribution to_last({rows, 16384}, md::Axis{1}, md::Partition::from_counts(counts));
    md::MPIArray a = md::MPIArray::full<double>(world, {rows, 16384}, md::Axis{0}, 1);
    md::MPIArray b = md::MPIArray::full<double>(world, {rows, 16384}, md::Axis{0}, 2);
    const md::Index before = peak_memory();
    md::redistribute({{&a, to_first}, {&b, to_last}});
    const md::Index grown = a.local().bytes() + b.local().bytes() - 2 * 48 * mib;
    EXPECT_ON_ALL(world, peak_memory() - before <= std::max(md::Index{0}, grown) + 64 * mib);
}

// Rows to columns, back, 8 bytes at a time, the middle axis.
const std::vector<Case> cases{{"rows_to_columns", {8192, 12288}, 0, 1},   {"columns_to_rows", {8192, 12288}, 1, 0},
                              {"elements", {25165824, 4}, 0, 1},          {"elements_back", {25165824, 4}, 1, 0},
                              {"middle_to_last", {256, 384, 1024}, 1, 2}, {"few_rows", {4, 25165824}, 0, 1},
                              {"two_rows_each", {8, 12582912}, 0, 1}};
INSTANTIATE_TEST_SUITE_P(All, PeakMemory, ::testing::ValuesIn(cases),
                         [](const auto& which) { return std::string(which.param.name); });

}  // namespace
