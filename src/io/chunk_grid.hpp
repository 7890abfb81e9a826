// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

#include "memdata/base/selection.hpp"
#include "memdata/base/shape.hpp"

namespace memdata::io {

/// The chunks of a dataset of which a selection takes something, numbered in row-major order among themselves: the
/// others, of which a sparse dataset may have any number, cost nothing.
class ChunkGrid {
public:
    /// `chunks`: the extents of a chunk, none below 1.
    ChunkGrid(const std::vector<Index>& chunks, const ResolvedSelection& selection);

    /// No less than the size() of such a grid, in which nothing can overflow; a number for every axis is all it costs.
    [[nodiscard]] static double most(const std::vector<Index>& chunks, const ResolvedSelection& selection);

    [[nodiscard]] Index size() const noexcept { return counts_.elements(); }
    /// The indices of a chunk's first element in the dataset.
    [[nodiscard]] std::vector<Index> start(Index number) const;
    /// The number of the chunk that starts there.
    [[nodiscard]] Index number(const std::vector<Index>& start) const;

private:
    std::vector<std::vector<Index>> starts_;  // by axis; ascending
    Shape counts_;                            // how many there are
};

}  // namespace memdata::io
