// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <initializer_list>
#include <span>
#include <vector>

#include "memdata/array/mpi_array.hpp"

// Axes in another order or of other extents. Nothing communicates, and every element stays on its rank. An argument
// that is refused is refused on every rank alike, if all ranks pass the same; a MemoryError is this rank's alone.
namespace memdata {

/// numpy.transpose, copied to row-major order: axis i of the result is axis axes[i] of `array`, negative numbers count
/// from the end; the distributed axis stays the same under its new number. Throws ArgumentError when `axes` does not
/// name each axis once. (ArrayView::transpose makes a view of a block.)
[[nodiscard]] MPIArray transpose(const MPIArray& array, std::span<const int> axes);
[[nodiscard]] MPIArray transpose(const MPIArray& array, std::initializer_list<int> axes);
/// All axes reversed.
[[nodiscard]] MPIArray transpose(const MPIArray& array);

/// caput's MPIArray.reshape: other extents before and after the distributed axis, which keeps its extent, with as many
/// elements on each side of it as before; so every block stays what it is. Where extents of 1, or 0 on both sides,
/// leave several places for it, it keeps its number if it can, else the first place is taken. One extent may be -1:
/// what is left over.
///     reshape(array, {nfreq, nprod * ntime})   // of (nfreq, nprod, ntime) over axis 0
/// Throws ShapeError when the elements are not as many, or the distributed axis would be split, merged or lost.
[[nodiscard]] MPIArray reshape(const MPIArray& array, const std::vector<Index>& shape);
/// The same without a copy: the block moves. The array is left as it was when this throws.
[[nodiscard]] MPIArray reshape(MPIArray&& array, const std::vector<Index>& shape);

}  // namespace memdata
