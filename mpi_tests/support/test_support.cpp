// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause

// The assertions over all ranks, where they pass. Where they fail: failing_on_purpose.cpp.

#include <gtest/gtest.h>
#include <mpi.h>

#include <fstream>
#include <stdexcept>
#include <string>
#include <type_traits>

#include "expect_on_all.hpp"
#include "scratch.hpp"

namespace {

int rank() {
    int value = 0;
    MPI_Comm_rank(MPI_COMM_WORLD, &value);
    return value;
}

TEST(ExpectOnAll, HoldsOnEveryRank) {
    EXPECT_ON_ALL(MPI_COMM_WORLD, rank() >= 0);
    ASSERT_ON_ALL(MPI_COMM_WORLD, std::is_same_v<int, int>) << "commas are allowed";
}

TEST(ExpectOnAll, ReportsTheRanksThatDiffer) {
    int size = 0;
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    const auto result = memdata_test::all_ok(MPI_COMM_WORLD, "expression", {rank() != size - 1, "text of the last"});
    EXPECT_FALSE(result);
    if (rank() != 0) return;
    const std::string message = result.message();
    EXPECT_NE(message.find("1 of " + std::to_string(size)), std::string::npos) << message;
    EXPECT_NE(message.find("rank(s) " + std::to_string(size - 1) + ": text of the last"), std::string::npos) << message;
}

TEST(ExpectThrowOnAll, SameMessageEverywhere) {
    EXPECT_THROW_ON_ALL(MPI_COMM_WORLD, throw std::out_of_range("axis 3"), std::out_of_range, "axis");
    EXPECT_THROW_ON_ALL(MPI_COMM_WORLD, throw std::out_of_range("axis 3"), std::exception, "");
}

TEST(ExpectThrowOnAll, DifferentMessagesFail) {
    int size = 0;
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    const auto result = memdata_test::all_ok_and_alike(
        MPI_COMM_WORLD, "expression",
        memdata_test::check_throw<std::runtime_error>(
            [] { throw std::runtime_error("on rank " + std::to_string(rank())); }, "on rank"));
    EXPECT_EQ(static_cast<bool>(result), size == 1);
}

TEST(Scratch, IsSharedByTheRanksAndEmptyAtFirst) {
    const std::string path = memdata_test::scratch("file");
    EXPECT_ON_ALL(MPI_COMM_WORLD, !std::ifstream(path).good());
    if (rank() == 0) std::ofstream(path) << "text";
    MPI_Barrier(MPI_COMM_WORLD);
    EXPECT_ON_ALL(MPI_COMM_WORLD, std::ifstream(path).good());
}

}  // namespace
