// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

#include "base/function_ref.hpp"
#include "io/file_access.hpp"
#include "io/monitor.hpp"
#include "io/staging_plan.hpp"
#include "memdata/mpi/communicator.hpp"

// Datasets that are chunked, filtered, selected from or of another type in the file. Each unit of them (see
// StagingPlan) is read or written by one rank, which exchanges it with those that own its elements (two-phase I/O:
// Thakur, Gropp and Lusk, Frontiers '99), and which applies filters and conversions: HDF5 itself takes no part, so a
// chunk is filtered once whoever owns it, and nothing of HDF5's that is collective can hang.
namespace memdata::io {

/// Rank 0: gives the chunk of a dataset (its number in the list, the chunk's first element) a place in the file.
using PlaceChunk = FunctionRef<h5::ChunkPlace(std::size_t dataset, const std::vector<Index>& start, std::uint32_t bytes,
                                              std::uint32_t skipped)>;

/// From the file to the ranks' blocks. Throws on all ranks. Collective on comm.
void read_staged(const Communicator& comm, const FileAccess& file, const std::vector<StagedDataset>& datasets,
                 Monitor& monitor);

/// From the ranks' blocks to the file; selections must take whole datasets. Throws on all ranks. Collective on comm.
void write_staged(const Communicator& comm, const FileAccess& file, const std::vector<StagedDataset>& datasets,
                  const PlaceChunk& place_chunk, Monitor& monitor);

}  // namespace memdata::io
