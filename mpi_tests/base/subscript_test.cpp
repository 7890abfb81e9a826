// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/base/subscript.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <random>

#include "expect.hpp"
#include "memdata/base/error.hpp"

namespace memdata::testing {
namespace {

using Indices = std::vector<Index>;

/// Elements 0, 1, 2, ... in row-major order.
Array numbered(const Shape& shape) {
    Array result = Array::uninitialized(TypeKind::int64, shape);
    for (Index i = 0; i < result.size(); ++i) {
        result.span<Index>()[static_cast<std::size_t>(i)] = i;
    }
    return result;
}

Indices elements(const ConstArrayView& view) {
    const Array copy = view.copy();
    return {copy.span<Index>().begin(), copy.span<Index>().end()};
}

// What numpy 1.24 answers for a = arange(24).reshape(2, 3, 4).
TEST(Subscript, numpy_s_examples) {
    struct Case {
        Subscripts subscripts;
        Shape shape;
        Indices elements;
    };
    const Case cases[] = {
        {{1, 2, 3}, {}, {23}},
        {{-1, -3, -4}, {}, {12}},
        {{1, -1}, {4}, {20, 21, 22, 23}},
        {{ellipsis, 1}, {2, 3}, {1, 5, 9, 13, 17, 21}},
        {{0, ellipsis, slice(1, 3)}, {3, 2}, {1, 2, 5, 6, 9, 10}},
        {{slice(1), slice(std::nullopt, std::nullopt, -2), 0}, {1, 2}, {8, 0}},
        {{whole_axis, new_axis, 1, slice(2, std::nullopt)}, {2, 1, 2}, {6, 7, 18, 19}},
        {{ellipsis, new_axis}, {2, 3, 4, 1}, elements(numbered({24}))},
        {{new_axis, 0, 0, slice(-1, -100, -3)}, {1, 2}, {3, 0}},
        {{new_axis, ellipsis, 0, 0, 0, new_axis}, {1, 1}, {0}},
        {{0, slice(5, 9)}, {0, 4}, {}},
        {{0, slice(2, 1), 3}, {0}, {}},
        {{1, 0, slice(1, 4), ellipsis}, {3}, {13, 14, 15}},
        {{}, {2, 3, 4}, elements(numbered({24}))},
    };
    Array array = numbered({2, 3, 4});
    for (const Case& c : cases) {
        SCOPED_TRACE(to_string(c.subscripts));
        const ArrayView view = subview(array, c.subscripts);
        EXPECT_EQ(view.shape(), c.shape);
        EXPECT_EQ(elements(view), c.elements);
        EXPECT_EQ(elements(subview(std::as_const(array), c.subscripts)), c.elements);
    }
}

TEST(Subscript, is_a_view_without_a_copy) {
    Array array = numbered({4, 5});
    subview(array, {slice(std::nullopt, std::nullopt, -2), 1}).view<Index, 1>()(0) = -7;
    EXPECT_EQ((array.view<Index, 2>()(3, 1)), -7);
    const ArrayView corner = subview(ArrayView(array), {slice(1, 3), slice(1, 3)});
    corner.assign(Array::scalar<Index>(100));
    EXPECT_EQ(elements(array), (Indices{0, 1, 2, 3, 4, 5, 100, 100, 8, 9, 10, 100, 100, 13, 14, 15, -7, 17, 18, 19}));
    // A view of a view.
    EXPECT_EQ(elements(subview(subview(array, {slice(0, 4, 3)}), {-1, slice(3, 0, -1)})), (Indices{18, 17, -7}));
}

TEST(Subscript, integers_of_any_type) {
    Array array = numbered({3, 4});
    const auto at = [&](const Subscripts& subscripts) { return elements(subview(array, subscripts)); };
    EXPECT_EQ(at({std::size_t{2}, std::int8_t{-1}}), Indices{11});
    EXPECT_EQ(at({1U, 2L}), Indices{6});
    EXPECT_EQ(at({short{0}, std::uint64_t{1}}), Indices{1});
    EXPECT_THROW((void)at({std::numeric_limits<std::uint64_t>::max()}), ArgumentError);
    static_assert(!std::convertible_to<bool, Subscript>, "a mask is no index");
    static_assert(!std::convertible_to<double, Subscript>);
}

/// A dimension-by-dimension computation of its own: the row-major numbers that subscripts without ellipsis take.
struct Truth {
    Indices extents;
    Indices numbers{0};

