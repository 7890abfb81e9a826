// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <mpi.h>

#include <string>

#include "memdata/memdata.hpp"

// The plain ways to move a distributed float64 array between memory and a file, where its bytes lie together.
namespace bench {

/// Element k of an array in row-major order. Exact in float64.
inline double element(memdata::Index number) { return static_cast<double>(number) + 0.5; }

/// This rank's block, as what it is in the file: runs of one length, at one distance. What reads gives memory allocated
/// as load() allocates it. Failures are this rank's alone.
class PlainBlock {
public:
    PlainBlock(const memdata::Communicator& comm, const memdata::Distribution& distribution);
    PlainBlock(const PlainBlock&) = delete;
    PlainBlock& operator=(const PlainBlock&) = delete;
    ~PlainBlock() { MPI_Type_free(&view_); }

    /// A call a run, which is the whole block over axis 0.
    void write_posix(const std::string& file, const memdata::Array& block, bool sync = false) const;
    [[nodiscard]] memdata::Array read_posix(const std::string& file, memdata::Index offset) const;
    /// Through a file view. Collective on the communicator, also when the calls are independent.
    void write_mpi(const std::string& file, const memdata::Array& block, bool collective) const;
    [[nodiscard]] memdata::Array read_mpi(const std::string& file, memdata::Index offset, bool collective) const;

    /// element() of every element of the block.
    void fill(memdata::Array& block) const;
    [[nodiscard]] bool is_right(const memdata::Array& block) const;

private:
    memdata::Communicator comm_;
    memdata::Shape shape_;      // of the block
    memdata::Index first_ = 0;  // in elements of the file, like the others
    memdata::Index run_ = 0;
    memdata::Index distance_ = 0;
    memdata::Index runs_ = 0;
    memdata::Index largest_ = 0;  // block of all ranks
    MPI_Datatype view_ = MPI_DATATYPE_NULL;
};

/// All of `bytes` at `offset`, in as many calls as it takes. Throws IoError.
void write_all(int fd, const std::byte* data, std::size_t bytes, memdata::Index offset);
void read_all(int fd, std::byte* data, std::size_t bytes, memdata::Index offset);
/// Where the bytes of a contiguous dataset begin, so that all ways read the same ones: two files with the same contents
/// may differ in speed by a quarter, by the order in which they were made. Collective on comm.
[[nodiscard]] memdata::Index offset_in_file(const memdata::Communicator& comm, const std::string& file,
                                            const std::string& dataset);
/// open() and close() that throw.
[[nodiscard]] int open_for_writing(const std::string& file);
[[nodiscard]] int open_for_reading(const std::string& file);
void close_file(int fd);

}  // namespace bench
