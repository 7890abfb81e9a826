// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// Types, what travels between ranks, and hints in attributes.
#include "h5/call.hpp"
#include "h5/types.hpp"
#include "io/structure_archive.hpp"
#include "memdata/base/error.hpp"
#include "targets.hpp"

namespace memdata_fuzz {

namespace md = memdata;
namespace h5 = memdata::h5;

namespace {

/// Bytes that are no archive: an Error, or a value that travels as well as any other.
template <class T>
void unpack_any(std::string_view bytes) {
    T value;
    try {
        md::mpi::unpack(bytes, value);
    } catch (const md::Error&) {
        return;
    }
    const std::string packed = md::mpi::pack(value);
    T again;
    md::mpi::unpack(packed, again);
    require(md::mpi::pack(again) == packed, "a value changes on its way");
}

}  // namespace

void dtypes(std::string_view input) {
    const h5::QuietErrors quiet;
    Input in(input);
    md::Dtype dtype;
    try {
        dtype = in.dtype();
    } catch (const md::DtypeError&) {
        return;
    } catch (const md::ShapeError&) {
        return;
    }
    require(!md::to_string(dtype).empty(), "it prints nothing");
    require(dtype.native().is_native(), "native or not");
    md::Dtype arrived;
    md::mpi::unpack(md::mpi::pack(dtype), arrived);
    require(arrived == dtype, "another arrives on other ranks");
    try {
        const md::Dtype read = h5::read_type(h5::make_type(dtype).get(), "fuzz");
        const md::Dtype again = h5::read_type(h5::make_type(read).get(), "fuzz");
        require(again == read, "read twice it is another");
        require(read.itemsize() == dtype.itemsize(), "read back it has another size");
    } catch (const md::Error& error) {
        require(error.kind() != md::ErrorKind::general, "an exception of somebody else's");
    }
}

void archives(std::string_view input) {
    if (input.empty()) {
        return;
    }
    const std::string_view bytes = input.substr(1);
    switch (static_cast<unsigned char>(input.front()) % 7) {
        case 0:
            return unpack_any<md::Shape>(bytes);
        case 1:
            return unpack_any<md::Dtype>(bytes);
        case 2:
            return unpack_any<md::Array>(bytes);
        case 3:
            return unpack_any<md::MemAttrs>(bytes);
        case 4:
            return unpack_any<md::Storage>(bytes);
        case 5:
            return unpack_any<std::vector<md::io::FileNode>>(bytes);
        default:
            return unpack_any<std::vector<md::io::DatasetPlace>>(bytes);
    }
}

namespace {

md::AttrValue read_value(Input& in) {
    switch (in.below(6)) {
        case 0:
            return in.index();
        case 1:
            return std::string_view(in.text());
        case 2:
            return md::AttrValue::json_text(in.text());
        case 3:
            return md::AttrValue::null(in.dtype());
        case 4: {
            double number = 0;
            const std::uint64_t bits = in.bits(8);
            std::memcpy(&number, &bits, sizeof number);
            return number;
        }
        default: {
            const md::Dtype dtype = in.dtype();
            const md::Shape shape = in.shape(3);
            md::Array array = shape.bytes(dtype.itemsize()) < 4096 ? md::Array::zeros(dtype.native(), shape)
                                                                   : md::Array::zeros(dtype.native(), {});
            if (array.dtype().is_trivial()) {
                for (md::Index i = 0; i < array.bytes(); ++i) {
                    const auto byte = static_cast<std::byte>(in.bits(1));
                    array.data()[i] = dtype.kind() == md::TypeKind::boolean ? byte & std::byte{1} : byte;
                }
            }
            return {std::move(array), dtype};
        }
    }
}

/// Values of which there are too many bytes to make one of.
bool is_too_large(const md::Error& error) {
    return error.kind() == md::ErrorKind::shape || error.kind() == md::ErrorKind::dtype ||
           error.kind() == md::ErrorKind::format;
}

}  // namespace

void hints(std::string_view input) {
    Input in(input);
    md::io::FileNode node{.path = "/fuzz", .in_file = "/fuzz"};
    try {
        node.shape = in.shape(4);
        node.storage.null_space = in.below(8) == 0;
        for (const char* name : {md::io::dataset_hint, md::io::axis_hint, md::io::file_hint}) {
            if (in.below(8) != 0) {
                node.attrs[name] = read_value(in);
            }
        }
    } catch (const md::Error& error) {
        require(is_too_large(error), "an exception of another kind");
        return;
    }
    md::io::take_hints(node, "fuzz.h5");
    require(node.attrs.empty(), "hints stay among the attributes");
    require(!node.axis || (*node.axis >= 0 && *node.axis < node.shape.ndim()), "an axis that is not there");
    require(!node.axis || !node.storage.null_space, "nothing is distributed");
}

}  // namespace memdata_fuzz
