// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/base/dtype.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <set>
#include <utility>

#include "memdata/base/error.hpp"

namespace memdata {

struct Dtype::Detail {
    std::vector<Member> members = {};          // of a compound
    Dtype base = {};                           // of a subarray, sequence, enumeration
    Shape dims = {};                           // of a subarray
    std::vector<Enumerator> enumerators = {};  // of an enumeration
    std::string tag = {};                      // of an opaque type
    friend bool operator==(const Detail&, const Detail&) = default;
};

namespace {

/// HDF5 keeps the size of a type in 32 bits.
constexpr std::size_t largest_itemsize = std::numeric_limits<std::uint32_t>::max();

struct KindFacts {
    std::size_t itemsize = 0;
    const char* name = "";
};

KindFacts facts(TypeKind kind) {
    switch (kind) {
        case TypeKind::boolean:
            return {sizeof(bool), "bool"};
        case TypeKind::int8:
            return {1, "int8"};
        case TypeKind::int16:
            return {2, "int16"};
        case TypeKind::int32:
            return {4, "int32"};
        case TypeKind::int64:
            return {8, "int64"};
        case TypeKind::uint8:
            return {1, "uint8"};
        case TypeKind::uint16:
            return {2, "uint16"};
        case TypeKind::uint32:
            return {4, "uint32"};
        case TypeKind::uint64:
            return {8, "uint64"};
        case TypeKind::float16:
            return {2, "float16"};
        case TypeKind::float32:
            return {4, "float32"};
        case TypeKind::float64:
            return {8, "float64"};
        case TypeKind::complex64:
            return {8, "complex64"};
        case TypeKind::complex128:
            return {16, "complex128"};
        case TypeKind::variable_string:
            return {sizeof(std::string), "string"};
        case TypeKind::fixed_string:
            return {0, "fixed string"};
        case TypeKind::compound:
            return {0, "compound"};
        case TypeKind::subarray:
            return {0, "subarray"};
        case TypeKind::sequence:
            return {0, "sequence"};
        case TypeKind::enumeration:
            return {0, "enumeration"};
        case TypeKind::opaque:
            return {0, "opaque type"};
    }
    return {0, "unknown type"};
}

/// Has it bytes of its own to swap?
bool has_byte_order(TypeKind kind, std::size_t itemsize) {
    return (kind <= TypeKind::complex128 || kind == TypeKind::enumeration) && itemsize > 1;
}

void check_itemsize(std::size_t itemsize, const char* what) {
    if (itemsize == 0 || itemsize > largest_itemsize) {
        throw DtypeError(fmt::format("a {} of {} bytes: from 1 to {} are possible", what, itemsize, largest_itemsize));
    }
}

void check_members(const std::vector<Member>& members, std::size_t itemsize) {
    if (members.empty()) {
        throw DtypeError("a compound without members");
    }
    std::set<std::string_view> names;
    std::size_t free_from = 0;
    for (const Member& member : members) {
        const auto fail = [&](const std::string& why) {
            throw DtypeError(fmt::format("member \"{}\" of a compound {}", member.name, why),
                             {.dtype = to_string(member.dtype)});
        };
        if (!names.insert(member.name).second) {
            fail("occurs twice");
        }
        if (!member.dtype.is_trivial()) {
            fail("is of variable length");
        }
        if (member.offset < free_from) {
            fail(fmt::format("at offset {} overlaps the one before it", member.offset));
        }
        if (member.offset > itemsize || member.dtype.itemsize() > itemsize - member.offset) {
            fail(fmt::format("at offset {} reaches past its {} bytes", member.offset, itemsize));
        }
        free_from = member.offset + member.dtype.itemsize();
    }
}

bool is_integer(TypeKind kind) { return kind >= TypeKind::int8 && kind <= TypeKind::uint64; }
bool is_unsigned(TypeKind kind) { return kind >= TypeKind::uint8; }

/// Can the integers of `base` have this value?
bool fits(std::int64_t value, const Dtype& base) {
    const auto bits = 8 * base.itemsize();
    if (bits == 64) {
        return true;
    }
    const std::int64_t above = std::int64_t{1} << (is_unsigned(base.kind()) ? bits : bits - 1);
    return value < above && value >= (is_unsigned(base.kind()) ? 0 : -above);
}

std::string value_text(std::int64_t value, const Dtype& base) {
    return base.kind() == TypeKind::uint64 ? fmt::format("{}", static_cast<std::uint64_t>(value))
                                           : fmt::format("{}", value);
}

/// `enumerators` by ascending value.
void check_enumerators(const Dtype& base, const std::vector<Enumerator>& enumerators) {
    const auto fail = [&](const std::string& why) {
        throw DtypeError("an enumeration of " + to_string(base) + why, {.dtype = to_string(base)});
    };
    if (!is_integer(base.kind())) {
        fail(": only integers have names");
    }
    if (enumerators.empty()) {
        fail(" without names");
    }
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < enumerators.size(); ++i) {
        const auto& [name, value] = enumerators[i];
        if (name.empty() || name.find('\0') != std::string::npos || !names.insert(name).second) {
            fail(fmt::format(" with the name \"{}\", which is empty, repeated or holds a zero byte", name));
        }
        if (!fits(value, base) || (i > 0 && enumerators[i - 1].value == value)) {
            fail(fmt::format(" with the value {} of {}, which is repeated or does not fit", value, name));
        }
    }
    if (enumerators == std::vector<Enumerator>{{"FALSE", 0}, {"TRUE", 1}}) {
        fail(" with FALSE = 0 and TRUE = 1: that is bool");
    }
}

}  // namespace

