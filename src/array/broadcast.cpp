// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "array/root.hpp"
#include "array/same_arguments.hpp"
#include "array/type_and_shape.hpp"
#include "memdata/array/collectives.hpp"
#include "memdata/mpi/agreement.hpp"
#include "mpi/large_count.hpp"

namespace memdata {

void broadcast(const Communicator& comm, Array& array, int root) {
    agree(comm, "checking the root of broadcast", [&] { check_root(comm, "broadcast", root); });
    same_arguments(comm, "the root of broadcast", [&](auto& archive) {
        archive << root;
        return fmt::format("rank {}", root);
    });
    const TypeAndShape told = tell(comm, &array, root);
    const bool fits = array.dtype() == told.dtype && array.shape() == told.shape;
    if (!told.dtype.is_trivial()) {
        Array received;
        mpi::broadcast_value(comm, comm.rank() == root ? array : received, root);
        if (comm.rank() == root) {
            return;
        }
        if (fits) {
            std::ranges::move(received.span<std::string>(), array.span<std::string>().begin());
        } else {
            array = std::move(received);
        }
        return;
    }
    Array fresh = agree(comm, "allocating the array of broadcast",
                        [&] { return fits ? Array() : Array::uninitialized(told.dtype, told.shape); });
    Array& target = fits ? array : fresh;
    mpi::broadcast(comm, target.data(), target.bytes(), root);
    if (!fits) {
        array = std::move(fresh);
    }
}

}  // namespace memdata
