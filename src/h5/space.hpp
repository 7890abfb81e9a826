// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <string>

#include "h5/call.hpp"
#include "memdata/base/selection.hpp"
#include "memdata/base/shape.hpp"

namespace memdata::h5 {

/// A dataspace of this shape; scalar when it has no dimensions.
[[nodiscard]] Space make_space(const Shape& shape);
/// One without elements and without a shape.
[[nodiscard]] Space make_null_space();
/// The shape of a scalar or simple dataspace; throws FormatError, with the path, when there is no such shape.
[[nodiscard]] Shape read_shape(hid_t space, const std::function<std::string()>& path);
/// Selects in `space` what `selection` takes; its indices ascend on every axis. Selects nothing when it is empty.
void select(hid_t space, const ResolvedSelection& selection);

}  // namespace memdata::h5
