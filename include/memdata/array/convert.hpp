// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "memdata/array/mpi_array.hpp"
#include "memdata/base/convert.hpp"

namespace memdata {

/// A copy with elements of another type, by the rules of converted() for an Array; distributed as `array`. Throws on
/// all ranks: DtypeError, for the first element of the first rank that has one that cannot be converted, with its
/// global index; MismatchError when ranks differ in array or arguments; MemoryError. Collective on array.comm().
[[nodiscard]] MPIArray converted(const MPIArray& array, const Dtype& dtype, Conversion how = Conversion::exact);

}  // namespace memdata
