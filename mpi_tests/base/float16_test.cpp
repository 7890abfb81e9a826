// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/base/float16.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace memdata {
namespace {

/// Value and spacing by the definition of binary16, in double.
double value_of(unsigned bits) {
    const int exponent = static_cast<int>((bits >> 10U) & 0x1FU);
    const double mantissa = bits & 0x3FFU;
    const double magnitude = exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(1024 + mantissa, exponent - 25);
    return (bits & 0x8000U) != 0 ? -magnitude : magnitude;
}

TEST(Float16, every_pattern_has_its_value_and_comes_back) {
    for (unsigned bits = 0; bits < 0x10000U; ++bits) {
        const Float16 half = Float16::from_bits(static_cast<std::uint16_t>(bits));
        const auto wide = static_cast<float>(half);
        if ((bits & 0x7C00U) == 0x7C00U) {
            ASSERT_EQ(std::isnan(wide), (bits & 0x3FFU) != 0) << bits;
            ASSERT_EQ(std::isinf(wide), (bits & 0x3FFU) == 0) << bits;
            ASSERT_EQ(std::signbit(wide), (bits & 0x8000U) != 0) << bits;
        } else {
            ASSERT_EQ(static_cast<double>(wide), value_of(bits)) << bits;
        }
        ASSERT_EQ(Float16(wide).bits() & 0xFC00U, bits & 0xFC00U) << bits;
        ASSERT_TRUE(std::isnan(wide) || Float16(wide).bits() == bits) << bits;
    }
}

TEST(Float16, rounds_to_the_nearest_and_ties_to_even) {
    for (unsigned bits = 0; bits < 0x7BFFU; ++bits) {
        const double low = value_of(bits);
        const double high = value_of(bits + 1);
        const double middle = low + (high - low) / 2;  // exact
        const unsigned even = bits % 2 == 0 ? bits : bits + 1;
        for (const double sign : {1.0, -1.0}) {
            const unsigned minus = sign < 0 ? 0x8000U : 0;
            ASSERT_EQ(Float16(sign * middle).bits(), even | minus) << middle;
            ASSERT_EQ(Float16(static_cast<float>(sign * middle)).bits(), even | minus) << middle;
            // A hair beside the tie, which a float does not see.
            ASSERT_EQ(Float16(sign * std::nextafter(middle, 0.0)).bits(), bits | minus) << middle;
            ASSERT_EQ(Float16(sign * std::nextafter(middle, 1e9)).bits(), (bits + 1) | minus) << middle;
            ASSERT_EQ(Float16(std::nextafter(static_cast<float>(middle), 0.0F)).bits(), bits) << middle;
            ASSERT_EQ(Float16(std::nextafter(static_cast<float>(middle), 1e9F)).bits(), bits + 1) << middle;
        }
    }
}

TEST(Float16, the_ends_of_the_range) {
    EXPECT_EQ(Float16(65519.99).bits(), 0x7BFF);
    EXPECT_EQ(Float16(65520.0F).bits(), 0x7C00);
    EXPECT_EQ(Float16(-1e300).bits(), 0xFC00);
    EXPECT_EQ(Float16(INFINITY).bits(), 0x7C00);
    EXPECT_EQ(Float16(0x1p-25).bits(), 0);
    EXPECT_EQ(Float16(std::nextafter(0x1p-25, 1.0)).bits(), 1);
    EXPECT_EQ(Float16(-1e-300).bits(), 0x8000);
    EXPECT_EQ(Float16(INT64_MAX).bits(), 0x7C00);
    EXPECT_EQ(Float16(-2048).bits(), 0xE800);
    EXPECT_EQ(Float16(2049).bits(), Float16(2048).bits());
    EXPECT_TRUE(std::isnan(static_cast<double>(Float16(NAN))));
    EXPECT_FALSE(Float16(NAN) == Float16(NAN));
    EXPECT_TRUE(Float16(-0.0) == Float16(0.0));
    using Limits = std::numeric_limits<Float16>;
    EXPECT_EQ(static_cast<double>(Limits::max()), 65504);
    EXPECT_EQ(static_cast<double>(Limits::lowest()), -65504);
    EXPECT_EQ(static_cast<double>(Limits::min()), 0x1p-14);
    EXPECT_EQ(static_cast<double>(Limits::denorm_min()), 0x1p-24);
    EXPECT_EQ(static_cast<double>(Limits::epsilon()), 0x1p-10);
    static_assert(Float16(1.5).bits() == 0x3E00 && static_cast<int>(Float16(3)) == 3);
}

}  // namespace
}  // namespace memdata
