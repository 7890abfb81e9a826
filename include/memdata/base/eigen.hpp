// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Views and Eigen's matrices as each other, without a copy. Needs Eigen 3.3 or newer; not included by memdata.hpp.

#include <Eigen/Core>
#include <type_traits>

#include "memdata/base/array.hpp"
#include "memdata/base/view.hpp"

namespace memdata {

namespace detail {

template <class T, int Rows, int Columns, int Options>
using EigenPlain =
    std::conditional_t<std::is_const_v<T>, const Eigen::Matrix<std::remove_const_t<T>, Rows, Columns, Options>,
                       Eigen::Matrix<std::remove_const_t<T>, Rows, Columns, Options>>;

/// Elements in memory with strides that Eigen knows; not a temporary that owns them.
template <class E, class Plain = std::remove_cvref_t<E>>
concept EigenInMemory = requires(Plain& e) {
    e.data();
    e.rowStride();
    e.colStride();
}
&&(std::is_lvalue_reference_v<E> || !std::is_base_of_v<Eigen::PlainObjectBase<Plain>, Plain>);

template <class E>
using EigenElement = std::remove_pointer_t<decltype(std::declval<E&>().data())>;

}  // namespace detail

/// A column vector over a view of one dimension; any stride. (.transpose() makes it a row.)
template <class T>
using EigenVectorMap = Eigen::Map<detail::EigenPlain<T, Eigen::Dynamic, 1, Eigen::ColMajor>, Eigen::Unaligned,
                                  Eigen::InnerStride<Eigen::Dynamic>>;
/// A matrix over a view of two dimensions: the first axis numbers the rows; any strides.
template <class T>
using EigenMatrixMap = Eigen::Map<detail::EigenPlain<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>,
                                  Eigen::Unaligned, Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>>;

/// The same elements for Eigen.
template <class T>
[[nodiscard]] EigenVectorMap<T> to_eigen(const NdView<T, 1>& view) {
    return {view.data(), view.extent(0), Eigen::InnerStride<Eigen::Dynamic>(view.stride(0))};
}
template <class T>
[[nodiscard]] EigenMatrixMap<T> to_eigen(const NdView<T, 2>& view) {
    return {view.data(), view.extent(0), view.extent(1),
            Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>(view.stride(0), view.stride(1))};
}

/// The same elements of a matrix, array, map or block, row-major or column-major: a view of two dimensions, of one for
/// what Eigen knows to be a vector when it compiles.
template <class E>
requires detail::EigenInMemory<E>
[[nodiscard]] auto from_eigen(E&& matrix) {
    using T = detail::EigenElement<std::remove_reference_t<E>>;
    if constexpr (std::remove_cvref_t<E>::IsVectorAtCompileTime) {
        return NdView<T, 1>(matrix.data(), {static_cast<Index>(matrix.size())},
                            {static_cast<Index>(matrix.innerStride())});
    } else {
        return NdView<T, 2>(matrix.data(), {static_cast<Index>(matrix.rows()), static_cast<Index>(matrix.cols())},
                            {static_cast<Index>(matrix.rowStride()), static_cast<Index>(matrix.colStride())});
    }
}

/// An Array over the elements, which outlive it: wrap_eigen(matrix) is a matrix' memory in a dataset. Throws ShapeError
/// when they are not contiguous and row-major (Eigen's default is column-major: make it Eigen::RowMajor, or transpose).
template <class E>
requires detail::EigenInMemory<E>
[[nodiscard]] Array wrap_eigen(E&& matrix) {
    const auto view = from_eigen(matrix);
    if (!view.is_contiguous()) {
        throw ShapeError(
            "an Array cannot wrap what is not contiguous and row-major; Eigen's matrices are column-major "
            "unless they are declared with Eigen::RowMajor");
    }
    const auto& extents = view.extents();
    return Array::wrap(view.data(), Shape(std::vector<Index>(extents.begin(), extents.end())));
}

}  // namespace memdata
