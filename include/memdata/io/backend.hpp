// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "memdata/mpi/communicator.hpp"

namespace memdata {

/// The MPI-IO implementation below parallel HDF5 (Open MPI's io component) as it is in force, and what memdata
/// switched to keep it from writing and reading wrong data.
struct Backend {
    std::string component;  ///< "ompio", "romio321"; empty: Open MPI chooses (its highest priority)
    std::string origin;     ///< who chose: "select_backend", "MEMDATA_BACKEND", "launcher", "default"
    /// "fbtl_posix_read_datasieving=0, fbtl_posix_write_datasieving=0", or empty where none is needed.
    std::string cure;
};

/// "ompio (chosen by MEMDATA_BACKEND; fbtl_posix_write_datasieving=0)".
[[nodiscard]] std::string to_string(const Backend& backend);

/// Chooses "ompio" or "romio" (the installed version of it, or that by its full name) for all files of the
/// process. Must come before the first parallel open of the job: Open MPI decides then, once. Throws
/// BackendError on all ranks when the name is unknown (the message lists what is installed), when a file has
/// been opened already, or when the ranks ask for different ones. Collective on comm.
void select_backend(const Communicator& comm, std::string_view name);

/// What is in force. Without select_backend() the environment variable MEMDATA_BACKEND decides, then the launcher
/// (mpirun --mca io, OMPI_MCA_io), then Open MPI. save() and load() call this first. Throws BackendError when
/// MEMDATA_BACKEND is wrong, or when a file was opened before memdata could switch off ompio's data sieving, with
/// which versions before 4.1.7 corrupt files (open-mpi/ompi#12718) and those before 4.1.5 read wrong data where ranks
/// read the same bytes (open-mpi/ompi#10546). Collective on comm.
Backend backend(const Communicator& comm);

/// The io components that this Open MPI has: {"ompio", "romio321"}. Not collective.
[[nodiscard]] std::vector<std::string> installed_backends();

}  // namespace memdata
