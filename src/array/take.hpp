// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

#include "memdata/base/array.hpp"

namespace memdata {

/// The array whose index i on `axis` is index positions[i] of `source`.
[[nodiscard]] Array take(const Array& source, int axis, const std::vector<Index>& positions);

}  // namespace memdata
