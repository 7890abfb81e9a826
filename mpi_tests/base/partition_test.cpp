// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/base/partition.hpp"

#include <limits>
#include <random>

#include "expect.hpp"

namespace memdata {
namespace {

constexpr Index highest = std::numeric_limits<Index>::max();

/// Dealing the indices out one by one gives the sizes of caput's split_m.
std::vector<Index> deal(Index n, int parts) {
    std::vector<Index> counts(static_cast<std::size_t>(parts));
    for (Index i = 0; i < n; ++i) {
        ++counts[static_cast<std::size_t>(i % parts)];
    }
    return counts;
}

void expect_consistent(const Partition& partition, const std::vector<Index>& counts) {
    ASSERT_EQ(partition.parts(), static_cast<int>(counts.size()));
    Index offset = 0;
    Index largest = 0;
    for (int part = 0; part < partition.parts(); ++part) {
        const Index count = counts[static_cast<std::size_t>(part)];
        ASSERT_EQ(partition.count(part), count);
        ASSERT_EQ(partition.offset(part), offset);
        for (Index i = 0; i < count; ++i) {
            ASSERT_EQ(partition.owner(offset + i), part);
        }
        offset += count;
        largest = std::max(largest, count);
    }
    EXPECT_EQ(partition.extent(), offset);
    EXPECT_EQ(partition.max_count(), largest);
    EXPECT_THROW((void)partition.owner(-1), ArgumentError);
    EXPECT_THROW((void)partition.owner(offset), ArgumentError);
}

TEST(Partition, BalancedIsCaputsRule) {
    for (Index n = 0; n < 60; ++n) {
        for (int parts = 1; parts < 20; ++parts) {
            SCOPED_TRACE(std::to_string(n) + " over " + std::to_string(parts));
            const Partition partition = Partition::balanced(n, parts);
            expect_consistent(partition, deal(n, parts));
            EXPECT_TRUE(partition.is_balanced());
            EXPECT_EQ(Partition::from_counts(deal(n, parts)), partition);
        }
    }
}

TEST(Partition, AnyCounts) {
    std::mt19937 random(7);
    for (int round = 0; round < 500; ++round) {
        std::vector<Index> counts(1 + random() % 8);
        for (Index& count : counts) {
            count = random() % 3 == 0 ? 0 : static_cast<Index>(random() % 6);
        }
        const Partition partition = Partition::from_counts(counts);
        expect_consistent(partition, counts);
        EXPECT_EQ(partition.is_balanced(), counts == deal(partition.extent(), partition.parts()));
    }
}

TEST(Partition, HugeExtents) {
    const Partition partition = Partition::balanced(highest, 3);
    EXPECT_EQ(partition.offset(2) + partition.count(2), highest);
    EXPECT_EQ(partition.owner(highest - 1), 2);
    EXPECT_EQ(partition.owner(partition.offset(1)), 1);
    EXPECT_EQ(partition.owner(partition.offset(1) - 1), 0);
    EXPECT_EQ(Partition::from_counts({highest, 0}).owner(highest - 1), 0);
    EXPECT_THROW((void)Partition::from_counts({highest, 1}), ArgumentError);
    constexpr int many = std::numeric_limits<int>::max();
    EXPECT_EQ(Partition::balanced(3, many).owner(2), 2);
    EXPECT_EQ(Partition::balanced(3, many).offset(many - 1), 3);
}

TEST(Partition, RefusesNonsense) {
    EXPECT_THROW((void)Partition::balanced(3, 0), ArgumentError);
    EXPECT_THROW((void)Partition::balanced(3, -1), ArgumentError);
    EXPECT_THROW((void)Partition::balanced(-1, 2), ArgumentError);
    EXPECT_THROW((void)Partition::from_counts({}), ArgumentError);
    EXPECT_THROW((void)Partition::from_counts({2, -1}), ArgumentError);
    const Partition none;
    EXPECT_EQ(none.parts(), 0);
    EXPECT_EQ(none.max_count(), 0);
    EXPECT_THROW((void)none.owner(0), ArgumentError);
}

TEST(Partition, ComparesAndPrints) {
    EXPECT_NE(Partition::balanced(7, 3), Partition::balanced(7, 4));
    EXPECT_NE(Partition::from_counts({1, 0, 6}), Partition::balanced(7, 3));
    EXPECT_EQ(to_string(Partition::balanced(7, 3)), "7 over 3 ranks");
    EXPECT_EQ(to_string(Partition::balanced(7, 1)), "7 over 1 rank");
    EXPECT_EQ(to_string(Partition::from_counts({1, 0, 6})), "7 over 3 ranks as 1+0+6");
    std::vector<Index> many(20, 0);
    many.back() = 2;
    EXPECT_EQ(to_string(Partition::from_counts(many)), "2 over 20 ranks as 0+0+0+0+0+0+0+0+0+0+0+0+0+0+0+0+...");
}

}  // namespace
}  // namespace memdata
