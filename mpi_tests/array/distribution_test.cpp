// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/array/distribution.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "../mpi/caught.hpp"
#include "truth.hpp"

namespace memdata::testing {
namespace {

TEST(Distribution, balanced_blocks_follow_caput_s_rule) {
    for (Index extent = 0; extent < 20; ++extent) {
        for (int ranks = 1; ranks < 12; ++ranks) {
            const Indices counts = balanced(extent, ranks);
            const Distribution distribution({3, extent, 2}, Axis{-2}, ranks);
            EXPECT_EQ(distribution.axis(), 1);
            EXPECT_EQ(distribution.ranks(), ranks);
            Index start = 0;
            for (int rank = 0; rank < ranks; ++rank) {
                const Index count = counts[static_cast<std::size_t>(rank)];
                EXPECT_EQ(distribution.local_shape(rank), (Shape{3, count, 2}));
                EXPECT_EQ(distribution.offsets(rank), (Indices{0, start, 0}));
                start += count;
            }
            EXPECT_EQ(distribution, Distribution({3, extent, 2}, Axis{1}, Partition::from_counts(counts)));
        }
    }
}

TEST(Distribution, blocks_are_as_given) {
    const Distribution distribution({4, 9}, Axis{1}, Partition::from_counts({0, 7, 0, 2}));
    EXPECT_EQ(distribution.local_shape(1), (Shape{4, 7}));
    EXPECT_EQ(distribution.local_shape(2), (Shape{4, 0}));
    EXPECT_EQ(distribution.offsets(3), (Indices{0, 7}));
    EXPECT_EQ(to_string(distribution), "(4, 9) distributed over axis 1, 9 over 4 ranks as 0+7+0+2");
    EXPECT_NE(distribution, Distribution({4, 9}, Axis{1}, 4));
    EXPECT_NE(distribution, Distribution({4, 9}, Axis{1}, Partition::from_counts({7, 0, 0, 2})));
    EXPECT_NE(Distribution({4, 4}, Axis{0}, 2), Distribution({4, 4}, Axis{1}, 2));
}

TEST(Distribution, errors_say_what_does_not_fit) {
    Caught error = caught([] { Distribution({3, 4}, Axis{2}, 2); });
    EXPECT_TRUE(is<ArgumentError>(error));
    EXPECT_EQ(error.context.axis, 2);
    EXPECT_TRUE(contains(error.what, "axis 2 is out of range for shape (3, 4)")) << error.what;
    EXPECT_TRUE(is<ArgumentError>(caught([] { Distribution({3, 4}, Axis{-3}, 2); })));
    EXPECT_TRUE(is<ArgumentError>(caught([] { Distribution(Shape{}, Axis{0}, 2); })));
    EXPECT_TRUE(is<ArgumentError>(caught([] { Distribution({3, 4}, Axis{0}, 0); })));
    EXPECT_TRUE(is<ArgumentError>(caught([] { Distribution({3, 4}, Axis{0}, -1); })));

    error = caught([] { Distribution({3, 4}, Axis{-1}, Partition::from_counts({1, 2})); });
    EXPECT_TRUE(is<ShapeError>(error));
    EXPECT_EQ(error.context.axis, 1);
    EXPECT_EQ(error.what, "blocks of 3 indices in all do not make up axis 1 of shape (3, 4)");
    EXPECT_TRUE(is<ShapeError>(caught([] { Distribution({3, 4}, Axis{0}, Partition()); })));
}

TEST(Distribution, ranks_that_are_not_there_have_no_block) {
    const Distribution even({8, 4}, Axis{0}, 3);
    const Distribution uneven({8, 4}, Axis{0}, Partition::from_counts({1, 0, 7}));
    for (const Distribution& distribution : {even, uneven}) {
        for (const int rank : {-1, 3, 1000}) {
            const Caught error = caught([&] { static_cast<void>(distribution.local_shape(rank)); });
            EXPECT_TRUE(is<ArgumentError>(error));
            EXPECT_TRUE(contains(error.what, "there is no rank " + std::to_string(rank))) << error.what;
            EXPECT_TRUE(is<ArgumentError>(caught([&] { static_cast<void>(distribution.offsets(rank)); })));
        }
    }
}

}  // namespace
}  // namespace memdata::testing
