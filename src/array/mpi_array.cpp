// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/array/mpi_array.hpp"

#include <fmt/format.h>

#include <sstream>
#include <string>

#include "array/block_copy.hpp"
#include "array/describe.hpp"
#include "array/string_exchange.hpp"
#include "memdata/array/redistribution.hpp"
#include "memdata/base/error.hpp"
#include "memdata/mpi/agreement.hpp"
#include "mpi/large_count.hpp"
#include "mpi/peers.hpp"
#include "mpi/same.hpp"
#include "mpi/serialize.hpp"

namespace memdata {

MPIArray::MPIArray(const Communicator& comm, Distribution distribution, Array block)
    : comm_(comm), distribution_(std::move(distribution)), block_(std::move(block)) {
    const Shape wanted = local_shape_on(comm_, distribution_);
    if (block_.shape() != wanted) {
        throw ShapeError(fmt::format("the block on rank {} has shape {}, but {} makes it {}", comm_.rank(),
                                     to_string(block_.shape()), to_string(distribution_), to_string(wanted)),
                         {.axis = distribution_.axis(), .rank = comm_.rank()});
    }
}

Shape MPIArray::local_shape_on(const Communicator& comm, const Distribution& distribution) {
    if (distribution.ranks() != comm.size()) {
        throw ShapeError(
            fmt::format("{} does not fit a communicator of {} ranks", to_string(distribution), comm.size()),
            {.axis = distribution.axis()});
    }
    return distribution.local_shape(comm.rank());
}

MPIArray MPIArray::uninitialized(const Communicator& comm, const Dtype& dtype, Distribution distribution) {
    Array block = Array::uninitialized(dtype, local_shape_on(comm, distribution));
    return {comm, std::move(distribution), std::move(block)};
}

MPIArray MPIArray::zeros(const Communicator& comm, const Dtype& dtype, const Shape& shape, Axis axis) {
    Distribution distribution(shape, axis, comm.size());
    Array block = Array::zeros(dtype, distribution.local_shape(comm.rank()));
    return {comm, std::move(distribution), std::move(block)};
}

MPIArray MPIArray::from_common(const Communicator& comm, const Array& common, Axis axis) {
    Distribution distribution(common.shape(), axis, comm.size());
    Array block = copy_box(common, distribution.offsets(comm.rank()), distribution.local_shape(comm.rank()));
    return {comm, std::move(distribution), std::move(block)};
}

MPIArray::Bounds MPIArray::local_bounds() const noexcept {
    const Index start = distribution_.partition().offset(comm_.rank());
    return {start, start + distribution_.partition().count(comm_.rank())};
}

namespace {

/// All ranks hold the same array and ask for the same; else MismatchError on all.
void check_same(const MPIArray& array, std::string_view operation, const Distribution* target, int root) {
    std::string shown;
    std::string bytes;
    agree(array.comm(), "comparing the ranks", [&] {
        shown = fmt::format("{} {}", to_string(array.dtype()), to_string(array.distribution()));
        shown += target != nullptr ? " -> " + to_string(*target) : fmt::format(" -> rank {}", root);
        std::ostringstream out;
        {
            boost::archive::binary_oarchive archive(out, boost::archive::no_header | boost::archive::no_tracking);
            archive << array.dtype() << root;
            describe(archive, array.distribution());
            if (target != nullptr) {
                describe(archive, *target);
            }
        }
        bytes = std::move(out).str();
    });
    mpi::same_on_all_ranks(array.comm(), fmt::format("the array or the argument of {}", operation),
                           std::as_bytes(std::span(bytes)), shown);
}

}  // namespace

void MPIArray::redistribute(Axis axis) {
    const Distribution target =
        agree(comm_, "choosing the axis of redistribute", [&] { return Distribution(shape(), axis, comm_.size()); });
    redistribute(target);
}

void MPIArray::redistribute(const Distribution& target) {
    agree(comm_, "checking the distribution for redistribute", [&] {
        if (target.global_shape() != shape() || target.ranks() != comm_.size()) {
            throw ShapeError(fmt::format("{} cannot become {}", to_string(distribution_), to_string(target)),
                             {.axis = target.axis()});
        }
    });
    check_same(*this, "redistribute", &target, 0);
    if (target == distribution_) {
        return;
    }
    if (comm_.size() == 1) {  // the one block is the whole array, whatever the axis
        distribution_ = target;
        return;
    }
    Array moved = agree(comm_, "allocating the redistributed block",
                        [&] { return Array::uninitialized(dtype(), target.local_shape(comm_.rank())); });
    if (dtype().is_trivial()) {
        RedistributionPlan(comm_, distribution_, target, dtype().itemsize()).execute(block_.data(), moved.data());
    } else {
        exchange_strings(comm_, distribution_, block_, target, moved);
    }
    block_ = std::move(moved);
    distribution_ = target;
}

std::optional<Array> MPIArray::gather(int root) const { return gather_for("gather", root); }

std::optional<Array> MPIArray::gather_for(std::string_view operation, int root) const {
    agree(comm_, "checking the root of gather", [&] {
        if (root < 0 || root >= comm_.size()) {
            throw ArgumentError(fmt::format("gather: there is no rank {} among {} ranks", root, comm_.size()));
        }
    });
    check_same(*this, operation, nullptr, root);
    const bool here = comm_.rank() == root;
    std::optional<Array> whole = agree(comm_, "allocating the gathered array", [&] {
        return here ? std::optional(Array::uninitialized(dtype(), shape())) : std::nullopt;
    });
    if (!dtype().is_trivial()) {
        gather_strings(comm_, distribution_, block_, root, whole);
        return whole;
    }
    mpi::PeerTypes send(comm_.size());
    mpi::PeerTypes receive(comm_.size());
    if (block_.size() > 0) {
        send.set(root, mpi::contiguous_type(block_.bytes()));
    }
    for (int rank = 0; rank < comm_.size() && here; ++rank) {
        const Shape block = distribution_.local_shape(rank);
        if (block.elements() > 0) {
            receive.set(rank, mpi::box_type(dtype().itemsize(), shape(), distribution_.offsets(rank), block));
        }
    }
    mpi::exchange(comm_, block_.data(), send, here ? whole->data() : nullptr, receive);
    return whole;
}

Array MPIArray::allgather() const {
    std::optional<Array> gathered = gather_for("allgather", 0);
    Array whole = agree(comm_, "allocating the gathered array",
                        [&] { return gathered ? std::move(*gathered) : Array::uninitialized(dtype(), shape()); });
    if (dtype().is_trivial()) {
        mpi::broadcast(comm_, whole.data(), whole.bytes(), 0);
    } else {
        mpi::broadcast_value(comm_, whole, 0);
    }
    return whole;
}

MPIArray MPIArray::clone() const { return {comm_, distribution_, block_.clone()}; }

}  // namespace memdata
