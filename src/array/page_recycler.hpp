// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "memdata/base/array.hpp"

namespace memdata {

/// Part of a block that fills or empties from its beginning on: bytes [begin, end), of which [begin, before) are done
/// and [before, now) are what the present step adds.
struct Progress {
    int array;
    Index begin;
    Index end;
    Index before;
    Index now;
};

/// In a redistribution in place, memory of the old blocks that nobody needs any more becomes memory of the new ones:
/// the pages move (mremap), which costs far less than giving them back and having the system clear others. Pages of 2
/// MiB, of blocks that lie on such (Array::discardable). What cannot be moved is given back; nothing throws between
/// steps.
class PageRecycler {
public:
    PageRecycler(std::span<Array* const> sources, std::span<Array* const> targets);

    /// Bytes [before, now) of a source are not needed any more.
    void consumed(const Progress& progress) noexcept;
    /// Bytes [before, now) of a target are written next, and were not before.
    void fill(const Progress& progress) noexcept;
    /// After a step: what is left over beyond a little goes back to the system.
    void give_back() noexcept;

private:
    struct Pages {
        std::byte* first;
        std::size_t bytes;
    };
    [[nodiscard]] bool move(std::byte* from, std::byte* to) noexcept;

    std::span<Array* const> sources_;
    std::span<Array* const> targets_;
    std::vector<Pages> free_;  // never grows beyond what is reserved
    long moves_left_ = 0;
};

}  // namespace memdata
