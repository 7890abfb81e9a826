// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "io/chunk_grid.hpp"

namespace memdata::io {

namespace {

Shape count_chunks(const Shape& shape, const Shape& chunk) {
    std::vector<Index> counts;
    for (int axis = 0; axis < shape.ndim(); ++axis) {
        counts.push_back((shape[axis] + chunk[axis] - 1) / chunk[axis]);
    }
    return Shape(std::move(counts));
}

}  // namespace

ChunkGrid::ChunkGrid(const Shape& shape, std::vector<Index> chunks)
    : shape_(shape), chunk_(std::move(chunks)), counts_(count_chunks(shape_, chunk_)) {}

std::vector<Index> ChunkGrid::start(Index number) const {
    std::vector<Index> result(static_cast<std::size_t>(shape_.ndim()));
    for (int axis = shape_.ndim() - 1; axis >= 0; --axis) {
        result[static_cast<std::size_t>(axis)] = number % counts_[axis] * chunk_[axis];
        number /= counts_[axis];
    }
    return result;
}

}  // namespace memdata::io
