// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "array/take.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "memdata/array/slicing.hpp"
#include "memdata/base/error.hpp"

namespace memdata {

Array take(const Array& source, int axis, const std::vector<Index>& positions) {
    const Shape& shape = source.shape();
    Array result = Array::uninitialized(source.dtype(), shape.with(axis, static_cast<Index>(positions.size())));
    const Index outer = shape.elements(0, axis);
    const Index inner = shape.elements(axis + 1, shape.ndim());
    const auto item = static_cast<Index>(source.dtype().itemsize());
    Index to = 0;
    for (Index o = 0; o < outer; ++o) {
        for (const Index position : positions) {
            const Index from = (o * shape[axis] + position) * inner;
            if (source.dtype().is_trivial()) {
                std::memcpy(result.data() + to * item, source.data() + from * item,
                            static_cast<std::size_t>(inner * item));
            } else {
                std::copy_n(source.span<std::string>().begin() + from, inner, result.span<std::string>().begin() + to);
            }
            to += inner;
        }
    }
    return result;
}

namespace {

/// The number of an axis of which every rank has all indices.
int local_axis(const MPIArray& array, Axis axis, const char* operation) {
    const int number = array.shape().resolve(axis);
    if (number == array.axis()) {
        throw ArgumentError(fmt::format("{}: axis {} of {} is the distributed one. Redistribute() to another axis "
                                        "first, or choose the indices with a Selection when loading",
                                        operation, number, to_string(array.distribution())),
                            {.axis = number});
    }
    return number;
}

MPIArray take_local(const MPIArray& array, int axis, const std::vector<Index>& positions) {
    Distribution distribution(array.shape().with(axis, static_cast<Index>(positions.size())), Axis{array.axis()},
                              array.distribution().partition());
    return {array.comm(), std::move(distribution), take(array.local(), axis, positions)};
}

}  // namespace

MPIArray take(const MPIArray& array, Axis axis, std::span<const Index> indices) {
    const int number = local_axis(array, axis, "take");
    const Index extent = array.shape()[number];
    std::vector<Index> positions(indices.begin(), indices.end());
    for (Index& index : positions) {
        if (index < -extent || index >= extent) {
            throw ArgumentError(fmt::format("take: index {} is out of range on axis {} of extent {} of shape {}", index,
                                            number, extent, to_string(array.shape())),
                                {.axis = number});
        }
        index += index < 0 ? extent : 0;
    }
    return take_local(array, number, positions);
}

MPIArray take(const MPIArray& array, Axis axis, std::initializer_list<Index> indices) {
    return take(array, axis, std::span<const Index>(indices.begin(), indices.size()));
}

namespace {

template <class Mask>
MPIArray compress_where(const MPIArray& array, Axis axis, const Mask& mask) {
    const int number = local_axis(array, axis, "compress");
    if (std::ssize(mask) != array.shape()[number]) {
        throw ShapeError(fmt::format("compress: a mask of {} for axis {} of shape {}", mask.size(), number,
                                     to_string(array.shape())),
                         {.axis = number});
    }
    std::vector<Index> positions;
    for (std::size_t i = 0; i < mask.size(); ++i) {
        if (mask[i]) {
            positions.push_back(static_cast<Index>(i));
        }
    }
    return take_local(array, number, positions);
}

}  // namespace

MPIArray compress(const MPIArray& array, Axis axis, std::span<const bool> mask) {
    return compress_where(array, axis, mask);
}

MPIArray compress(const MPIArray& array, Axis axis, const std::vector<bool>& mask) {
    return compress_where(array, axis, mask);
}

}  // namespace memdata
