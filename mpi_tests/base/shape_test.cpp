// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/base/shape.hpp"

#include <limits>

#include "expect.hpp"

namespace memdata {
namespace {

using testing::message_of;
constexpr Index highest = std::numeric_limits<Index>::max();

TEST(Shape, CountsAndStrides) {
    const Shape shape{2, 3, 4};
    EXPECT_EQ(shape.ndim(), 3);
    EXPECT_EQ(shape.elements(), 24);
    EXPECT_EQ(shape.elements(1, 3), 12);
    EXPECT_EQ(shape.elements(1, 1), 1);
    EXPECT_EQ(shape.elements(0, 3), 24);
    EXPECT_EQ(shape.strides(), (std::vector<Index>{12, 4, 1}));
    EXPECT_EQ(shape.bytes(8), 192);
    EXPECT_EQ(shape.with(1, 7), (Shape{2, 7, 4}));
    EXPECT_THROW((void)shape.elements(2, 1), ArgumentError);
    EXPECT_THROW((void)shape.elements(0, 4), ArgumentError);
    EXPECT_THROW((void)shape.elements(-1, 2), ArgumentError);
}

TEST(Shape, ScalarIsOneElementAndEmptyIsNone) {
    EXPECT_EQ(Shape{}.elements(), 1);
    EXPECT_TRUE(Shape{}.is_scalar());
    EXPECT_EQ(Shape{}.strides(), std::vector<Index>{});
    EXPECT_EQ((Shape{3, 0, 2}).elements(), 0);
    EXPECT_EQ((Shape{3, 0, 2}).bytes(1000), 0);
    EXPECT_EQ((Shape{3, 0, 2}).strides(), (std::vector<Index>{0, 2, 1}));
    EXPECT_NE(Shape{}, Shape{1});
    EXPECT_NE((Shape{0, 2}), (Shape{2, 0}));
}

TEST(Shape, OverflowIsAnErrorAlsoBesideAZero) {
    EXPECT_EQ(Shape{highest}.elements(), highest);
    EXPECT_EQ((Shape{highest, 1}).elements(), highest);
    EXPECT_THROW((Shape{highest, 2}), ShapeError);
    EXPECT_THROW((Shape{Index{1} << 32, Index{1} << 31}), ShapeError);
    EXPECT_EQ((Shape{Index{1} << 31, Index{1} << 31}).elements(), Index{1} << 62);
    EXPECT_THROW((Shape{0, highest, 2}), ShapeError);  // its strides would overflow
    EXPECT_EQ((Shape{0, highest}).elements(), 0);
    EXPECT_THROW((void)Shape{highest}.bytes(2), ShapeError);
    EXPECT_EQ(Shape{highest}.bytes(1), highest);
    EXPECT_THROW((void)Shape{1}.bytes(std::numeric_limits<std::size_t>::max()), ShapeError);
    EXPECT_THROW((void)(Shape{2, 3}.with(0, highest)), ShapeError);
}

TEST(Shape, NegativeExtentNamesTheAxis) {
    try {
        const Shape shape{2, -1};
        FAIL();
    } catch (const ShapeError& error) {
        EXPECT_EQ(error.axis(), 1);
        EXPECT_NE(std::string(error.what()).find("(2, -1)"), std::string::npos);
    }
}

TEST(Shape, ResolvesAxesAsPython) {
    const Shape shape{2, 3, 4};
    EXPECT_EQ(shape.resolve(Axis{0}), 0);
    EXPECT_EQ(shape.resolve(Axis{-1}), 2);
    EXPECT_EQ(shape.resolve(Axis{-3}), 0);
    for (const int axis : {3, -4, std::numeric_limits<int>::max(), std::numeric_limits<int>::min()}) {
        try {
            (void)shape.resolve(Axis{axis});
            FAIL() << axis;
        } catch (const ArgumentError& error) {
            EXPECT_EQ(error.axis(), axis);
        }
    }
    EXPECT_THROW((void)Shape{}.resolve(Axis{0}), ArgumentError);
    EXPECT_THROW((void)Shape{}.resolve(Axis{-1}), ArgumentError);
}

TEST(Shape, Prints) {
    EXPECT_EQ(to_string(Shape{}), "()");
    EXPECT_EQ(to_string(Shape{5}), "(5,)");
    EXPECT_EQ(to_string(Shape{3, 4}), "(3, 4)");
}

}  // namespace
}  // namespace memdata
