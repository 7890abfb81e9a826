// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/base/selection.hpp"

#include <limits>
#include <random>

#include "expect.hpp"

namespace memdata {
namespace {

using List = std::vector<Index>;
constexpr std::nullopt_t none = std::nullopt;
constexpr Index highest = std::numeric_limits<Index>::max();
constexpr Index lowest = std::numeric_limits<Index>::min();

struct Case {
    Index extent;
    std::optional<Index> start, stop;
    Index step;
    Index first, count, last;  // of range(*slice(start, stop, step).indices(extent))
};

/// What Python says: first is 0 when there is none; last is left 0 when Python cannot count.
const Case python[] = {
    {5, -3, none, 1, 2, 3, 4},
    {5, 2, -100, -1, 2, 3, 0},
    {5, 4, 1, -1, 4, 3, 2},
    {5, -100, 100, 2, 0, 3, 4},
    {10, 2, none, 1, 2, 8, 9},
    {10, 2, -100, -1, 2, 3, 0},
    {0, -1, none, -1, 0, 0, 0},
    {1, 4, 1, -1, 0, 0, 0},
    {10, -3, none, 1, 7, 3, 9},
    {0, -3, none, 1, 0, 0, 0},
    {5, none, none, 1, 0, 5, 4},
    {1, none, none, 1, 0, 1, 0},
    {10, none, none, -1, 9, 10, 0},
    {5, 2, none, 1, 2, 3, 4},
    {1, -3, none, 1, 0, 1, 0},
    {1, none, none, -3, 0, 1, 0},
    {10, none, none, 3, 0, 4, 9},
    {10, 8, 2, -3, 8, 2, 5},
    {1, 1, 4, 1, 0, 0, 0},
    {5, 100, none, -2, 4, 3, 0},
    {1, none, 3, 1, 0, 1, 0},
    {0, -100, 100, 2, 0, 0, 0},
    {1, 2, none, 1, 0, 0, 0},
    {1, -100, 100, 2, 0, 1, 0},
    {0, none, -2, 1, 0, 0, 0},
    {0, 3, 3, 1, 0, 0, 0},
    {5, -1, none, -1, 4, 5, 0},
    {5, none, 3, 1, 0, 3, 2},
    {0, 2, none, 1, 0, 0, 0},
    {0, none, none, -3, 0, 0, 0},
    {1, 2, -100, -1, 0, 1, 0},
    {10, 100, none, -2, 9, 5, 1},
    {1, none, none, 3, 0, 1, 0},
    {10, none, 3, 1, 0, 3, 2},
    {1, 4, 1, 1, 0, 0, 0},
    {5, none, none, 3, 0, 2, 3},
    {10, none, none, 1, 0, 10, 9},
    {0, -2, -5, -2, 0, 0, 0},
    {10, none, none, -3, 9, 4, 0},
    {1, none, none, -1, 0, 1, 0},
    {0, none, 3, 1, 0, 0, 0},
    {5, none, none, -1, 4, 5, 0},
    {0, none, none, 3, 0, 0, 0},
    {0, 1, 4, 1, 0, 0, 0},
    {5, none, -2, 1, 0, 3, 2},
    {0, none, none, 1, 0, 0, 0},
    {1, none, -2, 1, 0, 0, 0},
    {10, 4, 1, 1, 0, 0, 0},
    {10, none, none, highest, 0, 1, 0},
    {10, none, none, lowest, 9, 1, 9},
    {10, 5, none, 4611686018427387904, 5, 1, 5},
    {highest, none, none, 4611686018427387904, 0, 2, 4611686018427387904},
    {highest, none, none, -1, 9223372036854775806, highest, 0},
    {highest, -5, none, 2, 9223372036854775802, 3, 9223372036854775806},
    {10, lowest, highest, 4, 0, 3, 8},
    {10, highest, lowest, -4, 9, 3, 1},
};

List listed(const AxisIndices& indices) {
    List list;
    for (Index i = 0; i < indices.count(); ++i) {
        list.push_back(indices[i]);
    }
    return list;
}

/// Every index of the axis in question is tried in turn, without a formula.
List naive(const Slice& slice, Index extent) {
    const bool up = slice.step > 0;
    Index start = slice.start.value_or(up ? 0 : extent - 1);
    Index stop = slice.stop.value_or(up ? extent : -1);
    if (slice.start && start < 0) {
        start += extent;
    }
    if (slice.stop && stop < 0) {
        stop += extent;
        stop = std::max<Index>(stop, -1);
    }
    start = up ? std::max<Index>(start, 0) : std::min(start, extent - 1);
    List list;
    for (Index i = start; up ? i < std::min(stop, extent) : i > std::max<Index>(stop, -1); i += slice.step) {
        list.push_back(i);
    }
    return list;
}

Slice random_slice(std::mt19937& random, Index extent) {
    const auto end = [&]() -> std::optional<Index> {
        if (random() % 4 == 0) {
            return none;
        }
        return static_cast<Index>(random() % static_cast<unsigned>(2 * extent + 7)) - extent - 3;
    };
    const auto step = static_cast<Index>(1 + random() % 4);
    return {end(), end(), random() % 2 == 0 ? step : -step};
}

AxisIndices random_indices(std::mt19937& random, Index extent) {
    if (random() % 2 == 0) {
        return resolve(random_slice(random, extent), extent);
    }
    List list(random() % 7);
    for (Index& index : list) {
        index = static_cast<Index>(random() % static_cast<unsigned>(extent));
    }
    return random() % 2 == 0 || extent == 0 ? AxisIndices(list) : AxisIndices(IndexRange{0, extent, 1});
}

TEST(Slices, AreThoseOfPython) {
    for (const Case& c : python) {
        SCOPED_TRACE(to_string(Selection{}.on(Axis{0}, slice(c.start, c.stop, c.step))) + " of " +
                     std::to_string(c.extent));
        const IndexRange range = resolve(slice(c.start, c.stop, c.step), c.extent);
        EXPECT_EQ(range.start, c.first);
        EXPECT_EQ(range.count, c.count);
        if (c.count > 0 && c.count < highest) {
            EXPECT_EQ(range[c.count - 1], c.last);
        }
    }
}

TEST(Slices, AgreeWithALoop) {
    std::mt19937 random(1);
    for (int round = 0; round < 20000; ++round) {
        const auto extent = static_cast<Index>(random() % 12);
        const Slice slice = random_slice(random, extent);
        ASSERT_EQ(listed(resolve(slice, extent)), naive(slice, extent))
            << to_string(Selection{}.on(Axis{0}, slice)) << " of " << extent;
    }
}

TEST(Slices, StepZeroIsAnError) {
    EXPECT_THROW((void)resolve(slice(0, 1, 0), 5), ArgumentError);
    EXPECT_THROW((void)resolve(slice(3), -1), ArgumentError);
    EXPECT_EQ(slice(5), (Slice{none, 5, 1}));
    EXPECT_EQ(slice(1, 5), (Slice{1, 5, 1}));
}

std::vector<IndexRange> runs_of(List list) { return AxisIndices(std::move(list)).runs(); }

TEST(Runs, MergeNeighbours) {
    using Runs = std::vector<IndexRange>;
    EXPECT_EQ(runs_of({1, 2, 3, 7, 9, 11, 5}), (Runs{{1, 3, 1}, {7, 3, 2}, {5, 1, 1}}));
    EXPECT_EQ(runs_of({}), Runs{});
    EXPECT_EQ(runs_of({4}), (Runs{{4, 1, 1}}));
    EXPECT_EQ(runs_of({3, 3, 3}), (Runs{{3, 1, 1}, {3, 1, 1}, {3, 1, 1}}));
    EXPECT_EQ(runs_of({3, 10, 11, 12}), (Runs{{3, 1, 1}, {10, 3, 1}}));
    EXPECT_EQ(runs_of({0, 2, 5, 9}), (Runs{{0, 2, 2}, {5, 2, 4}}));
    EXPECT_EQ(AxisIndices(IndexRange{2, 4, 3}).runs(), (Runs{{2, 4, 3}}));
    EXPECT_EQ(AxisIndices(IndexRange{2, 0, 3}).runs(), Runs{});
    EXPECT_EQ(AxisIndices(IndexRange{2, 1, -3}).runs(), (Runs{{2, 1, 1}}));
    EXPECT_EQ(AxisIndices(IndexRange{4, 3, -2}).runs(), (Runs{{4, 1, 1}, {2, 1, 1}, {0, 1, 1}}));
}

TEST(Runs, ListTheSameIndicesAscending) {
    std::mt19937 random(2);
    for (int round = 0; round < 5000; ++round) {
        const AxisIndices indices = random_indices(random, 1 + static_cast<Index>(random() % 10));
        List all;
        for (const IndexRange& run : indices.runs()) {
            ASSERT_GE(run.step, 1);
            ASSERT_GE(run.count, 1);
            for (Index i = 0; i < run.count; ++i) {
                all.push_back(run[i]);
            }
        }
        ASSERT_EQ(all, listed(indices));
    }
}

TEST(AxisIndicesTest, EqualityIsThatOfTheIndices) {
    EXPECT_EQ(AxisIndices(IndexRange{1, 3, 2}), AxisIndices(List{1, 3, 5}));
    EXPECT_EQ(AxisIndices(List{1, 3, 5}), AxisIndices(IndexRange{1, 3, 2}));
    EXPECT_NE(AxisIndices(List{1, 3, 6}), AxisIndices(IndexRange{1, 3, 2}));
    EXPECT_NE(AxisIndices(List{1, 3}), AxisIndices(IndexRange{1, 3, 2}));
    EXPECT_EQ(AxisIndices(IndexRange{1, 1, 2}), AxisIndices(IndexRange{1, 1, 7}));
    EXPECT_EQ(AxisIndices(IndexRange{1, 0, 2}), AxisIndices(IndexRange{4, 0, 7}));
    EXPECT_EQ(AxisIndices(IndexRange{1, 0, 2}), AxisIndices(List{}));
}

TEST(AxisIndicesTest, Ascending) {
    EXPECT_TRUE(AxisIndices(List{}).is_ascending());
    EXPECT_TRUE(AxisIndices(List{1, 2, 9}).is_ascending());
    EXPECT_FALSE(AxisIndices(List{1, 1}).is_ascending());
    EXPECT_FALSE(AxisIndices(List{2, 1}).is_ascending());
    EXPECT_TRUE(AxisIndices(IndexRange{5, 1, -1}).is_ascending());
    EXPECT_FALSE(AxisIndices(IndexRange{5, 2, -1}).is_ascending());
}

TEST(AxisIndicesTest, Parts) {
    for (const AxisIndices& whole :
         {AxisIndices(IndexRange{9, 4, -2}), AxisIndices(List{9, 7, 5, 3}), AxisIndices(IndexRange{5, 1, highest})}) {
        const List all = listed(whole);
        for (Index offset = 0; offset <= whole.count(); ++offset) {
            for (Index count = 0; count <= whole.count() - offset; ++count) {
                EXPECT_EQ(listed(whole.part(offset, count)), List(all.begin() + offset, all.begin() + offset + count));
            }
        }
        EXPECT_THROW((void)whole.part(0, whole.count() + 1), ArgumentError);
        EXPECT_THROW((void)whole.part(whole.count() + 1, 0), ArgumentError);
        EXPECT_THROW((void)whole.part(-1, 1), ArgumentError);
        EXPECT_THROW((void)whole.part(1, -1), ArgumentError);
        EXPECT_THROW((void)whole.part(1, highest), ArgumentError);
    }
}

TEST(Selection, ResolvesAxisByAxis) {
    const Shape shape{10, 4, 6};
    const ResolvedSelection all = Selection{}.resolve(shape);
    EXPECT_TRUE(all.is_all_of(shape));
    EXPECT_EQ(all.shape(), shape);
    const ResolvedSelection some = Selection{}.on(Axis{0}, slice(1, 9, 2)).on(Axis{-1}, {5, -3, 3}).resolve(shape);
    EXPECT_EQ(some.shape(), (Shape{4, 4, 3}));
    EXPECT_EQ(listed(some.axes[2]), (List{5, 3, 3}));
    EXPECT_FALSE(some.is_all_of(shape));
    EXPECT_TRUE(Selection{}.on(Axis{1}, {0, 1, 2, 3}).resolve(shape).is_all_of(shape));
    EXPECT_TRUE(Selection{}.on(Axis{1}, {-4, 1, 2, -1}).resolve(shape).is_all_of(shape));
    EXPECT_FALSE(Selection{}.on(Axis{1}, {1, 0, 2, 3}).resolve(shape).is_all_of(shape));
    EXPECT_FALSE(Selection{}.on(Axis{1}, slice(none, none, -1)).resolve(shape).is_all_of(shape));
    EXPECT_FALSE(all.is_all_of(Shape{10, 4}));
    EXPECT_FALSE(all.is_all_of(Shape{10, 4, 7}));
    EXPECT_EQ(Selection{}.on(Axis{1}, List{}).resolve(shape).shape(), (Shape{10, 0, 6}));
    EXPECT_TRUE(Selection{}.resolve(Shape{}).is_all_of(Shape{}));
    EXPECT_TRUE(Selection{}.resolve(Shape{0, 3}).is_all_of(Shape{0, 3}));
}

TEST(Selection, ThreeNumbersInBracesAreAListNotASlice) {
    const ResolvedSelection selection = Selection{}.on(Axis{0}, {1, 9, 2}).resolve(Shape{10});
    EXPECT_EQ(listed(selection.axes[0]), (List{1, 9, 2}));
    EXPECT_EQ(Selection{}.on(Axis{0}, {}).resolve(Shape{10}).shape(), Shape{0});
}

TEST(Selection, ErrorsNameAxisIndexAndExtent) {
    const Shape shape{10, 4};
    const auto message = [&](const Selection& selection, int axis) {
        try {
            (void)selection.resolve(shape);
        } catch (const ArgumentError& error) {
            EXPECT_EQ(error.axis(), axis);
            return std::string(error.what());
        }
        ADD_FAILURE();
        return std::string();
    };
    EXPECT_EQ(message(Selection{}.on(Axis{-1}, {0, 4}), 1), "index 4 is out of range on axis 1 of extent 4");
    EXPECT_EQ(message(Selection{}.on(Axis{0}, {-11}), 0), "index -11 is out of range on axis 0 of extent 10");
    message(Selection{}.on(Axis{0}, {lowest}), 0);
    message(Selection{}.on(Axis{2}, slice(1)), 2);
    message(Selection{}.on(Axis{-3}, slice(1)), -3);
    message(Selection{}.on(Axis{1}, slice(1)).on(Axis{-1}, {0}), 1);
    message(Selection{}.on(Axis{1}, slice(0, 1, 0)), 1);
    EXPECT_THROW((void)Selection{}.on(Axis{0}, {0}).resolve(Shape{0}), ArgumentError);
}

TEST(Selection, ComparesAndPrints) {
    const Selection selection = Selection{}.on(Axis{0}, slice(100, 200, 2)).on(Axis{-1}, {5, 3, 3});
    EXPECT_EQ(to_string(selection), "axis 0: 100:200:2, axis -1: {5, 3, 3}");
    EXPECT_EQ(to_string(Selection{}.on(Axis{1}, slice(5)).on(Axis{2}, slice(-3, none, -1))),
              "axis 1: :5, axis 2: -3::-1");
    EXPECT_EQ(to_string(Selection{}.on(Axis{0}, Slice{})), "axis 0: :");
    EXPECT_EQ(to_string(Selection{}), "everything");
    EXPECT_EQ(to_string(Selection{}.on(Axis{0}, List(1000, 1))),
              "axis 0: {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, ... 1000 in all}");
    EXPECT_TRUE(Selection{}.empty());
    EXPECT_FALSE(selection.empty());
    EXPECT_EQ(selection, Selection{selection});
    EXPECT_NE(selection, Selection{});
}

TEST(Selection, ARanksShare) {
    const ResolvedSelection whole =
        Selection{}.on(Axis{0}, slice(none, none, 3)).on(Axis{1}, {3, 0, 0}).resolve(Shape{10, 4});
    EXPECT_EQ(listed(whole.part(0, 1, 2).axes[0]), (List{3, 6}));
    EXPECT_EQ(listed(whole.part(1, 1, 2).axes[1]), (List{0, 0}));
    EXPECT_EQ(whole.part(1, 3, 0).shape(), (Shape{4, 0}));
    EXPECT_THROW((void)whole.part(2, 0, 1), ArgumentError);
    EXPECT_THROW((void)whole.part(-1, 0, 1), ArgumentError);
    EXPECT_THROW((void)whole.part(0, 3, 2), ArgumentError);
}

TEST(Compose, TakesInnerOfOuter) {
    std::mt19937 random(3);
    for (int round = 0; round < 20000; ++round) {
        const AxisIndices outer = random_indices(random, 1 + static_cast<Index>(random() % 9));
        if (outer.count() == 0) {
            continue;
        }
        const AxisIndices inner = random_indices(random, outer.count());
        const ResolvedSelection both = compose({{outer}}, {{inner}});
        List expected;
        for (const Index i : listed(inner)) {
            expected.push_back(listed(outer)[static_cast<std::size_t>(i)]);
        }
        ASSERT_EQ(listed(both.axes[0]), expected);
        ASSERT_EQ(both.axes[0].range() != nullptr, inner.range() != nullptr && outer.range() != nullptr);
    }
}

TEST(Compose, RefusesWhatIsNotThere) {
    const ResolvedSelection outer{{AxisIndices(IndexRange{0, 3, 2})}};
    EXPECT_THROW((void)compose(outer, {{AxisIndices(IndexRange{0, 4, 1})}}), ArgumentError);
    EXPECT_THROW((void)compose(outer, {{AxisIndices(IndexRange{2, 4, -1})}}), ArgumentError);
    EXPECT_THROW((void)compose(outer, {{AxisIndices(List{0, 3})}}), ArgumentError);
    EXPECT_THROW((void)compose(outer, {{AxisIndices(List{-1})}}), ArgumentError);
    EXPECT_THROW((void)compose(outer, {}), ArgumentError);
    EXPECT_EQ(compose(outer, {{AxisIndices(List{})}}).shape(), Shape{0});
    EXPECT_EQ(compose({}, {}).shape(), Shape{});
}

}  // namespace
}  // namespace memdata
