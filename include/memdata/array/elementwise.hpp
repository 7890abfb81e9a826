// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "memdata/array/operand.hpp"

namespace memdata {

namespace detail {

/// The signature R(A...) of a callable that is not generic.
template <class F>
struct SignatureOf : SignatureOf<decltype(&F::operator())> {};
template <class R, class... A>
struct SignatureOf<R(A...)> {
    using type = R(A...);
};
template <class R, class... A>
struct SignatureOf<R (*)(A...)> : SignatureOf<R(A...)> {};
template <class R, class... A>
struct SignatureOf<R (*)(A...) noexcept> : SignatureOf<R(A...)> {};
template <class R, class C, class... A>
struct SignatureOf<R (C::*)(A...)> : SignatureOf<R(A...)> {};
template <class R, class C, class... A>
struct SignatureOf<R (C::*)(A...) const> : SignatureOf<R(A...)> {};
template <class R, class C, class... A>
struct SignatureOf<R (C::*)(A...) noexcept> : SignatureOf<R(A...)> {};
template <class R, class C, class... A>
struct SignatureOf<R (C::*)(A...) const noexcept> : SignatureOf<R(A...)> {};

/// Throws DtypeError unless argument `number` fits the callable.
void check_argument(bool fits, std::size_t number, const Dtype& has, const Dtype& wanted);
/// Throws DtypeError unless the result fits the output.
void check_output(bool fits, const Dtype& has, const Dtype& wanted);
[[noreturn]] void throw_scalar_out_of_range(std::size_t number, const Dtype& wanted);

/// Arrays as they are; a scalar as the callable's argument: as C++ converts it, but an integer that does not fit is
/// an ArgumentError.
template <class T, std::size_t K, OperandLike In>
[[nodiscard]] decltype(auto) as_argument(const In& in) {
    if constexpr (ScalarElement<In>) {
        static_assert(std::convertible_to<In, T>, "the scalar is no argument of the callable");
        static_assert(!(std::floating_point<In> && std::integral<T>),
                      "a floating-point scalar for an integer argument");
        if constexpr (std::integral<T> && std::integral<In>) {
            const T value = static_cast<T>(in);
            if (static_cast<In>(value) != in || (value < T(0)) != (in < In(0))) {
                throw_scalar_out_of_range(K, dtype_of<T>());
            }
        }
        return T(static_cast<T>(in));
    } else {
        return (in);
    }
}

/// How one operand is read along a row: element by element, one element all along, or in steps.
template <class T>
struct ReadEach {
    const T* data;
    const T& operator()(Index i) const noexcept { return data[i]; }
};
template <class T>
struct ReadOne {
    using Held = std::conditional_t<std::is_trivially_copyable_v<T>, const T, const T&>;
    Held value;
    explicit ReadOne(const T* data) : value(*data) {}
    const T& operator()(Index) const noexcept { return value; }
};
template <class T>
struct ReadSteps {
    const T* data;
    Index stride;
    const T& operator()(Index i) const noexcept { return data[i * stride]; }
};

/// The loop itself. `Fresh`: nothing that is read is written.
template <bool Fresh, class R, class F, class... Reader>
void run_row(Index count, R* output, F& f, const Reader&... read) {
    if constexpr (Fresh) {
        R* __restrict const out = output;
        for (Index i = 0; i < count; ++i) {
            out[i] = static_cast<R>(f(read(i)...));
        }
    } else {
        for (Index i = 0; i < count; ++i) {
            output[i] = static_cast<R>(f(read(i)...));
        }
    }
}

template <class Signature>
struct Mapper;

template <class R, class... A>
struct Mapper<R(A...)> {
    static constexpr std::size_t count = sizeof...(A);
    using Out = std::remove_cvref_t<R>;
    using Numbers = std::index_sequence_for<A...>;
    using Pointers = std::tuple<const std::remove_cvref_t<A>*...>;
    static_assert(Element<Out> && (Element<std::remove_cvref_t<A>> && ...),
                  "a mapped callable takes and returns elements of arrays");

    template <class Result, class F, class... In>
    [[nodiscard]] static Result make(F& f, const In&... in) {
        return make_numbered<Result>(Numbers{}, f, in...);
    }
    template <class F, class... In>
    static void write(const OutputOperand& output, F& f, const In&... in) {
        write_numbered(Numbers{}, output, f, in...);
    }

private:
    template <class Result, std::size_t... K, class F, class... In>
    static Result make_numbered(std::index_sequence<K...>, F& f, const In&... in) {
        const std::array<Operand, count> operands{Operand(as_argument<std::remove_cvref_t<A>, K>(in))...};
        (check_argument(holds<std::remove_cvref_t<A>>(operands[K].dtype()), K, operands[K].dtype(),
                        dtype_of<std::remove_cvref_t<A>>()),
         ...);
        const Frame frame = frame_of(operands);
        Result result = make_result<Result>(dtype_of<Out>(), frame);
        const std::array<ConstArrayView, count> inputs{fitted(operands[K], frame)...};
        loop<true>(ArrayView(block_of(result)), inputs, f, Numbers{});
        return result;
    }

