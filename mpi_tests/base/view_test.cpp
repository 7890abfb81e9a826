// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/base/view.hpp"

#include <numeric>
#include <vector>

#include "expect.hpp"

namespace memdata {
namespace {

TEST(NdView, IndexesRowMajor) {
    std::vector<int> data(24);
    std::iota(data.begin(), data.end(), 0);
    const NdView<int, 3> view(data.data(), {2, 3, 4});
    int expected = 0;
    for (Index i = 0; i < 2; ++i) {
        for (Index j = 0; j < 3; ++j) {
            for (Index k = 0; k < 4; ++k) {
                EXPECT_EQ(view(i, j, k), expected);
                EXPECT_EQ(&view.at(i, j, k), &data[static_cast<std::size_t>(expected)]);
                ++expected;
            }
        }
    }
    EXPECT_EQ(view.size(), 24);
    EXPECT_EQ(view.stride(0), 12);
    EXPECT_TRUE(view.is_contiguous());
    EXPECT_EQ(view.span().size(), 24U);
    view(1, 2, 3) = 99;
    EXPECT_EQ(data[23], 99);
    for (const auto& [i, j, k] : {std::array<Index, 3>{2, 0, 0}, {0, 3, 0}, {0, 0, 4}, {-1, 0, 0}, {0, 0, -1}}) {
        EXPECT_THROW((void)view.at(i, j, k), ArgumentError);
    }
}

TEST(NdView, ScalarsAndEmptyOnes) {
    double value = 3;
    const NdView<double, 0> scalar(&value, {});
    EXPECT_EQ(scalar(), 3);
    EXPECT_EQ(scalar.at(), 3);
    EXPECT_EQ(scalar.size(), 1);
    EXPECT_TRUE(scalar.is_contiguous());
    const NdView<double, 2> empty(&value, {0, 5});
    EXPECT_TRUE(empty.empty());
    EXPECT_TRUE(empty.span().empty());
    EXPECT_THROW((void)empty.at(0, 0), ArgumentError);
}

TEST(NdView, PartsKeepTheStrides) {
    std::vector<int> data(12);
    std::iota(data.begin(), data.end(), 0);
    const NdView<int, 2> view(data.data(), {3, 4});
    const NdView<int, 2> columns = view.subview(1, 1, 2);
    EXPECT_EQ(columns.extent(0), 3);
    EXPECT_EQ(columns.extent(1), 2);
    EXPECT_EQ(columns(2, 1), 10);
    EXPECT_FALSE(columns.is_contiguous());
    EXPECT_THROW((void)columns.span(), ShapeError);
    const NdView<int, 2> rows = view.subview(0, 1, 2);
    EXPECT_TRUE(rows.is_contiguous());
    EXPECT_EQ(rows.span().front(), 4);
    EXPECT_TRUE(columns.subview(0, 1, 1).is_contiguous());  // one row of it
    EXPECT_TRUE(view.subview(1, 4, 0).is_contiguous());
    EXPECT_THROW((void)view.subview(1, 3, 2), ArgumentError);
    EXPECT_THROW((void)view.subview(2, 0, 1), ArgumentError);
    EXPECT_THROW((void)view.subview(0, -1, 1), ArgumentError);
    EXPECT_THROW((void)view.subview(0, 0, -1), ArgumentError);
    const NdView<const int, 2> read_only = view;
    EXPECT_EQ(read_only(2, 3), 11);
    static_assert(!std::convertible_to<NdView<const int, 2>, NdView<int, 2>>);
}

}  // namespace
}  // namespace memdata