Dtype::Dtype(TypeKind kind) : kind_(kind), itemsize_(facts(kind).itemsize) {
    if (itemsize_ == 0) {
        throw DtypeError(fmt::format("a {} is not described by its kind alone", facts(kind).name));
    }
    if (kind == TypeKind::variable_string) {
        charset_ = Charset::utf8;
    }
}

Dtype Dtype::fixed_string(std::size_t size, Charset charset, Padding padding) {
    check_itemsize(size, "fixed string");
    Dtype result;
    result.kind_ = TypeKind::fixed_string;
    result.itemsize_ = size;
    result.charset_ = charset;
    result.padding_ = padding;
    return result;
}

Dtype Dtype::variable_string(Charset charset) {
    Dtype result(TypeKind::variable_string);
    result.charset_ = charset;
    return result;
}

Dtype Dtype::compound(std::vector<Member> members, std::size_t itemsize) {
    check_itemsize(itemsize, "compound");
    std::ranges::stable_sort(members, {}, &Member::offset);
    check_members(members, itemsize);
    Dtype result;
    result.kind_ = TypeKind::compound;
    result.itemsize_ = itemsize;
    result.detail_ = std::make_shared<const Detail>(Detail{.members = std::move(members)});
    return result;
}

Dtype Dtype::subarray(const Dtype& base, const Shape& dims) {
    if (!base.is_trivial()) {
        throw DtypeError("a subarray of elements of variable length", {.dtype = to_string(base)});
    }
    if (dims.elements() == 0 || dims.is_scalar()) {
        throw DtypeError(fmt::format("a subarray of shape {}", to_string(dims)), {.dtype = to_string(base)});
    }
    if (static_cast<std::size_t>(dims.elements()) > largest_itemsize / base.itemsize()) {
        throw DtypeError(fmt::format("a subarray of {}{} has more than {} bytes", to_string(base), to_string(dims),
                                     largest_itemsize),
                         {.dtype = to_string(base)});
    }
    Dtype result;
    result.kind_ = TypeKind::subarray;
    result.itemsize_ = base.itemsize() * static_cast<std::size_t>(dims.elements());
    result.detail_ = std::make_shared<const Detail>(Detail{.base = base, .dims = dims});
    return result;
}

Dtype Dtype::enumeration(const Dtype& base, std::vector<Enumerator> enumerators) {
    std::ranges::stable_sort(enumerators, {}, &Enumerator::value);
    check_enumerators(base, enumerators);
    Dtype result;
    result.kind_ = TypeKind::enumeration;
    result.order_ = base.order_;
    result.itemsize_ = base.itemsize();
    result.detail_ = std::make_shared<const Detail>(Detail{.base = base, .enumerators = std::move(enumerators)});
    return result;
}

Dtype Dtype::opaque(std::size_t size, std::string tag) {
    constexpr std::size_t longest_tag = 255;  // H5T_OPAQUE_TAG_MAX with its null
    check_itemsize(size, "opaque type");
    if (tag.size() > longest_tag || tag.find('\0') != std::string::npos) {
        throw DtypeError(fmt::format("the tag of an opaque type has {} bytes, or a zero byte: {} are possible",
                                     tag.size(), longest_tag));
    }
    Dtype result;
    result.kind_ = TypeKind::opaque;
    result.itemsize_ = size;
    result.detail_ = std::make_shared<const Detail>(Detail{.tag = std::move(tag)});
    return result;
}

Dtype Dtype::sequence(const Dtype& base) {
    if (!base.is_trivial()) {
        throw DtypeError("a sequence of elements of variable length", {.dtype = to_string(base)});
    }
    Dtype result;
    result.kind_ = TypeKind::sequence;
    result.itemsize_ = sizeof(std::string);
    result.detail_ = std::make_shared<const Detail>(Detail{.base = base});
    return result;
}

const std::vector<Member>& Dtype::members() const noexcept {
    static const std::vector<Member> none;
    return kind_ == TypeKind::compound ? detail_->members : none;
}

const std::vector<Enumerator>& Dtype::enumerators() const noexcept {
    static const std::vector<Enumerator> none;
    return kind_ == TypeKind::enumeration ? detail_->enumerators : none;
}

const std::string& Dtype::tag() const noexcept {
    static const std::string none;
    return kind_ == TypeKind::opaque ? detail_->tag : none;
}

