// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "io_plain.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <hdf5.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

namespace md = memdata;

namespace bench {

namespace {

constexpr auto item = static_cast<md::Index>(sizeof(double));
/// Of one call of MPI-IO, in elements: 1 GiB. romio321 crashes beyond 2 GiB.
constexpr md::Index most = md::Index{1} << 27;

void check(int code, const char* what) {
    if (code == MPI_SUCCESS) {
        return;
    }
    std::array<char, MPI_MAX_ERROR_STRING> text{};
    int length = 0;
    MPI_Error_string(code, text.data(), &length);
    throw md::IoError(fmt::format("{}: {}", what, text.data()));
}

[[noreturn]] void fail(const char* what) { throw md::IoError(fmt::format("{}: {}", what, std::strerror(errno))); }

void check_count(const MPI_Status& status, int wanted) {
    int moved = 0;
    check(MPI_Get_count(&status, MPI_DOUBLE, &moved), "MPI_Get_count");
    if (moved != wanted) {
        throw md::IoError(fmt::format("MPI-IO moved {} of {} elements", moved, wanted));
    }
}

/// A file open on all ranks, seen through a view.
class MpiFile {
public:
    MpiFile(const md::Communicator& comm, const std::string& name, int mode, md::Index offset, MPI_Datatype view) {
        check(MPI_File_open(comm, name.c_str(), mode, MPI_INFO_NULL, &file_), "MPI_File_open");
        check(MPI_File_set_view(file_, offset, MPI_DOUBLE, view, "native", MPI_INFO_NULL), "MPI_File_set_view");
    }
    void close() { check(MPI_File_close(&file_), "MPI_File_close"); }
    operator MPI_File() const noexcept { return file_; }  // NOLINT: as Communicator does

private:
    MPI_File file_ = MPI_FILE_NULL;
};

}  // namespace

void write_all(int fd, const std::byte* data, std::size_t bytes, md::Index offset) {
    for (std::size_t done = 0; done < bytes;) {
        const ssize_t now = ::pwrite(fd, data + done, bytes - done, offset + static_cast<off_t>(done));
        if (now <= 0) {
            fail("pwrite");
        }
        done += static_cast<std::size_t>(now);
    }
}

void read_all(int fd, std::byte* data, std::size_t bytes, md::Index offset) {
    for (std::size_t done = 0; done < bytes;) {
        const ssize_t now = ::pread(fd, data + done, bytes - done, offset + static_cast<off_t>(done));
        if (now <= 0) {
            fail("pread");
        }
        done += static_cast<std::size_t>(now);
    }
}

md::Index offset_in_file(const md::Communicator& comm, const std::string& file, const std::string& dataset) {
    md::Index offset = -1;
    if (comm.rank() == 0) {
        if (const hid_t opened = H5Fopen(file.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT); opened >= 0) {
            const hid_t found = H5Dopen2(opened, dataset.c_str(), H5P_DEFAULT);
            offset = static_cast<md::Index>(H5Dget_offset(found));
            H5Dclose(found);
            H5Fclose(opened);
        }
    }
    MPI_Bcast(&offset, 1, MPI_INT64_T, 0, comm);
    if (offset < 0) {
        throw md::IoError(fmt::format("'{}' in '{}' is not contiguous", dataset, file));
    }
    return offset;
}

int open_for_writing(const std::string& file) {
    const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    return fd >= 0 ? fd : (fail("open"), -1);
}

int open_for_reading(const std::string& file) {
    const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    return fd >= 0 ? fd : (fail("open"), -1);
}

void close_file(int fd) {
    if (::close(fd) != 0) {
        fail("close");
    }
}

PlainBlock::PlainBlock(const md::Communicator& comm, const md::Distribution& distribution)
    : comm_(comm), shape_(distribution.local_shape(comm.rank())), run_(1), distance_(1), runs_(1) {
    const md::Shape& global = distribution.global_shape();
    const int axis = distribution.axis();
    for (int i = 0; i < global.ndim(); ++i) {
        (i < axis ? runs_ : run_) *= shape_[i];
        distance_ *= i < axis ? 1 : global[i];
        first_ = i == axis ? distribution.partition().offset(comm.rank()) : first_ * global[i];
    }
    if (run_ == distance_) {  // the only rank: all runs are adjacent
        run_ *= runs_;
        runs_ = 1;
    }
    for (int rank = 0; rank < distribution.ranks(); ++rank) {
        largest_ = std::max(largest_, distribution.local_shape(rank).elements());
    }
    std::vector<int> full;
    std::vector<int> part;
    std::vector<int> start;
    for (int i = 0; i < global.ndim(); ++i) {
        full.push_back(static_cast<int>(global[i]));
        part.push_back(static_cast<int>(shape_[i]));
        start.push_back(i == axis ? static_cast<int>(distribution.partition().offset(comm.rank())) : 0);
    }
    check(MPI_Type_create_subarray(global.ndim(), full.data(), part.data(), start.data(), MPI_ORDER_C, MPI_DOUBLE,
                                   &view_),
          "MPI_Type_create_subarray");
    check(MPI_Type_commit(&view_), "MPI_Type_commit");
}

void PlainBlock::write_posix(const std::string& file, const md::Array& block, bool sync) const {
    const int fd = open_for_writing(file);
    const auto bytes = static_cast<std::size_t>(run_ * item);
    const std::byte* data = block.data();
    for (md::Index run = 0; run < runs_; ++run, data += bytes) {
        write_all(fd, data, bytes, (first_ + run * distance_) * item);
    }
    if (sync && ::fsync(fd) != 0) {
        fail("fsync");
    }
    close_file(fd);
}

md::Array PlainBlock::read_posix(const std::string& file, md::Index offset) const {
    md::Array block = md::Array::uninitialized(md::dtype_of<double>(), shape_);
    const int fd = open_for_reading(file);
    const auto bytes = static_cast<std::size_t>(run_ * item);
    std::byte* data = block.data();
    for (md::Index run = 0; run < runs_; ++run, data += bytes) {
        read_all(fd, data, bytes, offset + (first_ + run * distance_) * item);
    }
    close_file(fd);
    return block;
}

void PlainBlock::write_mpi(const std::string& name, const md::Array& block, bool collective) const {
    MpiFile file(comm_, name, MPI_MODE_RDWR | MPI_MODE_CREATE, 0, view_);  // ROMIO reads what lies between
    const double* data = block.span<double>().data();
    for (md::Index done = 0; done < largest_; done += most) {  // as many rounds on all ranks
        const auto count = static_cast<int>(std::clamp(block.size() - done, md::Index{0}, most));
        MPI_Status status;
        check((collective ? MPI_File_write_at_all : MPI_File_write_at)(file, done, data + (count > 0 ? done : 0), count,
                                                                       MPI_DOUBLE, &status),
              "MPI_File_write_at");
        check_count(status, count);
    }
    file.close();
}

md::Array PlainBlock::read_mpi(const std::string& name, md::Index offset, bool collective) const {
    md::Array block = md::Array::uninitialized(md::dtype_of<double>(), shape_);
    MpiFile file(comm_, name, MPI_MODE_RDONLY, offset, view_);
    double* data = block.span<double>().data();
    for (md::Index done = 0; done < largest_; done += most) {
        const auto count = static_cast<int>(std::clamp(block.size() - done, md::Index{0}, most));
        MPI_Status status;
        check((collective ? MPI_File_read_at_all : MPI_File_read_at)(file, done, data + (count > 0 ? done : 0), count,
                                                                     MPI_DOUBLE, &status),
              "MPI_File_read_at");
        check_count(status, count);
    }
    file.close();
    return block;
}

void PlainBlock::fill(md::Array& block) const {
    double* data = block.span<double>().data();
    for (md::Index run = 0; run < runs_; ++run, data += run_) {
        for (md::Index i = 0; i < run_; ++i) {
            data[i] = element(first_ + run * distance_ + i);
        }
    }
}

bool PlainBlock::is_right(const md::Array& block) const {
    if (block.shape() != shape_) {
        return false;
    }
    const double* data = block.span<double>().data();
    md::Index right = 0;
    for (md::Index run = 0; run < runs_; ++run, data += run_) {
        for (md::Index i = 0; i < run_; ++i) {
            right += data[i] == element(first_ + run * distance_ + i) ? 1 : 0;
        }
    }
    return right == block.size();
}

}  // namespace bench
