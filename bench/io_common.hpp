// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "io_report.hpp"

namespace bench {

/// A large dataset that every rank has whole, against POSIX on every rank, and on rank 0 with a broadcast. Collective.
void common(const Setup& setup);
[[nodiscard]] Needs common_needs(const Setup& setup);

}  // namespace bench
