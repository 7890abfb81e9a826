// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace memdata::detail {

/// As Python's datetime.isoformat() in UTC: "2024-02-29T12:34:56.789000", without a fraction when it is zero.
[[nodiscard]] std::string iso_text(std::chrono::system_clock::time_point time);

/// Date and time of day with "T" or a blank between; up to 9 digits of a fraction, and "Z" or an offset such as
/// "+02:00" may follow. Nothing when the text is anything else, or out of the clock's range.
[[nodiscard]] std::optional<std::chrono::system_clock::time_point> parse_iso(std::string_view text);

}  // namespace memdata::detail
