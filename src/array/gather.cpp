// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <string>
#include <vector>

#include "array/block_copy.hpp"
#include "array/describe.hpp"
#include "array/root.hpp"
#include "array/same_arguments.hpp"
#include "array/string_exchange.hpp"
#include "memdata/array/mpi_array.hpp"
#include "memdata/mpi/agreement.hpp"
#include "mpi/large_count.hpp"
#include "mpi/peers.hpp"
#include "mpi/serialize.hpp"

namespace memdata {

namespace {

/// All ranks hold the same array and ask for the same; else MismatchError on all.
void check_same(const MPIArray& array, std::string_view what, int root) {
    same_arguments(array.comm(), what, [&](auto& archive) {
        archive << array.dtype() << root;
        describe(archive, array.distribution());
        std::string shown = fmt::format("{} {}", to_string(array.dtype()), to_string(array.distribution()));
        return root < 0 ? shown : fmt::format("{} -> rank {}", shown, root);
    });
}

/// Where the blocks of the other ranks go in the whole array.
mpi::PeerTypes others_boxes(const MPIArray& array) {
    const Communicator& comm = array.comm();
    mpi::PeerTypes types(comm.size());
    for (int rank = 0; rank < comm.size(); ++rank) {
        const Shape block = array.distribution().local_shape(rank);
        if (rank != comm.rank() && block.elements() > 0) {
            types.set(rank, mpi::box_type(array.dtype().itemsize(), array.shape(), array.distribution().offsets(rank),
                                          block));
        }
    }
    return types;
}

/// Do the blocks lie one after the other in the whole array, and can MPI count its bytes?
bool consecutive(const MPIArray& array) {
    return array.shape().elements(0, array.axis()) == 1 &&
           array.shape().bytes(array.dtype().itemsize()) <= mpi::count_limit();
}

/// MPI_Allgatherv of bytes: of the ways here the one with the fewest messages, for blocks that are consecutive().
void allgather_consecutive(const MPIArray& array, Array& whole, std::vector<int>& counts, std::vector<int>& offsets) {
    const Index bytes =
        array.shape().elements(array.axis() + 1, array.ndim()) * static_cast<Index>(array.dtype().itemsize());
    const Partition& partition = array.distribution().partition();
    for (int rank = 0; rank < partition.parts(); ++rank) {
        counts[static_cast<std::size_t>(rank)] = static_cast<int>(partition.count(rank) * bytes);
        offsets[static_cast<std::size_t>(rank)] = static_cast<int>(partition.offset(rank) * bytes);
    }
    mpi::check(MPI_Allgatherv(array.local().data(), static_cast<int>(array.local().bytes()), MPI_BYTE, whole.data(),
                              counts.data(), offsets.data(), MPI_BYTE, array.comm()),
               "MPI_Allgatherv");
}

}  // namespace

std::optional<Array> MPIArray::gather(int root) const {
    agree(comm_, "checking the root of gather", [&] { check_root(comm_, "gather", root); });
    check_same(*this, "the array or the argument of gather", root);
    const bool here = comm_.rank() == root;
    std::optional<Array> whole;
    mpi::PeerTypes send(0);  // made within agree(): they take memory
    mpi::PeerTypes receive(0);
    agree(comm_, "allocating the gathered array", [&] {
        send = mpi::PeerTypes(comm_.size());
        receive = mpi::PeerTypes(comm_.size());
        if (here) {
            whole = Array::uninitialized(dtype(), shape());
        }
        if (!dtype().is_trivial()) {
            return;
        }
        if (here) {
            receive = others_boxes(*this);
            paste_box(*whole, distribution_.offsets(root), block_);
        } else if (block_.size() > 0) {
            send.set(root, mpi::contiguous_type(block_.bytes()));
        }
    });
    if (dtype().is_trivial()) {
        mpi::exchange(comm_, block_.data(), send, here ? whole->data() : nullptr, receive);
    } else {
        gather_strings(comm_, distribution_, block_, root, whole);
    }
    return whole;
}

Array MPIArray::allgather() const {
    check_same(*this, "the array or the argument of allgather", -1);
    const bool leading = dtype().is_trivial() && consecutive(*this);
    Array whole;
    mpi::PeerTypes send(0);
    mpi::PeerTypes receive(0);
    std::vector<int> counts;
    std::vector<int> offsets;
    agree(comm_, "allocating the gathered array", [&] {
        send = mpi::PeerTypes(comm_.size());
        receive = mpi::PeerTypes(comm_.size());
        whole = Array::uninitialized(dtype(), shape());
        if (leading) {
            counts.resize(static_cast<std::size_t>(comm_.size()));
            offsets.resize(static_cast<std::size_t>(comm_.size()));
        } else if (dtype().is_trivial()) {
            for (int rank = 0; rank < comm_.size() && block_.size() > 0; ++rank) {
                if (rank != comm_.rank()) {
                    send.set(rank, mpi::contiguous_type(block_.bytes()));
                }
            }
            receive = others_boxes(*this);
            paste_box(whole, distribution_.offsets(comm_.rank()), block_);
        }
    });
    if (leading) {
        allgather_consecutive(*this, whole, counts, offsets);
    } else if (dtype().is_trivial()) {
        mpi::exchange(comm_, block_.data(), send, whole.data(), receive);
    } else {
        allgather_strings(comm_, distribution_, block_, whole);
    }
    return whole;
}

}  // namespace memdata
