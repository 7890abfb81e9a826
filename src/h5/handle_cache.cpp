// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "h5/handle_cache.hpp"

#include <utility>

#include "h5/space.hpp"
#include "h5/types.hpp"

namespace memdata::h5 {

SharedType HandleCache::type(const Dtype& dtype) {
    const MadeType* made = types_.find([&](const MadeType& entry) { return entry.dtype == dtype; });
    return made != nullptr ? made->type : types_.add({dtype, std::make_shared<const Type>(make_type(dtype))}).type;
}

SharedSpace HandleCache::space(const Shape& shape) {
    const MadeSpace* made = spaces_.find([&](const MadeSpace& entry) { return entry.shape == shape; });
    return made != nullptr ? made->space : spaces_.add({shape, std::make_shared<const Space>(make_space(shape))}).space;
}

std::shared_ptr<const FileType> HandleCache::file_type(hid_t type, const std::function<std::string()>& path) {
    const auto context = [&] { return ErrorContext{.path = path()}; };
    FileType found;
    found.kind = check(H5Tget_class(type), "H5Tget_class", context);
    found.bytes = H5Tget_size(type);
    // To HDF5, strings of variable length are equal whatever their character set and padding; they may be inside
    // another type.
    bool has_strings = false;
    if (found.kind == H5T_STRING) {
        found.charset = check(H5Tget_cset(type), "H5Tget_cset", context);
        found.padding = check(H5Tget_strpad(type), "H5Tget_strpad", context);
    } else if (found.kind == H5T_COMPOUND || found.kind == H5T_ARRAY || found.kind == H5T_VLEN) {
        has_strings = check(H5Tdetect_class(type, H5T_STRING), "H5Tdetect_class", context) > 0;
    }
    const auto* known = file_types_.find([&](const auto& entry) {
        return !has_strings && entry->kind == found.kind && entry->bytes == found.bytes &&
               entry->charset == found.charset && entry->padding == found.padding &&
               H5Tequal(entry->type.get(), type) > 0;
    });
    if (known != nullptr) {
        return *known;
    }
    found.type = Type(check(H5Tcopy(type), "H5Tcopy", context));
    found.has_references = check(H5Tdetect_class(type, H5T_REFERENCE), "H5Tdetect_class", context) > 0;
    if (!found.has_references) {
        found.dtype = read_type(type, path());
        found.is_stored_as = check(H5Tequal(type, this->type(found.dtype)->get()), "H5Tequal", context) > 0;
        found.memory = this->type(found.dtype.is_trivial() ? found.dtype : found.dtype.native());
    }
    return file_types_.add(std::make_shared<const FileType>(std::move(found)));
}

}  // namespace memdata::h5
