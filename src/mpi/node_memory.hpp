// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string_view>

#include "memdata/base/shape.hpp"
#include "memdata/mpi/communicator.hpp"

namespace memdata::mpi {

/// Throws MemoryError on all ranks when the ranks of a node together want more memory than the node has left (by
/// /proc/meminfo and the limits of the control group); `bytes` is what this rank wants for `operation`, `advice` what
/// to do about it. A system that promises memory it does not have would end the job later, without a word. Collective
/// on comm.
void check_node_memory(const Communicator& comm, Index bytes, std::string_view operation,
                       std::string_view advice = "use more nodes or fewer ranks a node");

}  // namespace memdata::mpi
