// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>

#include "memdata/base/dtype.hpp"

namespace memdata {

/// Copies elements as another type; steps in elements, 0 repeats one. Integers are cut to fewer bits, reals rounded;
/// bool is "not 0".
using ConvertBlock = void (*)(const std::byte* from, Index from_step, std::byte* to, Index to_step, Index count);

/// For all pairs of numbers but to a lower kind (real to integer, complex to real): null. To bool: all.
[[nodiscard]] ConvertBlock convert_block(TypeKind from, TypeKind to);

}  // namespace memdata
