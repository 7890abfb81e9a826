// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "h5/links.hpp"

#include <fmt/format.h>

namespace memdata::h5 {

namespace {

[[noreturn]] void leads_elsewhere(const ErrorContext& context) {
    throw PathError(fmt::format("'{}' in file '{}' is, or leads through, a link to another file, which memdata does "
                                "not follow",
                                context.path, context.file),
                    context);
}

[[noreturn]] void cannot_be_opened(const ErrorContext& context, const std::string& reason) {
    throw FormatError(fmt::format("'{}' in file '{}' cannot be opened: {}", context.path, context.file, reason),
                      context);
}

bool has_link(hid_t group, const std::string& name, const ErrorContext& context) {
    return check(H5Lexists(group, name.c_str(), H5P_DEFAULT), "H5Lexists", context) > 0;
}

}  // namespace

std::optional<Object> open_object(hid_t group, const std::string& name, const ErrorContext& context) {
    if (!has_link(group, name, context)) {
        return std::nullopt;
    }
    H5L_info_t link{};
    check(H5Lget_info(group, name.c_str(), &link, H5P_DEFAULT), "H5Lget_info", context);
    if (link.type != H5L_TYPE_HARD && link.type != H5L_TYPE_SOFT) {
        leads_elsewhere(context);
    }
    // A soft link may lead through one to another file: this stops it there.
    bool elsewhere = false;
    const auto refuse = [](const char*, const char*, const char*, const char*, unsigned*, hid_t, void* seen) -> herr_t {
        *static_cast<bool*>(seen) = true;
        return -1;
    };
    const PropertyList access(check(H5Pcreate(H5P_LINK_ACCESS), "H5Pcreate", context));
    check(H5Pset_elink_cb(access.get(), refuse, &elsewhere), "H5Pset_elink_cb", context);
    const hid_t id = H5Oopen(group, name.c_str(), access.get());
    if (id >= 0) {
        return Object(id);
    }
    const std::string reason = error_stack();
    if (elsewhere) {
        leads_elsewhere(context);
    }
    if (link.type == H5L_TYPE_SOFT) {
        return std::nullopt;
    }
    cannot_be_opened(context, reason);
}

std::optional<Object> open_listed(hid_t group, const std::string& name, H5L_type_t link, const ErrorContext& context) {
    // In a damaged file a name can be a path, which leads anywhere.
    if (link != H5L_TYPE_HARD || name.find('/') != std::string::npos) {
        return open_object(group, name, context);
    }
    const hid_t id = H5Oopen(group, name.c_str(), H5P_DEFAULT);
    if (id < 0) {
        cannot_be_opened(context, error_stack());
    }
    return Object(id);
}

Group require_group(hid_t group, const std::string& name, const ErrorContext& context) {
    if (open_object(group, name, context)) {
        return Group(check(H5Gopen2(group, name.c_str(), H5P_DEFAULT), "H5Gopen2", context));
    }
    remove_link(group, name, context);
    return Group(check(H5Gcreate2(group, name.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), "H5Gcreate2", context));
}

void remove_link(hid_t group, const std::string& name, const ErrorContext& context) {
    if (has_link(group, name, context)) {
        check(H5Ldelete(group, name.c_str(), H5P_DEFAULT), "H5Ldelete", context);
    }
}

H5O_info_t object_info(hid_t object, const ErrorContext& context, unsigned fields) {
    H5O_info_t info{};
    check(H5Oget_info2(object, &info, fields), "H5Oget_info2", context);
    return info;
}

}  // namespace memdata::h5
