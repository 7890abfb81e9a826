// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "memdata/memdata.hpp"

namespace memdata_test {

/// A tree with a bit of everything, whose values all follow from `generation`.
memdata::MemGroup make_tree(const memdata::Communicator& comm, int generation);

/// Is it make_tree(generation), whole, whatever the distribution? Says what is wrong, or nothing.
std::string check_tree(const memdata::MemGroup& tree, int generation);

}  // namespace memdata_test
