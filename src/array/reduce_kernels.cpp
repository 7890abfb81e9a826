// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "array/reduce_kernels.hpp"

#include <fmt/format.h>

#include <array>
#include <complex>
#include <limits>
#include <type_traits>

#include "array/element_rules.hpp"
#include "memdata/array/operand.hpp"
#include "memdata/base/error.hpp"

namespace memdata {

namespace {

using detail::is_complex;

/// What sums are kept in.
template <class T>
using Sum = std::conditional_t<is_complex<T>, std::complex<double>,
                               std::conditional_t<std::is_floating_point_v<T>, double,
                                                  std::conditional_t<std::is_unsigned_v<T> && !std::is_same_v<T, bool>,
                                                                     std::uint64_t, std::int64_t>>>;
template <class T>
using MeanOf = std::conditional_t<is_complex<T>, std::complex<double>, double>;

template <class S, class T>
S widened(const T& x) {
    if constexpr (is_complex<T>) {
        return S(x);
    } else {
        return static_cast<S>(x);
    }
}

/// `State`, `value` of an element, `merge` of two states, `identity`: merged with it, a state stays.
template <class T, class S>
struct Add {
    using State = S;
    using Mean = char;
    static constexpr bool pairwise = true;
    static State identity() { return S(0); }
    static State value(const T& x, Mean) { return widened<S>(x); }
    static State merge(const State& a, const State& b) {
        if constexpr (std::is_integral_v<S>) {
            return static_cast<S>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
        } else {
            return a + b;
        }
    }
};
template <class T>
struct Product {
    using State = Sum<T>;
    using Mean = char;
    static constexpr bool pairwise = true;
    static State identity() { return State(1); }
    static State value(const T& x, Mean) { return widened<State>(x); }
    static State merge(const State& a, const State& b) {
        if constexpr (std::is_integral_v<State>) {
            return static_cast<State>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
        } else if constexpr (is_complex<State>) {
            return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
        } else {
            return a * b;
        }
    }
};
/// Squared distances from the mean.
template <class T>
struct Deviations {
    using State = double;
    using Mean = MeanOf<T>;
    static constexpr bool pairwise = true;
    static State identity() { return 0; }
    static State value(const T& x, const Mean& mean) {
        const Mean d = widened<Mean>(x) - mean;
        if constexpr (is_complex<T>) {
            return d.real() * d.real() + d.imag() * d.imag();
        } else {
            return d * d;
        }
    }
    static State merge(State a, State b) { return a + b; }
};
template <class T, bool Least>
struct Extreme {
    using State = T;
    using Mean = char;
    static constexpr bool pairwise = false;
    static State identity() {
        using L = std::numeric_limits<T>;
        if constexpr (std::is_floating_point_v<T>) {
            return Least ? L::infinity() : -L::infinity();
        } else {
            return Least ? L::max() : L::lowest();
        }
    }
    static State value(const T& x, Mean) { return x; }
    static State merge(State a, State b) {
        const bool better = Least ? b < a : b > a;
        if constexpr (std::is_floating_point_v<T>) {
            return (better | (b != b)) ? b : a;
        } else {
            return better ? b : a;
        }
    }
};
template <class T, bool Any>
struct Truth {
    using State = bool;
    using Mean = char;
    static constexpr bool pairwise = false;
    static State identity() { return !Any; }
    static State value(const T& x, Mean) { return x != T(0); }
    static State merge(State a, State b) {
        return Any ? static_cast<bool>(static_cast<int>(a) | static_cast<int>(b))
                   : static_cast<bool>(static_cast<int>(a) & static_cast<int>(b));
    }
};

template <class Op>
void start(std::byte* states, Index count) {
    std::fill_n(reinterpret_cast<typename Op::State*>(states), count, Op::identity());
}

template <class Op>
void merge(std::byte* states, const std::byte* next, Index count) {
    using State = typename Op::State;
    State* __restrict const a = reinterpret_cast<State*>(states);
    const State* const b = reinterpret_cast<const State*>(next);
    for (Index i = 0; i < count; ++i) {
        a[i] = Op::merge(a[i], b[i]);
    }
}

/// Lanes do not wait for each other, and fill vector registers.
template <class State>
constexpr Index lane_count = std::max<Index>(16, 64 / static_cast<Index>(sizeof(State)));
template <class State>
using Lanes = std::array<State, static_cast<std::size_t>(lane_count<State>)>;

/// Elements that are summed one after the other (in lanes); more are halved, as in numpy's pairwise summation.
constexpr Index short_run = 1024;

/// Contiguous elements into lanes.
template <class Op, class T>
Lanes<typename Op::State> run_lanes(const T* data, Index count, const typename Op::Mean& mean) {
    using State = typename Op::State;
    constexpr Index lanes = lane_count<State>;
    if (Op::pairwise && count > short_run) {
        const Index half = count / 2 / lanes * lanes;
        Lanes<State> first = run_lanes<Op>(data, half, mean);
        const Lanes<State> second = run_lanes<Op>(data + half, count - half, mean);
        for (std::size_t j = 0; j < first.size(); ++j) {
            first[j] = Op::merge(first[j], second[j]);
        }
        return first;
    }
    Lanes<State> lane;
    lane.fill(Op::identity());
    Index i = 0;
    for (; i + lanes <= count; i += lanes) {
        for (Index j = 0; j < lanes; ++j) {
            State& s = lane[static_cast<std::size_t>(j)];
            s = Op::merge(s, Op::value(data[i + j], mean));
        }
    }
    for (Index j = 0; i < count; ++i, ++j) {
        State& s = lane[static_cast<std::size_t>(j)];
        s = Op::merge(s, Op::value(data[i], mean));
    }
    return lane;
}

template <class Op, class T>
typename Op::State run(const T* data, Index count, const typename Op::Mean& mean) {
    auto lane = run_lanes<Op>(data, count, mean);
    for (std::size_t half = lane.size() / 2; half > 0; half /= 2) {
        for (std::size_t j = 0; j < half; ++j) {
            lane[j] = Op::merge(lane[j], lane[j + half]);
        }
    }
    return lane[0];
}

template <class Op, class T>
void fold(std::byte* states, const FoldRows& rows) {
    using State = typename Op::State;
    using Mean = typename Op::Mean;
    State* __restrict const s = reinterpret_cast<State*>(states);
    const T* const data = reinterpret_cast<const T*>(rows.data);
    [[maybe_unused]] const Mean* const means = reinterpret_cast<const Mean*>(rows.means);
    const auto mean = [&](Index column) {
        if constexpr (std::is_same_v<Mean, char>) {
            static_cast<void>(column);
            return Mean();
        } else {
            return means[column];
        }
    };
    if (rows.columns == 1) {
        if (rows.row_step == 1) {
            s[0] = Op::merge(s[0], run<Op>(data, rows.rows, mean(0)));
            return;
        }
        State sum = s[0];
        for (Index r = 0; r < rows.rows; ++r) {
            sum = Op::merge(sum, Op::value(data[r * rows.row_step], mean(0)));
        }
        s[0] = sum;
        return;
    }
    Index r = 0;
    for (; r + 4 <= rows.rows && rows.column_step == 1; r += 4) {  // the states are loaded and stored once for four
        const T* const a = data + r * rows.row_step;
        const T* const b = a + rows.row_step;
        const T* const c = b + rows.row_step;
        const T* const d = c + rows.row_step;
        for (Index i = 0; i < rows.columns; ++i) {
            const State first = Op::merge(Op::value(a[i], mean(i)), Op::value(b[i], mean(i)));
            const State second = Op::merge(Op::value(c[i], mean(i)), Op::value(d[i], mean(i)));
            s[i] = Op::merge(s[i], Op::merge(first, second));
        }
    }
    for (; r < rows.rows; ++r) {
        const T* const row = data + r * rows.row_step;
        for (Index i = 0; i < rows.columns; ++i) {
            s[i] = Op::merge(s[i], Op::value(row[i * rows.column_step], mean(i)));
        }
    }
}

template <class Op, class T>
ReduceKernel kernel() {
    return {dtype_of<typename Op::State>(), Op::pairwise, start<Op>, fold<Op, T>, merge<Op>};
}

template <class T>
ReduceKernel kernel_of(Reduction reduction, const Dtype& dtype) {
    switch (reduction) {
        case Reduction::sum:
            return kernel<Add<T, Sum<T>>, T>();
        case Reduction::sum_for_mean:
            return kernel<Add<T, MeanOf<T>>, T>();
        case Reduction::prod:
            return kernel<Product<T>, T>();
        case Reduction::deviations:
            return kernel<Deviations<T>, T>();
        case Reduction::any:
            return kernel<Truth<T, true>, T>();
        case Reduction::all:
            return kernel<Truth<T, false>, T>();
        case Reduction::min:
            if constexpr (!is_complex<T>) {
                return kernel<Extreme<T, true>, T>();
            }
            break;
        case Reduction::max:
            if constexpr (!is_complex<T>) {
                return kernel<Extreme<T, false>, T>();
            }
            break;
        case Reduction::argmin:
        case Reduction::argmax:
            return place_kernel(reduction, dtype);
    }
    throw_no_reduction(reduction, dtype);
}

}  // namespace

void throw_no_reduction(Reduction reduction, const Dtype& dtype) {
    constexpr std::array names{"sum", "prod", "mean", "var", "min", "max", "any", "all", "argmin", "argmax"};
    throw DtypeError(fmt::format("{} has no meaning for {}{}", names[static_cast<std::size_t>(reduction)],
                                 to_string(dtype), advice_for(dtype)),
                     {.dtype = to_string(dtype)});
}

ReduceKernel reduce_kernel(Reduction reduction, const Dtype& dtype) {
    if (dtype.kind() >= TypeKind::variable_string) {
        throw_no_reduction(reduction, dtype);
    }
    return visit(dtype, [&]<class T>(std::type_identity<T>) -> ReduceKernel {
        if constexpr (ScalarElement<T>) {
            return kernel_of<T>(reduction, dtype);
        } else {
            throw_no_reduction(reduction, dtype);
        }
    });
}

}  // namespace memdata
