// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "memdata/base/shape.hpp"

namespace memdata::io {

/// Bytes that a rank has in memory of its own in one round of a transfer, and as many that it sends or receives.
inline constexpr Index round_memory = Index{8} << 20;

}  // namespace memdata::io
