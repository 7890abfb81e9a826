// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "io/posix.hpp"
#include "memdata/mpi/communicator.hpp"

namespace memdata::io {

/// Opens the file on every rank to read. Throws IoError on all ranks unless every rank can open it under this name,
/// and finds the same one there: of the same size, time of modification (in seconds) and beginning. A rank may have
/// another working directory, or a file system of its own; MPI-IO would then hang (ompio) or mix two files. Collective
/// on comm (one reduction; more on failure).
Descriptor open_same_file(const Communicator& comm, const std::string& file);

/// Throws IoError when this rank cannot open the file to read and write. Not collective.
void check_can_write(const std::string& file);

}  // namespace memdata::io
