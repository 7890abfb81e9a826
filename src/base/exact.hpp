// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cmath>
#include <complex>
#include <concepts>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "memdata/base/float16.hpp"

namespace memdata::detail {

template <class T>
inline constexpr bool is_complex = false;
template <class T>
inline constexpr bool is_complex<std::complex<T>> = true;

template <class To, std::floating_point From>
std::optional<To> exact_from_float(From value) {
    if constexpr (std::same_as<To, bool>) {
        return value == 0 || value == 1 ? std::optional<bool>(value == 1) : std::nullopt;
    } else if constexpr (std::integral<To>) {
        // 2^digits, the first integer above the range, is exact in any floating type; max() is not.
        const From above = std::ldexp(From{1}, std::numeric_limits<To>::digits);
        const From lowest = std::is_signed_v<To> ? -above : From{0};
        if (!(value >= lowest && value < above) || std::trunc(value) != value) {
            return std::nullopt;
        }
        return static_cast<To>(value);
    } else {
        if (std::isnan(value) || std::isinf(value)) {
            return static_cast<To>(value);
        }
        if (std::abs(static_cast<double>(value)) > static_cast<double>(std::numeric_limits<To>::max())) {
            return std::nullopt;
        }
        const To result = static_cast<To>(value);
        return static_cast<From>(result) == value ? std::optional<To>(result) : std::nullopt;
    }
}

/// `value` as a To when that loses nothing, else nothing. Bool is the number 0 or 1; a real number is a complex
/// one; no complex number is real; text is text only.
template <class To, class From>
std::optional<To> exact(const From& value) {
    if constexpr (std::same_as<To, From>) {
        return value;
    } else if constexpr (std::same_as<To, std::string> || std::same_as<From, std::string>) {
        return std::nullopt;
    } else if constexpr (std::same_as<From, Float16>) {
        return exact<To>(static_cast<float>(value));
    } else if constexpr (std::same_as<To, Float16>) {
        const std::optional<float> single = exact<float>(value);
        const Float16 result(single.value_or(0.0F));
        const bool same = single && (std::isnan(*single) || static_cast<float>(result) == *single);
        return same ? std::optional<Float16>(result) : std::nullopt;
    } else if constexpr (is_complex<To>) {
        using Part = typename To::value_type;
        if constexpr (is_complex<From>) {
            const std::optional<Part> real = exact<Part>(value.real());
            const std::optional<Part> imag = exact<Part>(value.imag());
            return real && imag ? std::optional<To>(To(*real, *imag)) : std::nullopt;
        } else {
            const std::optional<Part> real = exact<Part>(value);
            return real ? std::optional<To>(To(*real)) : std::nullopt;
        }
    } else if constexpr (is_complex<From>) {
        return std::nullopt;
    } else if constexpr (std::floating_point<From>) {
        return exact_from_float<To>(value);
    } else if constexpr (std::same_as<From, bool>) {
        return static_cast<To>(value ? 1 : 0);
    } else if constexpr (std::same_as<To, bool>) {
        return value == 0 || value == 1 ? std::optional<bool>(value == 1) : std::nullopt;
    } else if constexpr (std::integral<To>) {
        return std::in_range<To>(value) ? std::optional<To>(static_cast<To>(value)) : std::nullopt;
    } else {
        const To result = static_cast<To>(value);
        const std::optional<From> back = exact_from_float<From>(result);
        return back && *back == value ? std::optional<To>(result) : std::nullopt;
    }
}

}  // namespace memdata::detail
