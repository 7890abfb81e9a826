// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "memdata/base/dtype.hpp"

namespace memdata::detail {

/// The text in the bytes of a fixed string.
[[nodiscard]] std::string_view unpadded(std::string_view bytes, Padding padding);
/// The integer in an element of an enumeration, which need not be aligned; uint64 by its bits.
[[nodiscard]] std::int64_t enumeration_value(const Dtype& dtype, const std::byte* element);

}  // namespace memdata::detail
