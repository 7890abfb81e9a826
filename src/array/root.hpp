// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <fmt/format.h>

#include <string_view>

#include "memdata/base/error.hpp"
#include "memdata/mpi/communicator.hpp"

namespace memdata {

/// Throws ArgumentError when there is no such rank. Not collective.
inline void check_root(const Communicator& comm, std::string_view operation, int root) {
    if (root < 0 || root >= comm.size()) {
        throw ArgumentError(fmt::format("{}: there is no rank {} among {} ranks", operation, root, comm.size()));
    }
}

}  // namespace memdata
