// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

#include "memdata/base/convert.hpp"

namespace memdata::detail {

/// converted() of a part of a larger array: messages give indices in the whole, where the part begins at `origin`.
[[nodiscard]] Array converted_part(const ConstArrayView& source, const Dtype& dtype, Conversion how,
                                   const std::vector<Index>& origin);

}  // namespace memdata::detail
