// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include "../mpi/caught.hpp"
#include "truth.hpp"

namespace memdata::testing {
namespace {

TEST(Gather, the_whole_array_on_every_root_and_nowhere_else) {
    const Communicator world;
    for (const Dtype& dtype : all_dtypes()) {
        for (const Indices& shape : {Indices{9}, {5, 7}, {3, 2, 9}, {0, 3}, {4, 0}, {1}}) {
            for (int axis = 0; axis < static_cast<int>(shape.size()); ++axis) {
                const MPIArray array = make(world, dtype, layout(shape, axis, world.size()));
                for (int root = 0; root < world.size(); ++root) {
                    const std::optional<Array> whole = array.gather(root);
                    ASSERT_EQ(whole.has_value(), world.rank() == root);
                    ASSERT_TRUE(!whole || is_whole(*whole, dtype, shape)) << "root " << root << " axis " << axis;
                }
                ASSERT_TRUE(is_whole(array.allgather(), dtype, shape)) << "axis " << axis;
                ASSERT_TRUE(is_as(array, dtype, layout(shape, axis, world.size())));
            }
        }
    }
}

TEST(Gather, random_uneven_blocks) {
    const Communicator world;
    Random random;
    SCOPED_TRACE("MEMDATA_TEST_SEED=" + std::to_string(random.seed()));
    for (int round = 0; round < 60; ++round) {
        const Dtype dtype = all_dtypes()[static_cast<std::size_t>(random.between(0, std::ssize(all_dtypes()) - 1))];
        const Indices shape{random.between(0, 6), random.between(1, 6), random.between(1, 6)};
        const int axis = static_cast<int>(random.between(0, 2));
        const Layout any{shape, axis, random.split(shape[static_cast<std::size_t>(axis)], world.size())};
        const MPIArray array = make(world, dtype, any);
        const int root = static_cast<int>(random.between(0, world.size() - 1));
        const std::optional<Array> whole = array.gather(root);
        ASSERT_TRUE(!whole || is_whole(*whole, dtype, shape)) << "round " << round;
        ASSERT_TRUE(is_whole(array.allgather(), dtype, shape)) << "round " << round;
    }
}

TEST(Gather, what_was_gathered_is_a_copy) {
    const Communicator world;
    std::vector<std::int32_t> data(4, 1);
    const MPIArray array = MPIArray::wrap(world, data.data(), {4 * world.size()}, Axis{0});
    Array whole = array.allgather();
    EXPECT_TRUE(whole.owns_memory());
    whole.span<std::int32_t>()[0] = 99;
    EXPECT_EQ(data, std::vector<std::int32_t>(4, 1));
}

TEST(Gather, a_root_that_is_not_there_is_an_error_on_all_ranks) {
    const Communicator world;
    const int ranks = world.size();
    const MPIArray array = make(world, TypeKind::int32, layout({5}, 0, ranks));
    for (const int root : {-1, ranks, 1000}) {
        EXPECT_THROW_ON_ALL(world, static_cast<void>(array.gather(root)), ArgumentError,
                            "gather: there is no rank " + std::to_string(root) + " among " + std::to_string(ranks));
    }
    // On one rank only.
    const int odd = ranks - 1;
    EXPECT_THROW_ON_ALL(world, static_cast<void>(array.gather(world.rank() == odd ? -5 : 0)), ArgumentError,
                        "there is no rank -5");
    if (ranks > 1) {
        EXPECT_THROW_ON_ALL(world, static_cast<void>(array.gather(world.rank() == odd ? 1 : 0)), MismatchError,
                            "argument of gather");
    }
    EXPECT_TRUE(is_whole(array.allgather(), TypeKind::int32, {5}));
}

}  // namespace
}  // namespace memdata::testing
