// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/array/slicing.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>

#include "../base/expect.hpp"
#include "random_slices.hpp"

namespace memdata::testing {
namespace {

Shape empty_part(const Indices& shape) {
    Indices result = shape.empty() ? Indices{0} : shape;
    result.front() = 0;
    return Shape(result);
}

TEST(GlobalView, random_subscripts_take_each_rank_s_share) {
    const Communicator world;
    Random random;
    SCOPED_TRACE("MEMDATA_TEST_SEED=" + std::to_string(random.seed()));
    for (int round = 0; round < 400; ++round) {
        const Layout where = any_layout(random, world.size());
        MPIArray array = make(world, any_dtype(random), where);
        const Taken taken = any_subscripts(random, where.shape);
        SCOPED_TRACE("round " + std::to_string(round) + ": " + to_string(taken.subscripts) + " of " +
                     to_string(array.distribution()));
        const auto axis = static_cast<std::size_t>(where.axis);
        const std::vector<Indices> mine = taken.on(where, world.rank());
        const Index count = std::ssize(mine[axis]);

        const GlobalPart part = global_part(array, taken.subscripts);
        ASSERT_EQ(part.shape, Shape(taken.shape));
        ASSERT_EQ(part.axis, taken.axes[axis]);
        ASSERT_EQ(part.count, count);
        Shape local = Shape(taken.shape);
        if (part.axis) {
            local = local.with(*part.axis, count);
            for (Index i = 0; i < count; ++i) {
                ASSERT_EQ(mine[axis][static_cast<std::size_t>(i)],
                          taken.indices[axis][static_cast<std::size_t>(part.first + i)]);
            }
        } else if (count == 0) {
            local = empty_part(taken.shape);
        }
        ASSERT_EQ(part.local_shape(), local);

        const ConstArrayView view = global_view(std::as_const(array), taken.subscripts);
        ASSERT_EQ(view.shape(), local);
        ASSERT_EQ(view.dtype(), array.dtype());
        ASSERT_TRUE(holds_all(view.copy(), numbers_of(where.shape, mine)));
        const ArrayView writable = global_view(array, taken.subscripts);
        ASSERT_EQ(writable.data(), view.data());
        ASSERT_EQ(writable.strides(), view.strides());
        ASSERT_EQ(writable.shape(), local);
        const std::byte* const begin = array.local().data();
        ASSERT_TRUE(view.empty() || (view.data() >= begin && view.data() < begin + array.local().bytes()))
            << "in the block, no copy";
    }
}

TEST(GlobalView, writes_reach_the_owner_of_an_index) {
    const Communicator world;
    MPIArray array = MPIArray::zeros<int>(world, {10, 3}, Axis{0});
    const ArrayView row = global_view(array, {-1});
    EXPECT_EQ(row.shape(), array.local_bounds().start <= 9 && 9 < array.local_bounds().stop ? Shape{3} : Shape{0});
    if (!row.empty()) {
        row.view<int, 1>()(2) = 5;
    }
    const Array whole = array.allgather();
    for (Index i = 0; i < 10; ++i) {
        for (Index j = 0; j < 3; ++j) {
            EXPECT_EQ((whole.view<int, 2>()(i, j)), i == 9 && j == 2 ? 5 : 0);
        }
    }
    const GlobalPart one = global_part(array, {4, 1});
    EXPECT_EQ(one.shape, Shape{});
    EXPECT_EQ(one.axis, std::nullopt);
    const bool owner = array.local_bounds().start <= 4 && 4 < array.local_bounds().stop;
    EXPECT_EQ(one.count, owner ? 1 : 0);
    EXPECT_EQ(global_view(array, {4, 1}).shape(), owner ? Shape{} : Shape{0});
}

TEST(Sliced, random_subscripts_keep_the_distribution) {
    const Communicator world;
    Random random;
    SCOPED_TRACE("MEMDATA_TEST_SEED=" + std::to_string(random.seed()));
    int kept = 0;
    for (int round = 0; round < 400; ++round) {
        const Layout where = any_layout(random, world.size());
        const MPIArray array = make(world, any_dtype(random), where);
        const Taken taken = any_subscripts(random, where.shape, round % 2 == 0);
        SCOPED_TRACE("round " + std::to_string(round) + ": " + to_string(taken.subscripts) + " of " +
                     to_string(array.distribution()));
        const auto axis = static_cast<std::size_t>(where.axis);
        const Indices& along = taken.indices[axis];
        if (!taken.axes[axis] || (along.size() > 1 && along[0] > along[1])) {
            ASSERT_THROW((void)sliced(array, taken.subscripts), ArgumentError);
            continue;
        }
        ++kept;
        const MPIArray result = sliced(array, taken.subscripts);
        Layout expected{taken.shape, *taken.axes[axis], {}};
        for (int rank = 0; rank < world.size(); ++rank) {
            expected.counts.push_back(std::ssize(taken.on(where, rank)[axis]));
        }
        ASSERT_EQ(result.distribution(), expected.distribution());
        ASSERT_EQ(result.dtype(), array.dtype());
        ASSERT_TRUE(result.local().owns_memory());
        ASSERT_TRUE(holds_all(result.local(), numbers_of(where.shape, taken.on(where, world.rank()))));
    }
    EXPECT_GT(kept, 100);
}

TEST(Sliced, errors_say_what_to_do) {
    const Communicator world;
    const MPIArray array = make(world, TypeKind::int32, layout({5, 6, 2}, 1, world.size()));
    const auto message = [&](const Subscripts& subscripts) {
        return message_of<ArgumentError>([&] { (void)sliced(array, subscripts); });
    };
    const std::string index = message({0, -2});
    EXPECT_NE(index.find("index 4 drops the distributed axis 1"), std::string::npos) << index;
    EXPECT_NE(index.find("global_view()"), std::string::npos) << index;
    EXPECT_NE(index.find("slice(4, 5)"), std::string::npos) << index;
    const std::string step = message({0, slice(std::nullopt, std::nullopt, -1)});
    EXPECT_NE(step.find("step -1 on the distributed axis 1"), std::string::npos) << step;
    EXPECT_NE(message({ellipsis, 2}).find("index 2 is out of range on axis 2 of extent 2"), std::string::npos);
    EXPECT_THROW((void)global_view(array, {5}), ArgumentError);
    EXPECT_THROW((void)global_part(array.distribution(), world.size(), {}), ArgumentError);
    EXPECT_THROW((void)global_part(array.distribution(), -1, {}), ArgumentError);
}

TEST(Take, random_lists_and_masks) {
    const Communicator world;
    Random random;
    SCOPED_TRACE("MEMDATA_TEST_SEED=" + std::to_string(random.seed()));
    for (int round = 0; round < 300; ++round) {
        Layout where = any_layout(random, world.size());
        const MPIArray array = make(world, any_dtype(random), where);
        const auto ndim = static_cast<int>(where.shape.size());
        const int axis = static_cast<int>(random.between(0, ndim - 1));
        const Index extent = where.shape[static_cast<std::size_t>(axis)];
        Indices list;
        Indices positions;
        std::vector<bool> mask(static_cast<std::size_t>(extent));
        Indices unmasked;
        for (Index i = extent == 0 ? 0 : random.between(0, 12); i > 0; --i) {
            list.push_back(random.between(-extent, extent - 1));
            positions.push_back(list.back() < 0 ? list.back() + extent : list.back());
        }
        for (Index i = 0; i < extent; ++i) {
            mask[static_cast<std::size_t>(i)] = random.between(0, 1) == 1;
            if (mask[static_cast<std::size_t>(i)]) {
                unmasked.push_back(i);
            }
        }
        const Axis named(random.between(0, 1) == 0 ? axis : axis - ndim);
        SCOPED_TRACE("round " + std::to_string(round) + ": axis " + std::to_string(named.value) + " of " +
                     to_string(array.distribution()));
        if (axis == where.axis) {
            ASSERT_THROW((void)take(array, named, list), ArgumentError);
            ASSERT_THROW((void)compress(array, named, mask), ArgumentError);
            continue;
        }
        const auto check = [&](const MPIArray& result, const Indices& taken) {
            Layout expected = where;
            expected.shape[static_cast<std::size_t>(axis)] = std::ssize(taken);
            ASSERT_EQ(result.distribution(), expected.distribution());
            ASSERT_EQ(result.dtype(), array.dtype());
            std::vector<Indices> indices;
            for (std::size_t a = 0; a < where.shape.size(); ++a) {
                indices.push_back(count_up(where.shape[a]));
            }
            indices[static_cast<std::size_t>(axis)] = taken;
            Taken all{{}, indices, {}, {}};
            ASSERT_TRUE(holds_all(result.local(), numbers_of(where.shape, all.on(where, world.rank()))));
        };
        check(take(array, named, list), positions);
        check(compress(array, named, mask), unmasked);
        const auto bools = std::make_unique<bool[]>(mask.size() + 1);
        std::ranges::copy(mask, bools.get());
        check(compress(array, named, std::span<const bool>(bools.get(), mask.size())), unmasked);
    }
}

TEST(Take, lists_in_braces_and_errors) {
    const Communicator world;
    const MPIArray array = make(world, TypeKind::float32, layout({4, 3}, 0, world.size()));
    const Array whole = take(array, Axis{1}, {-1, 0, 2, 2}).allgather();
    EXPECT_EQ(whole.shape(), (Shape{4, 4}));
    for (Index i = 0; i < 4; ++i) {
        const Index columns[] = {2, 0, 2, 2};
        for (Index j = 0; j < 4; ++j) {
            EXPECT_TRUE(holds_number(whole, i * 4 + j, i * 3 + columns[j]));
        }
    }
    EXPECT_EQ(compress(array, Axis{1}, {true, false, true}).shape(), (Shape{4, 2}));
    const std::string range = message_of<ArgumentError>([&] { (void)take(array, Axis{1}, {0, 3}); });
    EXPECT_NE(range.find("index 3 is out of range on axis 1 of extent 3 of shape (4, 3)"), std::string::npos) << range;
    const std::string axis = message_of<ArgumentError>([&] { (void)take(array, Axis{-2}, {0}); });
    EXPECT_NE(axis.find("Redistribute()"), std::string::npos) << axis;
    EXPECT_NE(axis.find("Selection"), std::string::npos) << axis;
    EXPECT_THROW((void)take(array, Axis{2}, {0}), ArgumentError);
    EXPECT_THROW((void)compress(array, Axis{1}, {true, false}), ShapeError);
}

}  // namespace
}  // namespace memdata::testing
