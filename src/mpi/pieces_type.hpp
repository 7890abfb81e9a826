// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <span>

#include "memdata/base/shape.hpp"
#include "mpi/call.hpp"

namespace memdata::mpi {

/// `count` times `length` bytes, `stride` bytes from one to the next.
struct Pieces {
    const std::byte* first;
    Index length;
    Index count;
    Index stride;
};

/// All of these, in order, as one element at MPI_BOTTOM (committed). There is at least one.
[[nodiscard]] Type pieces_type(std::span<const Pieces> all);

}  // namespace memdata::mpi
