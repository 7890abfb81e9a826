// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/array/mpi_array.hpp"

#include <fmt/format.h>

#include <vector>

#include "array/block_copy.hpp"
#include "array/string_exchange.hpp"
#include "memdata/array/redistribution.hpp"
#include "memdata/base/error.hpp"
#include "memdata/mpi/agreement.hpp"
#include "mpi/large_count.hpp"
#include "mpi/serialize.hpp"

namespace memdata {

MPIArray::MPIArray(const Communicator& comm, Distribution distribution, Array block)
    : comm_(comm), distribution_(std::move(distribution)), block_(std::move(block)) {
    if (distribution_.ranks() != comm_.size()) {
        throw ShapeError(
            fmt::format("{} does not fit a communicator of {} ranks", to_string(distribution_), comm_.size()),
            {.axis = distribution_.axis()});
    }
    const Shape wanted = distribution_.local_shape(comm_.rank());
    if (block_.shape() != wanted) {
        throw ShapeError(fmt::format("the block on rank {} has shape {}, but {} makes it {}", comm_.rank(),
                                     to_string(block_.shape()), to_string(distribution_), to_string(wanted)),
                         {.axis = distribution_.axis(), .rank = comm_.rank()});
    }
}

MPIArray MPIArray::uninitialized(const Communicator& comm, const Dtype& dtype, Distribution distribution) {
    Array block = Array::uninitialized(dtype, distribution.local_shape(comm.rank()));
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
void check_same(const MPIArray& array, std::string_view operation, const std::string& argument) {
    same_on_all_ranks(array.comm(), fmt::format("the array or the argument of {}", operation),
                      fmt::format("{} {} {}", to_string(array.dtype()), to_string(array.distribution()), argument));
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
    check_same(*this, "redistribute", to_string(target));
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

std::optional<Array> MPIArray::gather(int root) const {
    agree(comm_, "checking the root of gather", [&] {
        if (root < 0 || root >= comm_.size()) {
            throw ArgumentError(fmt::format("rank {} is not one of {} ranks", root, comm_.size()));
        }
    });
    check_same(*this, "gather", std::to_string(root));
    const bool here = comm_.rank() == root;
    std::optional<Array> whole = agree(comm_, "allocating the gathered array", [&] {
        return here ? std::optional(Array::uninitialized(dtype(), shape())) : std::nullopt;
    });
    if (!dtype().is_trivial()) {
        gather_strings(comm_, distribution_, block_, root, whole);
        return whole;
    }
    constexpr int tag = 1;
    std::vector<MPI_Request> requests;
    std::vector<mpi::Type> types;
    if (here) {
        for (int rank = 0; rank < comm_.size(); ++rank) {
            const Shape block = distribution_.local_shape(rank);
            if (block.elements() > 0) {
                types.push_back(mpi::box_type(dtype().itemsize(), shape(), distribution_.offsets(rank), block));
                mpi::check(MPI_Irecv(whole->data(), 1, types.back().get(), rank, tag, comm_, &requests.emplace_back()),
                           "MPI_Irecv");
            }
        }
    }
    if (block_.size() > 0) {
        types.push_back(mpi::contiguous_type(block_.bytes()));
        mpi::check(MPI_Isend(block_.data(), 1, types.back().get(), root, tag, comm_, &requests.emplace_back()),
                   "MPI_Isend");
    }
    mpi::check(MPI_Waitall(static_cast<int>(requests.size()), requests.data(), MPI_STATUSES_IGNORE), "MPI_Waitall");
    return whole;
}

Array MPIArray::allgather() const {
    std::optional<Array> gathered = gather(0);
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
