// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

#include "h5/call.hpp"

namespace memdata::h5 {

/// Puts a filter of our own before the others, which passes chunks on as they are, but fails when the others, undone,
/// leave another number of bytes: HDF5 does not compare (1.10.8), and takes what lies behind a chunk that is too short
/// for data. False: there is no room for one more filter.
[[nodiscard]] bool guard_chunks(hid_t list, std::uint32_t chunk_bytes);

}  // namespace memdata::h5
