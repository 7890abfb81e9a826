// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "base/byte_order.hpp"

#include <algorithm>
#include <array>

namespace memdata {

namespace {

/// A size known to the compiler: vectorised.
template <std::size_t Size>
void reverse_each(std::byte* elements, Index count) noexcept {
    for (Index i = 0; i < count; ++i, elements += Size) {
        std::array<std::byte, Size> reversed;
        std::reverse_copy(elements, elements + Size, reversed.begin());
        std::copy_n(reversed.begin(), Size, elements);
    }
}

void reverse_numbers(std::size_t size, std::byte* elements, Index count) noexcept {
    switch (size) {
        case 2:
            return reverse_each<2>(elements, count);
        case 4:
            return reverse_each<4>(elements, count);
        case 8:
            return reverse_each<8>(elements, count);
        default:
            return;  // no other number has an order
    }
}

}  // namespace

void swap_byte_order(const Dtype& from, std::byte* elements, Index count) noexcept {
    if (from.is_native()) {
        return;
    }
    switch (from.kind()) {
        case TypeKind::compound:
            for (Index i = 0; i < count; ++i, elements += from.itemsize()) {
                for (const Member& member : from.members()) {
                    swap_byte_order(member.dtype, elements + member.offset, 1);
                }
            }
            return;
        case TypeKind::subarray:
            return swap_byte_order(from.base(), elements, count * from.dims().elements());
        case TypeKind::complex64:
        case TypeKind::complex128:
            return reverse_numbers(from.itemsize() / 2, elements, 2 * count);
        default:
            return reverse_numbers(from.itemsize(), elements, count);
    }
}

}  // namespace memdata
