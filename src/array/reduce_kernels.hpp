// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "memdata/base/dtype.hpp"

// The loops of reductions. A state is what a reduction knows of the elements it has seen.
namespace memdata {

enum class Reduction : std::uint8_t { sum, prod, sum_for_mean, deviations, min, max, any, all, argmin, argmax };

/// Elements to fold: rows of columns, each column into a state of its own. Steps in elements.
struct FoldRows {
    const std::byte* data;
    Index rows;
    Index row_step;
    Index columns;
    Index column_step;
    Index number;            // of the first row, for argmin and argmax
    Index number_step;       // from row to row
    const std::byte* means;  // one a column, for deviations
};

struct ReduceKernel {
    Dtype state;
    /// May rounding errors add up, so that states are better merged in a tree?
    bool pairwise;
    /// States that have seen nothing.
    void (*start)(std::byte* states, Index count);
    void (*fold)(std::byte* states, const FoldRows& rows);
    /// states[i] becomes what has seen the elements of both; those of `next` come later.
    void (*merge)(std::byte* states, const std::byte* next, Index count);
};

/// Throws DtypeError when the reduction has no meaning for elements of `dtype`.
[[nodiscard]] ReduceKernel reduce_kernel(Reduction reduction, const Dtype& dtype);

/// Of reduce_kernel(): those that find a place. The state's dtype is opaque, 16 bytes.
[[nodiscard]] ReduceKernel place_kernel(Reduction reduction, const Dtype& dtype);
/// The places, int64, that are in such states.
void extract_places(const std::byte* states, std::int64_t* places, Index count, const Dtype& dtype);

[[noreturn]] void throw_no_reduction(Reduction reduction, const Dtype& dtype);

}  // namespace memdata
