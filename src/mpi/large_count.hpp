// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <mpi.h>

#include <cstddef>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "memdata/base/shape.hpp"
#include "memdata/mpi/agreement.hpp"
#include "memdata/mpi/communicator.hpp"
#include "mpi/call.hpp"
#include "mpi/serialize.hpp"

// MPI counts are ints; these take 64-bit ones.
namespace memdata::mpi {

/// The largest count that is given to MPI, and the most bytes of one round: 2^30, or less in a test.
[[nodiscard]] Index count_limit() noexcept;

/// Lowers the limit for as long as it lives, so that a test reaches the ways for large counts with small arrays. All
/// ranks must have the same limit, 2 or more, while they communicate.
class CountLimit {
public:
    explicit CountLimit(Index limit) noexcept;
    CountLimit(const CountLimit&) = delete;
    CountLimit& operator=(const CountLimit&) = delete;
    ~CountLimit();

private:
    Index before_;
};

/// One element of `bytes` contiguous bytes (committed); `bytes` > 0.
[[nodiscard]] Type contiguous_type(Index bytes);

/// The part [start, start + extents) of a row-major block of elements of `itemsize` bytes, seen from the block's
/// first byte (committed). No extent may be zero.
[[nodiscard]] Type box_type(std::size_t itemsize, const Shape& block, const std::vector<Index>& start,
                            const Shape& extents);

/// MPI_Bcast in rounds of at most 1 GiB (count_limit()). Collective on comm.
void broadcast(const Communicator& comm, void* data, Index bytes, int root);

/// Any serialisable value from `root` to all. When one rank cannot pack it, has no room for it or cannot unpack
/// it, all throw (see agree()). Collective on comm.
template <class T>
void broadcast_value(const Communicator& comm, T& value, int root) {
    if (comm.size() == 1) {
        return;
    }
    std::string bytes;
    std::exception_ptr failure;
    if (comm.rank() == root) {
        try {
            bytes = pack(value);
        } catch (...) {
            failure = std::current_exception();
        }
    }
    Index size = failure ? -1 : static_cast<Index>(bytes.size());
    broadcast(comm, &size, sizeof size, root);
    if (size < 0) {
        agree(comm, "packing a value for all ranks", failure);
    }
    agree(comm, "making room for a value from another rank", [&] { bytes.resize(static_cast<std::size_t>(size)); });
    broadcast(comm, bytes.data(), size, root);
    agree(comm, "unpacking a value from another rank", [&] {
        if (comm.rank() != root) {
            unpack(std::move(bytes), value);
        }
    });
}

}  // namespace memdata::mpi
