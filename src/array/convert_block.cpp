// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "array/convert_block.hpp"

#include <algorithm>
#include <complex>
#include <type_traits>

#include "memdata/array/operand.hpp"

namespace memdata {

namespace {

template <class From, class To>
constexpr bool is_possible() {
    if constexpr (std::is_same_v<To, bool>) {
        return true;
    } else if constexpr (detail::is_complex<From>) {
        return detail::is_complex<To>;
    } else if constexpr (std::is_floating_point_v<From>) {
        return !std::is_integral_v<To>;
    } else {
        return true;
    }
}

template <class To, class From>
To converted(const From& value) {
    if constexpr (std::is_same_v<To, bool>) {
        return value != From(0);
    } else if constexpr (detail::is_complex<From>) {
        using R = typename To::value_type;
        return {static_cast<R>(value.real()), static_cast<R>(value.imag())};
    } else if constexpr (detail::is_complex<To>) {
        return {static_cast<typename To::value_type>(value), 0};
    } else {
        return static_cast<To>(value);
    }
}

template <class From, class To>
void convert(const std::byte* from, Index from_step, std::byte* to, Index to_step, Index count) {
    const From* const source = reinterpret_cast<const From*>(from);
    To* __restrict const target = reinterpret_cast<To*>(to);
    if (to_step == 1 && from_step == 1) {
        for (Index i = 0; i < count; ++i) {
            target[i] = converted<To>(source[i]);
        }
    } else if (to_step == 1 && from_step == 0) {
        std::fill_n(target, count, converted<To>(*source));
    } else {
        for (Index i = 0; i < count; ++i) {
            target[i * to_step] = converted<To>(source[i * from_step]);
        }
    }
}

}  // namespace

ConvertBlock convert_block(TypeKind from, TypeKind to) {
    return visit(Dtype(from), [to]<class From>(std::type_identity<From>) -> ConvertBlock {
        if constexpr (!ScalarElement<From>) {
            return nullptr;
        } else {
            return visit(Dtype(to), []<class To>(std::type_identity<To>) -> ConvertBlock {
                if constexpr (!ScalarElement<To>) {
                    return nullptr;
                } else if constexpr (is_possible<From, To>()) {
                    return convert<From, To>;
                } else {
                    return nullptr;
                }
            });
        }
    });
}

}  // namespace memdata
