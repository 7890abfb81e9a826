// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include <type_traits>
#include <utility>

#include "array/element_kernels.hpp"
#include "array/vectorize.hpp"

namespace memdata {

namespace {

struct Equal {
    template <class A, class B>
    static bool of(A a, B b) {
        if constexpr (std::is_same_v<A, B>) {
            return a == b;
        } else {
            return std::cmp_equal(a, b);
        }
    }
};
struct NotEqual {
    template <class A, class B>
    static bool of(A a, B b) {
        return !Equal::of(a, b);
    }
};
struct Less {
    template <class A, class B>
    static bool of(A a, B b) {
        if constexpr (std::is_same_v<A, B>) {
            return a < b;
        } else {
            return std::cmp_less(a, b);
        }
    }
};
struct LessEqual {
    template <class A, class B>
    static bool of(A a, B b) {
        if constexpr (std::is_same_v<A, B>) {
            return a <= b;
        } else {
            return std::cmp_less_equal(a, b);
        }
    }
};
template <class F>
struct Swapped {
    template <class A, class B>
    static bool of(A a, B b) {
        return F::of(b, a);
    }
};

template <class A, class B, class F>
void loop(const std::byte* a, const std::byte* b, std::byte* out, Index count) {
    const A* const x = reinterpret_cast<const A*>(a);
    const B* const y = reinterpret_cast<const B*>(b);
    bool* const z = reinterpret_cast<bool*>(out);
    MEMDATA_VECTORIZE
    for (Index i = 0; i < count; ++i) {
        z[i] = F::of(x[i], y[i]);
    }
}

template <class A, class B>
BinaryKernel of_types(BinaryOp op) {
    if (op == BinaryOp::equal) {
        return loop<A, B, Equal>;
    }
    if (op == BinaryOp::not_equal) {
        return loop<A, B, NotEqual>;
    }
    if constexpr (!detail::is_complex<A>) {
        switch (op) {
            case BinaryOp::less:
                return loop<A, B, Less>;
            case BinaryOp::less_equal:
                return loop<A, B, LessEqual>;
            case BinaryOp::greater:
                return loop<A, B, Swapped<Less>>;
            case BinaryOp::greater_equal:
                return loop<A, B, Swapped<LessEqual>>;
            default:
                break;
        }
    }
    return nullptr;
}

}  // namespace

BinaryKernel comparison_kernel(BinaryOp op, TypeKind a, TypeKind b) {
    if (a != b) {
        return a == TypeKind::int64 ? of_types<std::int64_t, std::uint64_t>(op)
                                    : of_types<std::uint64_t, std::int64_t>(op);
    }
    return visit(Dtype(a), [op]<class T>(std::type_identity<T>) -> BinaryKernel {
        if constexpr (ScalarElement<T>) {
            return of_types<T, T>(op);
        } else {
            return nullptr;
        }
    });
}

}  // namespace memdata
