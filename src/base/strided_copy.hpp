// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <vector>

#include "memdata/base/dtype.hpp"
#include "memdata/base/shape.hpp"

namespace memdata::detail {

/// Copies the elements of `shape`, each to the same indices; strings by assignment. Strides in elements, of any
/// sign; from and to may not overlap, unless they are the same elements.
void copy_strided(const Dtype& dtype, const Shape& shape, const std::byte* from, const std::vector<Index>& from_strides,
                  std::byte* to, const std::vector<Index>& to_strides);

}  // namespace memdata::detail
