// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "array/intersection.hpp"

#include <algorithm>
#include <utility>

namespace memdata {

std::optional<Box> intersection(const Distribution& mine, int a, const Distribution& theirs, int b) {
    const Shape& global = mine.global_shape();
    const std::vector<Index> offset_a = mine.offsets(a);
    const std::vector<Index> offset_b = theirs.offsets(b);
    const Shape shape_a = mine.local_shape(a);
    const Shape shape_b = theirs.local_shape(b);
    std::vector<Index> start;
    std::vector<Index> extents;
    for (int axis = 0; axis < global.ndim(); ++axis) {
        const auto i = static_cast<std::size_t>(axis);
        const Index first = std::max(offset_a[i], offset_b[i]);
        const Index last = std::min(offset_a[i] + shape_a[axis], offset_b[i] + shape_b[axis]);
        if (last <= first) {
            return std::nullopt;
        }
        start.push_back(first - offset_a[i]);
        extents.push_back(last - first);
    }
    return Box{std::move(start), Shape(std::move(extents))};
}

}  // namespace memdata