    template <std::size_t... K, class F, class... In>
    static void write_numbered(std::index_sequence<K...>, const OutputOperand& output, F& f, const In&... in) {
        const std::array<Operand, count> operands{Operand(as_argument<std::remove_cvref_t<A>, K>(in))...};
        (check_argument(holds<std::remove_cvref_t<A>>(operands[K].dtype()), K, operands[K].dtype(),
                        dtype_of<std::remove_cvref_t<A>>()),
         ...);
        check_output(holds<Out>(output.local().dtype()), output.local().dtype(), dtype_of<Out>());
        const Frame frame = frame_of(operands, output);
        std::array<ConstArrayView, count> inputs{fitted(operands[K], frame)...};
        std::vector<Array> copies;
        copies.reserve(count);
        for (ConstArrayView& input : inputs) {
            if (std::optional<Array> copy = separated(input, output.local())) {
                copies.push_back(std::move(*copy));
                input = ConstArrayView(copies.back());
            }
        }
        [[maybe_unused]] const auto in_place = [&](const ConstArrayView& input) {
            return input.data() == output.local().data();
        };
        if ((in_place(inputs[K]) || ...)) {
            loop<false>(output.local(), inputs, f, Numbers{});
        } else {
            loop<true>(output.local(), inputs, f, Numbers{});
        }
    }

    template <bool Fresh, class F, std::size_t... K>
    static void loop(const ArrayView& output, const std::array<ConstArrayView, count>& inputs, F& f,
                     std::index_sequence<K...>) {
        const LoopPlan plan = plan_loop(output.shape(), {output.strides(), inputs[K].strides()...});
        const std::array<Index, count> steps{plan.row_stride(K + 1)...};
        const bool each = ((steps[K] == 1) && ...);
        // Beyond three operands the variants of one step or none are too many.
        const bool plain =
            plan.row_stride(0) == 1 && (each || (count <= 3 && ((steps[K] == 0 || steps[K] == 1) && ...)));
        for (Rows rows(plan); !rows.done(); rows.next()) {
            Out* const out = reinterpret_cast<Out*>(output.data()) + rows.offset(0);
            const Pointers data{reinterpret_cast<const std::remove_cvref_t<A>*>(inputs[K].data()) +
                                rows.offset(K + 1)...};
            if (!plain) {
                const Index step = plan.row_stride(0);
                for (Index i = 0; i < plan.row(); ++i) {
                    out[i * step] = static_cast<Out>(f(std::get<K>(data)[i * steps[K]]...));
                }
            } else if constexpr (count <= 3) {
                choose<Fresh>(plan.row(), out, f, data, steps);
            } else {
                run_row<Fresh>(plan.row(), out, f, ReadEach<std::remove_cvref_t<A>>{std::get<K>(data)}...);
            }
        }
    }

    /// Picks for one operand after the other how it is read.
    template <bool Fresh, class F, class... Reader>
    static void choose(Index row, Out* out, F& f, const Pointers& data, const std::array<Index, count>& steps,
                       const Reader&... chosen) {
        constexpr std::size_t k = sizeof...(Reader);
        if constexpr (k == count) {
            run_row<Fresh>(row, out, f, chosen...);
        } else {
            using T = std::remove_cv_t<std::remove_pointer_t<std::tuple_element_t<k, Pointers>>>;
            if (steps[k] == 1) {
                choose<Fresh>(row, out, f, data, steps, chosen..., ReadEach<T>{std::get<k>(data)});
            } else {
                choose<Fresh>(row, out, f, data, steps, chosen..., ReadOne<T>(std::get<k>(data)));
            }
        }
    }
};

}  // namespace detail

/// The array of f(a, b, ...) for the elements a, b, ... of the inputs, in row-major order of this rank's block. Inputs
/// are MPIArrays of one distribution, common arrays and scalars, broadcast by numpy's rule on the global shapes: a
/// common array with the distributed axis' full extent is cut to this rank's part. Element types are those of the
/// signature; it is given for a generic callable, and else deduced:
///     map<double(double, float)>([](auto x, auto y) { return x * y; }, a, b)
/// Throws DtypeError when an input has another type, ShapeError naming both sides when shapes or distributions do not
/// fit. Not collective: a failure is this rank's alone.
template <class Signature, class F, OperandLike... In>
requires(std::is_function_v<Signature> && (AnyArray<In> || ...))
    [[nodiscard]] ElementwiseResult<In...> map(F f, const In&... in) {
    static_assert(detail::Mapper<Signature>::count == sizeof...(In), "one input for each argument of the callable");
    return detail::Mapper<Signature>::template make<ElementwiseResult<In...>>(f, in...);
}
template <class F, OperandLike... In>
requires(!std::is_function_v<F> && (AnyArray<In> || ...))
    [[nodiscard]] ElementwiseResult<In...> map(F f, const In&... in) {
    return map<typename detail::SignatureOf<F>::type>(std::move(f), in...);
}

/// The same into an existing array, which may be one of the inputs. Inputs are broadcast to the output; one that
/// shares only a part of its memory, or in another order, is copied first.
template <class Signature, OutputLike Out, class F, OperandLike... In>
requires(std::is_function_v<Signature>) void map_into(Out& out, F f, const In&... in) {
    static_assert(detail::Mapper<Signature>::count == sizeof...(In), "one input for each argument of the callable");
    detail::Mapper<Signature>::write(OutputOperand(out), f, in...);
}
template <OutputLike Out, class F, OperandLike... In>
void map_into(Out& out, F f, const In&... in) {
    map_into<typename detail::SignatureOf<F>::type>(out, std::move(f), in...);
}

}  // namespace memdata
