// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "memdata/mpi/communicator.hpp"

namespace memdata::io {

/// One line on stderr of rank 0, the first time that this process comes to it. Not collective.
void warn_once(const Communicator& comm, const std::string& text);

}  // namespace memdata::io
