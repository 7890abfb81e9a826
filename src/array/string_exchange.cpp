// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "array/string_exchange.hpp"

#include <algorithm>
#include <vector>

#include "array/block_copy.hpp"
#include "mpi/large_count.hpp"
#include "mpi/serialize.hpp"

namespace memdata {

void gather_strings(const Communicator& comm, const Distribution& distribution, const Array& block, int root,
                    std::optional<Array>& whole) {
    // One block after the other: on every rank but the root and the sender there is nothing to hold.
    constexpr int tag = 2;
    for (int rank = 0; rank < comm.size(); ++rank) {
        if (rank == root) {
            if (comm.rank() == root) {
                paste_box(*whole, distribution.offsets(rank), block);
            }
            continue;
        }
        if (comm.rank() == rank) {
            const std::string bytes = mpi::pack(block);
            const mpi::Type type = mpi::contiguous_type(static_cast<Index>(bytes.size()));
            const auto size = static_cast<Index>(bytes.size());
            mpi::check(MPI_Send(&size, 1, MPI_INT64_T, root, tag, comm), "MPI_Send");
            mpi::check(MPI_Send(bytes.data(), 1, type.get(), root, tag, comm), "MPI_Send");
        } else if (comm.rank() == root) {
            Index size = 0;
            mpi::check(MPI_Recv(&size, 1, MPI_INT64_T, rank, tag, comm, MPI_STATUS_IGNORE), "MPI_Recv");
            std::string bytes(static_cast<std::size_t>(size), '\0');
            const mpi::Type type = mpi::contiguous_type(size);
            mpi::check(MPI_Recv(bytes.data(), 1, type.get(), rank, tag, comm, MPI_STATUS_IGNORE), "MPI_Recv");
            Array received;
            mpi::unpack(std::move(bytes), received);
            paste_box(*whole, distribution.offsets(rank), received);
        }
    }
}

void exchange_strings(const Communicator& comm, const Distribution& from, const Array& source, const Distribution& to,
                      Array& target) {
    // Every new block is gathered where it belongs, from the pieces that the old owners cut for it.
    const int me = comm.rank();
    for (int receiver = 0; receiver < comm.size(); ++receiver) {
        const Index start = to.partition().offset(receiver);
        const Index count = to.partition().count(receiver);
        std::vector<Index> corner(static_cast<std::size_t>(source.ndim()), 0);
        Shape extents = source.shape();
        Partition owners = from.partition();
        if (from.axis() == to.axis()) {  // each old owner has a consecutive share of the new block
            std::vector<Index> counts;
            for (int rank = 0; rank < comm.size(); ++rank) {
                const Index first = from.partition().offset(rank);
                const Index low = std::max(start, first);
                counts.push_back(
                    std::max<Index>(0, std::min(start + count, first + from.partition().count(rank)) - low));
                if (rank == me && counts.back() > 0) {
                    corner[static_cast<std::size_t>(from.axis())] = low - first;
                }
            }
            extents = extents.with(from.axis(), counts[static_cast<std::size_t>(me)]);
            owners = Partition::from_counts(std::move(counts));
        } else {
            corner[static_cast<std::size_t>(to.axis())] = start;
            extents = extents.with(to.axis(), count);
        }
        std::optional<Array> whole;
        if (me == receiver) {
            whole = std::move(target);
        }
        gather_strings(comm, Distribution(to.local_shape(receiver), Axis{from.axis()}, std::move(owners)),
                       copy_box(source, corner, extents), receiver, whole);
        if (me == receiver) {
            target = std::move(*whole);
        }
    }
}

}  // namespace memdata
