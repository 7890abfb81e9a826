// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "array/combine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <concepts>
#include <cstring>
#include <string>
#include <type_traits>

#include "array/element_rules.hpp"
#include "memdata/array/operand.hpp"
#include "memdata/base/error.hpp"

namespace memdata {

namespace {

template <class T>
concept Number = ScalarElement<T> && !std::same_as<T, bool>;
template <class T>
concept Whole = std::integral<T> && Number<T>;
template <class T>
concept Ordered = std::is_arithmetic_v<T>;
template <class T>
concept Bits = std::integral<T>;

/// Unsigned and not narrower than int: it wraps, and is not promoted to int.
template <class T>
using Wrapping = std::conditional_t<(sizeof(T) > sizeof(unsigned)), std::uint64_t, unsigned>;

struct Sum {
    template <Number T>
    static T of(T a, T b) {
        if constexpr (Whole<T>) {
            return static_cast<T>(static_cast<Wrapping<T>>(a) + static_cast<Wrapping<T>>(b));
        } else {
            return a + b;
        }
    }
};
struct Prod {
    template <Number T>
    static T of(T a, T b) {
        if constexpr (Whole<T>) {
            return static_cast<T>(static_cast<Wrapping<T>>(a) * static_cast<Wrapping<T>>(b));
        } else {
            return a * b;
        }
    }
};
/// NaN is what is not equal to itself.
struct Min {
    template <Ordered T>
    static T of(T a, T b) {
        return a <= b || a != a ? a : b;
    }
};
struct Max {
    template <Ordered T>
    static T of(T a, T b) {
        return a >= b || a != a ? a : b;
    }
};
struct LogicalAnd {
    template <class T>
    requires(ScalarElement<T>) static T of(T a, T b) { return a != T() && b != T() ? T(1) : T(); }
};
struct LogicalOr {
    template <class T>
    requires(ScalarElement<T>) static T of(T a, T b) { return a != T() || b != T() ? T(1) : T(); }
};
struct BitwiseAnd {
    template <Bits T>
    static T of(T a, T b) {
        return static_cast<T>(a & b);
    }
};
struct BitwiseOr {
    template <Bits T>
    static T of(T a, T b) {
        return static_cast<T>(a | b);
    }
};
struct BitwiseXor {
    template <Bits T>
    static T of(T a, T b) {
        return static_cast<T>(a ^ b);
    }
};

template <class F>
decltype(auto) with_operation(ReduceOp op, F&& f) {
    switch (op) {
        case ReduceOp::sum:
            return f(Sum());
        case ReduceOp::prod:
            return f(Prod());
        case ReduceOp::min:
            return f(Min());
        case ReduceOp::max:
            return f(Max());
        case ReduceOp::logical_and:
            return f(LogicalAnd());
        case ReduceOp::logical_or:
            return f(LogicalOr());
        case ReduceOp::bitwise_and:
            return f(BitwiseAnd());
        case ReduceOp::bitwise_or:
            return f(BitwiseOr());
        case ReduceOp::bitwise_xor:
            return f(BitwiseXor());
    }
    throw ArgumentError(fmt::format("allreduce: there is no operation number {}", static_cast<int>(op)));
}

template <class Operation, class T>
void loop(std::byte* inout, const std::byte* in, Index count) {
    T* const a = reinterpret_cast<T*>(inout);
    const T* const b = reinterpret_cast<const T*>(in);
    for (Index i = 0; i < count; ++i) {
        a[i] = Operation::of(a[i], b[i]);
    }
}

[[noreturn]] void no_meaning(const Dtype& dtype, ReduceOp op) {
    const char* advice = advice_for(dtype);
    if (dtype.kind() == TypeKind::boolean) {
        advice = " (logical_or, logical_and or bitwise_xor may be meant; to count, convert to an integer type)";
    } else if (dtype.kind() == TypeKind::compound || dtype.kind() == TypeKind::subarray) {
        advice = " (give a function that combines elements, or reduce the members one by one)";
    }
    throw DtypeError(
        fmt::format("allreduce: {} has no meaning for elements of type {}{}", to_string(op), to_string(dtype), advice),
        {.dtype = to_string(dtype)});
}

/// The bytes of a fixed string that count.
std::size_t length(const std::byte* text, const Dtype& dtype) {
    const std::byte* const end = text + dtype.itemsize();
    return static_cast<std::size_t>(
        (dtype.padding() == Padding::null_terminated ? std::find(text, end, std::byte{}) : end) - text);
}

ElementOp fixed_string_loop(const Dtype& dtype, bool greatest) {
    return [dtype, greatest](std::byte* inout, const std::byte* in, Index count) {
        const std::size_t item = dtype.itemsize();
        for (Index i = 0; i < count; ++i, inout += item, in += item) {
            const std::size_t a = length(inout, dtype);
            const std::size_t b = length(in, dtype);
            const int order = std::memcmp(inout, in, std::min(a, b));
            const bool less = order < 0 || (order == 0 && a < b);
            const bool equal = order == 0 && a == b;
            if (!equal && less == greatest) {
                std::memcpy(inout, in, item);
            }
        }
    };
}

}  // namespace

ElementOp combine_loop(const Dtype& dtype, ReduceOp op) {
    const bool extreme = op == ReduceOp::min || op == ReduceOp::max;
    if (dtype.kind() == TypeKind::fixed_string && extreme) {
        return fixed_string_loop(dtype, op == ReduceOp::max);
    }
    if (dtype.kind() > TypeKind::variable_string) {
        no_meaning(dtype, op);
    }
    return with_operation(op, [&]<class Operation>(Operation) {
        return visit(dtype, [&]<class T>(std::type_identity<T>) -> ElementOp {
            if constexpr (requires(T a) { Operation::of(a, a); }) {
                return loop<Operation, T>;
            } else {
                no_meaning(dtype, op);
            }
        });
    });
}

void check_meaning(const Dtype& dtype, ReduceOp op) {
    if (dtype.kind() != TypeKind::variable_string || (op != ReduceOp::min && op != ReduceOp::max)) {
        static_cast<void>(combine_loop(dtype, op));
    }
}

const char* to_string(ReduceOp op) noexcept {
    switch (op) {
        case ReduceOp::sum:
            return "sum";
        case ReduceOp::prod:
            return "prod";
        case ReduceOp::min:
            return "min";
        case ReduceOp::max:
            return "max";
        case ReduceOp::logical_and:
            return "logical_and";
        case ReduceOp::logical_or:
            return "logical_or";
        case ReduceOp::bitwise_and:
            return "bitwise_and";
        case ReduceOp::bitwise_or:
            return "bitwise_or";
        case ReduceOp::bitwise_xor:
            return "bitwise_xor";
    }
    return "an unknown operation";
}

}  // namespace memdata
