// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/array/elementwise.hpp"

#include <fmt/format.h>

#include "memdata/base/error.hpp"

namespace memdata::detail {

void check_argument(bool fits, std::size_t number, const Dtype& has, const Dtype& wanted) {
    if (!fits) {
        throw DtypeError(fmt::format("input {} of map holds {}, but the callable takes {}", number, to_string(has),
                                     to_string(wanted)),
                         {.dtype = to_string(has)});
    }
}

void check_output(bool fits, const Dtype& has, const Dtype& wanted) {
    if (!fits) {
        throw DtypeError(
            fmt::format("the output of map holds {}, but the callable returns {}", to_string(has), to_string(wanted)),
            {.dtype = to_string(has)});
    }
}

void throw_scalar_out_of_range(std::size_t number, const Dtype& wanted) {
    throw ArgumentError(fmt::format("input {} of map is a scalar that does not fit {}", number, to_string(wanted)),
                        {.dtype = to_string(wanted)});
}

}  // namespace memdata::detail
