// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/array/reshape.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <string>
#include <utility>

#include "../base/expect.hpp"
#include "random_slices.hpp"

namespace memdata::testing {
namespace {

/// Every element of the block, and the number that a whole of `shape` would have where axis i is axes[i] of it.
::testing::AssertionResult is_transposed(const MPIArray& result, const Layout& where, const std::vector<int>& axes) {
    const int rank = result.comm().rank();
    const Indices block = where.block(rank);
    Indices strides(where.shape.size(), 1);
    for (std::size_t axis = where.shape.size() - 1; axis-- > 0;) {
        strides[axis] = strides[axis + 1] * where.shape[axis + 1];
    }
    for (Index element = 0; element < result.local().size(); ++element) {
        Index rest = element;
        Index number = where.start(rank) * strides[static_cast<std::size_t>(where.axis)];
        for (std::size_t i = axes.size(); i-- > 0;) {
            const auto axis = static_cast<std::size_t>(axes[i]);
            number += rest % block[axis] * strides[axis];
            rest /= block[axis];
        }
        if (!holds_number(result.local(), element, number)) {
            return ::testing::AssertionFailure() << "element " << element << " is not that of number " << number;
        }
    }
    return ::testing::AssertionSuccess();
}

TEST(Transpose, random_axes_of_every_dtype) {
    const Communicator world;
    Random random;
    SCOPED_TRACE("MEMDATA_TEST_SEED=" + std::to_string(random.seed()));
    std::mt19937 shuffler(random.seed());
    for (int round = 0; round < 300; ++round) {
        const Layout where = any_layout(random, world.size(), round % 20 == 0 ? 40 : 7);
        const Dtype dtype = any_dtype(random);
        const MPIArray array = make(world, dtype, where);
        const auto ndim = static_cast<int>(where.shape.size());
        std::vector<int> axes(where.shape.size());
        std::iota(axes.begin(), axes.end(), 0);
        std::shuffle(axes.begin(), axes.end(), shuffler);
        std::vector<int> named = axes;
        for (int& axis : named) {
            axis -= random.between(0, 2) == 0 ? ndim : 0;
        }
        const auto check = [&](const MPIArray& result, const std::vector<int>& order) {
            Layout expected{{}, static_cast<int>(std::ranges::find(order, where.axis) - order.begin()), where.counts};
            for (const int axis : order) {
                expected.shape.push_back(where.shape[static_cast<std::size_t>(axis)]);
            }
            ASSERT_EQ(result.distribution(), expected.distribution());
            ASSERT_EQ(result.dtype(), dtype);
            ASSERT_TRUE(is_transposed(result, where, order));
        };
        SCOPED_TRACE("round " + std::to_string(round) + ": axes " + ::testing::PrintToString(named) + " of " +
                     to_string(array.distribution()));
        check(transpose(array, named), axes);
        std::vector<int> reversed(where.shape.size());
        std::iota(reversed.rbegin(), reversed.rend(), 0);
        check(transpose(array), reversed);
    }
}

TEST(Transpose, axes_in_braces_and_errors) {
    const Communicator world;
    const MPIArray array = make(world, TypeKind::int16, layout({4, 3, 2}, 1, world.size()));
    const MPIArray turned = transpose(array, {1, -1, 0});
    EXPECT_EQ(turned.shape(), (Shape{3, 2, 4}));
    EXPECT_EQ(turned.axis(), 0);
    const std::string message = message_of<ArgumentError>([&] { (void)transpose(array, {0, 1}); });
    EXPECT_NE(message.find("(0, 1) are not those of shape (4, 3, 2)"), std::string::npos) << message;
    EXPECT_THROW((void)transpose(array, {0, 1, 1}), ArgumentError);
    EXPECT_THROW((void)transpose(array, {0, 1, 3}), ArgumentError);
    EXPECT_THROW((void)transpose(array, {0, 1, -4}), ArgumentError);
    EXPECT_THROW((void)transpose(array, {0, 1, 2, 0}), ArgumentError);
}

/// Other extents with the same product.
Indices regrouped(Random& random, Index product) {
    Indices result;
    if (product == 0) {
        result = {random.between(0, 3), 0};
        std::swap(result[0], result[static_cast<std::size_t>(random.between(0, 1))]);
        return result;
    }
    while (product > 1) {
        Index factor = random.between(1, product);
        while (product % factor != 0) {
            ++factor;
        }
        result.push_back(factor);
        product /= factor;
    }
    if (random.between(0, 2) == 0) {
        result.push_back(1);
    }
    return result;
}

TEST(Reshape, random_groups_around_the_distributed_axis) {
    const Communicator world;
    Random random;
    SCOPED_TRACE("MEMDATA_TEST_SEED=" + std::to_string(random.seed()));
    for (int round = 0; round < 400; ++round) {
        const Layout where = any_layout(random, world.size(), 7);
        const Dtype dtype = any_dtype(random);
        MPIArray array = make(world, dtype, where);
        const auto axis = where.shape.begin() + where.axis;
        const auto product = [](auto begin, auto end) {
            return std::accumulate(begin, end, Index{1}, std::multiplies<>{});
        };
        Layout expected;
        expected.shape = regrouped(random, product(where.shape.begin(), axis));
        expected.axis = static_cast<int>(expected.shape.size());
        expected.counts = where.counts;
        expected.shape.push_back(*axis);
        for (const Index extent : regrouped(random, product(axis + 1, where.shape.end()))) {
            expected.shape.push_back(extent);
        }
        Indices asked = expected.shape;
        if (array.shape().elements() > 0 && random.between(0, 1) == 0) {
            asked[static_cast<std::size_t>(random.between(0, std::ssize(asked) - 1))] = -1;
        }
        SCOPED_TRACE("round " + std::to_string(round) + ": " + ::testing::PrintToString(asked) + " of " +
                     to_string(array.distribution()));
        const std::byte* const memory = array.local().data();
        const MPIArray copy = reshape(array, asked);
        ASSERT_EQ(copy.shape(), Shape(expected.shape));
        ASSERT_EQ(copy.distribution().partition(), where.distribution().partition());
        const bool nothing_around =
            product(where.shape.begin(), axis) == 0 && product(axis + 1, where.shape.end()) == 0;
        if (*axis > 1 && !nothing_around) {  // else another axis could be the one
            ASSERT_TRUE(is_as(copy, dtype, expected));
        }
        ASSERT_TRUE(copy.local().size() == 0 || copy.local().data() != memory);
        ASSERT_TRUE(is_as(array, dtype, where)) << "what is copied stays";
        const MPIArray moved = reshape(std::move(array), asked);
        ASSERT_EQ(moved.distribution(), copy.distribution());
        ASSERT_TRUE(moved.local() == copy.local());
        ASSERT_EQ(moved.local().data(), memory) << "no copy";
        const MPIArray back = reshape(moved, where.shape);
        ASSERT_EQ(back.shape(), Shape(where.shape));
        ASSERT_TRUE(back.local().clone().reshaped(copy.local().shape()) == copy.local());
    }
}

TEST(Reshape, of_several_places_the_old_number_then_the_first) {
    const Communicator world;
    const auto axis_of = [&](const Indices& from, int axis, const Indices& to) {
        return reshape(make(world, TypeKind::int64, layout(from, axis, world.size())), to).axis();
    };
    EXPECT_EQ(axis_of({1, 4}, 0, {1, 1, 4}), 0) << "the old number, of two";
    EXPECT_EQ(axis_of({4, 1}, 1, {4, 1, 1}), 1);
    EXPECT_EQ(axis_of({4, 1, 5}, 1, {2, 2, 1, 5}), 2);
    EXPECT_EQ(axis_of({4, 0}, 1, {2, 2, 0, 1}), 2);
    EXPECT_EQ(axis_of({0, 2, 0}, 1, {0, 2, 2, 0}), 1);
    EXPECT_EQ(axis_of({0, 2, 0}, 1, {0, 7, 2, 2, 0}), 2);
    EXPECT_EQ(axis_of({3, 4}, 0, {1, 3, 4}), 1);
    EXPECT_EQ(axis_of({1, 3, 4}, 1, {3, 4}), 0);
}

TEST(Reshape, errors_explain_and_leave_the_array) {
    const Communicator world;
    const Layout where = layout({4, 6, 5}, 1, world.size());
    MPIArray array = make(world, TypeKind::float64, where);
    const auto message = [&](const Indices& shape) {
        const std::string copied = message_of<ShapeError>([&] { (void)reshape(array, shape); });
        const std::string moved = message_of<ShapeError>([&] { (void)reshape(std::move(array), shape); });
        EXPECT_EQ(copied, moved);
        return copied;
    };
    for (const Indices& shape : {Indices{24, 5}, {4, 30}, {120}, {4, 2, 3, 5}, {6, 4, 5}, {4, 5, 6}, {2, 6, 10}}) {
        const std::string text = message(shape);
        EXPECT_NE(text.find("the distributed axis 1 would be split, merged or lost"), std::string::npos) << text;
        EXPECT_NE(text.find("extent of 6, with 4 elements before it and 5 after it"), std::string::npos) << text;
        EXPECT_NE(text.find("redistribute()"), std::string::npos) << text;
    }
    EXPECT_NE(message({4, 6, 4}).find("they have 120 and 96 elements"), std::string::npos);
    EXPECT_NE(message({-1, 6, -1}).find("one may be -1"), std::string::npos);
    EXPECT_NE(message({-2, 6, 5}).find("an extent is negative"), std::string::npos);
    EXPECT_NE(message({-1, 7}).find("no extent in the place of -1"), std::string::npos);
    EXPECT_NE(message({-1, 0}).find("no extent in the place of -1"), std::string::npos);
    EXPECT_NE(message({}).find("elements"), std::string::npos);
    EXPECT_TRUE(is_as(array, TypeKind::float64, where));
    const MPIArray fits = reshape(array, {2, 2, 6, -1});
    EXPECT_EQ(fits.shape(), (Shape{2, 2, 6, 5}));
}

TEST(Reshape, wrapped_memory_stays_where_it_is) {
    const Communicator world;
    const Layout where = layout({6, 4}, 0, world.size());
    std::vector<double> mine(static_cast<std::size_t>(where.block(world.rank())[0]) * 4);
    const MPIArray array = reshape(MPIArray::wrap(world, mine.data(), {6, 4}, Axis{0}), {6, 2, 2});
    if (!mine.empty()) {
        EXPECT_EQ(array.local().data(), reinterpret_cast<std::byte*>(mine.data()));
        EXPECT_FALSE(array.local().owns_memory());
    }
}

}  // namespace
}  // namespace memdata::testing
