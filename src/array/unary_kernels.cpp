// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include <cmath>
#include <complex>
#include <type_traits>

#include "array/element_kernels.hpp"
#include "array/vectorize.hpp"

namespace memdata {

namespace {

using detail::is_complex;

template <class T>
constexpr bool is_int = std::is_integral_v<T> && !std::is_same_v<T, bool>;
template <class T>
using Wrapping = std::conditional_t<(sizeof(T) < sizeof(unsigned)), unsigned, std::make_unsigned_t<T>>;

template <class T>
T negated(T x) {
    if constexpr (is_int<T>) {
        return static_cast<T>(Wrapping<T>(0) - static_cast<Wrapping<T>>(x));
    } else {
        return -x;
    }
}
template <class T>
T squared(T x) {
    if constexpr (std::is_same_v<T, bool>) {
        return x;
    } else if constexpr (is_int<T>) {
        return static_cast<T>(static_cast<Wrapping<T>>(x) * static_cast<Wrapping<T>>(x));
    } else if constexpr (is_complex<T>) {
        return {x.real() * x.real() - x.imag() * x.imag(), x.real() * x.imag() + x.imag() * x.real()};
    } else {
        return x * x;
    }
}

template <class T, class F>
void loop(const std::byte* a, std::byte* out, Index count) {
    using R = decltype(F::of(T()));
    const T* const x = reinterpret_cast<const T*>(a);
    R* const z = reinterpret_cast<R*>(out);
    MEMDATA_VECTORIZE
    for (Index i = 0; i < count; ++i) {
        z[i] = F::of(x[i]);
    }
}

// clang-format off
#define MEMDATA_OP(name, expression)                     \
    struct name {                                        \
        template <class T>                               \
        static auto of(T x) { return expression; }       \
    };
MEMDATA_OP(Negative, negated(x))
MEMDATA_OP(Square, squared(x))
MEMDATA_OP(Same, x)
MEMDATA_OP(Not, !x)
MEMDATA_OP(Invert, static_cast<T>(~x))
MEMDATA_OP(Conj, T(std::conj(x)))
MEMDATA_OP(Real, x.real())
MEMDATA_OP(Imag, x.imag())
MEMDATA_OP(Zero, (static_cast<void>(x), T(0)))
MEMDATA_OP(Modulus, std::abs(x))
MEMDATA_OP(Magnitude, x < 0 ? negated(x) : x)
MEMDATA_OP(Angle, std::arg(x))
MEMDATA_OP(Sqrt, std::sqrt(x))
MEMDATA_OP(Exp, std::exp(x))
MEMDATA_OP(Log, std::log(x))
MEMDATA_OP(Log10, std::log10(x))
MEMDATA_OP(Sin, std::sin(x))
MEMDATA_OP(Cos, std::cos(x))
MEMDATA_OP(Tan, std::tan(x))
MEMDATA_OP(Asin, std::asin(x))
MEMDATA_OP(Acos, std::acos(x))
MEMDATA_OP(Atan, std::atan(x))
MEMDATA_OP(Sinh, std::sinh(x))
MEMDATA_OP(Cosh, std::cosh(x))
MEMDATA_OP(Tanh, std::tanh(x))
MEMDATA_OP(Floor, std::floor(x))
MEMDATA_OP(Ceil, std::ceil(x))
MEMDATA_OP(Trunc, std::trunc(x))
MEMDATA_OP(Rint, std::nearbyint(x))
#undef MEMDATA_OP
// clang-format on

struct IsNan {
    template <class T>
    static bool of(T x) {
        return x != x;  // of complex numbers: one of both parts
    }
};
struct IsInf {
    template <class T>
    static bool of(T x) {
        if constexpr (is_complex<T>) {
            return std::isinf(x.real()) || std::isinf(x.imag());
        } else {
            return std::isinf(x);
        }
    }
};
struct IsFinite {
    template <class T>
    static bool of(T x) {
        if constexpr (is_complex<T>) {
            return std::isfinite(x.real()) && std::isfinite(x.imag());
        } else {
            return std::isfinite(x);
        }
    }
};

/// Real and complex.
template <class T>
UnaryKernel of_floating(UnaryOp op) {
    switch (op) {
        case UnaryOp::absolute:
            return loop<T, Modulus>;
        case UnaryOp::isnan:
            return loop<T, IsNan>;
        case UnaryOp::isinf:
            return loop<T, IsInf>;
        case UnaryOp::isfinite:
            return loop<T, IsFinite>;
        case UnaryOp::arg:
            return loop<T, Angle>;
        case UnaryOp::sqrt:
            return loop<T, Sqrt>;
        case UnaryOp::exp:
            return loop<T, Exp>;
        case UnaryOp::log:
            return loop<T, Log>;
        case UnaryOp::log10:
            return loop<T, Log10>;
        case UnaryOp::sin:
            return loop<T, Sin>;
        case UnaryOp::cos:
            return loop<T, Cos>;
        case UnaryOp::tan:
            return loop<T, Tan>;
        case UnaryOp::asin:
            return loop<T, Asin>;
        case UnaryOp::acos:
            return loop<T, Acos>;
        case UnaryOp::atan:
            return loop<T, Atan>;
        case UnaryOp::sinh:
            return loop<T, Sinh>;
        case UnaryOp::cosh:
            return loop<T, Cosh>;
        case UnaryOp::tanh:
            return loop<T, Tanh>;
        default:
            return nullptr;
    }
}

template <class T>
UnaryKernel of_real(UnaryOp op) {
    switch (op) {
        case UnaryOp::floor:
            return loop<T, Floor>;
        case UnaryOp::ceil:
            return loop<T, Ceil>;
        case UnaryOp::trunc:
            return loop<T, Trunc>;
        case UnaryOp::rint:
            return loop<T, Rint>;
        default:
            return nullptr;
    }
}

template <class T>
UnaryKernel of_integral(UnaryOp op) {
    switch (op) {
        case UnaryOp::floor:
        case UnaryOp::ceil:
        case UnaryOp::trunc:
        case UnaryOp::rint:
            return loop<T, Same>;
        case UnaryOp::absolute:
            if constexpr (std::is_signed_v<T>) {
                return loop<T, Magnitude>;
            } else {
                return loop<T, Same>;
            }
        case UnaryOp::invert:
        case UnaryOp::logical_not:
            if constexpr (std::is_same_v<T, bool>) {
                return loop<T, Not>;
            } else {
                return loop<T, Invert>;
            }
        default:
            return nullptr;
    }
}

template <class T>
UnaryKernel of_type(UnaryOp op) {
    if (op == UnaryOp::square) {
        return loop<T, Square>;
    }
    if constexpr (!std::is_same_v<T, bool>) {
        if (op == UnaryOp::negative) {
            return loop<T, Negative>;
        }
    }
    if constexpr (is_complex<T>) {
        switch (op) {
            case UnaryOp::conj:
                return loop<T, Conj>;
            case UnaryOp::real:
                return loop<T, Real>;
            case UnaryOp::imag:
                return loop<T, Imag>;
            default:
                return of_floating<T>(op);
        }
    } else {
        switch (op) {
            case UnaryOp::conj:
            case UnaryOp::real:
                return loop<T, Same>;
            case UnaryOp::imag:
                return loop<T, Zero>;
            default:
                break;
        }
        if constexpr (std::is_integral_v<T>) {
            return of_integral<T>(op);
        } else {
            const UnaryKernel kernel = of_real<T>(op);
            return kernel != nullptr ? kernel : of_floating<T>(op);
        }
    }
}

}  // namespace

UnaryKernel unary_kernel(UnaryOp op, TypeKind type) {
    return visit(Dtype(type), [op]<class T>(std::type_identity<T>) -> UnaryKernel {
        if constexpr (ScalarElement<T>) {
            return of_type<T>(op);
        } else {
            return nullptr;
        }
    });
}

}  // namespace memdata
