// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "memdata/io/backend.hpp"

namespace memdata::io {

/// After the first parallel open: throws BackendError when another component than the chosen one did it.
void check_opened_by(const Backend& backend);

}  // namespace memdata::io
