// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include "../mpi/caught.hpp"
#include "truth.hpp"

// Arrays that are put together from blocks of any size, and balanced.
namespace memdata::testing {
namespace {

TEST(FromBlocks, each_rank_knows_its_own_block_only) {
    const Communicator world;
    Random random;
    SCOPED_TRACE("MEMDATA_TEST_SEED=" + std::to_string(random.seed()));
    for (int round = 0; round < 4; ++round) {
        for (const Dtype& dtype : all_dtypes()) {
            const Indices shape{random.between(0, 5), random.between(0, 5), random.between(1, 5)};
            const int axis = static_cast<int>(random.between(0, 2));
            const Layout any{shape, axis, random.split(shape[static_cast<std::size_t>(axis)], world.size())};
            Array block = make(world, dtype, any).local().clone();
            const std::byte* const data = block.data();
            const MPIArray array = MPIArray::from_blocks(world, std::move(block), Axis{axis - 3});
            ASSERT_TRUE(is_as(array, dtype, any)) << "round " << round;
            ASSERT_EQ(array.local().data(), data) << "no copy";
        }
    }
}

TEST(FromBlocks, wrapped_memory_is_not_copied) {
    const Communicator world;
    const Index rows = world.rank() % 3;  // the first rank has none, and no memory
    std::vector<float> data(static_cast<std::size_t>(rows * 2), 0.25F);
    float* const memory = rows == 0 ? nullptr : data.data();
    MPIArray array = MPIArray::wrap_blocks(world, memory, {rows, 2}, Axis{0});
    Indices counts;
    Index all = 0;
    for (int rank = 0; rank < world.size(); ++rank) {
        counts.push_back(rank % 3);
        all += rank % 3;
    }
    EXPECT_EQ(array.distribution(), (Layout{{all, 2}, 0, counts}.distribution()));
    EXPECT_EQ(array.dtype(), TypeKind::float32);
    if (rows > 0) {
        array.local<float, 2>()(rows - 1, 1) = 7;
        EXPECT_EQ(data.back(), 7);
        EXPECT_FALSE(array.local().owns_memory());
    }
    const Dtype pair = Dtype::compound({{"a", 0, TypeKind::int32}, {"b", 4, TypeKind::float32}}, 8);
    const MPIArray same = MPIArray::wrap_blocks(world, pair, memory, {rows}, Axis{0});
    EXPECT_EQ(same.shape(), Shape{all});
    EXPECT_EQ(same.dtype(), pair);
}

TEST(FromBlocks, blocks_of_nothing) {
    const Communicator world;
    const MPIArray array = MPIArray::from_blocks(world, Array::zeros<double>({3, 0}), Axis{1});
    EXPECT_EQ(array.distribution(), Distribution({3, 0}, Axis{1}, world.size()));
    // Equal blocks are the balanced split.
    EXPECT_EQ(MPIArray::from_blocks(world, Array::zeros<double>({3, 2}), Axis{0}).distribution(),
              Distribution({3 * world.size(), 2}, Axis{0}, world.size()));
}

TEST(FromBlocks, errors_on_all_ranks) {
    const Communicator world;
    const int ranks = world.size();
    const int odd = ranks - 1;
    const bool here = world.rank() == odd;
    const auto put_together = [&](const Dtype& dtype, const Shape& shape, int axis) {
        static_cast<void>(MPIArray::from_blocks(world, Array::zeros(dtype, shape), Axis{axis}));
    };
    EXPECT_THROW_ON_ALL(world, put_together(TypeKind::int8, here ? Shape{2} : Shape{2, 2}, 1), ArgumentError,
                        "axis 1 is out of range for shape (2,)");
    EXPECT_THROW_ON_ALL(world, put_together(TypeKind::int8, Shape{}, 0), ArgumentError, "out of range");
    if (ranks > 1) {
        const std::string rank = "differs from rank 0 on rank " + std::to_string(odd);
        EXPECT_THROW_ON_ALL(world, put_together(TypeKind::int8, here ? Shape{5, 3} : Shape{2, 4}, 0), MismatchError,
                            rank + ": \"int8 (*, 4) over axis 0\" on rank 0, \"int8 (*, 3) over axis 0\"");
        EXPECT_THROW_ON_ALL(world, put_together(here ? TypeKind::int8 : TypeKind::uint8, {2}, 0), MismatchError,
                            "\"int8 (*,)");
        EXPECT_THROW_ON_ALL(world, put_together(TypeKind::int8, {2, 2}, here ? 1 : 0), MismatchError, rank);
        EXPECT_THROW_ON_ALL(world, put_together(TypeKind::int8, here ? Shape{2, 2} : Shape{2, 2, 2}, 0), MismatchError,
                            rank);
        // The same axis, counted from the other end.
        EXPECT_NO_THROW(put_together(TypeKind::int8, {2, 2}, here ? -2 : 0));
    }
    double x = 0;
    EXPECT_THROW_ON_ALL(world, static_cast<void>(MPIArray::wrap_blocks(world, here ? nullptr : &x, {1}, Axis{0})),
                        ArgumentError, "a null pointer cannot be wrapped");
    std::string text;
    EXPECT_THROW_ON_ALL(world, static_cast<void>(MPIArray::wrap_blocks(world, &text, {1}, Axis{0})), DtypeError,
                        "cannot be wrapped");
}

// More indices in all than 63 bits count: nothing is touched, the blocks are of no bytes.
TEST(FromBlocks, too_many_indices_in_all) {
    const Communicator world;
    if (world.size() == 1) {
        GTEST_SKIP() << "needs 2 ranks";
    }
    EXPECT_THROW_ON_ALL(
        world, static_cast<void>(MPIArray::from_blocks(world, Array::zeros<std::int8_t>({Index{1} << 62, 0}), Axis{0})),
        Error, "");
}

TEST(Rebalance, from_uneven_blocks_to_the_balanced_split_and_to_others) {
    const Communicator world;
    const int ranks = world.size();
    Random random;
    SCOPED_TRACE("MEMDATA_TEST_SEED=" + std::to_string(random.seed()));
    for (const Dtype& dtype : all_dtypes()) {
        const Indices shape{2, random.between(0, 11), 3};
        MPIArray array = make(world, dtype, {shape, 1, random.split(shape[1], ranks)});
        array.rebalance();
        ASSERT_TRUE(is_as(array, dtype, layout(shape, 1, ranks)));
        const Indices counts = random.split(shape[1], ranks);
        array.rebalance(Partition::from_counts(counts));
        ASSERT_TRUE(is_as(array, dtype, {shape, 1, counts}));
    }
}

TEST(Rebalance, errors_on_all_ranks) {
    const Communicator world;
    const int ranks = world.size();
    MPIArray array = make(world, TypeKind::int32, layout({4}, 0, ranks));
    const bool odd = world.rank() == ranks - 1;
    EXPECT_THROW_ON_ALL(world, array.rebalance(Partition::balanced(odd ? 5 : 4, ranks)), ShapeError,
                        "blocks of 5 indices in all do not make up axis 0 of shape (4,)");
    EXPECT_THROW_ON_ALL(world, array.rebalance(Partition::balanced(4, odd ? ranks + 1 : ranks)), ShapeError,
                        "cannot become");
    if (ranks > 1) {
        Indices counts(static_cast<std::size_t>(ranks), 0);
        counts[odd ? 1 : 0] = 4;
        EXPECT_THROW_ON_ALL(world, array.rebalance(Partition::from_counts(counts)), MismatchError, "redistribute");
    }
    EXPECT_TRUE(is_as(array, TypeKind::int32, layout({4}, 0, ranks)));
}

}  // namespace
}  // namespace memdata::testing
