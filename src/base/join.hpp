// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <fmt/format.h>

#include <iterator>
#include <string>
#include <string_view>

namespace memdata::detail {

/// "1, 2, 3". fmt::join does the same, but its inlined parser makes GCC 12 warn in optimised builds.
template <class Range>
[[nodiscard]] std::string join(const Range& values, std::string_view separator) {
    std::string text;
    bool first = true;
    for (const auto& value : values) {
        if (!first) {
            text.append(separator);
        }
        first = false;
        text.append(fmt::format("{}", value));
    }
    return text;
}

/// As Python prints a tuple: "(3, 4)", "(5,)", "()".
template <class Range>
[[nodiscard]] std::string tuple_text(const Range& values) {
    return fmt::format("({}{})", join(values, ", "), std::size(values) == 1 ? "," : "");
}

}  // namespace memdata::detail
