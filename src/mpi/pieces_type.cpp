// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "mpi/pieces_type.hpp"

#include <vector>

#include "mpi/large_count.hpp"

namespace memdata::mpi {

Type pieces_type(std::span<const Pieces> all) {
    std::vector<Type> owned;
    std::vector<MPI_Datatype> types;
    std::vector<MPI_Aint> addresses;
    for (const Pieces& pieces : all) {
        owned.push_back(box_type(1, Shape{pieces.count, pieces.stride}, {0, 0}, Shape{pieces.count, pieces.length}));
        types.push_back(owned.back().get());
        check(MPI_Get_address(pieces.first, &addresses.emplace_back()), "MPI_Get_address");
    }
    const std::vector<int> once(types.size(), 1);
    MPI_Datatype whole = MPI_DATATYPE_NULL;
    check(MPI_Type_create_struct(static_cast<int>(types.size()), once.data(), addresses.data(), types.data(), &whole),
          "MPI_Type_create_struct");
    Type result(whole);
    check(MPI_Type_commit(&whole), "MPI_Type_commit");
    return result;
}

}  // namespace memdata::mpi
