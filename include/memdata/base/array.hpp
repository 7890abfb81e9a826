// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <ranges>
#include <span>

#include "memdata/base/dtype.hpp"
#include "memdata/base/shape.hpp"
#include "memdata/base/view.hpp"

namespace memdata {

/// An n-dimensional row-major array with a run-time element type. Owns its memory, or wraps memory of the
/// user (wrap); move-only, a copy is spelled clone(). Aligned to 64 bytes; blocks of 4 MiB and more to 2 MiB,
/// with huge pages advised.
class Array {
public:
    /// A float64 array of shape (0,).
    Array();
    /// Elements are not initialised (variable strings are empty). Throws DtypeError when `dtype` is not native,
    /// MemoryError when there is not enough memory, ShapeError when the size in bytes overflows.
    [[nodiscard]] static Array uninitialized(const Dtype& dtype, const Shape& shape);
    /// All bytes zero. Errors as uninitialized().
    [[nodiscard]] static Array zeros(const Dtype& dtype, const Shape& shape);
    template <Element T>
    [[nodiscard]] static Array zeros(const Shape& shape) {
        return zeros(dtype_of<T>(), shape);
    }
    template <Element T>
    [[nodiscard]] static Array full(const Shape& shape, const T& value) {
        Array result = uninitialized(dtype_of<T>(), shape);
        std::ranges::fill(result.span<T>(), value);
        return result;
    }
    /// No copy, no ownership: the memory of `shape.elements()` elements must outlive the array.
    template <Element T>
    [[nodiscard]] static Array wrap(T* data, const Shape& shape) {
        return wrap(dtype_of<T>(), shape, data);
    }
    /// The same with a run-time type; throws DtypeError when it is not native or a variable string, ArgumentError
    /// when the memory is null or not aligned for it.
    [[nodiscard]] static Array wrap(const Dtype& dtype, const Shape& shape, void* data);

    /// A scalar (no dimensions).
    template <Element T>
    [[nodiscard]] static Array scalar(const T& value) {
        return full<T>(Shape{}, value);
    }
    /// A copy of one-dimensional data (vector, std::array, span, ...), reshaped when a shape is given. Throws
    /// ShapeError when the numbers of elements differ.
    template <std::ranges::sized_range R>
    requires Element<std::ranges::range_value_t<R>>
    explicit Array(const R& values) : Array(values, Shape{static_cast<Index>(std::ranges::size(values))}) {}
    template <std::ranges::sized_range R>
    requires Element<std::ranges::range_value_t<R>> Array(const R& values, const Shape& shape)
        : Array(uninitialized(dtype_of<std::ranges::range_value_t<R>>(), shape)) {
        check_elements(static_cast<Index>(std::ranges::size(values)));
        std::ranges::copy(values, span<std::ranges::range_value_t<R>>().begin());
    }

    Array(Array&& other) noexcept;
    Array& operator=(Array&& other) noexcept;
    Array(const Array&) = delete;
    Array& operator=(const Array&) = delete;
    ~Array();

    /// A deep copy that owns its memory.
    [[nodiscard]] Array clone() const;
    /// The same memory under another shape: std::move(array).reshaped({3, 4}). Throws ShapeError, and leaves the array
    /// as it is, when the numbers of elements differ.
    [[nodiscard]] Array reshaped(const Shape& shape) &&;

    [[nodiscard]] const Dtype& dtype() const noexcept { return dtype_; }
    [[nodiscard]] const Shape& shape() const noexcept { return shape_; }
    [[nodiscard]] int ndim() const noexcept { return shape_.ndim(); }
    /// Number of elements, and their bytes.
    [[nodiscard]] Index size() const noexcept { return shape_.elements(); }
    [[nodiscard]] Index bytes() const noexcept { return size() * static_cast<Index>(dtype_.itemsize()); }
    [[nodiscard]] bool owns_memory() const noexcept { return release_ != nullptr || size() == 0; }

    /// The memory, whatever the type; never null, also when there are no elements.
    [[nodiscard]] std::byte* data() noexcept { return data_; }
    [[nodiscard]] const std::byte* data() const noexcept { return data_; }

    /// A typed view. Throws DtypeError or ShapeError when T or N do not fit, naming both sides.
    template <Element T, int N>
    [[nodiscard]] NdView<T, N> view() {
        check_view(holds<T>(dtype_), dtype_of<T>(), N);
        return {typed<T>(), extents<N>()};
    }
    template <Element T, int N>
    [[nodiscard]] NdView<const T, N> view() const {
        check_view(holds<T>(dtype_), dtype_of<T>(), N);
        return {typed<T>(), extents<N>()};
    }
    /// All elements in row-major order, whatever the shape. Throws DtypeError.
    template <Element T>
    [[nodiscard]] std::span<T> span() {
        check_view(holds<T>(dtype_), dtype_of<T>(), ndim());
        return {typed<T>(), static_cast<std::size_t>(size())};
    }
    template <Element T>
    [[nodiscard]] std::span<const T> span() const {
        check_view(holds<T>(dtype_), dtype_of<T>(), ndim());
        return {typed<T>(), static_cast<std::size_t>(size())};
    }
    /// The only element of an array of one. Throws ShapeError when there is not exactly one.
    template <Element T>
    [[nodiscard]] const T& item() const {
        check_elements(1);
        return span<T>()[0];
    }

    /// Bytes that discard() can give back: all of a large block that the array owns, else none.
    [[nodiscard]] Index discardable() const noexcept;
    /// Bytes [begin, end) of data() are not needed any more: the memory goes back to the system, in units of 2 MiB.
    /// Afterwards they hold anything, and can be written again.
    void discard(Index begin, Index end) noexcept;

    /// Same dtype, shape and bytes (strings: same text). NaN equals the same NaN.
    friend bool operator==(const Array& a, const Array& b) noexcept;

private:
    using Release = void (*)(std::byte* data, std::size_t bytes) noexcept;

    Array(Dtype dtype, Shape shape, std::byte* data, Release release) noexcept;
    static Array allocate(const Dtype& dtype, const Shape& shape, bool zero);
    void destroy() noexcept;
    void check_view(bool type_fits, const Dtype& wanted, int ndim) const;
    void check_elements(Index wanted) const;

    template <class T>
    [[nodiscard]] T* typed() const noexcept {
        return reinterpret_cast<T*>(data_);
    }
    template <int N>
    [[nodiscard]] std::array<Index, static_cast<std::size_t>(N)> extents() const {
        std::array<Index, static_cast<std::size_t>(N)> result{};
        for (std::size_t axis = 0; axis < result.size(); ++axis) {
            result[axis] = shape_[static_cast<int>(axis)];
        }
        return result;
    }

    Dtype dtype_;
    Shape shape_;
    std::byte* data_;
    Release release_;  // null: the memory is the user's (or static, when there are no elements)
};

}  // namespace memdata
