// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "memdata/array/distribution.hpp"
#include "mpi/serialize.hpp"

namespace memdata {

/// All of a distribution, to be compared between ranks; to_string() leaves out what a person does not read.
template <class Archive>
void describe(Archive& archive, const Distribution& distribution) {
    const int axis = distribution.axis();
    const int ranks = distribution.ranks();
    archive << distribution.global_shape() << axis << ranks;
    for (int rank = 0; rank < ranks; ++rank) {
        const Index count = distribution.partition().count(rank);
        archive << count;
    }
}

}  // namespace memdata
