// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "base/function_ref.hpp"
#include "h5/call.hpp"
#include "io/direction.hpp"
#include "io/monitor.hpp"
#include "memdata/io/backend.hpp"
#include "memdata/io/options.hpp"
#include "memdata/mpi/communicator.hpp"

namespace memdata::io {

/// How all ranks open a file.
enum class Opening {
    mpio,    ///< through HDF5's mpio driver, for what HDF5 moves itself: all ranks together
    mpi_io,  ///< past HDF5, which may have it open on rank 0: every rank by itself, for accesses of its own
};

/// A file that all ranks have open. Where the ranks access it independently, each opens it for itself: when that fails
/// on one rank, ompio would let the others wait in MPI_File_open for ever, and MPI_File_close and _sync are no better.
class ParallelFile {
public:
    ParallelFile() = default;
    ~ParallelFile();
    ParallelFile(const ParallelFile&) = delete;
    ParallelFile& operator=(const ParallelFile&) = delete;

    /// HDF5's, when it was opened through the mpio driver.
    [[nodiscard]] hid_t id() const noexcept { return file_.get(); }
    /// The driver's own handle of it, with the default view.
    [[nodiscard]] MPI_File mpi_file() const noexcept { return mpi_file_; }

private:
    friend void with_parallel_file(const Communicator&, const std::string&, Opening, Direction, const TransferOptions&,
                                   const Backend&, Monitor&, FunctionRef<void(const ParallelFile&)>);
    void open_alone(const std::string& file, Direction direction, MPI_Info info);
    void open_together(const h5::PropertyList& access, const std::string& file, Direction direction);
    void close(const std::string& file);

    h5::File file_;
    MPI_File mpi_file_ = MPI_FILE_NULL;  // this rank's own, unless it is of file_
};

/// Opens an existing file on all ranks, runs `body`, and closes the file, on all ranks together whatever happens:
/// when `body` throws, in step on all ranks or after its last collective call on one, all ranks close and throw that.
/// `file` is the same for all ranks (open_same_file()). Collective on comm.
void with_parallel_file(const Communicator& comm, const std::string& file, Opening opening, Direction direction,
                        const TransferOptions& options, const Backend& backend, Monitor& monitor,
                        FunctionRef<void(const ParallelFile&)> body);

/// Chooses the backend unless that has been done, recognises the file system, checks the options, tells the monitor,
/// and names once on stderr of rank 0 what is known to go wrong. The reference stays good. Throws on all ranks.
/// Collective on comm.
const Backend& prepare_transfer(const Communicator& comm, const std::string& file, const TransferOptions& options,
                                Monitor& monitor);

/// Throws ArgumentError for options that no transfer may have: limits out of range, harmful MPI_Info.
void check_options(const TransferOptions& options, const std::string& component, const std::string& file_system);

}  // namespace memdata::io
