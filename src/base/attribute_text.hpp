// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string_view>

#include "memdata/base/dtype.hpp"

namespace memdata::detail {

/// The text in the bytes of a fixed string.
[[nodiscard]] std::string_view unpadded(std::string_view bytes, Padding padding);

}  // namespace memdata::detail
