// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include <cmath>
#include <complex>
#include <limits>
#include <type_traits>

#include "array/element_kernels.hpp"
#include "array/element_rules.hpp"
#include "array/vectorize.hpp"

namespace memdata {

namespace {

using detail::is_complex;

template <class T>
constexpr bool is_number = std::is_arithmetic_v<T> || is_complex<T>;
template <class T>
constexpr bool is_bool = std::is_same_v<T, bool>;
template <class T>
constexpr bool is_int = std::is_integral_v<T> && !is_bool<T>;

/// Signed overflow has no defined result, unsigned has; and small ones are computed as int.
template <class T>
using Wrapping = std::conditional_t<(sizeof(T) < sizeof(unsigned)), unsigned, std::make_unsigned_t<T>>;

struct Add {
    template <class T>
    static T of(T a, T b) {
        if constexpr (is_bool<T>) {
            return a || b;
        } else if constexpr (is_int<T>) {
            return static_cast<T>(static_cast<Wrapping<T>>(a) + static_cast<Wrapping<T>>(b));
        } else {
            return a + b;
        }
    }
};
struct Subtract {
    template <class T>
    static T of(T a, T b) {
        if constexpr (is_int<T>) {
            return static_cast<T>(static_cast<Wrapping<T>>(a) - static_cast<Wrapping<T>>(b));
        } else {
            return a - b;
        }
    }
};
struct Multiply {
    template <class T>
    static T of(T a, T b) {
        if constexpr (is_bool<T>) {
            return a && b;
        } else if constexpr (is_int<T>) {
            return static_cast<T>(static_cast<Wrapping<T>>(a) * static_cast<Wrapping<T>>(b));
        } else if constexpr (is_complex<T>) {  // as numpy; the standard library's looks for NaN in every element
            return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
        } else {
            return a * b;
        }
    }
};
struct Divide {
    template <class T>
    static T of(T a, T b) {
        if constexpr (is_complex<T>) {  // Smith's method, as numpy
            using R = typename T::value_type;
            const R re = std::abs(b.real());
            const R im = std::abs(b.imag());
            if (re >= im) {
                if (re == 0 && im == 0) {
                    return {a.real() / re, a.imag() / re};
                }
                const R ratio = b.imag() / b.real();
                const R scale = R(1) / (b.real() + b.imag() * ratio);
                return {(a.real() + a.imag() * ratio) * scale, (a.imag() - a.real() * ratio) * scale};
            }
            const R ratio = b.real() / b.imag();
            const R scale = R(1) / (b.imag() + b.real() * ratio);
            return {(a.real() * ratio + a.imag()) * scale, (a.imag() * ratio - a.real()) * scale};
        } else {
            return a / b;
        }
    }
};
struct FloorDivide {
    template <class T>
    static T of(T a, T b) {
        if constexpr (is_int<T>) {
            if (b == 0) {
                return 0;
            }
            if constexpr (std::is_signed_v<T>) {
                if (b == -1) {  // the smallest number wraps around to itself
                    return Subtract::of(T(0), a);
                }
                const T quotient = static_cast<T>(a / b);
                return static_cast<T>(quotient - ((a % b != 0) && ((a < 0) != (b < 0)) ? 1 : 0));
            } else {
                return static_cast<T>(a / b);
            }
        } else {  // as Python's float.__divmod__
            if (b == 0) {
                return a / b;
            }
            const T rest = std::fmod(a, b);
            T quotient = (a - rest) / b;
            if (rest != 0 && (b < 0) != (rest < 0)) {
                quotient -= 1;
            }
            if (quotient == 0) {
                return std::copysign(T(0), a / b);
            }
            const T down = std::floor(quotient);
            return quotient - down > T(0.5) ? down + 1 : down;
        }
    }
};
struct Remainder {
    template <class T>
    static T of(T a, T b) {
        if constexpr (is_int<T>) {
            if (b == 0) {
                return 0;
            }
            if constexpr (std::is_signed_v<T>) {
                if (b == -1) {
                    return 0;
                }
                const T rest = static_cast<T>(a % b);
                return static_cast<T>(rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest);
            } else {
                return static_cast<T>(a % b);
            }
        } else {
            const T rest = std::fmod(a, b);
            if (rest == 0) {
                return std::copysign(T(0), b);
            }
            return (b < 0) != (rest < 0) ? rest + b : rest;  // NaN stays NaN
        }
    }
};
struct Power {
    template <class T>
    static T of(T base, T exponent) {
        if constexpr (is_int<T>) {
            if constexpr (std::is_signed_v<T>) {
                if (exponent < 0) {
                    return base == 1 ? T(1) : base == -1 ? T(exponent % 2 == 0 ? 1 : -1) : T(0);
                }
            }
            T result = 1;
            while (exponent > 0) {
                if (exponent % 2 != 0) {
                    result = Multiply::of(result, base);
                }
                base = Multiply::of(base, base);
                exponent = static_cast<T>(exponent / 2);
            }
            return result;
        } else {
            return std::pow(base, exponent);
        }
    }
};
/// NaN wins.
struct Minimum {
    template <class T>
    static T of(T a, T b) {
        if constexpr (std::is_floating_point_v<T>) {
            return ((a < b) | (a != a)) ? a : b;
        } else {
            return a < b ? a : b;
        }
    }
};
struct Maximum {
    template <class T>
    static T of(T a, T b) {
        if constexpr (std::is_floating_point_v<T>) {
            return ((a > b) | (a != a)) ? a : b;
        } else {
            return a > b ? a : b;
        }
    }
};
struct ArcTan2 {
    template <class T>
    static T of(T a, T b) {
        return std::atan2(a, b);
    }
};
struct Hypot {
    template <class T>
    static T of(T a, T b) {
        return std::hypot(a, b);
    }
};
struct And {
    template <class T>
    static T of(T a, T b) {
        return static_cast<T>(a & b);
    }
};
struct Or {
    template <class T>
    static T of(T a, T b) {
        return static_cast<T>(a | b);
    }
};
struct Xor {
    template <class T>
    static T of(T a, T b) {
        return static_cast<T>(a ^ b);
    }
};

template <class T, class F>
void loop(const std::byte* a, const std::byte* b, std::byte* out, Index count) {
    const T* const x = reinterpret_cast<const T*>(a);
    const T* const y = reinterpret_cast<const T*>(b);
    T* const z = reinterpret_cast<T*>(out);
    MEMDATA_VECTORIZE
    for (Index i = 0; i < count; ++i) {
        z[i] = F::of(x[i], y[i]);
    }
}

template <class T>
void select(const std::byte* condition, const std::byte* a, const std::byte* b, std::byte* out, Index count) {
    const bool* const c = reinterpret_cast<const bool*>(condition);
    const T* const x = reinterpret_cast<const T*>(a);
    const T* const y = reinterpret_cast<const T*>(b);
    T* const z = reinterpret_cast<T*>(out);
    MEMDATA_VECTORIZE
    for (Index i = 0; i < count; ++i) {
        z[i] = c[i] ? x[i] : y[i];
    }
}

template <class T>
BinaryKernel of_any(BinaryOp op) {
    switch (op) {
        case BinaryOp::add:
            return loop<T, Add>;
        case BinaryOp::multiply:
            return loop<T, Multiply>;
        default:
            return nullptr;
    }
}
template <class T>
BinaryKernel of_numbers(BinaryOp op) {
    if constexpr (!is_bool<T>) {
        switch (op) {
            case BinaryOp::subtract:
                return loop<T, Subtract>;
            case BinaryOp::power:
                return loop<T, Power>;
            default:
                break;
        }
    }
    return of_any<T>(op);
}
template <class T>
BinaryKernel of_ordered(BinaryOp op) {
    if constexpr (!is_complex<T>) {
        switch (op) {
            case BinaryOp::minimum:
                return loop<T, Minimum>;
            case BinaryOp::maximum:
                return loop<T, Maximum>;
            default:
                break;
        }
        if constexpr (!is_bool<T>) {
            switch (op) {
                case BinaryOp::floor_divide:
                    return loop<T, FloorDivide>;
                case BinaryOp::remainder:
                    return loop<T, Remainder>;
                default:
                    break;
            }
        }
    }
    return of_numbers<T>(op);
}
template <class T>
BinaryKernel of_type(BinaryOp op) {
    if constexpr (std::is_integral_v<T>) {
        switch (op) {
            case BinaryOp::bit_and:
            case BinaryOp::logical_and:
                return loop<T, And>;
            case BinaryOp::bit_or:
            case BinaryOp::logical_or:
                return loop<T, Or>;
            case BinaryOp::bit_xor:
            case BinaryOp::logical_xor:
                return loop<T, Xor>;
            default:
                break;
        }
    } else if (op == BinaryOp::divide) {
        return loop<T, Divide>;
    } else if constexpr (!is_complex<T>) {
        if (op == BinaryOp::arctan2) {
            return loop<T, ArcTan2>;
        }
        if (op == BinaryOp::hypot) {
            return loop<T, Hypot>;
        }
    }
    return of_ordered<T>(op);
}

}  // namespace

BinaryKernel binary_kernel(BinaryOp op, TypeKind a, TypeKind b) {
    if (is_comparison(op)) {
        return comparison_kernel(op, a, b);
    }
    return visit(Dtype(a), [op]<class T>(std::type_identity<T>) -> BinaryKernel {
        if constexpr (is_number<T>) {
            return of_type<T>(op);
        } else {
            return nullptr;
        }
    });
}

SelectKernel select_kernel(TypeKind type) {
    return visit(Dtype(type), []<class T>(std::type_identity<T>) -> SelectKernel {
        if constexpr (is_number<T>) {
            return select<T>;
        } else {
            return nullptr;
        }
    });
}

}  // namespace memdata
