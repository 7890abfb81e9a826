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

}  // namespace memdata
