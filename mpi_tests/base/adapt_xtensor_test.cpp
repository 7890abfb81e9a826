// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <complex>
#include <utility>
#include <xtensor/xarray.hpp>
#include <xtensor/xmath.hpp>
#include <xtensor/xstrided_view.hpp>
#include <xtensor/xview.hpp>

#include "expect.hpp"
#include "memdata/base/xtensor.hpp"

namespace memdata::testing {
namespace {

Array numbered(const Shape& shape) {
    Array array = Array::uninitialized(TypeKind::float64, shape);
    double next = 0;
    for (double& x : array.span<double>()) {
        x = next++;
    }
    return array;
}

TEST(Xtensor, over_a_view_with_strides) {
    Array array = numbered({4, 6});
    double* const data = array.span<double>().data();
    auto whole = to_xtensor(array.view<double, 2>());
    EXPECT_EQ(whole.dimension(), 2U);
    EXPECT_EQ(whole(3, 5), 23);
    EXPECT_EQ(xt::sum(whole)(), 23 * 24 / 2);
    whole(0, 0) = 100;
    EXPECT_EQ(data[0], 100);
    data[0] = 0;

    const auto part = to_xtensor(array.view<double, 2>().subview(1, 2, 3).subview(0, 1, 2));
    EXPECT_EQ(xt::sum(part)(), (8 + 9 + 10) + (14 + 15 + 16));
    auto transposed = to_xtensor(NdView<double, 2>(data, {6, 4}, {1, 6}));
    EXPECT_EQ(transposed(5, 2), 17);
    transposed += 1;
    EXPECT_EQ(data[23], 24);
    // In an expression, copied, and with an axis that is repeated.
    const xt::xtensor<double, 2> copy = transposed * 2;
    EXPECT_EQ(copy(5, 3), 48);
    const auto repeated = to_xtensor(NdView<const double, 2>(data, {3, 6}, {0, 1}));
    EXPECT_EQ(xt::sum(repeated)(), 3 * 21);
    const auto row = to_xtensor(array.view<double, 2>().subview(0, 1, 1));  // extent 1 is broadcast
    EXPECT_EQ((transposed + 0.0).shape()[0], 6U);
    EXPECT_EQ((to_xtensor(array.view<double, 2>()) - row)(3, 2), 12);
    auto backwards = to_xtensor(NdView<double, 2>(data + 23, {4, 6}, {-6, -1}));
    EXPECT_EQ(backwards(1, 2), data[15]);
    backwards(3, 5) = -7;
    EXPECT_EQ(data[0], -7);
    EXPECT_EQ(to_xtensor(NdView<double, 0>(data, {}))(), -7);
}

TEST(Xtensor, assignment_to_a_part_leaves_the_rest) {
    Array source = numbered({4, 6});
    Array target = Array::zeros<double>({4, 6});
    auto to = to_xtensor(target.view<double, 2>().subview(1, 2, 3).subview(0, 1, 2));
    to = to_xtensor(source.view<double, 2>().subview(1, 1, 3).subview(0, 2, 2)) + 0.0;
    to += to_xtensor(source.view<double, 2>().subview(1, 1, 3).subview(0, 2, 2));
    const NdView<double, 2> seen = target.view<double, 2>();
    for (Index i = 0; i < 4; ++i) {
        for (Index j = 0; j < 6; ++j) {
            const bool inside = i >= 1 && i < 3 && j >= 2 && j < 5;
            EXPECT_EQ(seen(i, j), inside ? 2 * static_cast<double>((i + 1) * 6 + j - 1) : 0.0) << i << " " << j;
        }
    }
}

TEST(Xtensor, over_an_array_of_any_number_of_axes) {
    Array array = numbered({2, 3, 4});
    auto all = to_xarray<double>(array);
    EXPECT_EQ(all.dimension(), 3U);
    EXPECT_EQ(all(1, 2, 3), 23);
    all *= 2;
    const std::byte* const before = array.data();
    all = all + 0.0;
    all = xt::xarray<double>(all);
    EXPECT_EQ(array.data(), before);
    EXPECT_EQ((array.view<double, 3>()(1, 0, 0)), 24);
    const auto constant = to_xarray<double>(std::as_const(array));
    EXPECT_EQ(xt::sum(constant)(), 23 * 24);
    static_assert(std::is_const_v<std::remove_reference_t<decltype(constant(0, 0, 0))>>);
    EXPECT_NE(message_of<DtypeError>([&] { static_cast<void>(to_xarray<float>(array)); }).find("float64"),
              std::string::npos);
    Array scalar = Array::scalar(2.5);
    EXPECT_EQ(to_xarray<double>(scalar)(), 2.5);
}

TEST(Xtensor, nothing) {
    Array none = Array::zeros<float>({3, 0, 2});
    EXPECT_EQ(to_xarray<float>(none).size(), 0U);
    const auto view = to_xtensor(none.view<float, 3>());
    EXPECT_EQ(view.shape()[0], 3U);
    EXPECT_EQ(view.size(), 0U);
    xt::xtensor<float, 2> empty = xt::xtensor<float, 2>::from_shape({0, 4});
    EXPECT_EQ(from_xtensor(empty).extent(1), 4);
    EXPECT_EQ(wrap_xtensor(empty).shape(), (Shape{0, 4}));
}

TEST(Xtensor, views_of_containers_and_of_parts_of_them) {
    xt::xtensor<std::complex<double>, 3> tensor = xt::xtensor<std::complex<double>, 3>::from_shape({2, 3, 4});
    const NdView<std::complex<double>, 3> view = from_xtensor(tensor);
    for (Index i = 0; i < 2; ++i) {
        for (Index j = 0; j < 3; ++j) {
            for (Index k = 0; k < 4; ++k) {
                EXPECT_EQ(&view(i, j, k), &tensor(i, j, k));
            }
        }
    }
    xt::xarray<int, xt::layout_type::column_major> columns =
        xt::xarray<int, xt::layout_type::column_major>::from_shape({3, 5});
    const NdView<int, 2> any = from_xtensor<2>(columns);
    EXPECT_EQ(&any(2, 4), &columns(2, 4));
    EXPECT_EQ(&any(1, 0), &columns(1, 0));
    EXPECT_FALSE(any.is_contiguous());
    EXPECT_NE(message_of<ShapeError>([&] { static_cast<void>(from_xtensor<3>(columns)); }).find("2 axes"),
              std::string::npos);

    auto part = xt::view(tensor, xt::range(1, 2), xt::all(), xt::range(1, 4, 2));
    const auto seen = from_xtensor<3>(part);
    EXPECT_EQ(seen.extents(), (std::array<Index, 3>{1, 3, 2}));
    EXPECT_EQ(&seen(0, 2, 1), &tensor(1, 2, 3));
    auto strided = xt::strided_view(columns, {xt::range(xt::placeholders::_, xt::placeholders::_, -1), 3});
    EXPECT_EQ(&from_xtensor<1>(strided)(0), &columns(2, 3));
    EXPECT_EQ(&from_xtensor<1>(strided)(2), &columns(0, 3));

    const xt::xtensor<float, 1> constant{1, 2, 3};
    const NdView<const float, 1> read = from_xtensor(constant);
    EXPECT_EQ(read(2), 3);
}

TEST(Xtensor, there_and_back) {
    Array array = numbered({3, 4});
    const NdView<double, 2> view = array.view<double, 2>().subview(1, 1, 2);
    auto adapted = to_xtensor(view);
    const auto back = from_xtensor(adapted);
    EXPECT_EQ(back.data(), view.data());
    EXPECT_EQ(back.extents(), view.extents());
    EXPECT_EQ(back.strides(), view.strides());
}

TEST(Xtensor, wrapped_as_an_array_when_row_major) {
    xt::xarray<double> tensor = xt::xarray<double>::from_shape({3, 1, 5});
    Array array = wrap_xtensor(tensor);
    EXPECT_EQ(array.shape(), (Shape{3, 1, 5}));
    EXPECT_FALSE(array.owns_memory());
    array.view<double, 3>()(2, 0, 1) = 7;
    EXPECT_EQ(tensor(2, 0, 1), 7);
    xt::xtensor<double, 2, xt::layout_type::column_major> columns =
        xt::xtensor<double, 2, xt::layout_type::column_major>::from_shape({3, 5});
    EXPECT_NE(message_of<ShapeError>([&] { static_cast<void>(wrap_xtensor(columns)); }).find("row-major"),
              std::string::npos);
}

template <class T>
constexpr bool can_be_viewed = requires(T&& t) {
    from_xtensor<2>(std::forward<T>(t));
};
static_assert(can_be_viewed<xt::xtensor<double, 2>&> && can_be_viewed<const xt::xarray<double>&>);

}  // namespace
}  // namespace memdata::testing
