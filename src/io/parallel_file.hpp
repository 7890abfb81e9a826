// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <string>

#include "h5/call.hpp"
#include "io/contiguous_transfer.hpp"
#include "io/monitor.hpp"
#include "memdata/io/options.hpp"
#include "memdata/mpi/communicator.hpp"

namespace memdata::io {

/// An HDF5 file that all ranks have open through the mpio driver.
class ParallelFile {
public:
    [[nodiscard]] hid_t id() const noexcept { return file_.get(); }
    /// The driver's own handle of it, with the default view.
    [[nodiscard]] MPI_File mpi_file() const noexcept { return mpi_file_; }

private:
    friend void with_parallel_file(const Communicator&, const std::string&, Direction, const TransferOptions&, Monitor&,
                                   const std::function<void(const ParallelFile&)>&);
    void open(MPI_Comm comm, const std::string& file, Direction direction, MPI_Info info);

    h5::File file_;
    MPI_File mpi_file_ = MPI_FILE_NULL;
};

/// Opens an existing file on all ranks, runs `body`, and closes the file, on all ranks together whatever happens:
/// when `body` throws on one rank, all ranks close and throw that. `file` is a name that all ranks can open.
/// Collective on comm.
void with_parallel_file(const Communicator& comm, const std::string& file, Direction direction,
                        const TransferOptions& options, Monitor& monitor,
                        const std::function<void(const ParallelFile&)>& body);

/// Throws ArgumentError for options that no transfer may have: limits out of range, harmful MPI_Info.
void check_options(const TransferOptions& options, const std::string& component);

}  // namespace memdata::io
