// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/array/mpi_array.hpp"

#include <fmt/format.h>

#include <utility>

#include "array/block_copy.hpp"
#include "memdata/base/error.hpp"

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

MPIArray MPIArray::clone() const { return {comm_, distribution_, block_.clone()}; }

}  // namespace memdata
