// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <iosfwd>
#include <string>

#include "memdata/tree/mem_group.hpp"

namespace memdata {

/// A tree as text, a node or attribute a line: names, dtypes, shapes, distribution, storage, attributes (long
/// ones cut). The same on every rank.
[[nodiscard]] std::string to_string(const MemGroup& group);
std::ostream& operator<<(std::ostream& out, const MemGroup& group);

/// One line about a dataset: "float64 (7, 3), distributed over axis 0".
[[nodiscard]] std::string to_string(const MemDataset& dataset);

}  // namespace memdata
