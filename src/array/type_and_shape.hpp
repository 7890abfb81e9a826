// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "memdata/base/array.hpp"
#include "mpi/large_count.hpp"

namespace memdata {

/// What the root of an operation tells the others before the elements travel.
struct TypeAndShape {
    Dtype dtype;
    Shape shape;

    template <class Archive>
    void serialize(Archive& archive, unsigned) {
        archive& dtype& shape;
    }
};

/// The root's; elsewhere `array` is not looked at. Collective on comm.
[[nodiscard]] inline TypeAndShape tell(const Communicator& comm, const Array* array, int root) {
    TypeAndShape told;
    if (comm.rank() == root) {
        told = {array->dtype(), array->shape()};
    }
    mpi::broadcast_value(comm, told, root);
    return told;
}

}  // namespace memdata
