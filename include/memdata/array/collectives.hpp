// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "memdata/base/array.hpp"
#include "memdata/mpi/communicator.hpp"

// Common arrays between all ranks; gather, allgather and scatter are members of MPIArray.
namespace memdata {

/// How allreduce() combines two elements. What has no meaning for an element type is a DtypeError:
///     sum prod                           integers (they wrap), float, complex
///     min max                            bool, integers, float (NaN wins, as in numpy), strings (by their bytes)
///     logical_and logical_or             bool, integers, float, complex; not zero is true, the result is 0 or 1
///     bitwise_and bitwise_or bitwise_xor bool, integers
enum class ReduceOp : std::uint8_t {
    sum,
    prod,
    min,
    max,
    logical_and,
    logical_or,
    bitwise_and,
    bitwise_or,
    bitwise_xor,
};

/// "sum", "logical_and", ...
[[nodiscard]] const char* to_string(ReduceOp op) noexcept;

/// Combines `count` elements of `in` into those of `inout`: inout[i] = inout[i] op in[i]. It is associative; the same
/// function on all ranks.
using ElementOp = std::function<void(std::byte* inout, const std::byte* in, Index count)>;

/// The arrays of all ranks, of one dtype and shape, combined element by element: on every rank the same bits, those of
/// ((rank 0 op rank 1) op rank 2) and so on. Needs up to 64 MiB on the way. Throws on all ranks: MismatchError when
/// ranks differ in dtype, shape or operation, DtypeError when the operation has no meaning for the dtype, MemoryError.
/// Collective on comm.
[[nodiscard]] Array allreduce(const Communicator& comm, const Array& array, ReduceOp op = ReduceOp::sum);
/// The same with an operation of the user, for any dtype but variable strings (compounds too); what it throws on one
/// rank, all throw.
[[nodiscard]] Array allreduce(const Communicator& comm, const Array& array, const ElementOp& op);
/// One number of each rank: allreduce(comm, seconds, ReduceOp::max).
template <Element T>
[[nodiscard]] T allreduce(const Communicator& comm, const T& value, ReduceOp op = ReduceOp::sum) {
    return allreduce(comm, Array::scalar(value), op).template item<T>();
}

/// The same into the array itself. When an ElementOp throws, the elements are unspecified afterwards.
void allreduce_in_place(const Communicator& comm, Array& array, ReduceOp op = ReduceOp::sum);
void allreduce_in_place(const Communicator& comm, Array& array, const ElementOp& op);

/// Makes `array` on every rank that of `root`: dtype, shape, elements. Where dtype and shape are those already, the
/// elements are written into the memory that is there (the user's too); else the array gets memory of its own. Throws
/// on all ranks, and leaves the arrays: ArgumentError for the root, MismatchError when ranks differ in it, MemoryError.
/// Collective on comm.
void broadcast(const Communicator& comm, Array& array, int root = 0);

}  // namespace memdata
