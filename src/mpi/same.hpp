// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/function_ref.hpp"
#include "memdata/mpi/communicator.hpp"

namespace memdata::mpi {

/// Runs `digest` on every rank; when it throws on any, all throw (see agree()). Are the results the same on all ranks?
/// Collective on comm (one reduction).
[[nodiscard]] bool agree_alike(const Communicator& comm, std::string_view step, FunctionRef<std::uint64_t()> digest);

/// As memdata::same_on_all_ranks: `bytes` are compared, `shown` is what a person is told of them (cut when it
/// is long; may be empty). Collective on comm.
void same_on_all_ranks(const Communicator& comm, std::string_view what, std::span<const std::byte> bytes,
                       std::string_view shown);

}  // namespace memdata::mpi
