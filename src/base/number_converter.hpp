// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>

#include "memdata/base/convert.hpp"

namespace memdata::detail {

/// Converts `count` numbers that lie `stride` bytes apart, aligned or not. Returns how many; when that is fewer, the
/// next one is not exact.
using NumberRun = Index (*)(const std::byte* from, Index from_stride, std::byte* to, Index to_stride, Index count,
                            Conversion how);

/// For a pair of number types; both are kinds up to complex128.
[[nodiscard]] NumberRun number_converter(TypeKind from, TypeKind to);

}  // namespace memdata::detail
