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
    std::vector<Member> members;  // of a compound
    Dtype base;                   // of a subarray
    Shape dims;
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
    }
    return {0, "unknown type"};
}

/// Has it bytes to swap?
bool has_byte_order(TypeKind kind) {
    switch (kind) {
        case TypeKind::boolean:
        case TypeKind::int8:
        case TypeKind::uint8:
        case TypeKind::variable_string:
        case TypeKind::fixed_string:
        case TypeKind::compound:
        case TypeKind::subarray:
            return false;
        default:
            return true;
    }
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
        if (member.dtype.kind() == TypeKind::variable_string) {
            fail("is a string of variable length");
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
    result.detail_ = std::make_shared<const Detail>(Detail{std::move(members), {}, {}});
    return result;
}

Dtype Dtype::subarray(const Dtype& base, const Shape& dims) {
    if (base.kind() == TypeKind::variable_string) {
        throw DtypeError("a subarray of strings of variable length", {.dtype = to_string(base)});
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
    result.detail_ = std::make_shared<const Detail>(Detail{{}, base, dims});
    return result;
}

const std::vector<Member>& Dtype::members() const noexcept {
    static const std::vector<Member> none;
    return kind_ == TypeKind::compound ? detail_->members : none;
}

const Dtype& Dtype::base() const {
    if (kind_ != TypeKind::subarray) {
        throw DtypeError(to_string(*this) + " is no subarray", {.dtype = to_string(*this)});
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
            return detail_->base.is_native();
        default:
            return order_ == native_byte_order;
    }
}

Dtype Dtype::with_byte_order(ByteOrder order) const {
    Dtype result = *this;
    if (has_byte_order(kind_)) {
        result.order_ = order;
    } else if (detail_) {
        Detail changed = *detail_;
        for (Member& member : changed.members) {
            member.dtype = member.dtype.with_byte_order(order);
        }
        changed.base = changed.base.with_byte_order(order);
        if (kind_ == TypeKind::compound) {
            changed.base = Dtype();
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

void throw_no_element_type(const Dtype& dtype) {
    throw DtypeError(to_string(dtype) + " is not the type of an element in C++", {.dtype = to_string(dtype)});
}

}  // namespace detail

}  // namespace memdata
