// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>

#include "memdata/array/distribution.hpp"
#include "memdata/base/array.hpp"
#include "memdata/mpi/communicator.hpp"

// Variable strings are objects, not bytes: they travel serialised.
namespace memdata {

/// What RedistributionPlan does for bytes. Collective on comm.
void exchange_strings(const Communicator& comm, const Distribution& from, const Array& source, const Distribution& to,
                      Array& target);
/// Fills `whole` on `root`. Collective on comm.
void gather_strings(const Communicator& comm, const Distribution& distribution, const Array& block, int root,
                    std::optional<Array>& whole);
/// Fills `whole` on every rank. Collective on comm.
void allgather_strings(const Communicator& comm, const Distribution& distribution, const Array& block, Array& whole);
/// Fills this rank's `block` from `whole`, which `root` has. Collective on comm.
void scatter_strings(const Communicator& comm, const Distribution& distribution, const Array* whole, int root,
                     Array& block);

}  // namespace memdata
