// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

#include "memdata/base/array.hpp"

namespace memdata {

/// A copy of the part [start, start + extents) of `whole`, strings included.
[[nodiscard]] Array copy_box(const Array& whole, const std::vector<Index>& start, const Shape& extents);
/// Writes `box` at `start` into `whole`.
void paste_box(Array& whole, const std::vector<Index>& start, const Array& box);

}  // namespace memdata
