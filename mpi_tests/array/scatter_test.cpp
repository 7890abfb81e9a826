// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <set>

#include "../mpi/caught.hpp"
#include "truth.hpp"

namespace memdata::testing {
namespace {

Array whole_of(const Dtype& dtype, const Indices& shape) {
    Array array = Array::uninitialized(dtype, Shape(shape));
    for (Index i = 0; i < array.size(); ++i) {
        put(array, i, i);
    }
    return array;
}

TEST(Scatter, every_rank_gets_its_block_from_every_root) {
    const Communicator world;
    for (const Dtype& dtype : all_dtypes()) {
        for (const Indices& shape : {Indices{9}, {5, 7}, {3, 2, 9}, {0, 3}, {4, 0}, {1}}) {
            const Array whole = whole_of(dtype, shape);
            for (int axis = 0; axis < static_cast<int>(shape.size()); ++axis) {
                for (const int root : std::set{0, world.size() / 2, world.size() - 1}) {
                    const Array* const mine = world.rank() == root ? &whole : nullptr;
                    const MPIArray array = MPIArray::scatter(world, mine, Axis{axis}, root);
                    ASSERT_TRUE(is_as(array, dtype, layout(shape, axis, world.size()))) << "root " << root;
                    ASSERT_TRUE(array.local().owns_memory());
                }
            }
            ASSERT_TRUE(is_whole(whole, dtype, shape));
        }
    }
}

TEST(Scatter, random_uneven_blocks_and_back) {
    const Communicator world;
    Random random;
    SCOPED_TRACE("MEMDATA_TEST_SEED=" + std::to_string(random.seed()));
    for (int round = 0; round < 60; ++round) {
        const Dtype dtype = all_dtypes()[static_cast<std::size_t>(random.between(0, std::ssize(all_dtypes()) - 1))];
        const Indices shape{random.between(0, 6), random.between(1, 6), random.between(1, 6)};
        const int axis = static_cast<int>(random.between(0, 2));
        const Layout any{shape, axis, random.split(shape[static_cast<std::size_t>(axis)], world.size())};
        const int root = static_cast<int>(random.between(0, world.size() - 1));
        const Array whole = whole_of(dtype, shape);
        const MPIArray array =
            MPIArray::scatter(world, world.rank() == root ? &whole : nullptr, any.distribution(), root);
        ASSERT_TRUE(is_as(array, dtype, any)) << "round " << round;
        const std::optional<Array> back = array.gather(root);
        ASSERT_TRUE(!back || is_whole(*back, dtype, shape)) << "round " << round;
    }
}

// What the ranks beside the root give does not matter.
TEST(Scatter, the_others_arrays_are_not_looked_at) {
    const Communicator world;
    const int root = world.size() / 2;
    const Array whole = world.rank() == root ? whole_of(TypeKind::int16, {4, 3}) : Array();
    EXPECT_TRUE(
        is_as(MPIArray::scatter(world, &whole, Axis{-1}, root), TypeKind::int16, layout({4, 3}, 1, world.size())));
}

TEST(Scatter, on_other_communicators) {
    const Communicator world;
    for (const Communicator& comm : {world.split(0, -world.rank()), world.split(world.rank() % 2)}) {
        const int root = comm.size() - 1;
        const Array whole = whole_of(TypeKind::float32, {3, 5});
        const MPIArray array = MPIArray::scatter(comm, comm.rank() == root ? &whole : nullptr, Axis{1}, root);
        EXPECT_TRUE(is_as(array, TypeKind::float32, layout({3, 5}, 1, comm.size())));
    }
}

TEST(Scatter, errors_on_all_ranks) {
    const Communicator world;
    const int ranks = world.size();
    const Array whole = whole_of(TypeKind::int32, {4, 3});
    const auto scatter = [&](const Array* array, int axis, int root) {
        static_cast<void>(MPIArray::scatter(world, array, Axis{axis}, root));
    };
    const auto scatter_as = [&](const Distribution& distribution, int root) {
        static_cast<void>(MPIArray::scatter(world, world.rank() == root ? &whole : nullptr, distribution, root));
    };
    for (const int root : {-1, ranks, 1000}) {
        EXPECT_THROW_ON_ALL(world, scatter(&whole, 0, root), ArgumentError,
                            "scatter: there is no rank " + std::to_string(root) + " among " + std::to_string(ranks));
    }
    const int odd = ranks - 1;
    EXPECT_THROW_ON_ALL(world, scatter(&whole, 0, world.rank() == odd ? -5 : 0), ArgumentError, "no rank -5");
    EXPECT_THROW_ON_ALL(world, scatter(world.rank() == odd ? nullptr : &whole, 0, odd), ArgumentError,
                        "scatter: rank " + std::to_string(odd) + " is the root, but has no array");
    EXPECT_THROW_ON_ALL(world, scatter(&whole, 2, 0), ArgumentError, "axis 2 is out of range for shape (4, 3)");
    EXPECT_THROW_ON_ALL(world, scatter_as(Distribution({3, 4}, Axis{0}, ranks), odd), ShapeError,
                        "scatter: an array of shape (4, 3) cannot be (3, 4) distributed over axis 0");
    EXPECT_THROW_ON_ALL(world, scatter_as(Distribution({4, 3}, Axis{0}, ranks + 1), 0), ShapeError,
                        "does not fit a communicator of " + std::to_string(ranks) + " ranks");
    if (ranks > 1) {
        EXPECT_THROW_ON_ALL(world, scatter(&whole, world.rank() == odd ? 1 : 0, 0), MismatchError,
                            "the axis or the root of scatter must be the same on all ranks");
        EXPECT_THROW_ON_ALL(world, scatter(&whole, 0, world.rank() == odd ? 1 : 0), MismatchError, "root of scatter");
        EXPECT_THROW_ON_ALL(world, scatter_as(Distribution({4, 3}, Axis{world.rank() == odd ? 1 : 0}, ranks), 0),
                            MismatchError, "the distribution or the root of scatter");
        EXPECT_THROW_ON_ALL(world,
                            scatter_as(Distribution({4, 3}, Axis{0}, world.rank() == odd ? ranks + 1 : ranks), 0),
                            ShapeError, "does not fit a communicator");
    }
    EXPECT_TRUE(is_as(MPIArray::scatter(world, &whole, Axis{0}), TypeKind::int32, layout({4, 3}, 0, ranks)));
}

}  // namespace
}  // namespace memdata::testing
