// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <xxhash.h>

#include <cstddef>
#include <cstdint>
#include <span>

namespace memdata::mpi {

/// XXH3, 64 bit: what ranks compare instead of the bytes themselves.
[[nodiscard]] inline std::uint64_t hash(std::span<const std::byte> bytes, std::uint64_t seed = 0) noexcept {
    return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

}  // namespace memdata::mpi
