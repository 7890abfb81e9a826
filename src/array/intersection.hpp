// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <vector>

#include "memdata/array/distribution.hpp"

namespace memdata {

/// A part of a rank's block, in local indices. No extent is zero.
struct Box {
    std::vector<Index> start;
    Shape extents;
};

/// What rank `a`'s block of `mine` has in common with rank `b`'s block of `theirs`, in a's local indices.
[[nodiscard]] std::optional<Box> intersection(const Distribution& mine, int a, const Distribution& theirs, int b);

}  // namespace memdata
