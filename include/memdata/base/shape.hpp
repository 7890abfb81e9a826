// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

namespace memdata {

/// Extents, offsets and indices: signed, 64 bit.
using Index = std::int64_t;

/// Number of an axis; negative counts from the end, as in Python.
struct Axis {
    int value;
    explicit constexpr Axis(int number) noexcept : value(number) {}
    friend constexpr bool operator==(Axis, Axis) noexcept = default;
};

/// Extents of an n-dimensional array, row-major (the last axis runs fastest). No dimensions: a scalar.
class Shape {
public:
    Shape() = default;
    /// Throws ShapeError when an extent is negative or the product of those that are not 0 overflows 63 bits
    /// (so that strides and partial products never overflow).
    Shape(std::initializer_list<Index> extents);
    explicit Shape(std::vector<Index> extents);

    [[nodiscard]] int ndim() const noexcept { return static_cast<int>(extents_.size()); }
    [[nodiscard]] bool is_scalar() const noexcept { return extents_.empty(); }
    [[nodiscard]] Index operator[](int axis) const { return extents_[static_cast<std::size_t>(axis)]; }
    /// Number of elements: the product of the extents, 1 for a scalar.
    [[nodiscard]] Index elements() const noexcept { return elements_; }
    /// Product of the extents of axes [first, last).
    [[nodiscard]] Index elements(int first, int last) const;
    /// Bytes of elements of `itemsize` bytes; throws ShapeError when that overflows 63 bits.
    [[nodiscard]] Index bytes(std::size_t itemsize) const;

    [[nodiscard]] const std::vector<Index>& extents() const noexcept { return extents_; }
    [[nodiscard]] auto begin() const noexcept { return extents_.begin(); }
    [[nodiscard]] auto end() const noexcept { return extents_.end(); }

    /// The same shape with another extent on one axis.
    [[nodiscard]] Shape with(int axis, Index extent) const;
    /// Row-major strides in elements.
    [[nodiscard]] std::vector<Index> strides() const;
    /// As 0 <= axis < ndim(); throws ArgumentError (with the axis) when it is out of range.
    [[nodiscard]] int resolve(Axis axis) const;

    friend bool operator==(const Shape& a, const Shape& b) noexcept { return a.extents_ == b.extents_; }

private:
    std::vector<Index> extents_;
    Index elements_ = 1;
};

/// "(3, 4)", "(5,)", "()".
[[nodiscard]] std::string to_string(const Shape& shape);

}  // namespace memdata
