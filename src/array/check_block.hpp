// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "memdata/array/mpi_array.hpp"

namespace memdata {

/// Throws ShapeError unless the array's block has the shape that its distribution gives this rank: local() can be
/// assigned to, and moved from. Defined with RedistributionPlan.
void check_block(const MPIArray& array);

}  // namespace memdata
