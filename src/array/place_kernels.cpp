// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include <type_traits>

#include "array/reduce_kernels.hpp"
#include "memdata/array/operand.hpp"

namespace memdata {

namespace {

/// The best element so far, and its number; negative when there is none.
template <class T>
struct Best {
    T value;
    alignas(8) std::int64_t number;
};
constexpr std::size_t state_bytes = 16;

template <class T, bool Least>
bool is_better(const T& candidate, const T& best) {
    const bool better = Least ? candidate < best : candidate > best;
    if constexpr (std::is_floating_point_v<T>) {
        return better || (candidate != candidate && best == best);
    } else {
        return better;
    }
}

template <class T>
void start(std::byte* states, Index count) {
    std::fill_n(reinterpret_cast<Best<T>*>(states), count, Best<T>{T(), -1});
}

template <class T, bool Least>
void consider(Best<T>& best, const T& value, Index number) {
    if (best.number < 0 || is_better<T, Least>(value, best.value)) {
        best = {value, number};
    }
}

template <class T, bool Least>
void fold(std::byte* states, const FoldRows& rows) {
    auto* const best = reinterpret_cast<Best<T>*>(states);
    const T* const data = reinterpret_cast<const T*>(rows.data);
    for (Index r = 0; r < rows.rows; ++r) {
        const T* const row = data + r * rows.row_step;
        const Index number = rows.number + r * rows.number_step;
        for (Index c = 0; c < rows.columns; ++c) {
            consider<T, Least>(best[c], row[c * rows.column_step], number);
        }
    }
}

/// Numbers decide between equals, in whatever order states are merged.
template <class T, bool Least>
void merge(std::byte* states, const std::byte* next, Index count) {
    auto* const a = reinterpret_cast<Best<T>*>(states);
    const auto* const b = reinterpret_cast<const Best<T>*>(next);
    for (Index i = 0; i < count; ++i) {
        if (b[i].number < 0) {
            continue;
        }
        const bool better = a[i].number < 0 || is_better<T, Least>(b[i].value, a[i].value);
        const bool as_good = !better && !is_better<T, Least>(a[i].value, b[i].value);
        if (better || (as_good && b[i].number < a[i].number)) {
            a[i] = b[i];
        }
    }
}

}  // namespace

ReduceKernel place_kernel(Reduction reduction, const Dtype& dtype) {
    return visit(dtype, [&]<class T>(std::type_identity<T>) -> ReduceKernel {
        if constexpr (std::is_arithmetic_v<T>) {
            static_assert(sizeof(Best<T>) == state_bytes);
            const bool least = reduction == Reduction::argmin;
            return {Dtype::fixed_string(state_bytes), false, start<T>, least ? fold<T, true> : fold<T, false>,
                    least ? merge<T, true> : merge<T, false>};
        } else {
            throw_no_reduction(reduction, dtype);
        }
    });
}

void extract_places(const std::byte* states, std::int64_t* places, Index count, const Dtype& dtype) {
    visit(dtype, [&]<class T>(std::type_identity<T>) {
        if constexpr (std::is_arithmetic_v<T>) {
            const auto* const best = reinterpret_cast<const Best<T>*>(states);
            for (Index i = 0; i < count; ++i) {
                places[i] = best[i].number;
            }
        }
    });
}

}  // namespace memdata
