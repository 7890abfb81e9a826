// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <vector>

#include "memdata/base/partition.hpp"
#include "memdata/base/shape.hpp"

namespace memdata {

/// Extents of chunks, one an axis, for a dataset of elements of `itemsize` bytes: 256 KiB to 1 MiB a chunk (but never
/// less than one element), nearly as long on every axis, so that reading along any of them costs about the same. A
/// smaller dataset is one chunk; an axis of extent 0 has chunks of extent 1. Empty for a scalar, which has no chunks.
[[nodiscard]] std::vector<Index> automatic_chunks(const Shape& shape, std::size_t itemsize);

/// The same for a dataset that several ranks write, each a block of `axis`. Where the blocks allow it, no chunk belongs
/// to two ranks, which then need not exchange anything; a chunk may be as small as a rank's block for that, down to 16
/// KiB. Otherwise as few chunks as possible are shared, and a chunk has at most 4 MiB. Throws ArgumentError when the
/// axis is not one of the shape's, ShapeError when the partition's extent is not that of the axis.
[[nodiscard]] std::vector<Index> automatic_chunks(const Shape& shape, std::size_t itemsize, Axis axis,
                                                  const Partition& writers);

}  // namespace memdata
