// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "io_report.hpp"

namespace bench {

/// A chunked array against HDF5's collective calls. Collective.
void chunked(const Setup& setup);
[[nodiscard]] Needs chunked_needs(const Setup& setup);

/// The same with shuffle and deflate 1 and 4, also against one writer. Collective.
void filtered(const Setup& setup);
[[nodiscard]] Needs filtered_needs(const Setup& setup);

}  // namespace bench
