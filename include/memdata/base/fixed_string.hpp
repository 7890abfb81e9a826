// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace memdata {

/// A string of at most N bytes, filled up with zero bytes: numpy's S type, the element of an array of dtype
/// string[N]. Trailing zero bytes are not part of the text.
template <std::size_t N>
struct FixedString {
    static_assert(N > 0, "a fixed string has at least one byte");
    static constexpr std::size_t capacity = N;

    char bytes[N] = {};

    FixedString() = default;
    /// Longer text is cut at N bytes.
    FixedString(std::string_view text) noexcept {  // NOLINT(google-explicit-constructor)
        std::copy_n(text.data(), std::min(N, text.size()), bytes);
    }
    FixedString(const char* text) noexcept  // NOLINT(google-explicit-constructor)
        : FixedString(std::string_view(text)) {}

    [[nodiscard]] std::string_view view() const noexcept {
        std::size_t n = N;
        while (n > 0 && bytes[n - 1] == '\0') {
            --n;
        }
        return {bytes, n};
    }
    [[nodiscard]] std::string str() const { return std::string(view()); }

    friend bool operator==(const FixedString& a, const FixedString& b) noexcept { return a.view() == b.view(); }
};

}  // namespace memdata
