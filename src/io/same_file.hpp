// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "io/direction.hpp"
#include "memdata/mpi/communicator.hpp"

namespace memdata::io {

/// Throws IoError on all ranks unless every rank can open the file under this name, and finds the same one there: of
/// the same size, time of modification (in seconds) and beginning. A rank may have another working directory, or a
/// file system of its own; MPI-IO would then hang (ompio) or mix two files. Collective on comm (one reduction; more on
/// failure).
void check_same_file(const Communicator& comm, const std::string& file);

/// Throws IoError when this rank cannot open the file so. Not collective.
void check_can_open(const std::string& file, Direction direction);

}  // namespace memdata::io
