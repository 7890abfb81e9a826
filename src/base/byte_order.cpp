// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "base/byte_order.hpp"

#include <algorithm>

namespace memdata {

void swap_byte_order(const Dtype& from, std::byte* elements, Index count) noexcept {
    if (from.is_native()) {
        return;
    }
    const std::size_t size = from.itemsize();
    for (Index i = 0; i < count; ++i, elements += size) {
        if (from.kind() == TypeKind::compound) {
            for (const Member& member : from.members()) {
                swap_byte_order(member.dtype, elements + member.offset, 1);
            }
        } else if (from.kind() == TypeKind::subarray) {
            swap_byte_order(from.base(), elements, from.dims().elements());
        } else if (from.kind() == TypeKind::complex64 || from.kind() == TypeKind::complex128) {
            std::reverse(elements, elements + size / 2);
            std::reverse(elements + size / 2, elements + size);
        } else {
            std::reverse(elements, elements + size);
        }
    }
}

}  // namespace memdata
