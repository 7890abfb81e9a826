// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "memdata/base/array.hpp"

namespace memdata {

/// A strided view of elements of a run-time type that somebody else owns, to read. A value: copies are shallow.
/// NdView is its typed sister, view<T, N>() makes one.
class ConstArrayView {
public:
    /// All of an array.
    ConstArrayView(const Array& array);  // NOLINT(google-explicit-constructor): functions take arrays and views alike
    /// `data` is the element whose indices are all 0. Strides are in elements, one an axis; they may be 0
    /// (broadcasting) and negative. Throws ShapeError when their number is not shape.ndim().
    ConstArrayView(Dtype dtype, Shape shape, std::vector<Index> strides, const std::byte* data);

    [[nodiscard]] const Dtype& dtype() const noexcept { return dtype_; }
    [[nodiscard]] const Shape& shape() const noexcept { return shape_; }
    [[nodiscard]] int ndim() const noexcept { return shape_.ndim(); }
    /// Number of elements.
    [[nodiscard]] Index size() const noexcept { return shape_.elements(); }
    [[nodiscard]] bool empty() const noexcept { return size() == 0; }
    /// In elements.
    [[nodiscard]] const std::vector<Index>& strides() const noexcept { return strides_; }
    [[nodiscard]] Index stride(int axis) const { return strides_[static_cast<std::size_t>(axis)]; }
    [[nodiscard]] const std::byte* data() const noexcept { return data_; }
    /// Do the elements lie one after the other, row-major?
    [[nodiscard]] bool is_contiguous() const noexcept;

    /// Throws DtypeError or ShapeError when T or N do not fit, naming both sides.
    template <Element T, int N>
    [[nodiscard]] NdView<const T, N> view() const {
        check_view(holds<T>(dtype_), dtype_of<T>(), N);
        return {reinterpret_cast<const T*>(data_), fixed<N>(shape_.extents()), fixed<N>(strides_)};
    }

    /// The same elements with the axes in another order: axis i of the result is axis axes[i]. Throws
    /// ArgumentError when `axes` is no permutation.
    [[nodiscard]] ConstArrayView transpose(std::span<const int> axes) const;
    /// Repeated to `shape` by numpy's rule: axes are matched from the last, one of extent 1 is repeated (stride 0).
    /// Throws ShapeError naming both shapes.
    [[nodiscard]] ConstArrayView broadcast(const Shape& shape) const;
    /// A row-major copy that owns its memory.
    [[nodiscard]] Array copy() const;

protected:
    void check_view(bool type_fits, const Dtype& wanted, int ndim) const;
    template <int N>
    [[nodiscard]] static std::array<Index, static_cast<std::size_t>(N)> fixed(const std::vector<Index>& values) {
        std::array<Index, static_cast<std::size_t>(N)> result{};
        std::copy_n(values.begin(), result.size(), result.begin());
        return result;
    }

private:
    Dtype dtype_;
    Shape shape_;
    std::vector<Index> strides_;
    const std::byte* data_;
};

/// The same, to read and to write.
class ArrayView : public ConstArrayView {
public:
    ArrayView(Array& array);  // NOLINT(google-explicit-constructor): functions take arrays and views alike
    ArrayView(Dtype dtype, Shape shape, std::vector<Index> strides, std::byte* data);

    [[nodiscard]] std::byte* data() const noexcept { return const_cast<std::byte*>(ConstArrayView::data()); }
    template <Element T, int N>
    [[nodiscard]] NdView<T, N> view() const {
        check_view(holds<T>(dtype()), dtype_of<T>(), N);
        return {reinterpret_cast<T*>(data()), fixed<N>(shape().extents()), fixed<N>(strides())};
    }

    [[nodiscard]] ArrayView transpose(std::span<const int> axes) const;
    /// Copies the elements of `source`, which has the same dtype (DtypeError) and is broadcast to this shape
    /// (ShapeError). The two may not overlap, unless they are the same elements.
    void assign(const ConstArrayView& source) const;
};

/// The shape that arrays of these shapes have together by numpy's broadcasting. Throws ShapeError naming both.
[[nodiscard]] Shape broadcast_shape(const Shape& a, const Shape& b);

}  // namespace memdata
