// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <string>
#include <utility>

#include "array/block_copy.hpp"
#include "array/describe.hpp"
#include "array/root.hpp"
#include "array/same_arguments.hpp"
#include "array/string_exchange.hpp"
#include "array/type_and_shape.hpp"
#include "memdata/array/mpi_array.hpp"
#include "memdata/base/error.hpp"
#include "memdata/mpi/agreement.hpp"
#include "mpi/large_count.hpp"
#include "mpi/peers.hpp"

namespace memdata {

namespace {

void check_whole(const Communicator& comm, const Array* whole, int root) {
    check_root(comm, "scatter", root);
    if (comm.rank() == root && whole == nullptr) {
        throw ArgumentError(fmt::format("scatter: rank {} is the root, but has no array", root), {.rank = root});
    }
}

/// Every rank's block, out of the array that only the root has.
MPIArray deal(const Communicator& comm, const Array* whole, const Dtype& dtype, const Distribution& distribution,
              int root) {
    const bool here = comm.rank() == root;
    mpi::PeerTypes send(comm.size());
    mpi::PeerTypes receive(comm.size());
    MPIArray array = agree(comm, "allocating the blocks of scatter", [&] {
        if (here) {
            Array own = copy_box(*whole, distribution.offsets(root), distribution.local_shape(root));
            for (int rank = 0; rank < comm.size() && dtype.is_trivial(); ++rank) {
                const Shape block = distribution.local_shape(rank);
                if (rank != root && block.elements() > 0) {
                    send.set(rank, mpi::box_type(dtype.itemsize(), whole->shape(), distribution.offsets(rank), block));
                }
            }
            return MPIArray(comm, distribution, std::move(own));
        }
        MPIArray room = MPIArray::uninitialized(comm, dtype, distribution);
        if (dtype.is_trivial() && room.local().size() > 0) {
            receive.set(root, mpi::contiguous_type(room.local().bytes()));
        }
        return room;
    });
    if (dtype.is_trivial()) {
        mpi::exchange(comm, here ? whole->data() : nullptr, send, array.local().data(), receive);
    } else {
        scatter_strings(comm, distribution, whole, root, array.local());
    }
    return array;
}

}  // namespace

MPIArray MPIArray::scatter(const Communicator& comm, const Array* whole, Axis axis, int root) {
    agree(comm, "checking the arguments of scatter", [&] { check_whole(comm, whole, root); });
    same_arguments(comm, "the axis or the root of scatter", [&](auto& archive) {
        archive << axis.value << root;
        return fmt::format("axis {} from rank {}", axis.value, root);
    });
    const TypeAndShape told = tell(comm, whole, root);
    const Distribution distribution =
        agree(comm, "choosing the axis of scatter", [&] { return Distribution(told.shape, axis, comm.size()); });
    return deal(comm, whole, told.dtype, distribution, root);
}

MPIArray MPIArray::scatter(const Communicator& comm, const Array* whole, const Distribution& distribution, int root) {
    agree(comm, "checking the arguments of scatter", [&] {
        check_whole(comm, whole, root);
        static_cast<void>(local_shape_on(comm, distribution));
        if (comm.rank() == root && whole->shape() != distribution.global_shape()) {
            throw ShapeError(fmt::format("scatter: an array of shape {} cannot be {}", to_string(whole->shape()),
                                         to_string(distribution)),
                             {.axis = distribution.axis()});
        }
    });
    same_arguments(comm, "the distribution or the root of scatter", [&](auto& archive) {
        archive << root;
        describe(archive, distribution);
        return fmt::format("{} from rank {}", to_string(distribution), root);
    });
    return deal(comm, whole, tell(comm, whole, root).dtype, distribution, root);
}

}  // namespace memdata
