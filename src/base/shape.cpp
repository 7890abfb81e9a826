// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/base/shape.hpp"

#include <fmt/format.h>

#include <limits>
#include <utility>

#include "base/join.hpp"
#include "memdata/base/error.hpp"

namespace memdata {

namespace {

/// Zeros are left out of the overflow check's product, so that strides and partial products cannot
/// overflow either.
Index checked_elements(const std::vector<Index>& extents) {
    Index product = 1;
    bool empty = false;
    for (std::size_t axis = 0; axis < extents.size(); ++axis) {
        if (extents[axis] < 0) {
            throw ShapeError(fmt::format("negative extent in shape {}", detail::tuple_text(extents)),
                             {.axis = static_cast<int>(axis)});
        }
        if (extents[axis] == 0) {
            empty = true;
        } else if (product > std::numeric_limits<Index>::max() / extents[axis]) {
            throw ShapeError(fmt::format("shape {} is too large: its elements cannot be counted in 63 bits",
                                         detail::tuple_text(extents)),
                             {.axis = static_cast<int>(axis)});
        } else {
            product *= extents[axis];
        }
    }
    return empty ? 0 : product;
}

}  // namespace

Shape::Shape(std::initializer_list<Index> extents) : Shape(std::vector<Index>(extents)) {}

Shape::Shape(std::vector<Index> extents) : extents_(std::move(extents)), elements_(checked_elements(extents_)) {}

Index Shape::elements(int first, int last) const {
    if (first < 0 || last > ndim() || first > last) {
        throw ArgumentError(fmt::format("axes [{}, {}) are not in shape {}", first, last, to_string(*this)));
    }
    Index product = 1;
    for (int axis = first; axis < last; ++axis) {
        product *= (*this)[axis];
    }
    return product;
}

Index Shape::bytes(std::size_t itemsize) const {
    const auto limit = static_cast<std::size_t>(std::numeric_limits<Index>::max());
    if (itemsize != 0 && static_cast<std::size_t>(elements_) > limit / itemsize) {
        throw ShapeError(
            fmt::format("{} elements of {} bytes are too many: shape {}", elements_, itemsize, to_string(*this)));
    }
    return elements_ * static_cast<Index>(itemsize);
}

Shape Shape::with(int axis, Index extent) const {
    std::vector<Index> extents = extents_;
    extents[static_cast<std::size_t>(resolve(Axis{axis}))] = extent;
    return Shape(std::move(extents));
}

std::vector<Index> Shape::strides() const {
    std::vector<Index> result(extents_.size());
    Index stride = 1;
    for (std::size_t axis = extents_.size(); axis-- > 0;) {
        result[axis] = stride;
        stride *= extents_[axis];
    }
    return result;
}

int Shape::resolve(Axis axis) const {
    const int number = axis.value < 0 ? axis.value + ndim() : axis.value;
    if (number < 0 || number >= ndim()) {
        throw ArgumentError(
            fmt::format("axis {} is out of range for shape {} of {} dimensions", axis.value, to_string(*this), ndim()),
            {.axis = axis.value});
    }
    return number;
}

std::string to_string(const Shape& shape) { return detail::tuple_text(shape.extents()); }

}  // namespace memdata
