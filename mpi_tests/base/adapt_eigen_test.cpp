// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <complex>
#include <utility>

#include "expect.hpp"
#include "memdata/base/eigen.hpp"

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

TEST(Eigen, a_matrix_over_a_view_shares_its_memory) {
    Array array = numbered({3, 4});
    auto matrix = to_eigen(array.view<double, 2>());
    ASSERT_EQ(matrix.rows(), 3);
    ASSERT_EQ(matrix.cols(), 4);
    for (Index i = 0; i < 3; ++i) {
        for (Index j = 0; j < 4; ++j) {
            EXPECT_EQ(matrix(i, j), static_cast<double>(i * 4 + j));
        }
    }
    matrix *= 2;
    EXPECT_EQ((array.view<double, 2>()(2, 3)), 22);
    EXPECT_EQ((to_eigen(std::as_const(array).view<double, 2>()) * Eigen::VectorXd::Ones(4))(1), 2 * (4 + 5 + 6 + 7));
}

TEST(Eigen, any_strides) {
    Array array = numbered({4, 6});
    double* const data = array.span<double>().data();
    const NdView<double, 2> part = array.view<double, 2>().subview(1, 2, 3).subview(0, 1, 2);
    EXPECT_EQ(to_eigen(part).sum(), (8 + 9 + 10) + (14 + 15 + 16));
    const NdView<double, 2> transposed(data, {6, 4}, {1, 6});
    EXPECT_EQ(to_eigen(transposed)(5, 2), 17);
    const NdView<double, 2> every_second(data, {2, 3}, {12, 2});
    EXPECT_EQ(to_eigen(every_second)(1, 2), 16);
    const NdView<double, 2> backwards(data + 23, {4, 6}, {-6, -1});
    EXPECT_EQ(to_eigen(backwards)(1, 2), 15);
    const NdView<const double, 2> repeated(data, {3, 6}, {0, 1});
    EXPECT_EQ(to_eigen(repeated).sum(), 3 * 15);
    const NdView<double, 1> column(data + 1, {4}, {6});
    EXPECT_EQ(to_eigen(column).sum(), 1 + 7 + 13 + 19);
    to_eigen(column).setZero();
    EXPECT_EQ(data[13], 0);
}

TEST(Eigen, nothing) {
    EXPECT_EQ(to_eigen(NdView<double, 2>(nullptr, {0, 4})).cols(), 4);
    EXPECT_EQ(to_eigen(NdView<const float, 1>(nullptr, {0})).size(), 0);
    Eigen::MatrixXd none(0, 3);
    EXPECT_EQ(from_eigen(none).extent(1), 3);
    EXPECT_EQ(wrap_eigen(none).shape(), (Shape{0, 3}));
}

template <class Matrix>
void expect_same(Matrix&& matrix) {
    const auto view = from_eigen(matrix);
    ASSERT_EQ(view.extent(0), matrix.rows());
    ASSERT_EQ(view.extent(1), matrix.cols());
    for (Index i = 0; i < matrix.rows(); ++i) {
        for (Index j = 0; j < matrix.cols(); ++j) {
            EXPECT_EQ(&view(i, j), &matrix.coeffRef(i, j)) << i << " " << j;
        }
    }
}

TEST(Eigen, views_of_row_and_column_major_matrices_maps_and_blocks) {
    Eigen::MatrixXd columns(3, 5);
    expect_same(columns);
    Eigen::Matrix<std::complex<float>, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> rows(3, 5);
    expect_same(rows);
    Eigen::Array<std::int32_t, 2, 7> fixed;
    expect_same(fixed);
    expect_same(columns.block(1, 2, 2, 2));
    expect_same(rows.block(0, 1, 3, 3));
    Array array = numbered({3, 4});
    expect_same(to_eigen(array.view<double, 2>()));
}

TEST(Eigen, vectors_are_views_of_one_dimension) {
    Eigen::VectorXf vector(4);
    NdView<float, 1> view = from_eigen(vector);
    view(3) = 5;
    EXPECT_EQ(vector(3), 5);
    Eigen::MatrixXd matrix(3, 5);
    const NdView<double, 1> row = from_eigen(matrix.row(1));
    EXPECT_EQ(row.extent(0), 5);
    EXPECT_EQ(&row(4), &matrix(1, 4));
    const Eigen::RowVectorXd constant = Eigen::RowVectorXd::Constant(3, 2.5);
    const NdView<const double, 1> seen = from_eigen(constant);
    EXPECT_EQ(seen(2), 2.5);
    EXPECT_EQ(wrap_eigen(vector).shape(), Shape{4});
}

TEST(Eigen, wrapped_as_an_array_when_row_major) {
    Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> rows(3, 5);
    Array array = wrap_eigen(rows);
    EXPECT_EQ(array.shape(), (Shape{3, 5}));
    EXPECT_FALSE(array.owns_memory());
    array.view<double, 2>()(2, 1) = 7;
    EXPECT_EQ(rows(2, 1), 7);
    Eigen::MatrixXd columns(3, 5);
    EXPECT_NE(message_of<ShapeError>([&] { static_cast<void>(wrap_eigen(columns)); }).find("Eigen::RowMajor"),
              std::string::npos);
    EXPECT_EQ(wrap_eigen(columns.transpose()).shape(), (Shape{5, 3}));
}

template <class T>
constexpr bool can_be_viewed = requires(T&& t) {
    from_eigen(std::forward<T>(t));
};
static_assert(can_be_viewed<Eigen::MatrixXd&> && can_be_viewed<const Eigen::MatrixXd&>);
static_assert(!can_be_viewed<Eigen::MatrixXd>, "the view of a temporary would dangle");

}  // namespace
}  // namespace memdata::testing
