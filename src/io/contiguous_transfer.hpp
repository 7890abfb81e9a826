// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

#include "io/direction.hpp"
#include "io/file_access.hpp"
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
/// Errors are agreed on at the end: IoError on all ranks. Collective on comm.
void transfer_contiguous(const Communicator& comm, const FileAccess& file, Direction direction,
                         const std::vector<ContiguousBlock>& blocks, TransferWay way, Monitor& monitor);

}  // namespace memdata::io
