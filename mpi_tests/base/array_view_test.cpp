// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/base/array_view.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <numeric>
#include <random>

#include "expect.hpp"
#include "memdata/base/error.hpp"

namespace memdata::testing {
namespace {

using Indices = std::vector<Index>;

/// Every combination of indices of a shape, in row-major order.
std::vector<Indices> all_indices(const Indices& extents) {
    std::vector<Indices> result{{}};
    for (const Index extent : extents) {
        std::vector<Indices> longer;
        for (const Indices& index : result) {
            for (Index i = 0; i < extent; ++i) {
                longer.push_back(index);
                longer.back().push_back(i);
            }
        }
        result = std::move(longer);
    }
    return result;
}

Index offset_of(const Indices& index, const Indices& strides) {
    return std::inner_product(index.begin(), index.end(), strides.begin(), Index{0});
}

template <class T>
T value_of(Index element) {
    return sample<T>(static_cast<int>(element % 97));
}

template <class T>
Array numbered(const Shape& shape) {
    Array result = Array::uninitialized(dtype_of<T>(), shape);
    for (Index i = 0; i < result.size(); ++i) {
        result.span<T>()[static_cast<std::size_t>(i)] = value_of<T>(i);
    }
    return result;
}

template <class T>
class ArrayViewTyped : public ::testing::Test {};
TYPED_TEST_SUITE(ArrayViewTyped, AllTypes);

TYPED_TEST(ArrayViewTyped, whole_array) {
    using T = TypeParam;
    Array array = numbered<T>({3, 4});
    const ConstArrayView view = array;
    EXPECT_EQ(view.dtype(), dtype_of<T>());
    EXPECT_EQ(view.shape(), (Shape{3, 4}));
    EXPECT_EQ(view.strides(), (Indices{4, 1}));
    EXPECT_TRUE(view.is_contiguous());
    EXPECT_EQ((view.view<T, 2>()(2, 1)), value_of<T>(9));
    EXPECT_TRUE(view.copy() == array);
    const ArrayView writable(array);
    writable.view<T, 2>()(2, 1) = value_of<T>(50);
    EXPECT_EQ(array.span<T>()[9], value_of<T>(50));
}

TYPED_TEST(ArrayViewTyped, random_strided_copies) {
    using T = TypeParam;
    std::mt19937 engine(20260730);
    const auto between = [&](Index low, Index high) { return std::uniform_int_distribution<Index>(low, high)(engine); };
    // Memory with gaps, axes in any order, some running backwards: strides and the element with indices 0.
    const auto any_layout = [&](const Indices& extents) {
        std::vector<std::size_t> order(extents.size());
        std::iota(order.begin(), order.end(), 0U);
        std::shuffle(order.begin(), order.end(), engine);
        Indices strides(extents.size());
        Index next = between(1, 2);
        Index origin = 0;
        for (const std::size_t axis : order) {
            strides[axis] = next;
            next *= std::max<Index>(extents[axis], 1) + (between(0, 2) == 0 ? 1 : 0);
            if (between(0, 2) == 0) {
                origin += (extents[axis] - 1) * strides[axis];
                strides[axis] = -strides[axis];
            }
        }
        return std::tuple(strides, std::max<Index>(origin, 0), next + 3);
    };
    for (int round = 0; round < 300; ++round) {
        Indices extents;
        for (Index axes = between(0, 4); axes-- > 0;) {
            extents.push_back(between(0, 20) == 0 ? 0 : between(1, 6));
        }
        if (round % 30 == 0) {  // larger than a tile
            extents = {between(30, 70), between(1, 2), between(30, 70)};
        }
        const auto [from_strides, from_origin, from_size] = any_layout(extents);
        const auto [to_strides, to_origin, to_size] = any_layout(extents);
        const Array source = numbered<T>({from_size});
        Array target = Array::full<T>({to_size}, value_of<T>(1));
        const auto item = static_cast<Index>(sizeof(T));
        const ConstArrayView from(dtype_of<T>(), Shape(extents), from_strides, source.data() + from_origin * item);
        const ArrayView to(dtype_of<T>(), Shape(extents), to_strides, target.data() + to_origin * item);

        std::vector<T> expected(static_cast<std::size_t>(to_size), value_of<T>(1));
        std::vector<T> packed;
        for (const Indices& index : all_indices(extents)) {
            packed.push_back(value_of<T>(from_origin + offset_of(index, from_strides)));
            expected[static_cast<std::size_t>(to_origin + offset_of(index, to_strides))] = packed.back();
        }
        to.assign(from);
        ASSERT_TRUE(std::ranges::equal(target.span<T>(), expected)) << "round " << round << to_string(Shape(extents));
        const Array copy = from.copy();
        ASSERT_EQ(copy.shape(), Shape(extents));
        ASSERT_TRUE(std::ranges::equal(copy.span<T>(), packed)) << "round " << round << to_string(Shape(extents));
    }
}

TYPED_TEST(ArrayViewTyped, transposition) {
    using T = TypeParam;
    Array array = numbered<T>({3, 4, 5});
    const ArrayView view = ArrayView(array).transpose(std::vector<int>{2, 0, 1});
    EXPECT_EQ(view.shape(), (Shape{5, 3, 4}));
    EXPECT_FALSE(view.is_contiguous());
    const Array copy = view.copy();
    for (Index i = 0; i < 3; ++i) {
        for (Index j = 0; j < 4; ++j) {
            for (Index k = 0; k < 5; ++k) {
                EXPECT_EQ((copy.view<T, 3>()(k, i, j)), (array.view<T, 3>()(i, j, k)));
            }
        }
    }
}

TYPED_TEST(ArrayViewTyped, broadcasting) {
    using T = TypeParam;
    const Array row = numbered<T>({3});
    const Array column = numbered<T>({2, 1});
    Array target = Array::full<T>({4, 2, 3}, value_of<T>(9));
    ArrayView(target).assign(row);
    for (Index i = 0; i < target.size(); ++i) {
        ASSERT_EQ(target.span<T>()[static_cast<std::size_t>(i)], value_of<T>(i % 3));
    }
    ArrayView(target).assign(column);
    for (Index i = 0; i < target.size(); ++i) {
        ASSERT_EQ(target.span<T>()[static_cast<std::size_t>(i)], value_of<T>(i / 3 % 2));
    }
    ArrayView(target).assign(Array::scalar<T>(value_of<T>(7)));
    for (const T& element : target.span<T>()) {
        ASSERT_EQ(element, value_of<T>(7));
    }
    const ConstArrayView repeated = ConstArrayView(row).broadcast({0, 3});
    EXPECT_TRUE(repeated.empty());
    EXPECT_TRUE(repeated.is_contiguous());
}

TEST(ArrayView, compounds_and_fixed_strings_are_bytes) {
    const Dtype dtypes[] = {Dtype::compound({{"id", 1, TypeKind::int32}, {"freq", 13, TypeKind::float64}}, 31),
                            Dtype::fixed_string(7, Charset::utf8, Padding::space_padded), Dtype::fixed_string(16)};
    for (const Dtype& dtype : dtypes) {
        Array array = Array::uninitialized(dtype, {4, 3});
        const std::size_t item = dtype.itemsize();
        for (std::size_t i = 0; i < 12 * item; ++i) {
            array.data()[i] = static_cast<std::byte>(i % 251);
        }
        const Array turned = ConstArrayView(array).transpose(std::vector<int>{1, 0}).copy();
        EXPECT_EQ(turned.dtype(), dtype);
        for (std::size_t i = 0; i < 4; ++i) {
            for (std::size_t j = 0; j < 3; ++j) {
                EXPECT_EQ(std::memcmp(turned.data() + (j * 4 + i) * item, array.data() + (i * 3 + j) * item, item), 0);
            }
        }
    }
}

TEST(ArrayView, contiguous_is_what_lies_in_one_piece) {
    Array array = Array::zeros<float>({4, 6});
    const auto view = [&](Shape shape, Indices strides) {
        return ConstArrayView(array.dtype(), std::move(shape), std::move(strides), array.data());
    };
    EXPECT_TRUE(view({}, {}).is_contiguous());
    EXPECT_TRUE(view({1, 6}, {17, 1}).is_contiguous()) << "the stride of one index does not matter";
    EXPECT_TRUE(view({0, 6}, {3, 5}).is_contiguous());
    EXPECT_FALSE(view({4, 5}, {6, 1}).is_contiguous());
    EXPECT_FALSE(view({6}, {0}).is_contiguous());
    EXPECT_FALSE(view({6}, {2}).is_contiguous());
}

TEST(ArrayView, assigning_a_view_to_itself_is_allowed) {
    Array array = numbered<std::string>({3, 3});
    const Array before = array.clone();
    ArrayView(array).assign(array);
    EXPECT_TRUE(array == before);
}

TEST(ArrayView, shapes_broadcast_together) {
    EXPECT_EQ(broadcast_shape({}, {}), Shape{});
    EXPECT_EQ(broadcast_shape({3}, {}), Shape{3});
    EXPECT_EQ(broadcast_shape({4, 1, 3}, {2, 1}), (Shape{4, 2, 3}));
    EXPECT_EQ(broadcast_shape({1}, {5, 0}), (Shape{5, 0}));
    EXPECT_EQ(broadcast_shape({0}, {1}), Shape{0});
    const std::string message = message_of<ShapeError>([] { (void)broadcast_shape({4, 2, 3}, {5, 3}); });
    EXPECT_NE(message.find("(4, 2, 3) and (5, 3)"), std::string::npos) << message;
    EXPECT_NE(message.find("2 and 5 on axis 1"), std::string::npos) << message;
    EXPECT_THROW((void)broadcast_shape({0}, {2}), ShapeError);
}

TEST(ArrayView, errors) {
    Array array = Array::zeros<float>({4, 6});
    const ArrayView view = array;
    EXPECT_THROW((void)ConstArrayView(array.dtype(), {4}, {6, 1}, array.data()), ShapeError);
    EXPECT_THROW((void)(view.view<double, 2>()), DtypeError);
    EXPECT_THROW((void)(view.view<float, 1>()), ShapeError);
    EXPECT_THROW((void)view.transpose(std::vector<int>{0}), ArgumentError);
    EXPECT_THROW((void)view.transpose(std::vector<int>{0, 0}), ArgumentError);
    EXPECT_THROW((void)view.transpose(std::vector<int>{0, 2}), ArgumentError);
    EXPECT_THROW((void)view.transpose(std::vector<int>{0, -1}), ArgumentError);
    EXPECT_THROW((void)view.transpose(std::vector<int>{0, 1, 1}), ArgumentError);
    EXPECT_THROW((void)view.broadcast({6}), ShapeError);
    EXPECT_THROW((void)view.broadcast({4, 5}), ShapeError);
    const std::string dtypes = message_of<DtypeError>([&] { view.assign(Array::zeros<double>({4, 6})); });
    EXPECT_NE(dtypes.find("float64"), std::string::npos) << dtypes;
    EXPECT_NE(dtypes.find("float32"), std::string::npos) << dtypes;
    const std::string shapes = message_of<ShapeError>([&] { view.assign(Array::zeros<float>({2, 4, 6})); });
    EXPECT_NE(shapes.find("(2, 4, 6) cannot be broadcast to (4, 6)"), std::string::npos) << shapes;
}

}  // namespace
}  // namespace memdata::testing
