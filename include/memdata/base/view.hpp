// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cassert>
#include <concepts>
#include <cstddef>
#include <span>

#include "memdata/base/error.hpp"
#include "memdata/base/shape.hpp"

namespace memdata {

/// A strided n-dimensional view of memory that somebody else owns: shaped like std::mdspan. Indexing is
/// unchecked in release builds; at() checks always.
template <class T, int N>
class NdView {
    static_assert(N >= 0);

public:
    using element_type = T;
    using Extents = std::array<Index, static_cast<std::size_t>(N)>;

    NdView() = default;
    /// Row-major.
    NdView(T* data, const Extents& extents) noexcept : data_(data), extents_(extents) {
        Index stride = 1;
        for (std::size_t axis = static_cast<std::size_t>(N); axis-- > 0;) {
            strides_[axis] = stride;
            stride *= extents_[axis];
        }
    }
    /// Strides in elements.
    NdView(T* data, const Extents& extents, const Extents& strides) noexcept
        : data_(data), extents_(extents), strides_(strides) {}
    /// A view to read from one to write to.
    template <class U>
    requires(std::same_as<const U, T> && !std::same_as<U, T>) NdView(const NdView<U, N>& other)
    noexcept  // NOLINT(google-explicit-constructor)
        : data_(other.data()), extents_(other.extents()), strides_(other.strides()) {}

    template <std::convertible_to<Index>... I>
    requires(sizeof...(I) == static_cast<std::size_t>(N)) [[nodiscard]] T& operator()(I... indices) const noexcept {
        const Extents index{static_cast<Index>(indices)...};
        assert(contains(index));
        return data_[offset(index)];
    }
    /// Throws ArgumentError when an index is out of range.
    template <std::convertible_to<Index>... I>
    requires(sizeof...(I) == static_cast<std::size_t>(N)) [[nodiscard]] T& at(I... indices) const {
        const Extents index{static_cast<Index>(indices)...};
        if (!contains(index)) {
            throw ArgumentError("index out of range in a view of " + std::to_string(N) + " dimensions");
        }
        return data_[offset(index)];
    }

    [[nodiscard]] T* data() const noexcept { return data_; }
    [[nodiscard]] static constexpr int ndim() noexcept { return N; }
    [[nodiscard]] Index extent(int axis) const noexcept { return extents_[static_cast<std::size_t>(axis)]; }
    [[nodiscard]] Index stride(int axis) const noexcept { return strides_[static_cast<std::size_t>(axis)]; }
    [[nodiscard]] const Extents& extents() const noexcept { return extents_; }
    [[nodiscard]] const Extents& strides() const noexcept { return strides_; }
    [[nodiscard]] Index size() const noexcept {
        Index n = 1;
        for (const Index e : extents_) {
            n *= e;
        }
        return n;
    }
    [[nodiscard]] bool empty() const noexcept { return size() == 0; }

    /// Do the elements lie one after the other, row-major?
    [[nodiscard]] bool is_contiguous() const noexcept {
        Index expected = 1;
        for (std::size_t axis = static_cast<std::size_t>(N); axis-- > 0;) {
            if (extents_[axis] != 1 && strides_[axis] != expected) {
                return empty();
            }
            expected *= extents_[axis];
        }
        return true;
    }
    /// All elements in memory order; throws ShapeError when they are not contiguous.
    [[nodiscard]] std::span<T> span() const {
        if (!is_contiguous()) {
            throw ShapeError("a strided view has no span: its elements are not contiguous");
        }
        return {data_, static_cast<std::size_t>(size())};
    }
    /// Positions [offset, offset + count) of one axis; throws ArgumentError when they are out of range.
    [[nodiscard]] NdView subview(int axis, Index offset, Index count) const {
        if (axis < 0 || axis >= N || offset < 0 || count < 0 || offset > extent(axis) - count) {
            throw ArgumentError("subview out of range", {.axis = axis});
        }
        NdView part = *this;
        part.data_ += offset * stride(axis);
        part.extents_[static_cast<std::size_t>(axis)] = count;
        return part;
    }

private:
    [[nodiscard]] bool contains(const Extents& index) const noexcept {
        for (std::size_t axis = 0; axis < static_cast<std::size_t>(N); ++axis) {
            if (index[axis] < 0 || index[axis] >= extents_[axis]) {
                return false;
            }
        }
        return true;
    }
    [[nodiscard]] Index offset(const Extents& index) const noexcept {
        Index sum = 0;
        for (std::size_t axis = 0; axis < static_cast<std::size_t>(N); ++axis) {
            sum += index[axis] * strides_[axis];
        }
        return sum;
    }

    T* data_ = nullptr;
    Extents extents_{};
    Extents strides_{};
};

}  // namespace memdata
