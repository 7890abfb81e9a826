// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "h5/call.hpp"
#include "h5/handle_cache.hpp"
#include "memdata/base/attributes.hpp"

namespace memdata::h5 {

/// Writes one attribute on an open object that has none of this name.
void write_attribute(hid_t object, const std::string& path, const std::string& name, const AttrValue& value,
                     HandleCache& handles);
/// Makes the name free, if it is not.
void remove_attribute(hid_t object, const std::string& path, const std::string& name);
/// All attributes of an open object, but those with references to something in the file, whose full names are put into
/// `left_out`: what they refer to is not known outside of it.
[[nodiscard]] MemAttrs read_attributes(hid_t object, const std::string& path, HandleCache& handles,
                                       std::vector<std::string>& left_out);
/// Does the value need more room than the 64 KiB of an object header of the oldest format?
[[nodiscard]] bool needs_dense_storage(const AttrValue& value);

}  // namespace memdata::h5
