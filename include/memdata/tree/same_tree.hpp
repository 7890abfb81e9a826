// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "memdata/tree/mem_group.hpp"

namespace memdata {

/// Throws MismatchError on all ranks, naming the first path that differs and what each rank has there, unless
/// the ranks hold the same tree: groups, datasets (dtype, shape, distribution, storage) and attributes, and,
/// when `common_data` is set, the contents of common datasets. Compared by hash. Collective on comm.
void check_same_tree(const Communicator& comm, const MemGroup& group, bool common_data = true);

}  // namespace memdata
