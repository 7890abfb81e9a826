// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <bit>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace memdata {

/// IEEE 754's binary16, numpy's float16: two bytes to store numbers in, of 11 significant bits, up to 65504. It does no
/// arithmetic: convert to float, which is exact. From other numbers it is rounded to the nearest, ties to even; too
/// large ones become infinite.
class Float16 {
public:
    constexpr Float16() noexcept = default;
    template <class T>
    requires std::is_arithmetic_v<T>
    explicit constexpr Float16(T value) noexcept : bits_(rounded(value)) {}
    [[nodiscard]] static constexpr Float16 from_bits(std::uint16_t bits) noexcept {
        Float16 result;
        result.bits_ = bits;
        return result;
    }
    [[nodiscard]] constexpr std::uint16_t bits() const noexcept { return bits_; }

    /// As a float, and that as a T.
    template <class T>
    requires std::is_arithmetic_v<T>
    explicit constexpr operator T() const noexcept { return static_cast<T>(widened(bits_)); }

    /// As numbers: NaN is not equal to itself, 0 equals -0.
    friend constexpr bool operator==(Float16 a, Float16 b) noexcept { return widened(a.bits_) == widened(b.bits_); }

private:
    static constexpr std::uint32_t smallest_normal = 0x38800000U;  // 2^-14 as a float
    static constexpr std::uint32_t first_too_large = 0x47800000U;  // 65536
    static constexpr std::uint32_t infinite = 0x7F800000U;

    static constexpr float widened(std::uint16_t bits) noexcept {
        const std::uint32_t magnitude = bits & 0x7FFFU;
        const std::uint32_t sign = (bits & 0x8000U) << 16U;
        if (magnitude >= 0x7C00U) {  // infinite, or NaN with its payload
            return std::bit_cast<float>(sign | infinite | (magnitude & 0x3FFU) << 13U);
        }
        if (magnitude < 0x400U) {  // subnormal: so many times 2^-24
            const float value = static_cast<float>(magnitude) * 0x1p-24F;
            return sign != 0 ? -value : value;
        }
        return std::bit_cast<float>(sign | ((magnitude << 13U) + (112U << 23U)));
    }

    static constexpr std::uint16_t rounded(float value) noexcept {
        const auto all = std::bit_cast<std::uint32_t>(value);
        const auto sign = static_cast<std::uint32_t>((all >> 16U) & 0x8000U);
        std::uint32_t magnitude = all & 0x7FFFFFFFU;
        std::uint32_t half = 0;
        if (magnitude > infinite) {  // NaN: what fits of its payload, but no infinity
            const std::uint32_t payload = (magnitude >> 13U) & 0x3FFU;
            half = 0x7C00U | (payload != 0 ? payload : 0x200U);
        } else if (magnitude >= first_too_large) {
            half = 0x7C00U;
        } else if (magnitude < smallest_normal) {
            // In 0.5 + value the last bit is worth 2^-24, a half's smallest step: the addition rounds.
            half = std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude) + 0.5F) -
                   std::bit_cast<std::uint32_t>(0.5F);
        } else {
            magnitude += 0xFFFU + ((magnitude >> 13U) & 1U);  // ties to even; may carry into the exponent
            half = (magnitude - (112U << 23U)) >> 13U;
        }
        return static_cast<std::uint16_t>(sign | half);
    }

    /// Rounding twice would go wrong at ties; a float that is odd where the double has more bits is none.
    static constexpr std::uint16_t rounded(double value) noexcept {
        const auto nearest = static_cast<float>(value);
        auto bits = std::bit_cast<std::uint32_t>(nearest);
        const auto back = static_cast<double>(nearest);
        if (back != value && value == value && (bits & 1U) == 0 && (bits & 0x7FFFFFFFU) != infinite) {
            const bool is_smaller = (back < 0 ? -back : back) < (value < 0 ? -value : value);
            bits = is_smaller ? bits + 1 : bits - 1;
        }
        return rounded(std::bit_cast<float>(bits));
    }
    static constexpr std::uint16_t rounded(long double value) noexcept { return rounded(static_cast<double>(value)); }
    /// Integers that a double rounds are far beyond what fits.
    template <class T>
    requires std::is_integral_v<T>
    static constexpr std::uint16_t rounded(T value) noexcept { return rounded(static_cast<double>(value)); }

    std::uint16_t bits_ = 0;
};

static_assert(sizeof(Float16) == 2 && std::is_trivially_copyable_v<Float16>);

}  // namespace memdata

template <>
class std::numeric_limits<memdata::Float16> : public std::numeric_limits<float> {
    using Float16 = memdata::Float16;

public:
    static constexpr int digits = 11;
    static constexpr int digits10 = 3;
    static constexpr int max_digits10 = 5;
    static constexpr int min_exponent = -13;
    static constexpr int min_exponent10 = -4;
    static constexpr int max_exponent = 16;
    static constexpr int max_exponent10 = 4;
    static constexpr Float16 min() noexcept { return Float16::from_bits(0x0400); }
    static constexpr Float16 max() noexcept { return Float16::from_bits(0x7BFF); }
    static constexpr Float16 lowest() noexcept { return Float16::from_bits(0xFBFF); }
    static constexpr Float16 epsilon() noexcept { return Float16::from_bits(0x1400); }
    static constexpr Float16 round_error() noexcept { return Float16::from_bits(0x3800); }
    static constexpr Float16 infinity() noexcept { return Float16::from_bits(0x7C00); }
    static constexpr Float16 quiet_NaN() noexcept { return Float16::from_bits(0x7E00); }
    static constexpr Float16 signaling_NaN() noexcept { return Float16::from_bits(0x7D00); }
    static constexpr Float16 denorm_min() noexcept { return Float16::from_bits(0x0001); }
};
