// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "h5/attributes.hpp"

#include <fmt/format.h>

#include <exception>

#include "h5/elements.hpp"
#include "h5/space.hpp"
#include "h5/types.hpp"

namespace memdata::h5 {

namespace {

/// Whose the attribute is, for messages; spelled out only when there is one.
struct Name {
    const std::string& path;
    std::string_view name;
    [[nodiscard]] std::string full() const { return fmt::format("{} @{}", path, name); }
    [[nodiscard]] ErrorContext operator()() const { return {.path = full()}; }
};

void write_array(hid_t object, const std::string& name, const Array& array, const Dtype& file_dtype,
                 HandleCache& handles, const Name& context) {
    const SharedType type = handles.type(file_dtype);
    Attribute attribute(check(
        H5Acreate2(object, name.c_str(), type->get(), handles.space(array.shape())->get(), H5P_DEFAULT, H5P_DEFAULT),
        "H5Acreate2", context));
    if (array.size() > 0) {
        const SharedType memory = file_dtype.is_trivial() ? type : handles.type(memory_dtype(file_dtype));
        const auto write = [&](const void* buffer) {
            check(H5Awrite(attribute.get(), memory->get(), buffer), "H5Awrite", context);
        };
        if (array.dtype().is_trivial() && file_dtype.is_native()) {
            write(array.data());
        } else {
            write_elements(array, file_dtype, context.full(), write);
        }
    }
    attribute.close("H5Aclose", context);
}

AttrValue read_attribute(hid_t attribute, const FileType& type, const Name& context) {
    const Space space(check(H5Aget_space(attribute), "H5Aget_space", context));
    if (H5Sget_simple_extent_type(space.get()) == H5S_NULL) {
        return AttrValue::null(type.dtype);
    }
    Array array = Array::uninitialized(type.dtype.native(), read_shape(space.get(), [&] { return context.full(); }));
    if (array.size() > 0) {
        read_elements(array, type.dtype, type.memory->get(), space.get(),
                      [&](void* buffer) { check(H5Aread(attribute, type.memory->get(), buffer), "H5Aread", context); });
    }
    if (type.dtype.kind() == TypeKind::variable_string && array.shape().is_scalar()) {
        const std::string& text = array.item<std::string>();
        if (text.starts_with(json_prefix)) {
            try {
                return AttrValue::json_text(text.substr(json_prefix.size()));
            } catch (const FormatError&) {
                // Not JSON after all: it stays the text that it is, and is written back as such.
            }
        }
    }
    return {std::move(array), type.dtype};
}

}  // namespace

void write_attribute(hid_t object, const std::string& path, const std::string& name, const AttrValue& value,
                     HandleCache& handles) {
    const Name context{path, name};
    switch (value.kind()) {
        case AttrValue::Kind::null: {
            Attribute(check(H5Acreate2(object, name.c_str(), handles.type(value.file_dtype())->get(),
                                       make_null_space().get(), H5P_DEFAULT, H5P_DEFAULT),
                            "H5Acreate2", context))
                .close("H5Aclose", context);
            break;
        }
        case AttrValue::Kind::array:
            write_array(object, name, value.array(), value.file_dtype(), handles, context);
            break;
        case AttrValue::Kind::json: {
            const Array text = Array::scalar<std::string>(std::string(json_prefix) + value.json_text());
            write_array(object, name, text, text.dtype(), handles, context);
            break;
        }
    }
}

void remove_attribute(hid_t object, const std::string& path, const std::string& name) {
    const Name context{path, name};
    if (check(H5Aexists(object, name.c_str()), "H5Aexists", context) > 0) {
        check(H5Adelete(object, name.c_str()), "H5Adelete", context);
    }
}

MemAttrs read_attributes(hid_t object, const std::string& path, HandleCache& handles,
                         std::vector<std::string>& left_out) {
    struct State {
        const std::string& path;
        HandleCache& handles;
        std::vector<std::string>& left_out;
        MemAttrs attrs;
        std::exception_ptr failure;
    } state{path, handles, left_out, {}, nullptr};
    // C++ exceptions must not pass through HDF5's C code: they wait in the state.
    const auto visit = [](hid_t location, const char* name, const H5A_info_t*, void* data) -> herr_t {
        auto& out = *static_cast<State*>(data);
        try {
            const Name context{out.path, name};
            const Attribute attribute(check(H5Aopen(location, name, H5P_DEFAULT), "H5Aopen", context));
            const Type type(check(H5Aget_type(attribute.get()), "H5Aget_type", context));
            const auto known = out.handles.file_type(type.get(), [&] { return context.full(); });
            if (known->has_references) {  // dimension scales are such
                out.left_out.push_back(context.full());
            } else {
                out.attrs[name] = read_attribute(attribute.get(), *known, context);
            }
            return 0;
        } catch (...) {
            out.failure = std::current_exception();
            return -1;
        }
    };
    const herr_t result = H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_NATIVE, nullptr, visit, &state);
    if (state.failure) {
        H5Eclear2(H5E_DEFAULT);
        std::rethrow_exception(state.failure);
    }
    check(result, "H5Aiterate2", {.path = path});
    return std::move(state.attrs);
}

bool needs_dense_storage(const AttrValue& value) {
    constexpr Index header_limit = 64000;
    if (value.kind() == AttrValue::Kind::json) {
        return false;
    }
    const Dtype dtype = value.file_dtype();
    const Index data = value.kind() == AttrValue::Kind::array ? value.array().bytes() : 0;
    if (dtype.kind() <= TypeKind::fixed_string && dtype.kind() != TypeKind::sequence && data <= header_limit / 2) {
        return false;  // the usual ones, whose types take a few dozen bytes
    }
    // A long list of names or members takes room, too.
    std::size_t type_bytes = 0;
    check(H5Tencode(make_type(dtype).get(), nullptr, &type_bytes), "H5Tencode");
    return data + static_cast<Index>(type_bytes) > header_limit;
}

}  // namespace memdata::h5
