// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "array/block_copy.hpp"

#include <numeric>

#include "memdata/base/array_view.hpp"

namespace memdata {

namespace {

/// Bytes from the beginning of an array to the element at `start`.
Index bytes_before(const Array& whole, const std::vector<Index>& start) {
    const std::vector<Index> strides = whole.shape().strides();
    return std::inner_product(start.begin(), start.end(), strides.begin(), Index{0}) *
           static_cast<Index>(whole.dtype().itemsize());
}

}  // namespace

Array copy_box(const Array& whole, const std::vector<Index>& start, const Shape& extents) {
    if (extents.elements() == 0) {
        return Array::uninitialized(whole.dtype(), extents);
    }
    return ConstArrayView(whole.dtype(), extents, whole.shape().strides(), whole.data() + bytes_before(whole, start))
        .copy();
}

void paste_box(Array& whole, const std::vector<Index>& start, const Array& box) {
    if (box.size() > 0) {
        ArrayView(whole.dtype(), box.shape(), whole.shape().strides(), whole.data() + bytes_before(whole, start))
            .assign(box);
    }
}

}  // namespace memdata
