// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <vector>

#include "memdata/base/subscript.hpp"
#include "truth.hpp"

// Random slices, and what they must hold: lists of indices, computed with arithmetic of their own.
namespace memdata::testing {

/// 0, 1, .., n - 1.
Indices count_up(Index n);

/// Row-major numbers, in a whole of `shape`, of the elements with these indices on each axis.
Indices numbers_of(const Indices& shape, const std::vector<Indices>& indices);

/// Subscripts, and what they mean by a list of indices for every axis.
struct Taken {
    Subscripts subscripts;
    std::vector<Indices> indices;
    Indices shape;                         // of the result
    std::vector<std::optional<int>> axes;  // where each axis went

    /// The indices of a rank, of those on the distributed axis.
    [[nodiscard]] std::vector<Indices> on(const Layout& layout, int rank) const;
};

/// Steps are positive unless `any_step`.
Taken any_subscripts(Random& random, const Indices& shape, bool any_step = true);

/// Up to 4 axes, blocks balanced or any.
Layout any_layout(Random& random, int ranks, Index max_extent = 9);
const Dtype& any_dtype(Random& random);

/// The elements are those of these numbers.
::testing::AssertionResult holds_all(const Array& array, const Indices& numbers);

}  // namespace memdata::testing
