// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "io_report.hpp"

namespace bench {

/// A chunked array, without and with filters, against HDF5's collective calls and one writer. Collective.
void chunked(const Setup& setup);
void filtered(const Setup& setup);

}  // namespace bench
