// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "h5/call.hpp"
#include "memdata/base/dtype.hpp"
#include "memdata/base/shape.hpp"
#include "memdata/base/storage.hpp"

namespace memdata::h5 {

/// Is this the number of our filter? It is registered with the others, but no file may have it.
[[nodiscard]] bool is_chunk_guard(int id) noexcept;

/// Why there is no room for guards between so many filters; nothing when there is.
[[nodiscard]] std::string too_many_to_guard(const std::vector<Filter>& filters);

/// Makes damaged chunks an error, whatever HDF5 makes of them. It does not compare what its filters leave with the size
/// of a chunk, and takes what lies behind a chunk that is too short for data; and some of its filters read beyond the
/// end of what is too short for them (1.10.8). So filters of our own come between the others: those pass on what is
/// written, and fail on what is read when its size cannot be.
class ChunkGuards {
public:
    ChunkGuards() = default;
    /// Puts them into a creation property list with filters, for chunks of such a shape and type in the file. Throws
    /// IoError when there is no room for so many.
    ///
    /// A filter completes its options when a dataset is made (set_local), and those of a dataset that is there are
    /// complete: once more may spoil them. Where we cannot take that back (knows_given_options()), our own filter holds
    /// the place, with the other's options, until the dataset is made.
    ChunkGuards(hid_t list, const Dtype& file_dtype, const Shape& chunk);

    /// Are there such places?
    [[nodiscard]] bool hold_places() const noexcept;
    /// Puts the right filters there, in a file of HDF5's oldest format with one dataset of the list.
    void put_filters(std::string& file) const;

    /// The masks of filters that are skipped (bit i: filter i) with and without ours.
    [[nodiscard]] std::uint32_t with(std::uint32_t skipped) const noexcept;
    [[nodiscard]] std::uint32_t without(std::uint32_t skipped) const noexcept;

private:
    /// A filter of the dataset: its own number with ours, and that of the one that looks at what it undoes.
    struct Place {
        unsigned own;
        unsigned guard;  // the same number where there is none
        int put_later;   // the filter whose place is held; 0: it is there
    };
    std::vector<Place> places_;
    std::size_t count_ = 0;  // with ours
};

}  // namespace memdata::h5
