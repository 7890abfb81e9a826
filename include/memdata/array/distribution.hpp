// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "memdata/base/partition.hpp"
#include "memdata/base/shape.hpp"

namespace memdata {

/// How an array of a global shape lies on the ranks: one axis is cut into a block a rank. Arithmetic only.
class Distribution {
public:
    /// Balanced over `ranks` ranks (Partition::balanced). Throws ArgumentError when the axis is out of range or
    /// the shape is a scalar's.
    Distribution(Shape global, Axis axis, int ranks);
    /// Blocks as given. Throws ShapeError when the partition's extent is not that of the axis.
    Distribution(Shape global, Axis axis, Partition partition);

    [[nodiscard]] const Shape& global_shape() const noexcept { return global_; }
    /// 0 <= axis() < global_shape().ndim().
    [[nodiscard]] int axis() const noexcept { return axis_; }
    [[nodiscard]] const Partition& partition() const noexcept { return partition_; }
    [[nodiscard]] int ranks() const noexcept { return partition_.parts(); }
    /// The shape of a rank's block. Throws ArgumentError when there is no such rank.
    [[nodiscard]] Shape local_shape(int rank) const;
    /// Where a rank's block starts, in each axis: zero but for the distributed one. Throws as local_shape().
    [[nodiscard]] std::vector<Index> offsets(int rank) const;

    friend bool operator==(const Distribution&, const Distribution&) = default;

private:
    void check_rank(int rank) const;

    Shape global_;
    int axis_;
    Partition partition_;
};

/// "(7, 3) distributed over axis 0, 7 over 3 ranks".
[[nodiscard]] std::string to_string(const Distribution& distribution);

}  // namespace memdata
