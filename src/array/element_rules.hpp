// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string_view>

#include "memdata/array/operators.hpp"

namespace memdata {

/// bool < unsigned < integer < real < complex < everything else.
enum class NumberKind { boolean, unsigned_integer, signed_integer, real, complex, none };
[[nodiscard]] NumberKind number_kind(const Dtype& dtype) noexcept;

/// The types in which an operation reads its operands and gives its result.
struct OperationTypes {
    TypeKind a;
    TypeKind b;
    TypeKind result;
};

/// What the dtype of an operand counts as beside the other operand's: a scalar gives way to an array (numpy 2's rule
/// for Python's scalars).
[[nodiscard]] Dtype dtype_beside(const Operand& operand, const Operand& other);

/// What to do about a type that takes no part in arithmetic, in parentheses; or nothing.
[[nodiscard]] const char* advice_for(const Dtype& dtype) noexcept;

/// Throw DtypeError when the operation has no meaning for the types.
[[nodiscard]] OperationTypes operation_types(BinaryOp op, const Dtype& a, const Dtype& b);
[[nodiscard]] OperationTypes operation_types(UnaryOp op, const Dtype& a);

/// numpy's casting="same_kind": may results of one type be stored as another?
[[nodiscard]] bool may_store(const Dtype& from, const Dtype& to) noexcept;
[[nodiscard]] bool is_comparison(BinaryOp op) noexcept;

[[nodiscard]] std::string_view to_string(BinaryOp op) noexcept;
[[nodiscard]] std::string_view to_string(UnaryOp op) noexcept;

}  // namespace memdata
