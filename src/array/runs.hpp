// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>

#include "memdata/base/shape.hpp"

// Copies between a part of a row-major block and the same bytes one after the other ("packed").
namespace memdata {

/// `count` runs of `run` bytes, `stride` bytes from one to the next, the first at byte `offset` of the block. This is
/// what a part looks like that takes one axis in part and all others whole: two blocks of distributed arrays never
/// have anything else in common. Packed, the runs follow each other in order.
struct Runs {
    Index offset = 0;
    Index count = 0;
    Index stride = 0;
    Index run = 0;
    [[nodiscard]] Index bytes() const noexcept { return count * run; }
    /// Byte of the block where packed byte `position` is.
    [[nodiscard]] Index place(Index position) const noexcept {
        return offset + position / run * stride + position % run;
    }
};

/// Indices [start, start + length) of one axis of a block, in as few runs as possible.
[[nodiscard]] Runs runs_of(const Shape& block, int axis, Index start, Index length, std::size_t itemsize);

/// Calls f(offset in the block, length, count, stride) for what packed bytes [first, first + bytes) are made of, in
/// order: the rest of a run, several whole runs, the beginning of one.
template <class F>
void for_each_stretch(const Runs& runs, Index first, Index bytes, F&& f) {
    Index number = first / runs.run;
    const auto stretch = [&](Index inside, Index length, Index count) {
        f(runs.offset + number * runs.stride + inside, length, count, runs.stride);
        bytes -= length * count;
        number += count;
    };
    if (const Index inside = first % runs.run; inside > 0 && bytes > 0) {
        stretch(inside, bytes < runs.run - inside ? bytes : runs.run - inside, 1);
    }
    if (const Index whole = bytes / runs.run; whole > 0) {
        stretch(0, runs.run, whole);
    }
    if (bytes > 0) {
        stretch(0, bytes, 1);
    }
}

/// How large blocks of memory are written.
enum class Stores {
    cached,
    streaming,  ///< past the cache: for targets too large to be found in it again. To be followed by finish_stores().
};

/// Packed bytes [first, first + bytes) of the runs of `block` to `packed`.
void pack(const std::byte* block, const Runs& runs, Index first, Index bytes, std::byte* packed, Stores stores);
/// And back into `block`.
void unpack(const std::byte* packed, std::byte* block, const Runs& runs, Index first, Index bytes, Stores stores);
/// From one block to another: the two have the same number of packed bytes.
void copy(const std::byte* source, const Runs& from, std::byte* target, const Runs& to, Index first, Index bytes,
          Stores stores);

/// Makes what was stored with Stores::streaming visible to others in order.
void finish_stores() noexcept;

}  // namespace memdata
