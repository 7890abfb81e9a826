// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// How the values of the base layer travel between ranks: by serialize functions of Boost.Serialization, in archives
// without versions (both ends are the same program). A type read back is built by its public factories, which check it.

#include <boost/serialization/split_free.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "memdata/base/array.hpp"
#include "memdata/base/attributes.hpp"
#include "memdata/base/storage.hpp"
#include "mpi/archive.hpp"

namespace memdata::mpi {

/// Bytes of any serialisable value, and back.
template <class T>
[[nodiscard]] std::string pack(const T& value) {
    OutArchive archive;
    archive << value;
    return std::move(archive).bytes();
}
template <class T>
void unpack(std::string_view bytes, T& value) {
    InArchive(bytes) >> value;
}

}  // namespace memdata::mpi

BOOST_SERIALIZATION_SPLIT_FREE(memdata::Shape)
BOOST_SERIALIZATION_SPLIT_FREE(memdata::Dtype)
BOOST_SERIALIZATION_SPLIT_FREE(memdata::Array)
BOOST_SERIALIZATION_SPLIT_FREE(memdata::AttrValue)
BOOST_SERIALIZATION_SPLIT_FREE(memdata::MemAttrs)
BOOST_SERIALIZATION_SPLIT_FREE(memdata::Storage)

