// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <algorithm>
#include <complex>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/attribute_text.hpp"
#include "base/convert_element.hpp"
#include "base/converted_part.hpp"
#include "base/join.hpp"
#include "memdata/base/error.hpp"

namespace memdata {

namespace {

bool is_text(const Dtype& dtype) {
    return dtype.kind() == TypeKind::fixed_string || dtype.kind() == TypeKind::variable_string;
}

bool is_number(const Dtype& dtype) { return dtype.kind() <= TypeKind::complex128; }

bool is_complex_number(const Dtype& dtype) {
    return dtype.kind() == TypeKind::complex64 || dtype.kind() == TypeKind::complex128;
}

/// Throws when the types alone rule the conversion out.
void check_types(const Dtype& from, const Dtype& to, Conversion how) {
    std::string why;
    if (!from.is_native()) {
        why = "only elements of the machine's byte order can be read";
    } else if (!(from == to || (is_text(from) && is_text(to)) || (is_number(from) && is_number(to)))) {
        why =
            is_text(from) || is_text(to) ? "only text becomes text" : "compounds are copied to the same compound only";
    } else if (how == Conversion::exact && is_complex_number(from) && !is_complex_number(to)) {
        why = "no complex number is real; Conversion::lossy drops the imaginary part";
    }
    if (!why.empty()) {
        throw DtypeError(fmt::format("{} cannot be converted to {}: {}", to_string(from), to_string(to), why),
                         {.dtype = to_string(from)});
    }
}

template <class From>
From load(const std::byte* element) {
    if constexpr (std::same_as<From, bool>) {
        return *element != std::byte{0};  // files may hold other bytes than 0 and 1
    } else {
        return *reinterpret_cast<const From*>(element);
    }
}

/// Converts `count` elements that are `stride` bytes apart; returns how many, which is fewer when one is not exact.
template <class To, class From>
Index convert_run(const std::byte* from, Index stride, To* to, Index count, Conversion how) {
    if (how == Conversion::exact && !detail::always_exact<To, From>()) {
        constexpr Index chunk = 256;  // one question for many elements
        for (Index done = 0; done < count; done += chunk) {
            const Index end = std::min(done + chunk, count);
            bool all_exact = true;
            for (Index i = done; i < end; ++i) {
                const std::optional<To> value = detail::exact<To>(load<From>(from + i * stride));
                all_exact &= value.has_value();
                to[i] = value.value_or(To{});
            }
            for (Index i = done; i < end && !all_exact; ++i) {
                if (!detail::exact<To>(load<From>(from + i * stride))) {
                    return i;
                }
            }
        }
    } else if (stride == static_cast<Index>(sizeof(From))) {  // known to the compiler: vectorised
        for (Index i = 0; i < count; ++i) {
            to[i] = detail::lossy<To>(load<From>(from + i * static_cast<Index>(sizeof(From))));
        }
    } else {
        for (Index i = 0; i < count; ++i) {
            to[i] = detail::lossy<To>(load<From>(from + i * stride));
        }
    }
    return count;
}

std::string_view text_at(const std::byte* element, const Dtype& dtype) {
    if (dtype.kind() == TypeKind::variable_string) {
        return *reinterpret_cast<const std::string*>(element);
    }
    return detail::unpadded({reinterpret_cast<const char*>(element), dtype.itemsize()}, dtype.padding());
}

/// What fits of the text; false when that is not all, or does not read back as the same.
bool put_text(std::string_view text, std::byte* element, const Dtype& dtype) {
    if (dtype.kind() == TypeKind::variable_string) {
        reinterpret_cast<std::string*>(element)->assign(text);
        return true;
    }
    const std::size_t room = dtype.itemsize() - (dtype.padding() == Padding::null_terminated ? 1 : 0);
    std::size_t size = std::min(text.size(), room);
    if (dtype.charset() == Charset::utf8 && size < text.size()) {
        while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) {
            --size;  // in the middle of a character
        }
    }
    std::memset(element, dtype.padding() == Padding::space_padded ? ' ' : '\0', dtype.itemsize());
    std::copy_n(text.data(), size, reinterpret_cast<char*>(element));
    return text_at(element, dtype) == text;
}

Index convert_text_run(const std::byte* from, Index stride, const Dtype& from_dtype, std::byte* to,
                       const Dtype& to_dtype, Index count, Conversion how) {
    for (Index i = 0; i < count; ++i) {
        const bool same = put_text(text_at(from + i * stride, from_dtype),
                                   to + i * static_cast<Index>(to_dtype.itemsize()), to_dtype);
        if (!same && how == Conversion::exact) {
            return i;
        }
    }
    return count;
}

std::string shown(const std::byte* element, const Dtype& dtype) {
    constexpr std::size_t longest = 40;
    if (is_text(dtype)) {
        const std::string_view text = text_at(element, dtype);
        return fmt::format("\"{}\"{}", text.substr(0, longest),
                           text.size() > longest ? fmt::format("... ({} bytes)", text.size()) : "");
    }
    return visit(dtype, [&]<class T>(std::type_identity<T>) -> std::string {
        if constexpr (std::same_as<T, std::string>) {
            return {};
        } else if constexpr (detail::is_complex<T>) {
            const T value = load<T>(element);
            return fmt::format("({}{:+}j)", value.real(), value.imag());
        } else {
            return fmt::format("{}", load<T>(element));
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

using RunConverter = Index (*)(const std::byte* from, Index stride, std::byte* to, Index count, Conversion how);

/// The function for a pair of number types.
RunConverter number_converter(const Dtype& from, const Dtype& to) {
    return visit(from, [&]<class From>(std::type_identity<From>) -> RunConverter {
        return visit(to, [&]<class To>(std::type_identity<To>) -> RunConverter {
            if constexpr (std::same_as<From, std::string> || std::same_as<To, std::string>) {
                return nullptr;
            } else {
                return [](const std::byte* source, Index stride, std::byte* target, Index count, Conversion how) {
                    return convert_run<To, From>(source, stride, reinterpret_cast<To*>(target), count, how);
                };
            }
        });
    });
}

}  // namespace

namespace detail {

Array converted_part(const ConstArrayView& source, const Dtype& dtype, Conversion how,
                     const std::vector<Index>& origin) {
    check_types(source.dtype(), dtype, how);
    if (source.dtype() == dtype) {
        return source.copy();
    }
    Array result = Array::uninitialized(dtype, source.shape());
    const RunConverter convert = is_number(dtype) ? number_converter(source.dtype(), dtype) : nullptr;
    for_each_row(source, [&](const std::byte* from, Index stride, Index number, Index count) {
        std::byte* const to = result.data() + number * static_cast<Index>(dtype.itemsize());
        const Index done = convert != nullptr ? convert(from, stride, to, count, how)
                                              : convert_text_run(from, stride, source.dtype(), to, dtype, count, how);
        if (done < count) {
            const std::string value = shown(from + done * stride, source.dtype());
            throw DtypeError(
                fmt::format("{} at index {}, of an array of {}, is not exactly a {}; Conversion::lossy keeps what fits",
                            value, tuple_text(unravel(number + done, source.shape(), origin)),
                            to_string(source.dtype()), to_string(dtype)),
                {.dtype = to_string(source.dtype())});
        }
    });
    return result;
}

}  // namespace detail

Array converted(const ConstArrayView& source, const Dtype& dtype, Conversion how) {
    return detail::converted_part(source, dtype, how, std::vector<Index>(static_cast<std::size_t>(source.ndim()), 0));
}

}  // namespace memdata
