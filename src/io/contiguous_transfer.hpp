// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <mpi.h>

#include <string>
#include <vector>

#include "io/direction.hpp"
#include "io/monitor.hpp"
#include "io/stripes.hpp"
#include "memdata/io/options.hpp"
#include "memdata/mpi/communicator.hpp"

namespace memdata::io {

/// Moves all blocks between memory and an open file, whatever their number, in one go:
///
/// - blocks whose pieces are large and contiguous in the file go directly, by independent MPI-IO;
/// - the rest is exchanged among the ranks (see exchange.hpp), so that the file sees few large accesses which
///   neither overlap nor leave gaps: no MPI-IO backend's data sieving can go wrong on them.
///
/// Errors are agreed on at the end: IoError on all ranks. The file's view must be the default one. Collective on
/// comm.
void transfer_contiguous(const Communicator& comm, MPI_File file, Direction direction,
                         const std::vector<ContiguousBlock>& blocks, const TransferOptions& options,
                         const std::string& file_name, Monitor& monitor);

}  // namespace memdata::io