    void take(Index extent, const Indices& indices, bool keep) {
        Indices next;
        for (const Index number : numbers) {
            for (const Index index : indices) {
                next.push_back(number * extent + index);
            }
        }
        numbers = std::move(next);
        if (keep) {
            extents.push_back(static_cast<Index>(indices.size()));
        }
    }
};

/// Python's definition of a slice with both ends given, index by index.
Indices python_range(Index start, Index stop, Index step, Index extent) {
    const auto from_end = [extent](Index i) { return i < 0 ? i + extent : i; };
    Indices result;
    Index i = from_end(start);
    const Index end = from_end(stop);
    i = step > 0 ? std::max<Index>(i, 0) : std::min(i, extent - 1);
    for (; step > 0 ? i < std::min(end, extent) : i > std::max<Index>(end, -1); i += step) {
        result.push_back(i);
    }
    return result;
}

TEST(Subscript, random_against_python_s_definition) {
    std::mt19937 engine(11);
    const auto between = [&](Index low, Index high) { return std::uniform_int_distribution<Index>(low, high)(engine); };
    for (int round = 0; round < 3000; ++round) {
        Indices extents;
        for (Index axes = between(0, 4); axes-- > 0;) {
            extents.push_back(between(0, 15) == 0 ? 0 : between(1, 5));
        }
        const Array array = numbered(Shape(extents));
        Subscripts subscripts;
        Truth truth;
        const auto whole = [&](std::size_t axis) {
            truth.take(extents[axis], python_range(0, extents[axis], 1, extents[axis]), true);
        };
        bool dots = false;
        std::size_t axis = 0;
        while (axis < extents.size() && between(0, 9) > 0) {
            const Index extent = extents[axis];
            switch (between(0, 4)) {
                case 0:
                    subscripts.emplace_back(new_axis);
                    truth.extents.push_back(1);
                    continue;
                case 1:
                    if (!dots) {
                        dots = true;
                        subscripts.emplace_back(ellipsis);
                        const auto first_after =
                            static_cast<std::size_t>(between(static_cast<Index>(axis), std::ssize(extents)));
                        for (; axis < first_after; ++axis) {
                            whole(axis);
                        }
                        // From here on every axis has a subscript.
                        for (; axis < extents.size(); ++axis) {
                            const Index step = between(0, 1) * 2 - 1;
                            subscripts.emplace_back(Slice{std::nullopt, std::nullopt, step});
                            Indices all = python_range(0, extents[axis], 1, extents[axis]);
                            if (step < 0) {
                                std::ranges::reverse(all);
                            }
                            truth.take(extents[axis], all, true);
                        }
                    }
                    break;
                case 2: {
                    if (extent == 0) {
                        continue;
                    }
                    const Index index = between(-extent, extent - 1);
                    subscripts.emplace_back(index);
                    truth.take(extent, {index < 0 ? index + extent : index}, false);
                    ++axis;
                    break;
                }
                default: {
                    const Index step = between(0, 1) == 0 ? between(1, 3) : between(-3, -1);
                    const Index start = between(-7, 7);
                    const Index stop = between(-7, 7);
                    subscripts.emplace_back(slice(start, stop, step));
                    truth.take(extent, python_range(start, stop, step, extent), true);
                    ++axis;
                    break;
                }
            }
        }
        for (; axis < extents.size(); ++axis) {
            whole(axis);
        }
        SCOPED_TRACE(to_string(subscripts) + " of " + to_string(Shape(extents)));
        const ConstArrayView view = subview(array, subscripts);
        ASSERT_EQ(view.shape(), Shape(truth.extents));
        ASSERT_EQ(elements(view), truth.numbers);
    }
}

TEST(Subscript, resolved_tells_where_axes_went) {
    const ResolvedSubscripts resolved = resolve({new_axis, 3, slice(1, 5, 2)}, {4, 6, 7});
    EXPECT_EQ(resolved.shape(), (Shape{1, 2, 7}));
    EXPECT_EQ(resolved.result_axis(0), std::nullopt);
    EXPECT_EQ(resolved.result_axis(1), 1);
    EXPECT_EQ(resolved.result_axis(2), 2);
    EXPECT_EQ(resolved.ranges[0], (IndexRange{3, 1, 1}));
    EXPECT_EQ(resolved.ranges[1], (IndexRange{1, 2, 2}));
    EXPECT_THROW((void)subview(numbered({4, 6}), resolved), ArgumentError);
    EXPECT_THROW((void)subview(numbered({4, 3, 7}), resolved), ArgumentError);
    EXPECT_THROW((void)subview(numbered({3, 6, 7}), resolved), ArgumentError);
    EXPECT_EQ(subview(numbered({4, 6, 7}), resolved).shape(), resolved.shape());
}

TEST(Subscript, errors_name_axis_index_extent_and_shape) {
    const Array array = numbered({2, 3, 4});
    const auto message = [&](const Subscripts& subscripts, int axis) {
        try {
            (void)subview(array, subscripts);
        } catch (const ArgumentError& error) {
            EXPECT_EQ(error.axis(), axis);
            return std::string(error.what());
        }
        return std::string("nothing was thrown");
    };
    EXPECT_EQ(message({0, slice(2), 4}, 2),
              "index 4 is out of range on axis 2 of extent 4: [0, :2, 4] of shape (2, 3, 4)");
    EXPECT_EQ(message({ellipsis, -4, new_axis, 0}, 1),
              "index -4 is out of range on axis 1 of extent 3: [..., -4, newaxis, 0] of shape (2, 3, 4)");
    EXPECT_EQ(message({whole_axis, slice(0, 3, 0)}, 1), "the step on axis 1 is 0 in [:, 0:3:0] of shape (2, 3, 4)");
    EXPECT_EQ(message({0, 0, ellipsis, 0, 0}, 3),
              "4 axes are subscripted in [0, 0, ..., 0, 0] of shape (2, 3, 4), which has 3");
    EXPECT_THROW((void)subview(array, {ellipsis, 0, ellipsis}), ArgumentError);
    EXPECT_THROW((void)subview(numbered({0, 3}), {0}), ArgumentError);
    EXPECT_THROW((void)subview(numbered({}), {0}), ArgumentError);
    EXPECT_EQ(subview(numbered({}), {ellipsis}).shape(), Shape{});
}

}  // namespace
}  // namespace memdata::testing
