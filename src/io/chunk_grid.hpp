// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

#include "memdata/base/shape.hpp"

namespace memdata::io {

/// How a chunked dataset is cut: chunks are numbered in row-major order; those at the upper edges reach beyond.
class ChunkGrid {
public:
    /// No extent of `chunks` is below 1.
    ChunkGrid(const Shape& shape, std::vector<Index> chunks);

    [[nodiscard]] const Shape& shape() const noexcept { return shape_; }
    /// Extents of a chunk.
    [[nodiscard]] const Shape& chunk() const noexcept { return chunk_; }
    /// Number of chunks along each axis.
    [[nodiscard]] const Shape& counts() const noexcept { return counts_; }
    [[nodiscard]] Index size() const noexcept { return counts_.elements(); }
    /// The indices of a chunk's first element in the dataset.
    [[nodiscard]] std::vector<Index> start(Index number) const;

private:
    Shape shape_;
    Shape chunk_;
    Shape counts_;
};

}  // namespace memdata::io
