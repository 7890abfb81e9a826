// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <mpi.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/function_ref.hpp"
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

/// On all ranks the bytes that `pack` makes on `root`. When it throws, or one rank has no room for them, all throw (see
/// agree()); the message names `step`. Collective on comm.
[[nodiscard]] std::string broadcast_bytes(const Communicator& comm, std::string_view step, int root,
                                          FunctionRef<std::string()> pack);

/// The same for bytes that the others `take`, which may throw as well. Collective on comm.
void broadcast_packed(const Communicator& comm, std::string_view step, int root, FunctionRef<std::string()> pack,
                      FunctionRef<void(std::string)> take);

/// Any serialisable value from `root` to all. Throws as above. Collective on comm.
template <class T>
void broadcast_value(const Communicator& comm, T& value, int root) {
    if (comm.size() > 1) {
        broadcast_packed(
            comm, "packing a value for all ranks", root, [&] { return pack(value); },
            [&](std::string bytes) { unpack(std::move(bytes), value); });
    }
}

/// On all ranks what `f`, which only `root` runs, returns there; it must not communicate. Throws as above. Collective
/// on comm.
template <class F>
std::invoke_result_t<F> broadcast_result(const Communicator& comm, std::string_view step, int root, F&& f) {
    std::invoke_result_t<F> value{};
    broadcast_packed(
        comm, step, root,
        [&] {
            value = std::forward<F>(f)();
            return comm.size() > 1 ? pack(value) : std::string();
        },
        [&](std::string bytes) { unpack(std::move(bytes), value); });
    return value;
}

}  // namespace memdata::mpi
