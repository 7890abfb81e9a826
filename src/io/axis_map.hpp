// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "memdata/base/partition.hpp"
#include "memdata/base/selection.hpp"

namespace memdata::io {

/// Part of the distinct indices of a selection along one axis, numbered in the order of the file: [first, last).
struct Window {
    Index chunk = 0;  ///< the chunk that it lies in, along this axis
    Index first = 0;
    Index last = 0;
    [[nodiscard]] Index count() const noexcept { return last - first; }
};

/// Equally spaced elements along one axis, in a stage and in a rank's block.
struct Run {
    Index stage;
    Index stage_step;
    Index local;
    Index local_step;
    Index count;
};

/// What a selection takes along one axis: its *positions* are in the order of the selection, its distinct *indices* in
/// the order of the file, numbered 0 to size(). Ranges take no memory, whatever their length.
class AxisMap {
public:
    explicit AxisMap(const AxisIndices& selected);

    /// Number of distinct indices.
    [[nodiscard]] Index size() const noexcept { return ascending_.count(); }
    /// The n-th of them.
    [[nodiscard]] Index index(Index n) const { return ascending_[n]; }
    /// How many from the n-th on, up to the last-th, follow each other without a gap.
    [[nodiscard]] Index neighbours(Index n, Index last) const;
    /// The number of the first that is not below `index`.
    [[nodiscard]] Index lower_bound(Index index) const;

    /// The indices as windows of at most `most`, none of which crosses an edge of a chunk (0: there are no chunks).
    [[nodiscard]] std::vector<Window> windows(Index chunk, Index most) const;

    /// How many positions have their index in the window.
    [[nodiscard]] Index positions(const Window& window) const;
    /// The same for each rank that has any of them when the positions are split so.
    [[nodiscard]] std::vector<std::pair<int, Index>> ranks(const Window& window, const Partition& partition) const;

    /// The positions [first, last), counted from first, whose index is in the window: as runs by ascending index. In
    /// the stage, an index has the place that it has in the window, or, when `base` is given, its distance from that
    /// index.
    [[nodiscard]] std::vector<Run> runs(const Window& window, std::optional<Index> base, Index first, Index last) const;

private:
    enum class Order { forward, backward, any };
    struct Entry {
        Index number;  // of the index
        Index position;
    };
    /// The entries of a window, when the order is any.
    [[nodiscard]] std::pair<const Entry*, const Entry*> entries(const Window& window) const;

    AxisIndices ascending_;
    Order order_ = Order::forward;
    std::vector<Entry> entries_;  // by number and position; only when the order is any
};

}  // namespace memdata::io
