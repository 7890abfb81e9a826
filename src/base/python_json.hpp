// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

/// JSON as Python's json module writes and reads it: NaN, Infinity and -Infinity are numbers.
namespace memdata::detail {

/// Deeper nesting is refused: it would exhaust the stack of whoever walks the tree.
inline constexpr int max_json_depth = 1000;

/// Throws FormatError when `text` is not JSON.
void check_json(std::string_view text);
[[nodiscard]] nlohmann::ordered_json parse_json(std::string_view text);
/// As json.dumps(value, ensure_ascii=False). Throws FormatError for text that is not UTF-8, binary values and
/// deeper nesting than max_json_depth.
[[nodiscard]] std::string dump_json(const nlohmann::ordered_json& value);

/// As Python's repr() for a number of that precision: the shortest text that reads back as the same number,
/// always with a point or an exponent; "nan", "inf".
[[nodiscard]] std::string number_text(double value);
[[nodiscard]] std::string number_text(float value);

}  // namespace memdata::detail
