// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/array/reshape.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <string>
#include <utility>

#include "base/join.hpp"
#include "memdata/base/array_view.hpp"
#include "memdata/base/error.hpp"

namespace memdata {

MPIArray transpose(const MPIArray& array, std::span<const int> axes) {
    std::vector<int> order;
    for (const int axis : axes) {
        order.push_back(axis < 0 ? axis + array.ndim() : axis);
    }
    std::vector<int> sorted = order;
    std::ranges::sort(sorted);
    std::vector<int> each(static_cast<std::size_t>(array.ndim()));
    std::iota(each.begin(), each.end(), 0);
    if (sorted != each) {
        throw ArgumentError(fmt::format("transpose: axes {} are not those of shape {}, each once",
                                        detail::tuple_text(axes), to_string(array.shape())));
    }
    std::vector<Index> extents;
    extents.reserve(order.size());
    for (const int axis : order) {
        extents.push_back(array.shape()[axis]);
    }
    const auto axis = static_cast<int>(std::ranges::find(order, array.axis()) - order.begin());
    Distribution distribution(Shape(std::move(extents)), Axis{axis}, array.distribution().partition());
    return {array.comm(), std::move(distribution), ConstArrayView(array.local()).transpose(order).copy()};
}

MPIArray transpose(const MPIArray& array, std::initializer_list<int> axes) {
    return transpose(array, std::span<const int>(axes.begin(), axes.size()));
}

MPIArray transpose(const MPIArray& array) {
    std::vector<int> axes(static_cast<std::size_t>(array.ndim()));
    std::iota(axes.rbegin(), axes.rend(), 0);
    return transpose(array, axes);
}

namespace {

[[noreturn]] void refuse(const Distribution& from, const std::vector<Index>& shape, const std::string& why) {
    throw ShapeError(fmt::format("reshape: {} cannot become {}: {}", to_string(from), detail::tuple_text(shape), why),
                     {.axis = from.axis()});
}

/// With the extent in the place of -1.
Shape without_wildcard(const Distribution& from, std::vector<Index> shape) {
    const std::vector<Index> given = shape;
    const auto wildcard = std::ranges::find(shape, Index{-1});
    if (std::ranges::count_if(shape, [](Index extent) { return extent < 0; }) > (wildcard == shape.end() ? 0 : 1)) {
        refuse(from, given, "an extent is negative; one may be -1");
    }
    const Index elements = from.global_shape().elements();
    if (wildcard != shape.end()) {
        *wildcard = 1;
        const Index others = Shape(shape).elements();
        if (others == 0 || elements % others != 0) {
            refuse(from, given, fmt::format("no extent in the place of -1 gives {} elements", elements));
        }
        *wildcard = elements / others;
    }
    Shape result(std::move(shape));
    if (result.elements() != elements) {
        refuse(from, given, fmt::format("they have {} and {} elements", elements, result.elements()));
    }
    return result;
}

bool survives_as(const Distribution& from, const Shape& shape, int axis) {
    const Shape& old = from.global_shape();
    return shape[axis] == old[from.axis()] && shape.elements(0, axis) == old.elements(0, from.axis()) &&
           shape.elements(axis + 1, shape.ndim()) == old.elements(from.axis() + 1, old.ndim());
}

/// Where the distributed axis is in the new shape. Of several places, which only extents of 1 or no
/// elements on both sides leave, the old number, else the first.
Distribution reshaped(const Distribution& from, const std::vector<Index>& wanted) {
    const Shape shape = without_wildcard(from, wanted);
    const Shape& old = from.global_shape();
    if (from.axis() < shape.ndim() && survives_as(from, shape, from.axis())) {
        return {shape, Axis{from.axis()}, from.partition()};
    }
    for (int axis = 0; axis < shape.ndim(); ++axis) {
        if (survives_as(from, shape, axis)) {
            return {shape, Axis{axis}, from.partition()};
        }
    }
    refuse(from, wanted,
           fmt::format("the distributed axis {} would be split, merged or lost. It must keep its extent of {}, with {} "
                       "elements before it and {} after it; else redistribute() first to an axis that does",
                       from.axis(), old[from.axis()], old.elements(0, from.axis()),
                       old.elements(from.axis() + 1, old.ndim())));
}

}  // namespace

MPIArray reshape(const MPIArray& array, const std::vector<Index>& shape) {
    Distribution target = reshaped(array.distribution(), shape);
    const Shape local = target.local_shape(array.comm().rank());
    return {array.comm(), std::move(target), array.local().clone().reshaped(local)};
}

MPIArray reshape(MPIArray&& array, const std::vector<Index>& shape) {
    Distribution target = reshaped(array.distribution(), shape);
    const Shape local = target.local_shape(array.comm().rank());
    return {array.comm(), std::move(target), std::move(array.local()).reshaped(local)};
}

}  // namespace memdata
