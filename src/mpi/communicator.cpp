// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/mpi/communicator.hpp"

#include "mpi/call.hpp"

namespace memdata {

bool congruent(const Communicator& a, const Communicator& b) {
    if (!a || !b) {  // null handles, which MPI would abort on
        return !a && !b;
    }
    int result = MPI_UNEQUAL;
    mpi::check(MPI_Comm_compare(a, b, &result), "MPI_Comm_compare");
    return result == MPI_IDENT || result == MPI_CONGRUENT;
}

}  // namespace memdata
