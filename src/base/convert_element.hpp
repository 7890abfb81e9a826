// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cmath>
#include <complex>
#include <concepts>
#include <limits>
#include <type_traits>

#include "base/exact.hpp"

namespace memdata::detail {

/// Is every From exactly a To? Then there is nothing to check.
template <class To, class From>
constexpr bool always_exact() {
    if constexpr (std::same_as<To, From> || std::same_as<From, bool>) {
        return true;
    } else if constexpr (std::same_as<From, Float16>) {
        return always_exact<To, float>();
    } else if constexpr (is_complex<From>) {
        if constexpr (is_complex<To>) {
            return always_exact<typename To::value_type, typename From::value_type>();
        } else {
            return false;
        }
    } else if constexpr (is_complex<To>) {
        return always_exact<typename To::value_type, From>();
    } else if constexpr (std::same_as<To, bool>) {
        return false;
    } else if constexpr (std::same_as<To, Float16>) {
        return std::integral<From> && std::numeric_limits<From>::digits <= std::numeric_limits<Float16>::digits;
    } else if constexpr (std::floating_point<From>) {
        return std::floating_point<To> && sizeof(To) >= sizeof(From);
    } else {
        return std::numeric_limits<To>::digits >= std::numeric_limits<From>::digits &&
               (std::is_signed_v<To> || std::is_unsigned_v<From>);
    }
}

/// `value` as the nearest thing that a To can be (Conversion::lossy).
template <class To, class From>
To lossy(const From& value) {
    if constexpr (std::same_as<To, From>) {
        return value;
    } else if constexpr (std::same_as<From, Float16>) {
        return lossy<To>(static_cast<float>(value));
    } else if constexpr (std::same_as<To, bool>) {
        return value != From{};
    } else if constexpr (is_complex<To>) {
        using Part = typename To::value_type;
        if constexpr (is_complex<From>) {
            return {lossy<Part>(value.real()), lossy<Part>(value.imag())};
        } else {
            return {lossy<Part>(value), Part{}};
        }
    } else if constexpr (is_complex<From>) {
        return lossy<To>(value.real());
    } else if constexpr (std::same_as<To, Float16>) {
        return Float16(value);
    } else if constexpr (std::floating_point<From> && std::integral<To>) {
        // 2^digits, the first integer above the range, is exact in any floating type; max() is not.
        const From above = std::ldexp(From{1}, std::numeric_limits<To>::digits);
        const From lowest = std::is_signed_v<To> ? -above : From{0};
        if (std::isnan(value)) {
            return To{0};
        }
        return value >= above    ? std::numeric_limits<To>::max()
               : value <= lowest ? std::numeric_limits<To>::min()
                                 : static_cast<To>(value);
    } else {
        return static_cast<To>(value);
    }
}

}  // namespace memdata::detail
