// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "memdata/io/options.hpp"
#include "memdata/io/statistics.hpp"
#include "memdata/tree/mem_group.hpp"

// Threads: a process saves or loads one file at a time, whatever the communicators. A thread that comes while another
// is at it is refused: Error, on all ranks, before anything is touched. (It is not made to wait: on two ranks two
// threads may come in another order, and would wait for ever.) Any thread may call, as far as MPI's thread level goes:
// another one than that which initialised MPI needs ThreadLevel::serialized. Where the level is too low, so that MPI
// must not be called, Error is thrown without the other ranks.
namespace memdata {

/// Saves a tree as an HDF5 file that caput and h5py read. The final name holds the complete old file or the
/// complete new one at any moment: everything goes to a temporary file beside it (".NAME", as caput's), under a
/// lock file (".NAME.lock"). The layout does not depend on the number of ranks.
///
/// Throws the same exception on all ranks, with nothing changed under the final name: MismatchError when trees,
/// names or options differ between ranks; ArgumentError when a filter is not there or does not go with its dataset;
/// DtypeError when a value does not convert to Storage::file_dtype; LockError when somebody else is writing the file;
/// IoError for everything the file system refuses; BackendError (see backend.hpp).
///
/// Returns what was done, and how fast; the same on all ranks.
///
/// Collective on the tree's communicator. A tree without one is saved by this rank alone.
TransferStatistics save(const MemGroup& tree, const std::string& file, const SaveOptions& options = {});

/// Loads a file of memdata, caput or h5py. Datasets with caput's hint arrive distributed over the hinted axis,
/// balanced over the ranks; the others are read once, by rank 0, and are the same everywhere.
///
/// Throws the same exception on all ranks: IoError (missing, a directory, no permission, a filter that is not there),
/// FormatError (not HDF5, truncated, damaged, or with hints that cannot be followed), DtypeError for a type that
/// memdata does not know, or a value that does not convert, ArgumentError or PathError for options that do not fit the
/// file, MemoryError, before any data are read, when the ranks of a node want more than it has left.
///
/// `statistics`, where it is given, is set when all went well; not all ranks need give one.
///
/// Collective on comm.
[[nodiscard]] MemGroup load(const Communicator& comm, const std::string& file, const LoadOptions& options = {},
                            TransferStatistics* statistics = nullptr);

}  // namespace memdata
