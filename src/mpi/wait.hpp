// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <mpi.h>

namespace memdata::mpi {

/// Waits for a request, the more asleep the longer it takes: ranks that wait for rank 0, which reads or writes the
/// structure of a file, are not to take the processor from it. A sleep is at most a thirty-second of the time waited,
/// and a millisecond. Returns what MPI_Test does.
[[nodiscard]] int wait(MPI_Request& request) noexcept;

/// MPI_Allreduce in place, waited for by wait(). Returns what MPI does.
[[nodiscard]] int allreduce(void* data, int count, MPI_Datatype type, MPI_Op operation, MPI_Comm comm) noexcept;

}  // namespace memdata::mpi
