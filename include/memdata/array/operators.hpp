// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <concepts>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "memdata/array/operand.hpp"

// Arithmetic on arrays whose element types are known at run time; semantics and result types are numpy 2's: arrays
// (those of shape () too) are promoted to the smallest common type, a C++ scalar takes the array's type where its kind
// (bool < integer < float < complex) allows it. Deviations: where numpy gives float16 the result is float32; complex
// numbers have no order (minimum, less, ...: DtypeError); a negative integer power of an integer is cut to 0 (of 1 and
// -1: exact) where numpy throws; an integer divided by zero is silently 0, as is the remainder; square and conj of
// bool are bool. Integers wrap around. Strings and compounds are DtypeErrors: use map().
//
// Operands are broadcast as in map(); errors are map()'s, and ArgumentError for an integer scalar that the type cannot
// hold. Nothing here is collective: a failure is this rank's alone.
namespace memdata {

/// The smallest type that holds both by numpy's rules; DtypeError for strings and compounds (unless equal).
[[nodiscard]] Dtype promoted(const Dtype& a, const Dtype& b);

enum class UnaryOp : std::uint8_t {
    negative,
    absolute,
    square,
    conj,
    real,
    imag,
    invert,
    logical_not,
    isnan,
    isinf,
    isfinite,
    sqrt,
    exp,
    log,
    log10,
    sin,
    cos,
    tan,
    asin,
    acos,
    atan,
    sinh,
    cosh,
    tanh,
    arg,
    floor,
    ceil,
    trunc,
    rint,
};
enum class BinaryOp : std::uint8_t {
    add,
    subtract,
    multiply,
    divide,
    floor_divide,
    remainder,
    power,
    minimum,
    maximum,
    arctan2,
    hypot,
    bit_and,
    bit_or,
    bit_xor,
    logical_and,
    logical_or,
    logical_xor,
    equal,
    not_equal,
    less,
    less_equal,
    greater,
    greater_equal,
};

namespace detail {

// `spare` is an array that nobody needs any more; the result takes its memory when it fits.
template <class Result>
[[nodiscard]] Result unary(UnaryOp op, const Operand& a, Result* spare);
template <class Result>
[[nodiscard]] Result binary(BinaryOp op, const Operand& a, const Operand& b, Result* spare_a, Result* spare_b);
template <class Result>
[[nodiscard]] Result select(const Operand& condition, const Operand& a, const Operand& b);
void binary_into(BinaryOp op, const OutputOperand& output, const Operand& a, const Operand& b);
void unary_into(UnaryOp op, const OutputOperand& output, const Operand& a);

template <class Result, class A>
[[nodiscard]] Result* spare(A&& array) {
    if constexpr (std::same_as<A, Result>) {  // an rvalue that is not const
        return &array;
    } else {
        return nullptr;
    }
}

template <class... A>
concept Operands = (OperandLike<std::remove_cvref_t<A>> && ...) && (AnyArray<std::remove_cvref_t<A>> || ...);

template <class A>
[[nodiscard]] ElementwiseResult<A> apply(UnaryOp op, A&& a) {
    return unary<ElementwiseResult<A>>(op, Operand(a), spare<ElementwiseResult<A>, A>(std::forward<A>(a)));
}
template <class A, class B>
[[nodiscard]] ElementwiseResult<A, B> apply(BinaryOp op, A&& a, B&& b) {
    using Result = ElementwiseResult<A, B>;
    return binary<Result>(op, Operand(a), Operand(b), spare<Result, A>(std::forward<A>(a)),
                          spare<Result, B>(std::forward<B>(b)));
}

}  // namespace detail

// clang-format off
#define MEMDATA_UNARY(name, op)                                                         \
    template <class A> requires detail::Operands<A>                                     \
    [[nodiscard]] ElementwiseResult<A> name(A&& a) {                                    \
        return detail::apply(UnaryOp::op, std::forward<A>(a));                          \
    }
#define MEMDATA_BINARY(name, op)                                                        \
    template <class A, class B> requires detail::Operands<A, B>                         \
    [[nodiscard]] ElementwiseResult<A, B> name(A&& a, B&& b) {                          \
        return detail::apply(BinaryOp::op, std::forward<A>(a), std::forward<B>(b));     \
    }
#define MEMDATA_IN_PLACE(name, op)                                                      \
    template <class Out, OperandLike B> requires OutputLike<std::remove_cvref_t<Out>>   \
    Out& name(Out& out, const B& b) {                                                   \
        const OutputOperand output(out);                                                \
        detail::binary_into(BinaryOp::op, output, output.input(), Operand(b));          \
        return out;                                                                     \
    }

MEMDATA_BINARY(operator+, add)
MEMDATA_BINARY(operator-, subtract)
MEMDATA_BINARY(operator*, multiply)
/// True division: of integers, float64.
MEMDATA_BINARY(operator/, divide)
/// Of bool and integers, bit by bit.
MEMDATA_BINARY(operator&, bit_and)
MEMDATA_BINARY(operator|, bit_or)
MEMDATA_BINARY(operator^, bit_xor)
MEMDATA_UNARY(operator-, negative)
MEMDATA_UNARY(operator~, invert)
// Into the left array, whose type stays: DtypeError when the result's kind is higher (int += float).
MEMDATA_IN_PLACE(operator+=, add)
MEMDATA_IN_PLACE(operator-=, subtract)
MEMDATA_IN_PLACE(operator*=, multiply)
MEMDATA_IN_PLACE(operator/=, divide)
MEMDATA_IN_PLACE(operator&=, bit_and)
MEMDATA_IN_PLACE(operator|=, bit_or)
MEMDATA_IN_PLACE(operator^=, bit_xor)

// Element by element, giving bool. Functions, because a == b of whole arrays is one bool.
MEMDATA_BINARY(equal, equal)
MEMDATA_BINARY(not_equal, not_equal)
MEMDATA_BINARY(less, less)
MEMDATA_BINARY(less_equal, less_equal)
MEMDATA_BINARY(greater, greater)
MEMDATA_BINARY(greater_equal, greater_equal)
/// Of any numbers: is it not 0? giving bool.
MEMDATA_BINARY(logical_and, logical_and)
MEMDATA_BINARY(logical_or, logical_or)
MEMDATA_BINARY(logical_xor, logical_xor)
MEMDATA_UNARY(logical_not, logical_not)

/// Rounded down, and the remainder that has the divisor's sign (Python's // and %).
MEMDATA_BINARY(floor_divide, floor_divide)
MEMDATA_BINARY(remainder, remainder)
MEMDATA_BINARY(pow, power)
/// NaN when one is NaN.
MEMDATA_BINARY(minimum, minimum)
MEMDATA_BINARY(maximum, maximum)
MEMDATA_BINARY(atan2, arctan2)
MEMDATA_BINARY(hypot, hypot)

/// Of complex numbers: the modulus, real.
MEMDATA_UNARY(abs, absolute)
MEMDATA_UNARY(square, square)
MEMDATA_UNARY(conj, conj)
MEMDATA_UNARY(real, real)
MEMDATA_UNARY(imag, imag)
/// The angle in radians.
MEMDATA_UNARY(arg, arg)
MEMDATA_UNARY(isnan, isnan)
MEMDATA_UNARY(isinf, isinf)
MEMDATA_UNARY(isfinite, isfinite)
MEMDATA_UNARY(sqrt, sqrt)
MEMDATA_UNARY(exp, exp)
MEMDATA_UNARY(log, log)
MEMDATA_UNARY(log10, log10)
MEMDATA_UNARY(sin, sin)
MEMDATA_UNARY(cos, cos)
MEMDATA_UNARY(tan, tan)
MEMDATA_UNARY(asin, asin)
MEMDATA_UNARY(acos, acos)
MEMDATA_UNARY(atan, atan)
MEMDATA_UNARY(sinh, sinh)
MEMDATA_UNARY(cosh, cosh)
MEMDATA_UNARY(tanh, tanh)
/// Integers stay as they are.
MEMDATA_UNARY(floor, floor)
MEMDATA_UNARY(ceil, ceil)
MEMDATA_UNARY(trunc, trunc)
/// To the nearest, halves to the even one.
MEMDATA_UNARY(rint, rint)

#undef MEMDATA_UNARY
#undef MEMDATA_BINARY
#undef MEMDATA_IN_PLACE
// clang-format on

/// The elements of `a` where `condition` (anything that is not 0) holds, else those of `b`; of their common type.
template <OperandLike C, OperandLike A, OperandLike B>
requires(detail::Operands<C, A, B>)
    [[nodiscard]] ElementwiseResult<C, A, B> where(const C& condition, const A& a, const B& b) {
    return detail::select<ElementwiseResult<C, A, B>>(Operand(condition), Operand(a), Operand(b));
}

/// Any of the operations above by name, into an existing array that may be an operand. The result is converted to its
/// type; DtypeError when its kind is lower.
template <OutputLike Out, OperandLike A>
void apply_into(Out& out, UnaryOp op, const A& a) {
    detail::unary_into(op, OutputOperand(out), Operand(a));
}
template <OutputLike Out, OperandLike A, OperandLike B>
void apply_into(Out& out, BinaryOp op, const A& a, const B& b) {
    detail::binary_into(op, OutputOperand(out), Operand(a), Operand(b));
}

}  // namespace memdata
