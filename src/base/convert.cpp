// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/base/convert.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_order.hpp"
#include "base/converted_part.hpp"
#include "base/element_converter.hpp"
#include "base/exact.hpp"
#include "base/join.hpp"
#include "memdata/base/attributes.hpp"
#include "memdata/base/error.hpp"

namespace memdata {

namespace {

std::string shown(const std::byte* element, const Dtype& dtype) {
    constexpr std::size_t longest = 40;
    const bool is_text = dtype.kind() == TypeKind::fixed_string || dtype.kind() == TypeKind::variable_string;
    if (is_text) {
        const std::string_view text = detail::text_at(element, dtype);
        return fmt::format("\"{}\"{}", text.substr(0, longest),
                           text.size() > longest ? fmt::format("... ({} bytes)", text.size()) : "");
    }
    if (dtype.kind() > TypeKind::variable_string) {
        return to_string(AttrValue(ConstArrayView(dtype, {}, {}, element).copy()), longest);
    }
    return visit(dtype, [&]<class T>(std::type_identity<T>) -> std::string {
        T value{};
        if constexpr (!std::same_as<T, std::string>) {
            std::memcpy(&value, element, sizeof value);
        }
        if constexpr (detail::is_complex<T>) {
            return fmt::format("({}{:+}j)", value.real(), value.imag());
        } else if constexpr (std::same_as<T, Float16>) {
            return fmt::format("{}", static_cast<float>(value));
        } else {
            return fmt::format("{}", value);
        }
    });
}

/// Calls f(first element, stride in bytes, number in row-major order, count) for every row of the last axis; one row
/// when the elements lie in one piece.
template <class F>
void for_each_row(const ConstArrayView& view, F&& f) {
    const auto item = static_cast<Index>(view.dtype().itemsize());
    if (view.empty()) {
        return;
    }
    if (view.is_contiguous()) {
        f(view.data(), item, Index{0}, view.size());
        return;
    }
    const int last = view.ndim() - 1;
    std::vector<Index> index(static_cast<std::size_t>(last), 0);
    const Index length = view.shape()[last];
    for (Index number = 0; number < view.size(); number += length) {
        Index offset = 0;
        for (int axis = 0; axis < last; ++axis) {
            offset += index[static_cast<std::size_t>(axis)] * view.stride(axis);
        }
        f(view.data() + offset * item, view.stride(last) * item, number, length);
        for (int axis = last; axis-- > 0;) {
            if (++index[static_cast<std::size_t>(axis)] < view.shape()[axis]) {
                break;
            }
            index[static_cast<std::size_t>(axis)] = 0;
        }
    }
}

/// The indices of an element from its number in row-major order.
std::vector<Index> unravel(Index number, const Shape& shape, const std::vector<Index>& origin) {
    std::vector<Index> indices(static_cast<std::size_t>(shape.ndim()));
    for (int axis = shape.ndim(); axis-- > 0;) {
        indices[static_cast<std::size_t>(axis)] = number % shape[axis] + origin[static_cast<std::size_t>(axis)];
        number /= shape[axis];
    }
    return indices;
}

}  // namespace

namespace detail {

void throw_inexact(const Dtype& from, const std::byte* element, const Dtype& to, const std::string& where) {
    std::vector<std::byte> swapped;
    if (!from.is_native()) {
        swapped.assign(element, element + from.itemsize());
        swap_byte_order(from, swapped.data(), 1);
        element = swapped.data();
    }
    throw DtypeError(
        fmt::format("{} at index {}, of an array of {}, is not exactly {}; Conversion::lossy keeps what "
                    "fits",
                    shown(element, from.native()), where, to_string(from.native()), to_string(to.native())),
        {.dtype = to_string(from.native())});
}

Array converted_part(const ConstArrayView& source, const Dtype& dtype, Conversion how,
                     const std::vector<Index>& origin) {
    const ElementConverter converter(source.dtype(), dtype, how);
    if (source.dtype() == dtype) {
        return source.copy();
    }
    Array result = Array::uninitialized(dtype, source.shape());
    const auto item = static_cast<Index>(dtype.itemsize());
    for_each_row(source, [&](const std::byte* from, Index stride, Index number, Index count) {
        const Index done = converter.run(from, stride, result.data() + number * item, item, count);
        if (done < count) {
            throw_inexact(source.dtype(), from + done * stride, dtype,
                          tuple_text(unravel(number + done, source.shape(), origin)));
        }
    });
    return result;
}

Index convert_while_exact(const Dtype& from, const std::byte* source, const Dtype& to, std::byte* target, Index count,
                          Conversion how) {
    if (!from.is_trivial() || !to.is_trivial()) {
        throw DtypeError(fmt::format("{} to {}: elements of variable length are no bytes to convert", to_string(from),
                                     to_string(to)),
                         {.dtype = to_string(from)});
    }
    const Dtype near = from.native();
    const Dtype far = to.native();
    const auto from_item = static_cast<Index>(from.itemsize());
    const auto to_item = static_cast<Index>(to.itemsize());
    if (near == far) {
        std::memcpy(target, source, static_cast<std::size_t>(count * to_item));
        if (from != to) {
            swap_byte_order(from, target, count);
            swap_byte_order(to, target, count);
        }
        return count;
    }
    const ElementConverter converter(near, far, how);
    constexpr Index staged_bytes = Index{32} << 10;  // stays in the cache
    const Index step = std::max<Index>(1, staged_bytes / from_item);
    std::vector<std::byte> staged(from.is_native() ? 0 : static_cast<std::size_t>(std::min(step, count) * from_item));
    for (Index first = 0; first < count; first += step) {
        const Index now = std::min(step, count - first);
        const std::byte* part = source + first * from_item;
        if (!from.is_native()) {
            std::memcpy(staged.data(), part, static_cast<std::size_t>(now * from_item));
            swap_byte_order(from, staged.data(), now);
            part = staged.data();
        }
        std::byte* const place = target + first * to_item;
        const Index done = converter.run(part, from_item, place, to_item, now);
        swap_byte_order(to, place, done);
        if (done < now) {
            return first + done;
        }
    }
    return count;
}

}  // namespace detail

Array converted(const ConstArrayView& source, const Dtype& dtype, Conversion how) {
    return detail::converted_part(source, dtype, how, std::vector<Index>(static_cast<std::size_t>(source.ndim()), 0));
}

void convert_elements(const Dtype& from, const std::byte* source, const Dtype& to, std::byte* target, Index count,
                      Conversion how) {
    const Index done = detail::convert_while_exact(from, source, to, target, count, how);
    if (done < count) {
        detail::throw_inexact(from, source + done * static_cast<Index>(from.itemsize()), to, fmt::format("{}", done));
    }
}

}  // namespace memdata
