// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <map>
#include <string>

namespace memdata_test {

/// What there is of each kind: "1 MPI datatype of MPI_Type_contiguous" is {"MPI datatype of MPI_Type_contiguous", 1}.
using Live = std::map<std::string, long>;

/// The objects that this process has made of MPI and not freed yet: communicators, groups, datatypes, windows, files,
/// infos, operations, error handlers and requests, by the function that made them. They are counted by MPI's profiling
/// interface, wherever the call is (HDF5's and Boost.MPI's, too); what MPI makes for itself inside a call is not seen.
Live live_mpi_objects();

}  // namespace memdata_test
