// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "io_report.hpp"

namespace bench {

/// One large contiguous array against MPI-IO and POSIX. Collective.
void large(const Setup& setup);

}  // namespace bench
