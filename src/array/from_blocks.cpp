// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <utility>
#include <vector>

#include "array/same_arguments.hpp"
#include "memdata/array/mpi_array.hpp"
#include "memdata/mpi/agreement.hpp"
#include "mpi/call.hpp"

namespace memdata {

namespace {

/// "float64 (*, 3)": the block's type and shape but for the axis that is put together.
std::string pattern(const Array& block, int axis) {
    std::vector<std::string> extents;
    for (int a = 0; a < block.ndim(); ++a) {
        extents.push_back(a == axis ? "*" : fmt::format("{}", block.shape()[a]));
    }
    return fmt::format("{} ({}{})", to_string(block.dtype()), fmt::join(extents, ", "), block.ndim() == 1 ? "," : "");
}

}  // namespace

MPIArray MPIArray::from_blocks(const Communicator& comm, Array block, Axis axis) {
    const int number = agree(comm, "choosing the axis of from_blocks", [&] { return block.shape().resolve(axis); });
    same_arguments(comm, "the type or the shape of the block beside the distributed axis", [&](auto& archive) {
        archive << block.dtype() << number << block.shape().with(number, 0);
        return fmt::format("{} over axis {}", pattern(block, number), number);
    });
    std::vector<Index> counts = agree(comm, "preparing to put the blocks together",
                                      [&] { return std::vector<Index>(static_cast<std::size_t>(comm.size())); });
    const Index mine = block.shape()[number];
    mpi::check(MPI_Allgather(&mine, 1, MPI_INT64_T, counts.data(), 1, MPI_INT64_T, comm), "MPI_Allgather");
    return agree(comm, "putting the blocks together", [&] {
        Partition partition = Partition::from_counts(std::move(counts));
        const Shape global = block.shape().with(number, partition.extent());
        return MPIArray(comm, Distribution(global, Axis{number}, std::move(partition)), std::move(block));
    });
}

MPIArray MPIArray::wrap_blocks(const Communicator& comm, const Dtype& dtype, void* data, const Shape& local_shape,
                               Axis axis) {
    Array block = agree(comm, "wrapping the block of this rank", [&] { return Array::wrap(dtype, local_shape, data); });
    return from_blocks(comm, std::move(block), axis);
}

void MPIArray::rebalance() { redistribute(Axis{axis()}); }

void MPIArray::rebalance(const Partition& partition) {
    const Distribution target = agree(comm_, "checking the blocks for rebalance",
                                      [&] { return Distribution(shape(), Axis{axis()}, partition); });
    redistribute(target);
}

}  // namespace memdata
