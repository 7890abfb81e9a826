// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Views, arrays and xtensor's containers as each other, without a copy. Needs xtensor 0.24 or newer; not included by
// memdata.hpp.

#include <array>
#include <cstddef>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>
#include <xtensor/xadapt.hpp>
#include <xtensor/xstrided_view.hpp>
#include <xtensor/xtensor.hpp>

#include "memdata/base/array.hpp"
#include "memdata/base/view.hpp"

namespace memdata {

namespace detail {

/// Elements in memory with strides; not a temporary that owns them.
template <class E, class Plain = std::remove_cvref_t<E>>
concept XtensorInMemory = requires(Plain& e) {
    e.data();
    e.data_offset();
    e.strides();
    e.shape();
    e.dimension();
}
&&(std::is_lvalue_reference_v<E> || !requires(Plain & e) { e.storage().capacity(); });

template <class E>
using XtensorElement = std::remove_pointer_t<decltype(std::declval<E&>().data())>;

/// How many axes an expression has, where its type says so; else -1.
template <class E>
constexpr int xtensor_rank() {
    if constexpr (requires { std::tuple_size<typename E::shape_type>::value; }) {
        return static_cast<int>(std::tuple_size<typename E::shape_type>::value);
    } else {
        return -1;
    }
}

}  // namespace detail

/// The same elements as an xtensor view (xt::xstrided_view) of N axes, with any strides.
template <class T, int N>
[[nodiscard]] auto to_xtensor(const NdView<T, N>& view) {
    using Extents = std::array<std::size_t, static_cast<std::size_t>(N)>;
    Extents shape{};
    std::array<std::ptrdiff_t, static_cast<std::size_t>(N)> strides{};
    Index lowest = 0;
    Index highest = 0;
    for (int axis = 0; axis < N; ++axis) {
        const auto a = static_cast<std::size_t>(axis);
        shape[a] = static_cast<std::size_t>(view.extent(axis));
        // xtensor repeats an axis of extent 1 by its stride, which is 0.
        strides[a] = view.extent(axis) == 1 ? 0 : view.stride(axis);
        if (!view.empty()) {
            (strides[a] < 0 ? lowest : highest) += (view.extent(axis) - 1) * strides[a];
        }
    }
    // An adaptor with strides would take those of what is assigned to it; a view of the memory keeps its own.
    const std::array<std::size_t, 1> size{view.empty() ? 0 : static_cast<std::size_t>(highest - lowest + 1)};
    auto memory = xt::adapt(static_cast<T*>(view.data() + lowest), size[0], xt::no_ownership(), size);
    return xt::xstrided_view<decltype(memory), Extents>(std::move(memory), std::move(shape), std::move(strides),
                                                        static_cast<std::size_t>(-lowest), xt::layout_type::dynamic);
}

/// The elements of an array (MPIArray::local() too) as an xtensor expression, row-major, with as many axes as it has.
/// Throws DtypeError when T is not its element type.
template <Element T>
[[nodiscard]] auto to_xarray(Array& array) {
    const std::vector<std::size_t> shape(array.shape().begin(), array.shape().end());
    return xt::adapt<xt::layout_type::row_major>(array.span<T>().data(), static_cast<std::size_t>(array.size()),
                                                 xt::no_ownership(), shape);
}
template <Element T>
[[nodiscard]] auto to_xarray(const Array& array) {
    const std::vector<std::size_t> shape(array.shape().begin(), array.shape().end());
    return xt::adapt<xt::layout_type::row_major>(array.span<T>().data(), static_cast<std::size_t>(array.size()),
                                                 xt::no_ownership(), shape);
}

/// The same elements of an xtensor container or strided view. N must be given when its type does not say how many axes
/// it has (from_xtensor<2>(xarray)); ShapeError when it has another number.
template <int N = -1, class E>
requires detail::XtensorInMemory<E>
[[nodiscard]] auto from_xtensor(E&& expression) {
    constexpr int rank = N >= 0 ? N : detail::xtensor_rank<std::remove_cvref_t<E>>();
    static_assert(rank >= 0, "say how many axes there are: from_xtensor<2>(expression)");
    if (expression.dimension() != static_cast<std::size_t>(rank)) {
        throw ShapeError("an xtensor expression of " + std::to_string(expression.dimension()) + " axes is no view of " +
                         std::to_string(rank));
    }
    using View = NdView<detail::XtensorElement<std::remove_reference_t<E>>, rank>;
    typename View::Extents extents{};
    typename View::Extents strides{};
    for (std::size_t axis = 0; axis < extents.size(); ++axis) {
        extents[axis] = static_cast<Index>(expression.shape()[axis]);
        strides[axis] = static_cast<Index>(expression.strides()[axis]);
    }
    return View(expression.data() + expression.data_offset(), extents, strides);
}

/// An Array over the elements of a container, which outlive it: its memory in a dataset. Throws ShapeError when they
/// are not contiguous and row-major.
template <class E>
requires detail::XtensorInMemory<E>
[[nodiscard]] Array wrap_xtensor(E&& expression) {
    Index expected = 1;
    std::vector<Index> extents(expression.dimension());
    for (std::size_t axis = extents.size(); axis-- > 0;) {
        extents[axis] = static_cast<Index>(expression.shape()[axis]);
        if (extents[axis] != 1 && static_cast<Index>(expression.strides()[axis]) != expected && expression.size() > 0) {
            throw ShapeError("an Array cannot wrap an xtensor expression that is not contiguous and row-major",
                             {.axis = static_cast<int>(axis)});
        }
        expected *= extents[axis];
    }
    return Array::wrap(expression.data() + expression.data_offset(), Shape(std::move(extents)));
}

}  // namespace memdata
