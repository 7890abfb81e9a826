// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// Redistribution in place needs at most 64 MiB a rank beyond the block, whatever its size: the old block's memory is
// given back while the new one fills. getrusage knows only the highest mark of a process, so each case is a process
// of its own: test_peak_memory --gtest_filter=..., run by ctest.
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
    array.redistribute(array.distribution());  // MPI's own memory is there now
    const md::Index before = peak_memory();
    array.redistribute(md::Axis{to});
    const md::Index extra = peak_memory() - before;
    if (world.rank() == 0) {
        std::printf("%s: %lld MiB beyond a block of %lld MiB on rank 0\n", name, static_cast<long long>(extra / mib),
                    static_cast<long long>(array.local().bytes() / mib));
    }
    EXPECT_ON_ALL(world, extra <= 64 * mib);
    EXPECT_ON_ALL(world, array.axis() == to);
}

// Rows to columns, back, 8 bytes at a time, the middle axis.
const std::vector<Case> cases{{"rows_to_columns", {8192, 12288}, 0, 1},   {"columns_to_rows", {8192, 12288}, 1, 0},
                              {"elements", {25165824, 4}, 0, 1},          {"elements_back", {25165824, 4}, 1, 0},
                              {"middle_to_last", {256, 384, 1024}, 1, 2}, {"few_rows", {4, 25165824}, 0, 1}};
INSTANTIATE_TEST_SUITE_P(All, PeakMemory, ::testing::ValuesIn(cases),
                         [](const auto& which) { return std::string(which.param.name); });

}  // namespace
