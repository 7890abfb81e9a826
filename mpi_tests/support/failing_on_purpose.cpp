// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause

// Tests that fail, each in its own way; check_failure.cmake runs them on 3 ranks one by one and
// looks at what is printed. DISABLED_ is not used: the script names the test it wants.

#include <gtest/gtest.h>
#include <mpi.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

#include "expect_on_all.hpp"

namespace {

int rank() {
    int value = 0;
    MPI_Comm_rank(MPI_COMM_WORLD, &value);
    return value;
}

// One rank fails and all go on.
TEST(Failing, one_rank) { EXPECT_NE(rank(), 1) << "text of the failure"; }

TEST(Failing, all_ranks) { EXPECT_LT(rank(), 0); }

TEST(Failing, expect_on_all) { EXPECT_ON_ALL(MPI_COMM_WORLD, rank() != 2) << "more text"; }

TEST(Failing, expect_throw) {
    EXPECT_THROW_ON_ALL(MPI_COMM_WORLD, if (rank() != 1) throw std::runtime_error("bad axis"), std::runtime_error,
                        "axis");
}

// One rank leaves while the others wait for it in a collective call.
TEST(Failing, throw_one_rank) {
    if (rank() == 1) throw std::runtime_error("thrown by one rank");
    MPI_Barrier(MPI_COMM_WORLD);
}

// Nobody comes back.
TEST(Failing, hang) {
    for (;;) std::this_thread::sleep_for(std::chrono::seconds(1));
}

}  // namespace
