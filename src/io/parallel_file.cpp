// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "io/parallel_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <exception>

#include "io/backend_check.hpp"
#include "io/file_system.hpp"
#include "io/mpi_info.hpp"
#include "io/same_file.hpp"
#include "io/warn_once.hpp"
#include "memdata/base/error.hpp"
#include "memdata/mpi/agreement.hpp"
#include "mpi/call.hpp"
#include "mpi/large_count.hpp"

namespace memdata::io {

namespace {

/// Never a communicator with a topology: ompio takes its aggregators from it, and its rewriting of small gaps
/// then corrupts data (open-mpi/ompi#12718). A split drops the topology, a dup would keep it.
mpi::Comm plain(const Communicator& comm) {
    int topology = MPI_UNDEFINED;
    mpi::check(MPI_Topo_test(comm, &topology), "MPI_Topo_test");
    if (topology == MPI_UNDEFINED) {
        return mpi::Comm(comm, false);
    }
    MPI_Comm split = MPI_COMM_NULL;
    mpi::check(MPI_Comm_split(comm, 0, comm.rank(), &split), "MPI_Comm_split");
    return mpi::Comm(split);
}

}  // namespace

const Backend& prepare_transfer(const Communicator& comm, const std::string& file, const TransferOptions& options,
                                Monitor& monitor) {
    const Backend& backend = decided_backend(comm);
    const std::string file_system =
        mpi::broadcast_result(comm, "recognising the file system", 0, [&] { return file_system_of(file); });
    monitor.found(backend, file_system);
    agree(comm, "checking options", [&] {
        check_options(options, backend.component, file_system);
        for (const std::string& line : useless_hints(options.mpi_info, backend.component)) {
            warn_once(comm, line);
        }
        if (const std::string danger = danger_of(file_system, backend); !danger.empty()) {
            warn_once(comm, fmt::format("'{}' is on file system '{}': {}", file, file_system, danger));
        }
    });
    return backend;
}

void check_options(const TransferOptions& options, const std::string& component, const std::string& file_system) {
    constexpr Index least = 1024;
    constexpr Index most = Index{1} << 30;
    if (options.round_bytes < least || options.round_bytes > most) {
        throw ArgumentError(
            fmt::format("round_bytes is {}, but must be from {} to {}", options.round_bytes, least, most));
    }
    const double limit = options.watchdog.seconds;
    if (limit != 0 && !(limit >= 0.1 && limit <= 1e9)) {
        throw ArgumentError(
            fmt::format("the watchdog's limit is {} s, but must be 0 (none) or from 0.1 to 1e9 s", limit));
    }
    check_hints(options.mpi_info, component, file_system);
}

namespace {

/// For HDF5 to open the file on all ranks. Collective, as HDF5 duplicates the communicator: so nothing can fail on one
/// rank before that, not even for want of memory.
void use_mpio(const h5::PropertyList& access, MPI_Comm comm, MPI_Info info) {
    const auto context = [] { return ErrorContext{}; };
    h5::check(H5Pset_fapl_mpio(access.get(), comm, info), "H5Pset_fapl_mpio", context);
    // All ranks write metadata together; the default, each what it happens to hold, can hang (hdf5#265).
    h5::check(H5Pset_coll_metadata_write(access.get(), true), "H5Pset_coll_metadata_write", context);
}

}  // namespace

ParallelFile::~ParallelFile() {
    if (mpi_file_ != MPI_FILE_NULL && !file_.is_open()) {
        MPI_File_close(&mpi_file_);
    }
}

void ParallelFile::open_alone(const std::string& file, Direction direction, MPI_Info info) {
    const int mode = direction == Direction::write ? MPI_MODE_RDWR : MPI_MODE_RDONLY;
    mpi::check(MPI_File_open(MPI_COMM_SELF, file.c_str(), mode, info, &mpi_file_), "MPI_File_open", {.file = file});
}

/// Here, too, nothing can fail before the collective call.
void ParallelFile::open_together(const h5::PropertyList& access, const std::string& file, Direction direction) {
    const auto context = [&] { return ErrorContext{.file = file}; };
    const unsigned flags = direction == Direction::write ? H5F_ACC_RDWR : H5F_ACC_RDONLY;
    file_ = h5::File(h5::check(H5Fopen(file.c_str(), flags, access.get()), "H5Fopen (mpio)", context));
    void* handle = nullptr;
    h5::check(H5Fget_vfd_handle(file_.get(), access.get(), &handle), "H5Fget_vfd_handle", context);
    mpi_file_ = *static_cast<MPI_File*>(handle);
}

void ParallelFile::close(const std::string& file) {
    if (file_.is_open()) {
        mpi_file_ = MPI_FILE_NULL;
        file_.close("H5Fclose", [&] { return ErrorContext{.file = file}; });
    } else {
        const int code = MPI_File_close(&mpi_file_);
        mpi_file_ = MPI_FILE_NULL;
        mpi::check(code, "MPI_File_close", {.file = file});
    }
}

void with_parallel_file(const Communicator& comm, const std::string& file, Opening opening, Direction direction,
                        const TransferOptions& options, const Backend& backend, Monitor& monitor,
                        FunctionRef<void(const ParallelFile&)> body) {
    monitor.phase("opening");
    const bool together = opening == Opening::mpio;
    const mpi::Comm io_comm = together ? plain(comm) : mpi::Comm(MPI_COMM_SELF, false);
    mpi::Info info;
    h5::PropertyList access;
    agree(comm, "preparing to open the file on every rank", [&] {
        if (direction == Direction::write) {  // ompio hangs where a rank cannot; to read, open_same_file() did
            check_can_write(file);
        }
        info = make_info(options.mpi_info, backend.component);
        if (together) {
            access = h5::PropertyList(h5::check(H5Pcreate(H5P_FILE_ACCESS), "H5Pcreate"));
        }
    });
    if (together) {
        agree(comm, "preparing HDF5 to open the file", [&] { use_mpio(access, io_comm.get(), info.get()); });
    }
    ParallelFile parallel;
    agree(comm, "opening the file in parallel", [&] {
        if (together) {
            parallel.open_together(access, file, direction);
        } else {
            parallel.open_alone(file, direction, info.get());
        }
        check_opened_by(backend);
    });
    monitor.phase("data");
    std::exception_ptr failure;
    try {
        body(parallel);
    } catch (...) {
        failure = std::current_exception();
    }
    monitor.phase("closing");
    // Whoever failed, everybody closes: the ranks leave in step.
    std::exception_ptr close_failure;
    try {
        agree(comm, "transferring data", failure);
    } catch (...) {
        failure = std::current_exception();
    }
    try {
        parallel.close(file);
    } catch (...) {
        close_failure = std::current_exception();
    }
    agree(comm, "closing the file", failure ? failure : close_failure);
}

}  // namespace memdata::io