const Dtype& Dtype::base() const {
    if (kind_ != TypeKind::subarray && kind_ != TypeKind::sequence && kind_ != TypeKind::enumeration) {
        throw DtypeError(to_string(*this) + " has no base type", {.dtype = to_string(*this)});
    }
    return detail_->base;
}

const Shape& Dtype::dims() const {
    if (kind_ != TypeKind::subarray) {
        throw DtypeError(to_string(*this) + " is no subarray", {.dtype = to_string(*this)});
    }
    return detail_->dims;
}

bool Dtype::is_native() const noexcept {
    switch (kind_) {
        case TypeKind::compound:
            return std::ranges::all_of(detail_->members, [](const Member& member) { return member.dtype.is_native(); });
        case TypeKind::subarray:
        case TypeKind::sequence:
            return detail_->base.is_native();
        default:
            return order_ == native_byte_order;
    }
}

Dtype Dtype::with_byte_order(ByteOrder order) const {
    Dtype result = *this;
    if (has_byte_order(kind_, itemsize_)) {
        result.order_ = order;
    }
    if (detail_) {
        Detail changed = *detail_;
        for (Member& member : changed.members) {
            member.dtype = member.dtype.with_byte_order(order);
        }
        if (kind_ == TypeKind::subarray || kind_ == TypeKind::sequence || kind_ == TypeKind::enumeration) {
            changed.base = changed.base.with_byte_order(order);
        }
        result.detail_ = std::make_shared<const Detail>(std::move(changed));
    }
    return result;
}

bool operator==(const Dtype& a, const Dtype& b) noexcept {
    return a.kind_ == b.kind_ && a.order_ == b.order_ && a.charset_ == b.charset_ && a.padding_ == b.padding_ &&
           a.itemsize_ == b.itemsize_ &&
           (a.detail_ == b.detail_ || (a.detail_ && b.detail_ && *a.detail_ == *b.detail_));
}

std::string to_string(const Dtype& dtype) {
    switch (dtype.kind()) {
        case TypeKind::fixed_string:
            return fmt::format("string[{}]", dtype.itemsize());
        case TypeKind::subarray:
            return to_string(dtype.base()) + to_string(dtype.dims());
        case TypeKind::sequence:
            return "sequence of " + to_string(dtype.base());
        case TypeKind::opaque:
            return fmt::format("opaque[{}]{}{}", dtype.itemsize(), dtype.tag().empty() ? "" : " ", dtype.tag());
        case TypeKind::enumeration: {
            std::string text;
            for (const Enumerator& item : dtype.enumerators()) {
                text +=
                    fmt::format("{}{} = {}", text.empty() ? "" : ", ", item.name, value_text(item.value, dtype.base()));
            }
            return fmt::format("{} {{{}}}", to_string(dtype.base()), text);
        }
        case TypeKind::compound: {
            std::string text;
            for (const Member& member : dtype.members()) {
                text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", member.name, to_string(member.dtype));
            }
            return fmt::format("{{{}}}", text);
        }
        default:
            break;
    }
    return fmt::format("{}{}", dtype.is_native() ? "" : "big-endian ", facts(dtype.kind()).name);
}

namespace detail {

Dtype checked_description(Dtype dtype, std::size_t size) {
    if (dtype.itemsize() != size || !dtype.is_trivial() || !dtype.is_native()) {
        throw DtypeError(fmt::format("a C++ type of {} bytes is described as {} of {} bytes: describe it by "
                                     "memdata::describe()",
                                     size, to_string(dtype), dtype.itemsize()),
                         {.dtype = to_string(dtype)});
    }
    return dtype;
}

bool reads_as(const Dtype& wanted, const Dtype& dtype) noexcept {
    if (!dtype.is_native() || wanted.itemsize() != dtype.itemsize()) {
        return false;
    }
    if (wanted.kind() != dtype.kind()) {
        return (dtype.kind() == TypeKind::enumeration && wanted.kind() == dtype.base().kind()) ||
               (dtype.kind() == TypeKind::sequence && wanted.kind() == TypeKind::variable_string);
    }
    switch (wanted.kind()) {
        case TypeKind::compound:
            return std::ranges::equal(wanted.members(), dtype.members(), [](const Member& a, const Member& b) {
                return a.name == b.name && a.offset == b.offset && reads_as(a.dtype, b.dtype);
            });
        case TypeKind::subarray:
            return wanted.dims() == dtype.dims() && reads_as(wanted.base(), dtype.base());
        case TypeKind::sequence:
            return reads_as(wanted.base(), dtype.base());
        case TypeKind::enumeration:
            return wanted.base().kind() == dtype.base().kind() && wanted.enumerators() == dtype.enumerators();
        case TypeKind::opaque:
            return wanted.tag().empty() || wanted.tag() == dtype.tag();
        default:
            return true;
    }
}

void throw_no_element_type(const Dtype& dtype) {
    throw DtypeError(to_string(dtype) + " is not the type of an element in C++", {.dtype = to_string(dtype)});
}

}  // namespace detail

}  // namespace memdata
