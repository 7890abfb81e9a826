// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// Ranks on one node and on several, a kernel that refuses: what other machines are like.
#include "mpi/node.hpp"

#include <gtest/gtest.h>

#include "expect_on_all.hpp"
#include "memdata/array/redistribution.hpp"
#include "truth.hpp"

namespace memdata::testing {
namespace {

/// Undoes a test's settings.
struct Restore {
    ~Restore() { mpi::NodeTest::most_ranks = 0, mpi::NodeTest::refuse_reads = false; }
};

int ranks_that_share_memory(const Communicator& comm) {
    MPI_Comm split = MPI_COMM_NULL;
    MPI_Comm_split_type(comm, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &split);
    return Communicator(split, boost::mpi::comm_take_ownership).size();
}

TEST(Node, finds_the_ranks_and_keeps_them) {
    const Communicator world;
    const auto node = mpi::Node::of(world);
    EXPECT_EQ(node.get(), mpi::Node::of(world).get());
    EXPECT_EQ(node->size(), ranks_that_share_memory(world)) << "no buffer could be shared: /proc, memfd_create?";
    EXPECT_EQ(node->ranks()[static_cast<std::size_t>(node->me())], world.rank());
    for (int number = 0; number < node->size(); ++number) {
        EXPECT_EQ(node->number(node->ranks()[static_cast<std::size_t>(number)]), number);
    }
}

TEST(Node, what_one_writes_the_others_read) {
    const Communicator world;
    const auto node = mpi::Node::of(world);
    for (std::uint64_t round = 0; round < 200; ++round) {
        node->word(node->me(), 0) = round * 1000 + static_cast<std::uint64_t>(node->me());
        node->stage(node->me(), static_cast<int>(round % 2))[node->stage_bytes() - 1] = static_cast<std::byte>(round);
        node->barrier();
        for (int number = 0; number < node->size(); ++number) {
            ASSERT_EQ(node->word(number, 0), round * 1000 + static_cast<std::uint64_t>(number));
            ASSERT_EQ(node->stage(number, static_cast<int>(round % 2))[node->stage_bytes() - 1],
                      static_cast<std::byte>(round));
        }
        node->barrier();
    }
}

/// 2-D arrays of runs long enough to be read directly, and short ones, there and back.
void redistribute_on(const Communicator& comm) {
    for (const Indices& shape : {Indices{37, 16384 * comm.size()}, {1001, 13}}) {
        for (const ExchangeWay way : {ExchangeWay::automatic, ExchangeWay::direct, ExchangeWay::staged}) {
            const Layout rows = layout(shape, 0, comm.size());
            const Layout columns = layout(shape, 1, comm.size());
            const MPIArray source = make(comm, TypeKind::uint16, rows);
            MPIArray target = MPIArray::zeros<std::uint16_t>(comm, Shape(shape), Axis{1});
            MPIArray back = MPIArray::zeros<std::uint16_t>(comm, Shape(shape), Axis{0});
            const RedistributionPlan there(comm, source.distribution(), target.distribution(), 2, way);
            there.execute(source, target);
            EXPECT_TRUE(is_as(target, TypeKind::uint16, columns));
            RedistributionPlan(comm, target.distribution(), source.distribution(), 2, way).execute(target, back);
            EXPECT_TRUE(back.local() == source.local());
        }
    }
}

TEST(Node, several_nodes_in_one_exchange) {
    const Communicator world;
    const Restore restore;
    for (const int most : {1, 2, 3}) {
        mpi::NodeTest::most_ranks = most;
        const Communicator comm = world.split(0, world.rank());  // a new one, whose nodes are not known yet
        EXPECT_LE(mpi::Node::of(comm)->size(), most);
        redistribute_on(comm);
        MPIArray array = make(comm, TypeKind::float64, layout({12, 34}, 0, comm.size()));
        array.redistribute(Axis{1});
        EXPECT_TRUE(is_as(array, TypeKind::float64, layout({12, 34}, 1, comm.size())));
    }
}

TEST(Node, a_kernel_that_refuses_to_read) {
    const Communicator world;
    const Restore restore;
    if (world.size() == 1) {
        GTEST_SKIP() << "needs 2 ranks";
    }
    const Layout rows = layout({11, 1 << 16}, 0, world.size());
    const Layout columns = layout({11, 1 << 16}, 1, world.size());
    const MPIArray source = make(world, TypeKind::uint16, rows);
    MPIArray target = MPIArray::zeros<std::uint16_t>(world, {11, 1 << 16}, Axis{1});
    const RedistributionPlan plan(world, source.distribution(), target.distribution(), 2, ExchangeWay::direct);
    for (const bool all : {false, true}) {  // after the plan was made
        mpi::NodeTest::refuse_reads = all || world.rank() == world.size() - 1;
        plan.execute(source, target);
        EXPECT_TRUE(is_as(target, TypeKind::uint16, columns));
    }
    mpi::NodeTest::refuse_reads = false;
    plan.execute(source, target);
    EXPECT_TRUE(is_as(target, TypeKind::uint16, columns));
}

}  // namespace
}  // namespace memdata::testing
