// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/array/convert.hpp"

#include <fmt/format.h>

#include <span>
#include <utility>

#include "array/describe.hpp"
#include "array/same_arguments.hpp"
#include "base/converted_part.hpp"
#include "memdata/mpi/agreement.hpp"

namespace memdata {

MPIArray converted(const MPIArray& array, const Dtype& dtype, Conversion how) {
    const Communicator& comm = array.comm();
    same_arguments(comm, "the array or an argument of converted", [&](auto& archive) {
        archive << array.dtype() << dtype << how;
        describe(archive, array.distribution());
        return fmt::format("{} {} -> {}{}", to_string(array.dtype()), to_string(array.distribution()), to_string(dtype),
                           how == Conversion::lossy ? ", lossy" : "");
    });
    Array block = agree(comm, "converting the elements", [&] {
        return detail::converted_part(array.local(), dtype, how, array.distribution().offsets(comm.rank()));
    });
    return {comm, array.distribution(), std::move(block)};
}

}  // namespace memdata
