// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// NdView and std::mdspan (C++23) as each other, where the standard library has it. Another implementation can be used:
// include it and define MEMDATA_MDSPAN_NAMESPACE as its namespace (Kokkos, std::experimental) before this header. Not
// included by memdata.hpp.

#include <version>

#if !defined(MEMDATA_MDSPAN_NAMESPACE) && defined(__cpp_lib_mdspan)
#include <mdspan>
#define MEMDATA_MDSPAN_NAMESPACE std
#endif

#ifdef MEMDATA_MDSPAN_NAMESPACE

#include <array>
#include <cstddef>

#include "memdata/base/view.hpp"

namespace memdata {

/// A std::mdspan of N run-time extents with any strides.
template <class T, int N>
using StridedMdspan =
    MEMDATA_MDSPAN_NAMESPACE::mdspan<T, MEMDATA_MDSPAN_NAMESPACE::dextents<Index, static_cast<std::size_t>(N)>,
                                     MEMDATA_MDSPAN_NAMESPACE::layout_stride>;

/// The same elements, no copy. Throws ShapeError when a stride is zero or negative, which mdspan's layouts cannot have.
template <class T, int N>
[[nodiscard]] StridedMdspan<T, N> to_mdspan(const NdView<T, N>& view) {
    using Result = StridedMdspan<T, N>;
    // Where nothing is strided over, strides are free, but must not be 0.
    std::array<Index, static_cast<std::size_t>(N)> strides{};
    Index row_major = 1;
    for (int axis = N; axis-- > 0;) {
        Index& stride = strides[static_cast<std::size_t>(axis)];
        stride = view.empty() ? row_major : view.extent(axis) == 1 ? 1 : view.stride(axis);
        if (stride <= 0) {
            throw ShapeError("an mdspan cannot have a stride that is zero or negative", {.axis = axis});
        }
        row_major *= view.extent(axis) > 0 ? view.extent(axis) : 1;
    }
    return Result(view.data(), typename Result::mapping_type(typename Result::extents_type(view.extents()), strides));
}

/// The same elements, no copy; of an mdspan whose mapping has strides (layout_right, layout_left, layout_stride).
template <class Mdspan>
requires(Mdspan::mapping_type::is_always_strided())
    [[nodiscard]] NdView<typename Mdspan::element_type, static_cast<int>(Mdspan::rank())> from_mdspan(
        const Mdspan& span) {
    using View = NdView<typename Mdspan::element_type, static_cast<int>(Mdspan::rank())>;
    typename View::Extents extents{};
    typename View::Extents strides{};
    for (std::size_t axis = 0; axis < extents.size(); ++axis) {
        extents[axis] = static_cast<Index>(span.extent(axis));
        strides[axis] = static_cast<Index>(span.stride(axis));
    }
    return {span.data_handle(), extents, strides};
}

}  // namespace memdata

#endif
