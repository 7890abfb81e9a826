// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

#include "array/reduce_kernels.hpp"
#include "memdata/base/array_view.hpp"

namespace memdata {

/// Which elements of a block go into which state, and how they are numbered.
struct ReduceMap {
    std::vector<bool> reduced;          // one an axis
    std::vector<Index> number_strides;  // one an axis: what a step on it adds to an element's number
    Index first_number = 0;
};

/// One state for each element of the kept axes, of what this rank has; in an array of `shape`, which is that of the
/// kept axes, with reduced ones of extent 1 or without them. `means`: one a state, for deviations.
[[nodiscard]] Array reduce_block(const ConstArrayView& block, const ReduceMap& map, const ReduceKernel& kernel,
                                 const Shape& shape, const Array* means = nullptr);

}  // namespace memdata
