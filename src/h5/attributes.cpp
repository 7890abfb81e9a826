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

std::string full_name(const std::string& path, std::string_view name) { return fmt::format("{} @{}", path, name); }

Attribute create(hid_t object, const std::string& name, const Dtype& dtype, const Space& space,
                 const ErrorContext& context) {
    const Type type = make_type(dtype);
    return Attribute(check(H5Acreate2(object, name.c_str(), type.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT),
                           "H5Acreate2", context));
}

void write_array(hid_t object, const std::string& name, const Array& array, const Dtype& file_dtype,
                 const ErrorContext& context) {
    Attribute attribute = create(object, name, file_dtype, make_space(array.shape()), context);
    if (array.size() > 0) {
        write_elements(array, file_dtype, context.path, [&](hid_t type, const void* buffer) {
            check(H5Awrite(attribute.get(), type, buffer), "H5Awrite", context);
        });
    }
    attribute.close("H5Aclose", context);
}

/// By themselves, or in sequences or compounds: dimension scales are such.
bool has_references(hid_t attribute, const std::string& path) {
    const Type type(check(H5Aget_type(attribute), "H5Aget_type", {.path = path}));
    return check(H5Tdetect_class(type.get(), H5T_REFERENCE), "H5Tdetect_class", {.path = path}) > 0;
}

AttrValue read_attribute(hid_t attribute, const std::string& path) {
    const ErrorContext context{.path = path};
    const Type type(check(H5Aget_type(attribute), "H5Aget_type", context));
    const Space space(check(H5Aget_space(attribute), "H5Aget_space", context));
    const Dtype dtype = read_type(type.get(), path);
    if (H5Sget_simple_extent_type(space.get()) == H5S_NULL) {
        return AttrValue::null(dtype);
    }
    Array array = Array::uninitialized(dtype.native(), read_shape(space.get(), path));
    if (array.size() > 0) {
        read_elements(array, dtype, space.get(), [&](hid_t memory_type, void* buffer) {
            check(H5Aread(attribute, memory_type, buffer), "H5Aread", context);
        });
    }
    if (dtype.kind() == TypeKind::variable_string && array.shape().is_scalar()) {
        const std::string& text = array.item<std::string>();
        if (text.starts_with(json_prefix)) {
            try {
                return AttrValue::json_text(text.substr(json_prefix.size()));
            } catch (const FormatError&) {
                // Not JSON after all: it stays the text that it is, and is written back as such.
            }
        }
    }
    return {std::move(array), dtype};
}

}  // namespace

void write_attribute(hid_t object, const std::string& path, const std::string& name, const AttrValue& value) {
    const ErrorContext context{.path = full_name(path, name)};
    switch (value.kind()) {
        case AttrValue::Kind::null: {
            create(object, name, value.file_dtype(), make_null_space(), context).close("H5Aclose", context);
            break;
        }
        case AttrValue::Kind::array:
            write_array(object, name, value.array(), value.file_dtype(), context);
            break;
        case AttrValue::Kind::json: {
            const Array text = Array::scalar<std::string>(std::string(json_prefix) + value.json_text());
            write_array(object, name, text, text.dtype(), context);
            break;
        }
    }
}

void remove_attribute(hid_t object, const std::string& path, const std::string& name) {
    const ErrorContext context{.path = full_name(path, name)};
    if (check(H5Aexists(object, name.c_str()), "H5Aexists", context) > 0) {
        check(H5Adelete(object, name.c_str()), "H5Adelete", context);
    }
}

MemAttrs read_attributes(hid_t object, const std::string& path, std::vector<std::string>& left_out) {
    struct State {
        const std::string& path;
        std::vector<std::string>& left_out;
        MemAttrs attrs;
        std::exception_ptr failure;
    } state{path, left_out, {}, nullptr};
    // C++ exceptions must not pass through HDF5's C code: they wait in the state.
    const auto visit = [](hid_t location, const char* name, const H5A_info_t*, void* data) -> herr_t {
        auto& out = *static_cast<State*>(data);
        try {
            const std::string item = full_name(out.path, name);
            const Attribute attribute(check(H5Aopen(location, name, H5P_DEFAULT), "H5Aopen", {.path = item}));
            if (has_references(attribute.get(), item)) {
                out.left_out.push_back(item);
            } else {
                out.attrs[name] = read_attribute(attribute.get(), item);
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
    // A long list of names or members takes room, too.
    std::size_t type_bytes = 0;
    check(H5Tencode(make_type(value.file_dtype()).get(), nullptr, &type_bytes), "H5Tencode");
    const Index data = value.kind() == AttrValue::Kind::array ? value.array().bytes() : 0;
    return data + static_cast<Index>(type_bytes) > header_limit;
}

}  // namespace memdata::h5
