// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>

#include "memdata/base/dtype.hpp"

namespace memdata {

/// Turns `count` elements from the byte order of `from` into the machine's, or back (it is its own inverse), in
/// place.
void swap_byte_order(const Dtype& from, std::byte* elements, Index count) noexcept;

}  // namespace memdata