namespace boost::serialization {

template <class Archive>
void save(Archive& ar, const memdata::Shape& shape, unsigned) {
    ar << shape.extents();
}
template <class Archive>
void load(Archive& ar, memdata::Shape& shape, unsigned) {
    std::vector<memdata::Index> extents;
    ar >> extents;
    shape = memdata::Shape(std::move(extents));
}

template <class Archive>
void save(Archive& ar, const memdata::Dtype& dtype, unsigned) {
    using memdata::TypeKind;
    const TypeKind kind = dtype.kind();
    ar << kind;
    const std::size_t itemsize = dtype.itemsize();
    if (kind == TypeKind::compound) {
        const std::size_t count = dtype.members().size();
        ar << itemsize << count;
        for (const memdata::Member& member : dtype.members()) {
            ar << member.name << member.offset << member.dtype;
        }
    } else if (kind == TypeKind::subarray) {
        ar << dtype.base() << dtype.dims();
    } else if (kind == TypeKind::sequence) {
        ar << dtype.base();
    } else if (kind == TypeKind::enumeration) {
        const std::size_t count = dtype.enumerators().size();
        ar << dtype.base() << count;
        for (const memdata::Enumerator& item : dtype.enumerators()) {
            ar << item.name << item.value;
        }
    } else if (kind == TypeKind::opaque) {
        ar << itemsize << dtype.tag();
    } else {
        const memdata::Charset charset = dtype.charset();
        const memdata::Padding padding = dtype.padding();
        const memdata::ByteOrder order = dtype.byte_order();
        ar << itemsize << charset << padding << order;
    }
}
template <class Archive>
void load_parts(Archive& ar, memdata::TypeKind kind, memdata::Dtype& dtype) {
    using memdata::Dtype;
    using memdata::TypeKind;
    std::size_t itemsize = 0;
    Dtype base;
    if (kind == TypeKind::compound) {
        ar >> itemsize;
        std::vector<memdata::Member> members(ar.count(sizeof(std::size_t)));
        for (memdata::Member& member : members) {
            ar >> member.name >> member.offset >> member.dtype;
        }
        dtype = Dtype::compound(std::move(members), itemsize);
    } else if (kind == TypeKind::subarray) {
        memdata::Shape dims;
        ar >> base >> dims;
        dtype = Dtype::subarray(base, dims);
    } else if (kind == TypeKind::sequence) {
        ar >> base;
        dtype = Dtype::sequence(base);
    } else if (kind == TypeKind::enumeration) {
        ar >> base;
        std::vector<memdata::Enumerator> enumerators(ar.count(sizeof(std::size_t)));
        for (memdata::Enumerator& item : enumerators) {
            ar >> item.name >> item.value;
        }
        dtype = Dtype::enumeration(base, std::move(enumerators));
    }
}
template <class Archive>
void load(Archive& ar, memdata::Dtype& dtype, unsigned) {
    using memdata::Dtype;
    using memdata::TypeKind;
    TypeKind kind{};
    ar >> kind;
    if (kind == TypeKind::compound || kind == TypeKind::subarray || kind == TypeKind::sequence ||
        kind == TypeKind::enumeration) {
        ar.nested([&] { load_parts(ar, kind, dtype); });
        return;
    }
    std::size_t itemsize = 0;
    ar >> itemsize;
    if (kind == TypeKind::opaque) {
        std::string tag;
        ar >> tag;
        dtype = Dtype::opaque(itemsize, std::move(tag));
    } else {
        memdata::Charset charset{};
        memdata::Padding padding{};
        memdata::ByteOrder order{};
        ar >> charset >> padding >> order;
        if (kind == TypeKind::fixed_string) {
            dtype = Dtype::fixed_string(itemsize, charset, padding);
        } else if (kind == TypeKind::variable_string) {
            dtype = Dtype::variable_string(charset);
        } else {
            dtype = Dtype(kind).with_byte_order(order);
        }
    }
}

/// An array whose type is known.
template <class Archive>
void save_elements(Archive& ar, const memdata::Array& array) {
    ar << array.shape();
    if (array.dtype().is_trivial()) {
        ar.save_binary(array.data(), static_cast<std::size_t>(array.bytes()));
    } else {
        for (const std::string& text : array.span<std::string>()) {
            ar << text;
        }
    }
}
template <class Archive>
[[nodiscard]] memdata::Array load_elements(Archive& ar, const memdata::Dtype& dtype) {
    memdata::Shape shape;
    ar >> shape;
    ar.check(static_cast<std::size_t>(dtype.is_trivial() ? shape.bytes(dtype.itemsize())
                                                         : shape.bytes(sizeof(std::size_t))));
    memdata::Array array = memdata::Array::uninitialized(dtype, shape);
    if (dtype.is_trivial()) {
        ar.load_binary(array.data(), static_cast<std::size_t>(array.bytes()));
    } else {
        for (std::string& text : array.span<std::string>()) {
            ar >> text;
        }
    }
    return array;
}

template <class Archive>
void save(Archive& ar, const memdata::Array& array, unsigned) {
    ar << array.dtype();
    save_elements(ar, array);
}
template <class Archive>
void load(Archive& ar, memdata::Array& array, unsigned) {
    memdata::Dtype dtype;
    ar >> dtype;
    array = load_elements(ar, dtype);
}

template <class Archive>
void save(Archive& ar, const memdata::AttrValue& value, unsigned) {
    using Kind = memdata::AttrValue::Kind;
    const Kind kind = value.kind();
    ar << kind;
    if (kind == Kind::json) {
        ar << value.json_text();
    } else {
        ar << value.file_dtype();  // that of the array, but for the byte order
        if (kind == Kind::array) {
            save_elements(ar, value.array());
        }
    }
}
template <class Archive>
void load(Archive& ar, memdata::AttrValue& value, unsigned) {
    using memdata::AttrValue;
    AttrValue::Kind kind{};
    ar >> kind;
    if (kind == AttrValue::Kind::json) {
        std::string text;
        ar >> text;
        value = AttrValue::json_text(std::move(text));
    } else {
        memdata::Dtype file_dtype;
        ar >> file_dtype;
        if (kind == AttrValue::Kind::array) {
            value = file_dtype.is_native() ? AttrValue(load_elements(ar, file_dtype))
                                           : AttrValue(load_elements(ar, file_dtype.native()), file_dtype);
        } else {
            value = AttrValue::null(file_dtype);
        }
    }
}

template <class Archive>
void save(Archive& ar, const memdata::MemAttrs& attrs, unsigned) {
    const std::size_t count = attrs.size();
    ar << count;
    for (const auto& [name, value] : attrs) {
        ar << name << value;
    }
}
template <class Archive>
void load(Archive& ar, memdata::MemAttrs& attrs, unsigned) {
    attrs = {};
    std::size_t count = 0;
    ar >> count;
    for (std::size_t i = 0; i < count; ++i) {
        std::string name;
        ar >> name;
        ar >> attrs[name];
    }
}

template <class Archive>
void serialize(Archive& ar, memdata::Filter& filter, unsigned) {
    ar& filter.id& filter.options& filter.mandatory;
}

template <class Archive>
void save(Archive& ar, const memdata::Storage& storage, unsigned) {
    const bool foreign = storage.file_dtype.has_value();
    ar << storage.chunks << storage.filters << storage.automatic_chunks << storage.conversion << storage.null_space
       << foreign;
    if (foreign) {
        ar << *storage.file_dtype;
    }
}
template <class Archive>
void load(Archive& ar, memdata::Storage& storage, unsigned) {
    bool foreign = false;
    ar >> storage.chunks >> storage.filters >> storage.automatic_chunks >> storage.conversion >> storage.null_space >>
        foreign;
    storage.file_dtype.reset();
    if (foreign) {
        ar >> storage.file_dtype.emplace();
    }
}

}  // namespace boost::serialization
