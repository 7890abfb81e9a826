// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "h5/call.hpp"
#include "memdata/base/attributes.hpp"

namespace memdata::h5 {

/// Writes one attribute on an open object that has none of this name.
void write_attribute(hid_t object, const std::string& path, const std::string& name, const AttrValue& value);
/// Makes the name free, if it is not.
void remove_attribute(hid_t object, const std::string& path, const std::string& name);
/// All attributes of an open object.
[[nodiscard]] MemAttrs read_attributes(hid_t object, const std::string& path);
/// Does the value need more room than the 64 KiB of an object header of the oldest format?
[[nodiscard]] bool needs_dense_storage(const AttrValue& value);

}  // namespace memdata::h5
