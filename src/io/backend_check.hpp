// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "memdata/io/backend.hpp"
#include "memdata/mpi/communicator.hpp"

namespace memdata::io {

/// As memdata::backend(), for those who have collective calls before them: not even a copy is made, for which one rank
/// may have no memory. The reference stays good. Collective on comm.
[[nodiscard]] const Backend& decided_backend(const Communicator& comm);

/// After the first parallel open: throws BackendError when another component than the chosen one did it.
void check_opened_by(const Backend& backend);

}  // namespace memdata::io
