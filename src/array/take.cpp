// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "array/take.hpp"

#include <algorithm>
#include <cstring>
#include <string>

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

}  // namespace memdata
