// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>

#include "h5/call.hpp"

namespace memdata::h5 {

/// The object behind a name in a group, soft links followed; nothing when there is no such name, or only a soft link
/// that leads nowhere. Throws PathError when the way leads to another file, FormatError when the object cannot be
/// opened; `context` has its path and the file.
[[nodiscard]] std::optional<Object> open_object(hid_t group, const std::string& name, const ErrorContext& context);

/// The same for a name that was listed in the group, as a link of this type: for hard links without looking again.
[[nodiscard]] std::optional<Object> open_listed(hid_t group, const std::string& name, H5L_type_t link,
                                                const ErrorContext& context);

/// The group of this name in a group; made when there is no object of the name.
[[nodiscard]] Group require_group(hid_t group, const std::string& name, const ErrorContext& context);

/// Makes the name free, whatever it stands for; the object itself goes when it has no other name.
void remove_link(hid_t group, const std::string& name, const ErrorContext& context);

/// What an object is, by H5Oget_info2.
[[nodiscard]] H5O_info_t object_info(hid_t object, const ErrorContext& context, unsigned fields = H5O_INFO_BASIC);

}  // namespace memdata::h5
