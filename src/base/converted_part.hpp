// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "memdata/base/convert.hpp"

namespace memdata::detail {

/// converted() of a part of a larger array: messages give indices in the whole, where the part begins at `origin`.
[[nodiscard]] Array converted_part(const ConstArrayView& source, const Dtype& dtype, Conversion how,
                                   const std::vector<Index>& origin);

/// convert_elements() that returns how many elements it converted: all, or those before the first that is not exact.
[[nodiscard]] Index convert_while_exact(const Dtype& from, const std::byte* source, const Dtype& to, std::byte* target,
                                        Index count, Conversion how);

/// Throws the DtypeError for that one; `where` are its indices, for the message.
[[noreturn]] void throw_inexact(const Dtype& from, const std::byte* element, const Dtype& to, const std::string& where);

}  // namespace memdata::detail
