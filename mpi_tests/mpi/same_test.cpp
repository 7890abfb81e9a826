// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>
#include <mpi.h>

#include <cstring>
#include <string>
#include <vector>

#include "caught.hpp"
#include "memdata/mpi/agreement.hpp"

namespace memdata::testing {
namespace {

Communicator owned(MPI_Comm comm) { return {comm, boost::mpi::comm_take_ownership}; }

TEST(SameOnAllRanks, equal_bytes_and_texts_pass) {
    const Communicator world;
    same_on_all_ranks(world, "nothing", std::string_view());
    same_on_all_ranks(world, "nothing", std::span<const std::byte>());
    same_on_all_ranks(world, "a text", "text");
    const std::vector<std::byte> much(5'000'000, std::byte{7});
    same_on_all_ranks(world, "bytes", much);
}

TEST(SameOnAllRanks, one_other_rank_is_named_whichever_it_is) {
    const Communicator world;
    for (int odd = 1; odd < world.size(); ++odd) {
        const std::string mine = world.rank() == odd ? "axis 1" : "axis 0";
        const Caught error = caught([&] { same_on_all_ranks(world, "the axis", mine); });
        EXPECT_TRUE(is<MismatchError>(error));
        EXPECT_EQ(error.what, "the axis must be the same on all ranks, but differs from rank 0 on rank " +
                                  std::to_string(odd) + ": \"axis 0\" on rank 0, \"axis 1\" on rank " +
                                  std::to_string(odd));
        EXPECT_EQ(error.context.rank, odd);
    }
}

TEST(SameOnAllRanks, when_rank_0_is_the_odd_one_all_others_are_named) {
    const Communicator world;
    if (world.size() < 3) {
        GTEST_SKIP() << "needs 3 ranks";
    }
    const std::string mine = world.rank() == 0 ? "x" : "y";
    const Caught error = caught([&] { same_on_all_ranks(world, "it", mine); });
    EXPECT_TRUE(error.what.starts_with("it must be the same on all ranks, but differs from rank 0 on ranks 1, 2"))
        << error.what;
    EXPECT_EQ(error.context.rank, 1);
    EXPECT_THROW_ON_ALL(world, same_on_all_ranks(world, "it", std::to_string(world.rank())), MismatchError, "it must");
}

TEST(SameOnAllRanks, a_difference_of_one_bit_or_of_length_counts) {
    const Communicator world;
    if (world.size() == 1) {
        GTEST_SKIP() << "needs 2 ranks";
    }
    std::vector<std::byte> bytes(100'001, std::byte{0});
    if (world.rank() == world.size() - 1) {
        bytes[77'777] = std::byte{1};
    }
    EXPECT_THROW_ON_ALL(world, same_on_all_ranks(world, "bytes", bytes), MismatchError, "bytes must be the same");
    const std::string zeros(world.rank() == 0 ? 8 : 9, '\0');
    EXPECT_THROW_ON_ALL(world, same_on_all_ranks(world, "zeros", zeros), MismatchError, "zeros must be the same");
    const std::string empty_or_not(world.rank() == 0 ? "" : "x");
    EXPECT_THROW_ON_ALL(world, same_on_all_ranks(world, "text", empty_or_not), MismatchError, "text must be");
}

TEST(SameOnAllRanks, long_texts_are_cut_in_the_message) {
    const Communicator world;
    if (world.size() == 1) {
        GTEST_SKIP() << "needs 2 ranks";
    }
    const std::string mine = std::string(1'000'000, 'x') + std::to_string(world.rank());
    const Caught error = caught([&] { same_on_all_ranks(world, "it", mine); });
    EXPECT_TRUE(is<MismatchError>(error));
    EXPECT_LT(error.what.size(), 1000U);
    EXPECT_EQ(error.context.rank, 1);
}

TEST(Congruent, the_same_ranks_in_the_same_order) {
    const Communicator world;
    EXPECT_TRUE(congruent(world, world));
    EXPECT_TRUE(congruent(world, Communicator(MPI_COMM_WORLD, boost::mpi::comm_attach)));
    EXPECT_TRUE(congruent(world, Communicator(world, boost::mpi::comm_duplicate)));
    EXPECT_TRUE(congruent(world, world.split(0, world.rank())));
    EXPECT_EQ(congruent(world, world.split(0, -world.rank())), world.size() == 1);
    EXPECT_EQ(congruent(world, world.split(world.rank())), world.size() == 1);
    EXPECT_EQ(congruent(world, world.split(world.rank() % 2)), world.size() == 1);
}

TEST(Congruent, a_cartesian_communicator_is_and_a_null_one_is_not) {
    const Communicator world;
    MPI_Comm cart = MPI_COMM_NULL;
    const int dims = world.size();
    const int periods = 0;
    MPI_Cart_create(world, 1, &dims, &periods, 0, &cart);
    EXPECT_TRUE(congruent(world, owned(cart)));
    const Communicator null(MPI_COMM_NULL, boost::mpi::comm_attach);
    EXPECT_FALSE(congruent(world, null));
    EXPECT_FALSE(congruent(null, world));
    EXPECT_TRUE(congruent(null, null));
}

}  // namespace
}  // namespace memdata::testing
