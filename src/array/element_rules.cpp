// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "array/element_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "memdata/base/error.hpp"

namespace memdata {

namespace {

constexpr std::array unary_names{"negative", "abs",   "square",   "conj",  "real", "imag", "~",     "logical_not",
                                 "isnan",    "isinf", "isfinite", "sqrt",  "exp",  "log",  "log10", "sin",
                                 "cos",      "tan",   "asin",     "acos",  "atan", "sinh", "cosh",  "tanh",
                                 "arg",      "floor", "ceil",     "trunc", "rint"};
constexpr std::array binary_names{"+",         "-",       "*",           "/",          "floor_divide", "remainder",
                                  "pow",       "minimum", "maximum",     "atan2",      "hypot",        "&",
                                  "|",         "^",       "logical_and", "logical_or", "logical_xor",  "equal",
                                  "not_equal", "less",    "less_equal",  "greater",    "greater_equal"};
static_assert(unary_names.size() == static_cast<std::size_t>(UnaryOp::rint) + 1);
static_assert(binary_names.size() == static_cast<std::size_t>(BinaryOp::greater_equal) + 1);

[[noreturn]] void throw_no_meaning(std::string_view op, const Dtype& a) {
    throw DtypeError(fmt::format("{} has no meaning for {}{}", op, to_string(a), advice_for(a)),
                     {.dtype = to_string(a)});
}

bool is_integer(NumberKind kind) { return kind == NumberKind::unsigned_integer || kind == NumberKind::signed_integer; }

/// The type of sin(integer): as wide as it takes, but not less than float32.
TypeKind float_for(const Dtype& dtype) {
    if (number_kind(dtype) >= NumberKind::real) {
        return dtype.kind();
    }
    return dtype.itemsize() <= 2 ? TypeKind::float32 : TypeKind::float64;
}

TypeKind real_part(TypeKind kind) {
    return kind == TypeKind::complex64 ? TypeKind::float32 : kind == TypeKind::complex128 ? TypeKind::float64 : kind;
}

TypeKind signed_of(std::size_t bytes) {
    return bytes == 1   ? TypeKind::int8
           : bytes == 2 ? TypeKind::int16
           : bytes == 4 ? TypeKind::int32
           : bytes == 8 ? TypeKind::int64
                        : TypeKind::float64;  // nothing holds both int64 and uint64
}

}  // namespace

std::string_view to_string(UnaryOp op) noexcept { return unary_names[static_cast<std::size_t>(op)]; }
std::string_view to_string(BinaryOp op) noexcept { return binary_names[static_cast<std::size_t>(op)]; }

NumberKind number_kind(const Dtype& dtype) noexcept {
    switch (dtype.kind()) {
        case TypeKind::boolean:
            return NumberKind::boolean;
        case TypeKind::int8:
        case TypeKind::int16:
        case TypeKind::int32:
        case TypeKind::int64:
            return NumberKind::signed_integer;
        case TypeKind::uint8:
        case TypeKind::uint16:
        case TypeKind::uint32:
        case TypeKind::uint64:
            return NumberKind::unsigned_integer;
        case TypeKind::float32:
        case TypeKind::float64:
            return NumberKind::real;
        case TypeKind::complex64:
        case TypeKind::complex128:
            return NumberKind::complex;
        default:
            return NumberKind::none;
    }
}

const char* advice_for(const Dtype& dtype) noexcept {
    return dtype.kind() == TypeKind::float16       ? " (convert it to float32 first)"
           : dtype.kind() == TypeKind::enumeration ? " (convert it to its integers first)"
                                                   : "";
}

Dtype promoted(const Dtype& a, const Dtype& b) {
    if (a == b) {
        return a;
    }
    const NumberKind kind_a = number_kind(a);
    const NumberKind kind_b = number_kind(b);
    if (kind_a == NumberKind::none || kind_b == NumberKind::none) {
        const Dtype& none = kind_a == NumberKind::none ? a : b;
        throw DtypeError(fmt::format("{} and {} have no common type{}", to_string(a), to_string(b), advice_for(none)),
                         {.dtype = to_string(none)});
    }
    if (kind_a > kind_b) {
        return promoted(b, a);
    }
    if (kind_a == kind_b) {
        return a.itemsize() > b.itemsize() ? a : b;
    }
    if (kind_a == NumberKind::boolean) {
        return b;
    }
    if (kind_b == NumberKind::signed_integer) {  // a is unsigned: one size more, unless b has it
        return b.itemsize() > a.itemsize() ? b : Dtype(signed_of(2 * a.itemsize()));
    }
    // b is real or complex, and as precise as a needs.
    const TypeKind precision = float_for(a);
    const bool is_double = real_part(precision) == TypeKind::float64 || real_part(b.kind()) == TypeKind::float64;
    if (kind_b == NumberKind::complex) {
        return is_double ? TypeKind::complex128 : TypeKind::complex64;
    }
    return is_double ? TypeKind::float64 : TypeKind::float32;
}

Dtype dtype_beside(const Operand& operand, const Operand& other) {
    if (!operand.is_scalar() || other.is_scalar()) {
        return operand.dtype();
    }
    const auto group = [](const Dtype& dtype) {
        const NumberKind kind = number_kind(dtype);
        return kind == NumberKind::unsigned_integer ? NumberKind::signed_integer : kind;
    };
    const NumberKind mine = group(operand.dtype());
    const NumberKind theirs = group(other.dtype());
    if (theirs == NumberKind::none) {
        return operand.dtype();
    }
    if (mine <= theirs) {
        return other.dtype();
    }
    if (mine == NumberKind::signed_integer) {
        return TypeKind::int64;
    }
    if (mine == NumberKind::real) {
        return TypeKind::float64;
    }
    return other.dtype().kind() == TypeKind::float32 ? TypeKind::complex64 : TypeKind::complex128;
}

bool is_comparison(BinaryOp op) noexcept { return op >= BinaryOp::equal; }

OperationTypes operation_types(BinaryOp op, const Dtype& a, const Dtype& b) {
    for (const Dtype* dtype : {&a, &b}) {
        if (number_kind(*dtype) == NumberKind::none) {
            throw_no_meaning(to_string(op), *dtype);
        }
    }
    if (op == BinaryOp::logical_and || op == BinaryOp::logical_or || op == BinaryOp::logical_xor) {
        return {TypeKind::boolean, TypeKind::boolean, TypeKind::boolean};
    }
    const Dtype common = promoted(a, b);
    const TypeKind type = common.kind();
    const NumberKind kind = number_kind(common);
    const bool has_order = kind != NumberKind::complex;
    const auto all = [](TypeKind t) { return OperationTypes{t, t, t}; };
    switch (op) {
        case BinaryOp::subtract:
            if (kind == NumberKind::boolean) {
                throw_no_meaning(to_string(op), common);
            }
            return all(type);
        case BinaryOp::divide:
            return all(kind < NumberKind::real ? TypeKind::float64 : type);
        case BinaryOp::floor_divide:
        case BinaryOp::remainder:
            if (!has_order) {
                throw_no_meaning(to_string(op), common);
            }
            return all(kind == NumberKind::boolean ? TypeKind::int8 : type);
        case BinaryOp::power:
            return all(kind == NumberKind::boolean ? TypeKind::int8 : type);
        case BinaryOp::minimum:
        case BinaryOp::maximum:
            if (!has_order) {
                throw_no_meaning(to_string(op), common);
            }
            return all(type);
        case BinaryOp::arctan2:
        case BinaryOp::hypot:
            if (!has_order) {
                throw_no_meaning(to_string(op), common);
            }
            return all(float_for(common));
        case BinaryOp::bit_and:
        case BinaryOp::bit_or:
        case BinaryOp::bit_xor:
            if (kind != NumberKind::boolean && !is_integer(kind)) {
                throw_no_meaning(to_string(op), common);
            }
            return all(type);
        case BinaryOp::less:
        case BinaryOp::less_equal:
        case BinaryOp::greater:
        case BinaryOp::greater_equal:
            if (!has_order) {
                throw_no_meaning(to_string(op), common);
            }
            [[fallthrough]];
        case BinaryOp::equal:
        case BinaryOp::not_equal:
            // float64, which holds both, would make large numbers equal that are not.
            if (is_integer(number_kind(a)) && is_integer(number_kind(b)) && kind == NumberKind::real) {
                const bool unsigned_a = number_kind(a) == NumberKind::unsigned_integer;
                return {unsigned_a ? TypeKind::uint64 : TypeKind::int64,
                        unsigned_a ? TypeKind::int64 : TypeKind::uint64, TypeKind::boolean};
            }
            return {type, type, TypeKind::boolean};
        default:
            return all(type);
    }
}

OperationTypes operation_types(UnaryOp op, const Dtype& a) {
    const NumberKind kind = number_kind(a);
    if (kind == NumberKind::none) {
        throw_no_meaning(to_string(op), a);
    }
    const TypeKind type = a.kind();
    const auto gives = [](TypeKind in, TypeKind out) { return OperationTypes{in, in, out}; };
    switch (op) {
        case UnaryOp::negative:
            if (kind == NumberKind::boolean) {
                throw_no_meaning(to_string(op), a);
            }
            return gives(type, type);
        case UnaryOp::square:
        case UnaryOp::conj:
            return gives(type, type);
        case UnaryOp::absolute:
        case UnaryOp::real:
        case UnaryOp::imag:
            return gives(type, real_part(type));
        case UnaryOp::invert:
            if (kind != NumberKind::boolean && !is_integer(kind)) {
                throw_no_meaning(to_string(op), a);
            }
            return gives(type, type);
        case UnaryOp::logical_not:
            return gives(TypeKind::boolean, TypeKind::boolean);
        case UnaryOp::isnan:
        case UnaryOp::isinf:
        case UnaryOp::isfinite:
            return gives(kind < NumberKind::real ? TypeKind::float64 : type, TypeKind::boolean);
        case UnaryOp::floor:
        case UnaryOp::ceil:
        case UnaryOp::trunc:
        case UnaryOp::rint:
            if (kind == NumberKind::complex) {
                throw_no_meaning(to_string(op), a);
            }
            return gives(type, type);
        case UnaryOp::arg:
            return gives(float_for(a), real_part(float_for(a)));
        default:
            return gives(float_for(a), float_for(a));
    }
}

bool may_store(const Dtype& from, const Dtype& to) noexcept {
    return number_kind(to) != NumberKind::none && number_kind(from) <= number_kind(to);
}

}  // namespace memdata
