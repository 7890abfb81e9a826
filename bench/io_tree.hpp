// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "io_report.hpp"

namespace bench {

/// Many small datasets against a call of HDF5 for each. Collective.
void tree(const Setup& setup);

}  // namespace bench
