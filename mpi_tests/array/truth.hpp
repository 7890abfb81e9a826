// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <gtest/gtest.h>
#include <mpi.h>

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "memdata/array/mpi_array.hpp"

// What the arrays of these tests must hold, computed from global indices with arithmetic of its own and nothing of
// the library's.
namespace memdata::testing {

using Indices = std::vector<Index>;

/// The first n mod P blocks get one more.
Indices balanced(Index extent, int ranks);

/// One distribution, spelled out.
struct Layout {
    Indices shape;
    int axis = 0;
    Indices counts;

    [[nodiscard]] Index start(int rank) const;
    [[nodiscard]] Indices block(int rank) const;
    [[nodiscard]] Distribution distribution() const;
};

inline Layout layout(Indices shape, int axis, int ranks) {
    Indices counts = balanced(shape[static_cast<std::size_t>(axis)], ranks);
    return {std::move(shape), axis, std::move(counts)};
}

/// Row-major number in the whole of every element of the part of `shape` that begins at `start` on one axis.
std::vector<Index> global_numbers(const Indices& shape, int axis, Index start, const Indices& block);

/// Writes into an element what belongs to a global number; tells whether it is there.
void put(Array& array, Index element, Index number);
[[nodiscard]] bool holds_number(const Array& array, Index element, Index number);

/// This rank's block of the layout, with every element that of its global number.
MPIArray make(const Communicator& comm, const Dtype& dtype, const Layout& layout);
/// Everything about the array is what the layout says.
::testing::AssertionResult is_as(const MPIArray& array, const Dtype& dtype, const Layout& layout);
/// The same for a whole array.
::testing::AssertionResult is_whole(const Array& array, const Dtype& dtype, const Indices& shape);

/// Every kind of element type: the list's, fixed strings, a compound with gaps, variable strings.
const std::vector<Dtype>& all_dtypes();

/// The same random numbers on all ranks. Collective.
class Random {
public:
    Random();
    [[nodiscard]] std::uint32_t seed() const { return seed_; }
    Index between(Index low, Index high);
    /// A split of the extent into any blocks, empty ones included.
    Indices split(Index extent, int ranks);

private:
    std::uint32_t seed_ = 0;
    std::mt19937 engine_;
};

}  // namespace memdata::testing
