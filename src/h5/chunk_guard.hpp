// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <vector>

#include "h5/call.hpp"
#include "memdata/base/dtype.hpp"
#include "memdata/base/shape.hpp"

namespace memdata::h5 {

/// Makes damaged chunks an error, whatever HDF5 makes of them. It does not compare what its filters leave with the size
/// of a chunk, and takes what lies behind a chunk that is too short for data; and some of its filters read beyond the
/// end of what is too short for them (1.10.8). So filters of our own come between the others: those pass on what is
/// written, and fail on what is read when its size cannot be.
class ChunkGuards {
public:
    ChunkGuards() = default;
    /// Puts them into a creation property list with filters, for chunks of such a shape and type in the file. Where
    /// there is no room for so many filters, it leaves the list alone.
    ChunkGuards(hid_t list, const Dtype& file_dtype, const Shape& chunk);

    /// The masks of filters that are skipped (bit i: filter i) with and without ours.
    [[nodiscard]] std::uint32_t with(std::uint32_t skipped) const noexcept;
    [[nodiscard]] std::uint32_t without(std::uint32_t skipped) const noexcept;

private:
    /// A filter of the dataset: its own number with ours, and that of the one that looks at what it undoes.
    struct Place {
        unsigned own;
        unsigned guard;  // the same number where there is none
    };
    std::vector<Place> places_;
    bool used_ = false;
};

}  // namespace memdata::h5
