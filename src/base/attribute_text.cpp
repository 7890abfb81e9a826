// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "base/attribute_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstring>
#include <string>
#include <type_traits>
#include <utility>

#include "base/exact.hpp"
#include "base/python_json.hpp"
#include "memdata/base/attributes.hpp"

namespace memdata {

namespace {

constexpr std::string_view dots = "...";

/// Bytes of the well-formed UTF-8 character at the front; 0 when it is none.
std::size_t utf8_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const std::size_t length = byte(0) < 0x80   ? 1
                               : byte(0) < 0xC2 ? 0
                               : byte(0) < 0xE0 ? 2
                               : byte(0) < 0xF0 ? 3
                               : byte(0) < 0xF5 ? 4
                                                : 0;
    if (length > text.size()) {
        return 0;
    }
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0U) != 0x80) {
            return 0;
        }
    }
    return length;
}

/// Writes text up to a number of characters; the rest is dropped, and so is the work to make it.
class Writer {
public:
    explicit Writer(std::size_t width) : width_(width) {}

    [[nodiscard]] bool full() const { return characters_ > width_; }

    void add(std::string_view text) {
        while (!text.empty() && !full()) {
            const std::size_t length = std::max(utf8_length(text), std::size_t{1});
            // Where to cut if the text does not fit: in front of the dots.
            if (characters_ + dots.size() <= width_) {
                cut_ = text_.size();
            }
            text_ += text.substr(0, length);
            text.remove_prefix(length);
            ++characters_;
        }
    }
    void quote(std::string_view text) {
        add("\"");
        while (!text.empty() && !full()) {
            const std::size_t length = utf8_length(text);
            const std::string_view character = text.substr(0, std::max(length, std::size_t{1}));
            text.remove_prefix(character.size());
            const auto code = static_cast<unsigned char>(character[0]);
            if (code == '\n') {
                add("\\n");
            } else if (code == '\t') {
                add("\\t");
            } else if (code == '"' || code == '\\') {
                add(fmt::format("\\{}", character));
            } else if (length == 0 || code < 0x20 || code == 0x7F) {
                add(fmt::format("\\x{:02x}", code));
            } else {
                add(character);
            }
        }
        add("\"");
    }
    [[nodiscard]] std::string take() {
        if (full()) {
            text_.resize(cut_);
            text_ += dots.substr(0, width_);
        }
        return std::move(text_);
    }

private:
    std::size_t width_;
    std::size_t characters_ = 0;
    std::size_t cut_ = 0;
    std::string text_;
};

template <class T>
std::string plain(const T& value) {
    if constexpr (detail::is_complex<T>) {
        return fmt::format("({}{}{}j)", detail::number_text(value.real()), std::signbit(value.imag()) ? "" : "+",
                           detail::number_text(value.imag()));
    } else if constexpr (std::same_as<T, Float16>) {
        return detail::number_text(static_cast<float>(value));
    } else if constexpr (std::floating_point<T>) {
        return detail::number_text(value);
    } else {
        return fmt::format("{}", value);
    }
}

void write_element(Writer& out, const Dtype& dtype, const std::byte* bytes);

/// The elements of `dims` from axis `axis` on, in brackets; `bytes` moves on.
void write_nested(Writer& out, const Dtype& dtype, const Shape& dims, int axis, const std::byte*& bytes) {
    if (axis == dims.ndim()) {
        write_element(out, dtype, bytes);
        bytes += dtype.itemsize();
        return;
    }
    out.add("[");
    for (Index i = 0; i < dims[axis] && !out.full(); ++i) {
        out.add(i == 0 ? "" : ", ");
        write_nested(out, dtype, dims, axis + 1, bytes);
    }
    out.add("]");
}

/// The name of the value, or the integer when it has none.
void write_enumeration(Writer& out, const Dtype& dtype, const std::byte* bytes) {
    const std::int64_t value = detail::enumeration_value(dtype, bytes);
    const auto found = std::ranges::lower_bound(dtype.enumerators(), value, {}, &Enumerator::value);
    if (found != dtype.enumerators().end() && found->value == value) {
        out.add(found->name);
    } else {
        write_element(out, dtype.base(), bytes);
    }
}

void write_element(Writer& out, const Dtype& dtype, const std::byte* bytes) {
    switch (dtype.kind()) {
        case TypeKind::fixed_string:
            out.quote(detail::unpadded({reinterpret_cast<const char*>(bytes), dtype.itemsize()}, dtype.padding()));
            return;
        case TypeKind::compound: {
            const char* separator = "{";
            for (const Member& member : dtype.members()) {
                out.add(fmt::format("{}{}: ", std::exchange(separator, ", "), member.name));
                write_element(out, member.dtype, bytes + member.offset);
            }
            out.add("}");
            return;
        }
        case TypeKind::subarray:
            write_nested(out, dtype.base(), dtype.dims(), 0, bytes);
            return;
        case TypeKind::sequence: {
            const auto& content = *reinterpret_cast<const std::string*>(bytes);
            const auto* first = reinterpret_cast<const std::byte*>(content.data());
            write_nested(out, dtype.base(), {static_cast<Index>(content.size() / dtype.base().itemsize())}, 0, first);
            return;
        }
        case TypeKind::enumeration:
            write_enumeration(out, dtype, bytes);
            return;
        case TypeKind::opaque:
            out.add("0x");
            for (std::size_t i = 0; i < dtype.itemsize() && !out.full(); ++i) {
                out.add(fmt::format("{:02x}", bytes[i]));
            }
            return;
        default:
            break;
    }
    visit(dtype, [&]<class T>(std::type_identity<T>) {
        if constexpr (std::same_as<T, std::string>) {
            out.quote(*reinterpret_cast<const std::string*>(bytes));
        } else if constexpr (std::same_as<T, bool>) {
            // Files may hold other bytes than 0 and 1, which no bool may.
            out.add(*bytes != std::byte{0} ? "true" : "false");
        } else {
            T value;  // copied: members of a compound need not be aligned
            std::memcpy(&value, bytes, sizeof(T));
            out.add(plain(value));
        }
    });
}

}  // namespace

namespace detail {

std::int64_t enumeration_value(const Dtype& dtype, const std::byte* element) {
    return visit(dtype.base(), [&]<class T>(std::type_identity<T>) -> std::int64_t {
        if constexpr (std::integral<T> && !std::same_as<T, bool>) {
            T value;
            std::memcpy(&value, element, sizeof value);
            return static_cast<std::int64_t>(value);
        } else {
            return 0;  // never: the base is an integer type
        }
    });
}

std::string_view unpadded(std::string_view bytes, Padding padding) {
    if (padding == Padding::null_terminated) {
        return bytes.substr(0, bytes.find('\0'));
    }
    const char fill = padding == Padding::space_padded ? ' ' : '\0';
    return bytes.substr(0, bytes.find_last_not_of(fill) + 1);  // npos + 1 is 0
}

}  // namespace detail

std::string to_string(const AttrValue& value, std::size_t width) {
    Writer out(width);
    switch (value.kind()) {
        case AttrValue::Kind::null:
            out.add("null");
            break;
        case AttrValue::Kind::json:
            out.add(value.json_text());
            break;
        case AttrValue::Kind::array: {
            const std::byte* bytes = value.array().data();
            write_nested(out, value.array().dtype(), value.array().shape(), 0, bytes);
            break;
        }
    }
    return out.take();
}

}  // namespace memdata
