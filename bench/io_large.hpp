// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "io_report.hpp"

namespace bench {

/// One large contiguous array, of two shapes and every size, over every axis, against MPI-IO and POSIX. Collective.
void large(const Setup& setup);
[[nodiscard]] Needs large_needs(const Setup& setup);

/// The same data brought to the device: save() with `sync` against POSIX with fsync. Nothing on tmpfs. Collective.
void synced(const Setup& setup);
[[nodiscard]] Needs synced_needs(const Setup& setup);

}  // namespace bench
