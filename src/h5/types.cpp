// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "h5/types.hpp"

#include <fmt/format.h>

#include <memory>
#include <vector>

namespace memdata::h5 {

namespace {

hid_t number_type(TypeKind kind, bool big) {
    switch (kind) {
        case TypeKind::int8:
            return big ? H5T_STD_I8BE : H5T_STD_I8LE;
        case TypeKind::int16:
            return big ? H5T_STD_I16BE : H5T_STD_I16LE;
        case TypeKind::int32:
            return big ? H5T_STD_I32BE : H5T_STD_I32LE;
        case TypeKind::int64:
            return big ? H5T_STD_I64BE : H5T_STD_I64LE;
        case TypeKind::uint8:
            return big ? H5T_STD_U8BE : H5T_STD_U8LE;
        case TypeKind::uint16:
            return big ? H5T_STD_U16BE : H5T_STD_U16LE;
        case TypeKind::uint32:
            return big ? H5T_STD_U32BE : H5T_STD_U32LE;
        case TypeKind::uint64:
            return big ? H5T_STD_U64BE : H5T_STD_U64LE;
        case TypeKind::float32:
            return big ? H5T_IEEE_F32BE : H5T_IEEE_F32LE;
        case TypeKind::float64:
            return big ? H5T_IEEE_F64BE : H5T_IEEE_F64LE;
        default:
            return H5I_INVALID_HID;
    }
}

Type copied(hid_t type) { return Type(check(H5Tcopy(type), "H5Tcopy")); }

Type string_type(const Dtype& dtype) {
    Type type = copied(H5T_C_S1);
    const bool variable = dtype.kind() == TypeKind::variable_string;
    check(H5Tset_size(type.get(), variable ? H5T_VARIABLE : dtype.itemsize()), "H5Tset_size");
    check(H5Tset_cset(type.get(), dtype.charset() == Charset::utf8 ? H5T_CSET_UTF8 : H5T_CSET_ASCII), "H5Tset_cset");
    const H5T_str_t padding = variable || dtype.padding() == Padding::null_terminated ? H5T_STR_NULLTERM
                              : dtype.padding() == Padding::null_padded               ? H5T_STR_NULLPAD
                                                                                      : H5T_STR_SPACEPAD;
    check(H5Tset_strpad(type.get(), padding), "H5Tset_strpad");
    return type;
}

Type bool_type() {
    Type type(check(H5Tenum_create(H5T_STD_I8LE), "H5Tenum_create"));
    const signed char no = 0;
    const signed char yes = 1;
    check(H5Tenum_insert(type.get(), "FALSE", &no), "H5Tenum_insert");
    check(H5Tenum_insert(type.get(), "TRUE", &yes), "H5Tenum_insert");
    return type;
}

Type complex_type(const Dtype& dtype) {
    const bool big = dtype.byte_order() == ByteOrder::big;
    const hid_t part = number_type(dtype.kind() == TypeKind::complex64 ? TypeKind::float32 : TypeKind::float64, big);
    Type type(check(H5Tcreate(H5T_COMPOUND, dtype.itemsize()), "H5Tcreate"));
    check(H5Tinsert(type.get(), "r", 0, part), "H5Tinsert");
    check(H5Tinsert(type.get(), "i", dtype.itemsize() / 2, part), "H5Tinsert");
    return type;
}

Type compound_type(const Dtype& dtype) {
    Type type(check(H5Tcreate(H5T_COMPOUND, dtype.itemsize()), "H5Tcreate"));
    for (const Member& member : dtype.members()) {
        const Type part = make_type(member.dtype);
        check(H5Tinsert(type.get(), member.name.c_str(), member.offset, part.get()), "H5Tinsert");
    }
    return type;
}

Type subarray_type(const Dtype& dtype) {
    const Type base = make_type(dtype.base());
    const std::vector<hsize_t> dims(dtype.dims().begin(), dtype.dims().end());
    return Type(
        check(H5Tarray_create2(base.get(), static_cast<unsigned>(dims.size()), dims.data()), "H5Tarray_create2"));
}

}  // namespace

Type make_type(const Dtype& dtype) {
    switch (dtype.kind()) {
        case TypeKind::boolean:
            return bool_type();
        case TypeKind::complex64:
        case TypeKind::complex128:
            return complex_type(dtype);
        case TypeKind::variable_string:
        case TypeKind::fixed_string:
            return string_type(dtype);
        case TypeKind::compound:
            return compound_type(dtype);
        case TypeKind::subarray:
            return subarray_type(dtype);
        default:
            return copied(number_type(dtype.kind(), dtype.byte_order() == ByteOrder::big));
    }
}

namespace {

[[noreturn]] void unreadable(const std::string& path, const std::string& what) {
    throw DtypeError(fmt::format("'{}' has an element type that memdata cannot read: {}", path, what),
                     {.path = path, .dtype = what});
}

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

Dtype read_integer(hid_t type, const std::string& path) {
    const std::size_t size = H5Tget_size(type);
    const bool is_signed = H5Tget_sign(type) == H5T_SGN_2;
    if (H5Tget_precision(type) != 8 * size || (size != 1 && size != 2 && size != 4 && size != 8)) {
        unreadable(path, fmt::format("integer of {} bits in {} bytes", H5Tget_precision(type), size));
    }
    const int log2 = size == 1 ? 0 : size == 2 ? 1 : size == 4 ? 2 : 3;
    const auto first = static_cast<int>(is_signed ? TypeKind::int8 : TypeKind::uint8);
    return Dtype(static_cast<TypeKind>(first + log2)).with_byte_order(byte_order(type, path));
}

Dtype read_float(hid_t type, const std::string& path) {
    for (const TypeKind kind : {TypeKind::float32, TypeKind::float64}) {
        for (const bool big : {false, true}) {
            if (H5Tequal(type, number_type(kind, big)) > 0) {
                return Dtype(kind).with_byte_order(big ? ByteOrder::big : ByteOrder::little);
            }
        }
    }
    unreadable(path, fmt::format("floating-point number of {} bytes that is not IEEE 32 or 64 bit", H5Tget_size(type)));
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
    const Type base(check(H5Tget_super(type), "H5Tget_super", {.path = path}));
    bool is_bool = H5Tget_nmembers(type) == 2 && H5Tget_size(base.get()) == 1;
    for (unsigned i = 0; is_bool && i < 2; ++i) {
        signed char value = -1;
        check(H5Tget_member_value(type, i, &value), "H5Tget_member_value", {.path = path});
        is_bool = name_of(H5Tget_member_name, type, i) == (value == 0 ? "FALSE" : value == 1 ? "TRUE" : "?");
    }
    if (!is_bool) {
        unreadable(path, "an enumeration other than FALSE/TRUE");
    }
    return TypeKind::boolean;
}

Dtype read_compound(hid_t type, const std::string& path) {
    const int count = check(H5Tget_nmembers(type), "H5Tget_nmembers", {.path = path});
    std::vector<Member> members;
    for (unsigned i = 0; i < static_cast<unsigned>(count); ++i) {
        const Type part(check(H5Tget_member_type(type, i), "H5Tget_member_type", {.path = path}));
        members.push_back(
            {name_of(H5Tget_member_name, type, i), H5Tget_member_offset(type, i), read_type(part.get(), path)});
    }
    const std::size_t size = H5Tget_size(type);
    if (count == 2 && members[0].name == "r" && members[1].name == "i" && members[0].dtype == members[1].dtype &&
        members[0].offset == 0 && members[1].offset == members[0].dtype.itemsize() && size == 2 * members[1].offset) {
        const Dtype& part = members[0].dtype;
        if (part.kind() == TypeKind::float32 || part.kind() == TypeKind::float64) {
            return Dtype(part.kind() == TypeKind::float32 ? TypeKind::complex64 : TypeKind::complex128)
                .with_byte_order(part.byte_order());
        }
    }
    try {
        return Dtype::compound(std::move(members), size);
    } catch (const DtypeError& error) {
        unreadable(path, error.what());
    }
}

Dtype read_array(hid_t type, const std::string& path) {
    const Type base(check(H5Tget_super(type), "H5Tget_super", {.path = path}));
    const int ndim = check(H5Tget_array_ndims(type), "H5Tget_array_ndims", {.path = path});
    std::vector<hsize_t> dims(static_cast<std::size_t>(ndim));
    check(H5Tget_array_dims2(type, dims.data()), "H5Tget_array_dims2", {.path = path});
    return Dtype::subarray(read_type(base.get(), path), Shape(std::vector<Index>(dims.begin(), dims.end())));
}

}  // namespace

Dtype read_type(hid_t type, const std::string& path) {
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
            return read_compound(type, path);
        case H5T_ARRAY:
            return read_array(type, path);
        case H5T_OPAQUE:
            unreadable(path, "opaque");
        case H5T_BITFIELD:
            unreadable(path, "bit field");
        case H5T_REFERENCE:
            unreadable(path, "reference");
        case H5T_VLEN:
            unreadable(path, "sequence of variable length");
        case H5T_TIME:
            unreadable(path, "time");
        default:
            unreadable(path, "a class that HDF5 does not name");
    }
}

}  // namespace memdata::h5
