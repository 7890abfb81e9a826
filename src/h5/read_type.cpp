// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "h5/types.hpp"

namespace memdata::h5 {

namespace {

[[noreturn]] void unreadable(const std::string& path, const std::string& what) {
    throw DtypeError(fmt::format("'{}' has an element type that memdata cannot read: {}", path, what),
                     {.path = path, .dtype = what});
}

Dtype read_nested(hid_t type, const std::string& path, int depth);

std::string name_of(char* (*call)(hid_t, unsigned), hid_t type, unsigned index) {
    const std::unique_ptr<char, herr_t (*)(void*)> name(call(type, index), H5free_memory);
    return name == nullptr ? "" : name.get();
}

ByteOrder byte_order(hid_t type, const std::string& path) {
    const H5T_order_t order = H5Tget_order(type);
    if (order != H5T_ORDER_LE && order != H5T_ORDER_BE) {
        unreadable(path, "neither little- nor big-endian");
    }
    return order == H5T_ORDER_BE ? ByteOrder::big : ByteOrder::little;
}

/// The smallest that holds it; HDF5 converts what is of other sizes.
Dtype read_integer(hid_t type, const std::string& path) {
    const std::size_t bits = H5Tget_precision(type);
    const bool is_signed = H5Tget_sign(type) == H5T_SGN_2;
    if (bits > 64) {
        unreadable(path, fmt::format("integer of {} bits in {} bytes", bits, H5Tget_size(type)));
    }
    const int log2 = bits <= 8 ? 0 : bits <= 16 ? 1 : bits <= 32 ? 2 : 3;
    const auto first = static_cast<int>(is_signed ? TypeKind::int8 : TypeKind::uint8);
    const Dtype dtype = static_cast<TypeKind>(first + log2);
    return H5Tget_size(type) == dtype.itemsize() ? dtype.with_byte_order(byte_order(type, path)) : dtype;
}

/// Has every number of an HDF5 floating-point type, subnormals included, its place in a native one?
bool is_within(hid_t type, int digits, int smallest_exponent, int largest_exponent) {
    std::size_t sign = 0;
    std::size_t exponent_at = 0;
    std::size_t exponent_bits = 0;
    std::size_t mantissa_at = 0;
    std::size_t mantissa_bits = 0;
    check(H5Tget_fields(type, &sign, &exponent_at, &exponent_bits, &mantissa_at, &mantissa_bits), "H5Tget_fields");
    const bool implied = H5Tget_norm(type) == H5T_NORM_IMPLIED;
    if (exponent_bits > 15 || mantissa_bits > 64) {
        return false;
    }
    const long bias = static_cast<long>(H5Tget_ebias(type));
    const long largest = (1L << exponent_bits) - 1 - bias;
    const long last_bit = 1 - bias - static_cast<long>(mantissa_bits) + (implied ? 0 : 1);
    return static_cast<int>(mantissa_bits) + (implied ? 1 : 0) <= digits && largest <= largest_exponent &&
           last_bit >= smallest_exponent;
}

/// IEEE's as it is; of others the smallest that holds it, by HDF5's conversion.
Dtype read_float(hid_t type, const std::string& path) {
    for (const TypeKind kind : {TypeKind::float16, TypeKind::float32, TypeKind::float64}) {
        for (const ByteOrder order : {ByteOrder::little, ByteOrder::big}) {
            const Dtype dtype = Dtype(kind).with_byte_order(order);
            if (H5Tequal(type, make_type(dtype).get()) > 0) {
                return dtype;
            }
        }
    }
    // Exponents of the last bit of the smallest number, and one above the largest number's.
    if (is_within(type, 24, -149, 128)) {
        return TypeKind::float32;
    }
    if (is_within(type, 53, -1074, 1024)) {
        return TypeKind::float64;
    }
    unreadable(path, fmt::format("floating-point number of {} bytes with values that float64 does not have",
                                 H5Tget_size(type)));
}

Dtype read_string(hid_t type) {
    const Charset charset = H5Tget_cset(type) == H5T_CSET_UTF8 ? Charset::utf8 : Charset::ascii;
    if (H5Tis_variable_str(type) > 0) {
        return Dtype::variable_string(charset);
    }
    const H5T_str_t padding = H5Tget_strpad(type);
    return Dtype::fixed_string(H5Tget_size(type), charset,
                               padding == H5T_STR_NULLTERM   ? Padding::null_terminated
                               : padding == H5T_STR_SPACEPAD ? Padding::space_padded
                                                             : Padding::null_padded);
}

Dtype read_enumeration(hid_t type, const std::string& path) {
    const Type file_base(check(H5Tget_super(type), "H5Tget_super", {.path = path}));
    const Dtype base = read_integer(file_base.get(), path);
    const hid_t wide = base.kind() == TypeKind::uint64 ? H5T_NATIVE_UINT64 : H5T_NATIVE_INT64;
    const int count = check(H5Tget_nmembers(type), "H5Tget_nmembers", {.path = path});
    std::vector<Enumerator> enumerators;
    for (unsigned i = 0; i < static_cast<unsigned>(count); ++i) {
        std::int64_t value = 0;  // room for any integer, converted in place
        std::array<std::byte, 64> room{};
        if (H5Tget_size(file_base.get()) > room.size()) {
            unreadable(path, "an enumeration of wide integers");
        }
        check(H5Tget_member_value(type, i, room.data()), "H5Tget_member_value", {.path = path});
        check(H5Tconvert(file_base.get(), wide, 1, room.data(), nullptr, H5P_DEFAULT), "H5Tconvert", {.path = path});
        std::memcpy(&value, room.data(), sizeof value);
        enumerators.push_back({name_of(H5Tget_member_name, type, i), value});
    }
    std::ranges::sort(enumerators, {}, &Enumerator::value);
    if (enumerators == std::vector<Enumerator>{{"FALSE", 0}, {"TRUE", 1}}) {
        return TypeKind::boolean;  // h5py's, whatever the integers
    }
    if (!is_stored_as(file_base.get(), base)) {
        unreadable(path, "an enumeration of integers of an unusual size");  // HDF5 would lose values without a name
    }
    return Dtype::enumeration(base, std::move(enumerators));
}

Dtype read_compound(hid_t type, const std::string& path, int depth) {
    const int count = check(H5Tget_nmembers(type), "H5Tget_nmembers", {.path = path});
    std::vector<Member> members;
    bool is_as_wide = true;
    for (unsigned i = 0; i < static_cast<unsigned>(count); ++i) {
        const Type part(check(H5Tget_member_type(type, i), "H5Tget_member_type", {.path = path}));
        members.push_back({name_of(H5Tget_member_name, type, i), H5Tget_member_offset(type, i),
                           read_nested(part.get(), path, depth + 1)});
        is_as_wide = is_as_wide && members.back().dtype.itemsize() == H5Tget_size(part.get());
    }
    std::size_t size = H5Tget_size(type);
    if (!is_as_wide) {  // HDF5 converts, by the names, to a compound without gaps
        std::ranges::sort(members, {}, &Member::offset);
        size = 0;
        for (Member& member : members) {
            member.offset = std::exchange(size, size + member.dtype.itemsize());
        }
    }
    if (count == 2 && members[0].name == "r" && members[1].name == "i" && members[0].dtype == members[1].dtype &&
        members[0].offset == 0 && members[1].offset == members[0].dtype.itemsize() && size == 2 * members[1].offset) {
        const Dtype& part = members[0].dtype;
        if (part.kind() == TypeKind::float32 || part.kind() == TypeKind::float64) {
            return Dtype(part.kind() == TypeKind::float32 ? TypeKind::complex64 : TypeKind::complex128)
                .with_byte_order(part.byte_order());
        }
    }
    return Dtype::compound(std::move(members), size);
}

Dtype read_array(hid_t type, const std::string& path, int depth) {
    const Type base(check(H5Tget_super(type), "H5Tget_super", {.path = path}));
    const int ndim = check(H5Tget_array_ndims(type), "H5Tget_array_ndims", {.path = path});
    std::vector<hsize_t> dims(static_cast<std::size_t>(ndim));
    check(H5Tget_array_dims2(type, dims.data()), "H5Tget_array_dims2", {.path = path});
    return Dtype::subarray(read_nested(base.get(), path, depth + 1),
                           Shape(std::vector<Index>(dims.begin(), dims.end())));
}

Dtype read_opaque(hid_t type) {
    const std::unique_ptr<char, herr_t (*)(void*)> tag(H5Tget_tag(type), H5free_memory);
    return Dtype::opaque(H5Tget_size(type), tag == nullptr ? "" : tag.get());
}

Dtype read_sequence(hid_t type, const std::string& path, int depth) {
    const Type base(check(H5Tget_super(type), "H5Tget_super", {.path = path}));
    return Dtype::sequence(read_nested(base.get(), path, depth + 1));
}

Dtype read_class(hid_t type, const std::string& path, int depth) {
    switch (H5Tget_class(type)) {
        case H5T_INTEGER:
            return read_integer(type, path);
        case H5T_FLOAT:
            return read_float(type, path);
        case H5T_STRING:
            return read_string(type);
        case H5T_ENUM:
            return read_enumeration(type, path);
        case H5T_COMPOUND:
            return read_compound(type, path, depth);
        case H5T_ARRAY:
            return read_array(type, path, depth);
        case H5T_OPAQUE:
            return read_opaque(type);
        case H5T_VLEN:
            return read_sequence(type, path, depth);
        case H5T_BITFIELD:
            unreadable(path, "bit field");
        case H5T_REFERENCE:
            unreadable(path, "reference");
        case H5T_TIME:
            unreadable(path, "time");
        default:
            unreadable(path, "a class that HDF5 does not name");
    }
}

/// HDF5 compares every level of types in types twice with what is below (H5T_cmp, 1.10.8): two to the number of levels,
/// of which hundreds fit into a small file.
Dtype read_nested(hid_t type, const std::string& path, int depth) {
    constexpr int deepest = 16;
    if (depth > deepest) {
        unreadable(path, fmt::format("types in types, more than {} levels", deepest));
    }
    try {
        return read_class(type, path, depth);
    } catch (const DtypeError& error) {
        if (!error.path().empty()) {
            throw;
        }
        unreadable(path, error.what());  // what no Dtype can be
    }
}

}  // namespace

Dtype read_type(hid_t type, const std::string& path) { return read_nested(type, path, 0); }

bool is_stored_as(hid_t type, const Dtype& dtype) {
    return check(H5Tequal(type, make_type(dtype).get()), "H5Tequal") > 0;
}

}  // namespace memdata::h5
