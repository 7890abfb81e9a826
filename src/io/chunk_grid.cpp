// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "io/chunk_grid.hpp"

#include <algorithm>

#include "io/axis_map.hpp"

namespace memdata::io {

ChunkGrid::ChunkGrid(const std::vector<Index>& chunks, const ResolvedSelection& selection) {
    std::vector<Index> counts;
    for (std::size_t axis = 0; axis < chunks.size(); ++axis) {
        const AxisMap map(selection.axes[axis]);
        std::vector<Index>& starts = starts_.emplace_back();
        for (const Window& window : map.windows(chunks[axis], map.size())) {
            starts.push_back(window.chunk * chunks[axis]);
        }
        counts.push_back(static_cast<Index>(starts.size()));
    }
    counts_ = Shape(std::move(counts));
}

double ChunkGrid::most(const std::vector<Index>& chunks, const ResolvedSelection& selection) {
    double all = 1;
    for (std::size_t axis = 0; axis < chunks.size(); ++axis) {
        const AxisIndices& indices = selection.axes[axis];
        const Index count = indices.count();
        if (count == 0) {
            return 0;
        }
        Index here = count;
        if (indices.range() != nullptr) {
            const auto [low, high] = std::minmax({indices[0], indices[count - 1]});
            here = std::min(count, high / chunks[axis] - low / chunks[axis] + 1);
        }
        all *= static_cast<double>(here);
    }
    return all;
}

std::vector<Index> ChunkGrid::start(Index number) const {
    std::vector<Index> result(starts_.size());
    for (std::size_t axis = starts_.size(); axis-- > 0;) {
        const auto count = static_cast<Index>(starts_[axis].size());
        result[axis] = starts_[axis][static_cast<std::size_t>(number % count)];
        number /= count;
    }
    return result;
}

Index ChunkGrid::number(const std::vector<Index>& start) const {
    Index result = 0;
    for (std::size_t axis = 0; axis < starts_.size(); ++axis) {
        const auto at = std::ranges::lower_bound(starts_[axis], start[axis]) - starts_[axis].begin();
        result = result * static_cast<Index>(starts_[axis].size()) + at;
    }
    return result;
}

}  // namespace memdata::io
