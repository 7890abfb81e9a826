// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>

#include "memdata/array/operators.hpp"

// Loops over contiguous elements of one type; the output may be an input. Null where an operation has no meaning for a
// type: element_rules.hpp keeps such types away.
namespace memdata {

using UnaryKernel = void (*)(const std::byte* a, std::byte* out, Index count);
using BinaryKernel = void (*)(const std::byte* a, const std::byte* b, std::byte* out, Index count);
using SelectKernel = void (*)(const std::byte* condition, const std::byte* a, const std::byte* b, std::byte* out,
                              Index count);

[[nodiscard]] UnaryKernel unary_kernel(UnaryOp op, TypeKind type);
/// The types of the operands differ only in comparisons of int64 with uint64.
[[nodiscard]] BinaryKernel binary_kernel(BinaryOp op, TypeKind a, TypeKind b);
[[nodiscard]] SelectKernel select_kernel(TypeKind type);

/// Of binary_kernel(): the comparisons.
[[nodiscard]] BinaryKernel comparison_kernel(BinaryOp op, TypeKind a, TypeKind b);

}  // namespace memdata
