// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "array/block_copy.hpp"

#include <algorithm>
#include <cstring>
#include <string>

namespace memdata {

namespace {

/// Calls f(position in the whole, position in the box, elements) for every contiguous run of the box, in order.
template <class F>
void for_each_run(const Shape& whole, const std::vector<Index>& start, const Shape& extents, F&& f) {
    if (extents.elements() == 0) {
        return;
    }
    // Trailing axes taken whole run together with the next one.
    int split = extents.ndim();
    Index run = 1;
    bool all = true;
    while (split > 0 && all) {
        --split;
        run *= extents[split];
        all = extents[split] == whole[split];
    }
    const std::vector<Index> strides = whole.strides();
    Index first = 0;
    for (std::size_t axis = 0; axis < start.size(); ++axis) {
        first += start[axis] * strides[axis];
    }
    std::vector<Index> index(static_cast<std::size_t>(split), 0);
    const Index runs = extents.elements(0, split);
    for (Index r = 0; r < runs; ++r) {
        Index from = first;
        for (std::size_t axis = 0; axis < index.size(); ++axis) {
            from += index[axis] * strides[axis];
        }
        f(from, r * run, run);
        for (std::size_t axis = index.size(); axis-- > 0;) {
            if (++index[axis] < extents[static_cast<int>(axis)]) {
                break;
            }
            index[axis] = 0;
        }
    }
}

}  // namespace

Array copy_box(const Array& whole, const std::vector<Index>& start, const Shape& extents) {
    Array box = Array::uninitialized(whole.dtype(), extents);
    const auto item = static_cast<Index>(whole.dtype().itemsize());
    for_each_run(whole.shape(), start, extents, [&](Index from, Index to, Index count) {
        if (whole.dtype().is_trivial()) {
            std::memcpy(box.data() + to * item, whole.data() + from * item, static_cast<std::size_t>(count * item));
        } else {
            std::copy_n(whole.span<std::string>().begin() + from, count, box.span<std::string>().begin() + to);
        }
    });
    return box;
}

void paste_box(Array& whole, const std::vector<Index>& start, const Array& box) {
    const auto item = static_cast<Index>(whole.dtype().itemsize());
    for_each_run(whole.shape(), start, box.shape(), [&](Index to, Index from, Index count) {
        if (whole.dtype().is_trivial()) {
            std::memcpy(whole.data() + to * item, box.data() + from * item, static_cast<std::size_t>(count * item));
        } else {
            std::copy_n(box.span<std::string>().begin() + from, count, whole.span<std::string>().begin() + to);
        }
    });
}

}  // namespace memdata
