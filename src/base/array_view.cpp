// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/base/array_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "base/join.hpp"
#include "base/strided_copy.hpp"
#include "memdata/base/error.hpp"

namespace memdata {

ConstArrayView::ConstArrayView(const Array& array)
    : dtype_(array.dtype()), shape_(array.shape()), strides_(array.shape().strides()), data_(array.data()) {}

ConstArrayView::ConstArrayView(Dtype dtype, Shape shape, std::vector<Index> strides, const std::byte* data)
    : dtype_(std::move(dtype)), shape_(std::move(shape)), strides_(std::move(strides)), data_(data) {
    if (strides_.size() != static_cast<std::size_t>(shape_.ndim())) {
        throw ShapeError(
            fmt::format("{} strides for a view of shape {}: one an axis is needed", strides_.size(), to_string(shape_)),
            {.dtype = to_string(dtype_)});
    }
}

bool ConstArrayView::is_contiguous() const noexcept {
    Index expected = 1;
    for (int axis = ndim(); axis-- > 0;) {
        if (shape_[axis] != 1 && stride(axis) != expected) {
            return empty();
        }
        expected *= shape_[axis];
    }
    return true;
}

void ConstArrayView::check_view(bool type_fits, const Dtype& wanted, int wanted_ndim) const {
    if (type_fits && wanted_ndim == ndim()) {
        return;
    }
    const std::string message =
        fmt::format("view of {} of shape {}: cannot be viewed as {} with {} dimension{}", to_string(dtype_),
                    to_string(shape_), to_string(wanted), wanted_ndim, wanted_ndim == 1 ? "" : "s");
    if (!type_fits) {
        throw DtypeError(message, {.dtype = to_string(dtype_)});
    }
    throw ShapeError(message, {.dtype = to_string(dtype_)});
}

ConstArrayView ConstArrayView::transpose(std::span<const int> axes) const {
    std::vector<bool> seen(static_cast<std::size_t>(ndim()));
    bool permutes = axes.size() == seen.size();
    std::vector<Index> extents;
    std::vector<Index> strides;
    for (const int axis : axes) {
        permutes = permutes && axis >= 0 && axis < ndim() && !seen[static_cast<std::size_t>(axis)];
        if (!permutes) {
            break;
        }
        seen[static_cast<std::size_t>(axis)] = true;
        extents.push_back(shape_[axis]);
        strides.push_back(stride(axis));
    }
    if (!permutes) {
        throw ArgumentError(
            fmt::format("axes ({}) are not those of shape {}, each once", detail::join(axes, ", "), to_string(shape_)));
    }
    return {dtype_, Shape(std::move(extents)), std::move(strides), data_};
}

ConstArrayView ConstArrayView::broadcast(const Shape& shape) const {
    const int added = shape.ndim() - ndim();
    bool fits = added >= 0;
    std::vector<Index> strides(static_cast<std::size_t>(shape.ndim()), 0);
    for (int axis = 0; axis < ndim() && fits; ++axis) {
        const int place = axis + added;
        const Index wanted = shape[place];
        fits = shape_[axis] == wanted || shape_[axis] == 1;
        strides[static_cast<std::size_t>(place)] = shape_[axis] == 1 ? 0 : stride(axis);
    }
    if (!fits) {
        throw ShapeError(fmt::format("shape {} cannot be broadcast to {}", to_string(shape_), to_string(shape)),
                         {.dtype = to_string(dtype_)});
    }
    return {dtype_, shape, std::move(strides), data_};
}

Array ConstArrayView::copy() const {
    Array result = Array::uninitialized(dtype_, shape_);
    detail::copy_strided(dtype_, shape_, data_, strides_, result.data(), shape_.strides());
    return result;
}

ArrayView::ArrayView(Array& array) : ConstArrayView(array) {}

ArrayView::ArrayView(Dtype dtype, Shape shape, std::vector<Index> strides, std::byte* data)
    : ConstArrayView(std::move(dtype), std::move(shape), std::move(strides), data) {}

ArrayView ArrayView::transpose(std::span<const int> axes) const {
    ConstArrayView result = ConstArrayView::transpose(axes);
    return {result.dtype(), result.shape(), result.strides(), data()};
}

void ArrayView::assign(const ConstArrayView& source) const {
    if (source.dtype() != dtype()) {
        throw DtypeError(fmt::format("elements of {} cannot be assigned to {}: convert them first",
                                     to_string(source.dtype()), to_string(dtype())),
                         {.dtype = to_string(source.dtype())});
    }
    detail::copy_strided(dtype(), shape(), source.data(), source.broadcast(shape()).strides(), data(), strides());
}

Shape broadcast_shape(const Shape& a, const Shape& b) {
    const Shape& longer = a.ndim() >= b.ndim() ? a : b;
    const Shape& shorter = a.ndim() >= b.ndim() ? b : a;
    const int added = longer.ndim() - shorter.ndim();
    std::vector<Index> extents = longer.extents();
    for (int axis = 0; axis < shorter.ndim(); ++axis) {
        const int place = axis + added;
        Index& extent = extents[static_cast<std::size_t>(place)];
        if (extent != shorter[axis] && extent != 1 && shorter[axis] != 1) {
            throw ShapeError(fmt::format("shapes {} and {} cannot be broadcast together: extents {} and {} on axis {}",
                                         to_string(a), to_string(b), a[axis + a.ndim() - shorter.ndim()],
                                         b[axis + b.ndim() - shorter.ndim()], place),
                             {.axis = place});
        }
        extent = extent == 1 ? shorter[axis] : extent;
    }
    return Shape(std::move(extents));
}

}  // namespace memdata
