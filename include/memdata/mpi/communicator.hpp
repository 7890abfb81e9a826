// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <boost/mpi/communicator.hpp>

namespace memdata {

/// Boost.MPI's shared handle: copying it copies a reference, nothing is duplicated. Default: MPI_COMM_WORLD.
using Communicator = boost::mpi::communicator;

/// The same ranks in the same order (MPI_Comm_compare gives MPI_IDENT or MPI_CONGRUENT)? Not collective.
[[nodiscard]] bool congruent(const Communicator& a, const Communicator& b);

}  // namespace memdata
