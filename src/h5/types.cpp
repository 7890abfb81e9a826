// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "h5/types.hpp"

#include <fmt/format.h>

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

/// binary16, which HDF5 has no name for before 1.14.4.
Type float16_type(bool big) {
    Type type = copied(big ? H5T_IEEE_F32BE : H5T_IEEE_F32LE);
    check(H5Tset_fields(type.get(), 15, 10, 5, 0, 10), "H5Tset_fields");
    check(H5Tset_size(type.get(), 2), "H5Tset_size");
    check(H5Tset_ebias(type.get(), 15), "H5Tset_ebias");
    return type;
}

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

Type enumeration_type(const Dtype& dtype) {
    const Type base = make_type(dtype.base());
    Type type(check(H5Tenum_create(base.get()), "H5Tenum_create"));
    for (const Enumerator& item : dtype.enumerators()) {
        std::int64_t value = item.value;  // room for any integer, converted in place
        const bool is_uint64 = dtype.base().kind() == TypeKind::uint64;
        check(H5Tconvert(is_uint64 ? H5T_NATIVE_UINT64 : H5T_NATIVE_INT64, base.get(), 1, &value, nullptr, H5P_DEFAULT),
              "H5Tconvert");
        check(H5Tenum_insert(type.get(), item.name.c_str(), &value), "H5Tenum_insert");
    }
    return type;
}

Type opaque_type(const Dtype& dtype) {
    Type type(check(H5Tcreate(H5T_OPAQUE, dtype.itemsize()), "H5Tcreate"));
    check(H5Tset_tag(type.get(), dtype.tag().c_str()), "H5Tset_tag");
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
        case TypeKind::float16:
            return float16_type(dtype.byte_order() == ByteOrder::big);
        case TypeKind::enumeration:
            return enumeration_type(dtype);
        case TypeKind::opaque:
            return opaque_type(dtype);
        case TypeKind::sequence:
            return Type(check(H5Tvlen_create(make_type(dtype.base()).get()), "H5Tvlen_create"));
        default:
            return copied(number_type(dtype.kind(), dtype.byte_order() == ByteOrder::big));
    }
}

}  // namespace memdata::h5
