// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "memdata/array/collectives.hpp"

namespace memdata {

/// The loop that combines elements of a trivial dtype. Throws DtypeError when the operation has no meaning for it.
[[nodiscard]] ElementOp combine_loop(const Dtype& dtype, ReduceOp op);

/// Throws DtypeError unless the operation has a meaning for the dtype, variable strings included.
void check_meaning(const Dtype& dtype, ReduceOp op);

}  // namespace memdata
