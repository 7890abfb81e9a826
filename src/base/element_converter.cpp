// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "base/element_converter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "base/attribute_text.hpp"
#include "memdata/base/error.hpp"

namespace memdata::detail {

namespace {

bool is_text(const Dtype& dtype) {
    return dtype.kind() == TypeKind::fixed_string || dtype.kind() == TypeKind::variable_string;
}

/// What an element is as a number: an enumeration is its integer.
TypeKind number_of(const Dtype& dtype) {
    return dtype.kind() == TypeKind::enumeration ? dtype.base().kind() : dtype.kind();
}
bool is_number(const Dtype& dtype) { return number_of(dtype) <= TypeKind::complex128; }
bool is_complex_number(const Dtype& dtype) {
    return dtype.kind() == TypeKind::complex64 || dtype.kind() == TypeKind::complex128;
}

const Member* find_member(const Dtype& compound, const std::string& name) {
    const auto found = std::ranges::find(compound.members(), name, &Member::name);
    return found == compound.members().end() ? nullptr : &*found;
}

std::string why_not(const Dtype& from, const Dtype& to, Conversion how);

std::string why_not_members(const Dtype& from, const Dtype& to, Conversion how) {
    for (const Member& member : to.members()) {
        const Member* const source = find_member(from, member.name);
        if (source == nullptr || from.members().size() != to.members().size()) {
            return "compounds are converted by the names of their members, which are not the same";
        }
        if (const std::string why = why_not(source->dtype, member.dtype, how); !why.empty()) {
            return fmt::format("member \"{}\": {}", member.name, why);
        }
    }
    return "";
}

/// Empty when a conversion may be possible.
std::string why_not(const Dtype& from, const Dtype& to, Conversion how) {
    if (from == to || (is_text(from) && is_text(to))) {
        return "";
    }
    if (is_text(from) || is_text(to)) {
        return "only text becomes text";
    }
    if (from.kind() == TypeKind::enumeration && to.kind() == TypeKind::enumeration) {
        return "the names or values of one enumeration are not those of another; convert to its integers first";
    }
    if (is_number(from) && is_number(to)) {
        return how == Conversion::exact && is_complex_number(from) && !is_complex_number(to)
                   ? "no complex number is real; Conversion::lossy drops the imaginary part"
                   : "";
    }
    if (from.kind() != to.kind() || from.kind() == TypeKind::opaque) {
        return "numbers become numbers, compounds compounds with the same members, others only the same";
    }
    if (from.kind() == TypeKind::compound) {
        return why_not_members(from, to, how);
    }
    if (from.kind() == TypeKind::subarray && from.dims() != to.dims()) {
        return "subarrays of other shapes";
    }
    return why_not(from.base(), to.base(), how);
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

bool is_declared(const Dtype& enumeration, std::int64_t value) {
    return std::ranges::binary_search(enumeration.enumerators(), value, {}, &Enumerator::value);
}

}  // namespace

std::string_view text_at(const std::byte* element, const Dtype& dtype) {
    if (dtype.kind() == TypeKind::variable_string) {
        return *reinterpret_cast<const std::string*>(element);
    }
    return unpadded({reinterpret_cast<const char*>(element), dtype.itemsize()}, dtype.padding());
}

void check_convertible(const Dtype& from, const Dtype& to, Conversion how) {
    if (const std::string why = why_not(from.native(), to.native(), how); !why.empty()) {
        throw DtypeError(fmt::format("{} cannot be converted to {}: {}", to_string(from), to_string(to), why),
                         {.dtype = to_string(from)});
    }
}

ElementConverter::ElementConverter(const Dtype& from, const Dtype& to, Conversion how)
    : from_(from), to_(to), how_(how) {
    if (!from.is_native() || !to.is_native()) {
        throw DtypeError(fmt::format("{} cannot be converted to {}: only elements of the machine's byte order can be",
                                     to_string(from), to_string(to)),
                         {.dtype = to_string(from)});
    }
    check_convertible(from, to, how);
    if (from == to) {
        run_ = &ElementConverter::copy;
    } else if (is_text(from)) {
        run_ = &ElementConverter::text;
    } else if (is_number(from)) {
        run_ = &ElementConverter::numbers;
        number_run_ = number_converter(number_of(from), number_of(to));
    } else if (from.kind() == TypeKind::compound) {
        run_ = &ElementConverter::members;
        for (const Member& member : to.members()) {
            const Member& source = *find_member(from, member.name);
            parts_.push_back({source.offset, member.offset, ElementConverter(source.dtype, member.dtype, how)});
        }
    } else {
        run_ = from.kind() == TypeKind::subarray ? &ElementConverter::subarrays : &ElementConverter::sequences;
        parts_.push_back({0, 0, ElementConverter(from.base(), to.base(), how)});
    }
}

Index ElementConverter::run(const std::byte* from, Index from_stride, std::byte* to, Index to_stride,
                            Index count) const {
    return (this->*run_)(from, from_stride, to, to_stride, count);
}

Index ElementConverter::copy(const std::byte* from, Index from_stride, std::byte* to, Index to_stride,
                             Index count) const {
    const std::size_t size = from_.itemsize();
    if (!from_.is_trivial()) {
        for (Index i = 0; i < count; ++i) {
            *reinterpret_cast<std::string*>(to + i * to_stride) =
                *reinterpret_cast<const std::string*>(from + i * from_stride);
        }
    } else if (from_stride == static_cast<Index>(size) && to_stride == from_stride) {
        std::memcpy(to, from, static_cast<std::size_t>(count) * size);
    } else {
        for (Index i = 0; i < count; ++i) {
            std::memcpy(to + i * to_stride, from + i * from_stride, size);
        }
    }
    return count;
}

Index ElementConverter::numbers(const std::byte* from, Index from_stride, std::byte* to, Index to_stride,
                                Index count) const {
    count = number_run_(from, from_stride, to, to_stride, count, how_);
    if (to_.kind() == TypeKind::enumeration && how_ == Conversion::exact) {
        for (Index i = 0; i < count; ++i) {
            if (!is_declared(to_, enumeration_value(to_, to + i * to_stride))) {
                return i;
            }
        }
    }
    return count;
}

Index ElementConverter::text(const std::byte* from, Index from_stride, std::byte* to, Index to_stride,
                             Index count) const {
    for (Index i = 0; i < count; ++i) {
        const bool same = put_text(text_at(from + i * from_stride, from_), to + i * to_stride, to_);
        if (!same && how_ == Conversion::exact) {
            return i;
        }
    }
    return count;
}

Index ElementConverter::members(const std::byte* from, Index from_stride, std::byte* to, Index to_stride,
                                Index count) const {
    for (Index i = 0; i < count; ++i) {
        std::memset(to + i * to_stride, 0, to_.itemsize());  // gaps
    }
    for (const Part& part : parts_) {
        count = part.converter.run(from + part.from_offset, from_stride, to + part.to_offset, to_stride, count);
    }
    return count;
}

Index ElementConverter::subarrays(const std::byte* from, Index from_stride, std::byte* to, Index to_stride,
                                  Index count) const {
    const Index length = to_.dims().elements();
    for (Index i = 0; i < count; ++i) {
        if (parts_.front().converter.run(from + i * from_stride, static_cast<Index>(from_.base().itemsize()),
                                         to + i * to_stride, static_cast<Index>(to_.base().itemsize()),
                                         length) < length) {
            return i;
        }
    }
    return count;
}

Index ElementConverter::sequences(const std::byte* from, Index from_stride, std::byte* to, Index to_stride,
                                  Index count) const {
    const std::size_t from_size = from_.base().itemsize();
    const std::size_t to_size = to_.base().itemsize();
    for (Index i = 0; i < count; ++i) {
        const auto& source = *reinterpret_cast<const std::string*>(from + i * from_stride);
        auto& target = *reinterpret_cast<std::string*>(to + i * to_stride);
        const std::size_t length = source.size() / from_size;
        target.assign(length * to_size, '\0');
        if (parts_.front().converter.run(reinterpret_cast<const std::byte*>(source.data()),
                                         static_cast<Index>(from_size), reinterpret_cast<std::byte*>(target.data()),
                                         static_cast<Index>(to_size),
                                         static_cast<Index>(length)) < static_cast<Index>(length)) {
            return i;
        }
    }
    return count;
}

}  // namespace memdata::detail
