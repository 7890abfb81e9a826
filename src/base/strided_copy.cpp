// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "base/strided_copy.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <limits>
#include <string>

namespace memdata::detail {

namespace {

/// One axis of the copy; strides in bytes.
struct Loop {
    Index extent;
    Index from;
    Index to;
};

/// Where the elements are and the loops over them, outermost first. The loops are put into the order of the memory
/// that is written, ascending, and those that run on from one to the next are one.
struct Nest {
    const std::byte* from;
    std::byte* to;
    std::vector<Loop> loops;

    Nest(const Shape& shape, Index item, const std::byte* source, const std::vector<Index>& from_strides,
         std::byte* target, const std::vector<Index>& to_strides)
        : from(source), to(target) {
        for (std::size_t axis = 0; axis < from_strides.size(); ++axis) {
            Loop loop{shape[static_cast<int>(axis)], from_strides[axis] * item, to_strides[axis] * item};
            if (loop.extent == 1) {
                continue;
            }
            if (loop.to < 0) {  // run it backwards
                from += (loop.extent - 1) * loop.from;
                to += (loop.extent - 1) * loop.to;
                loop.from = -loop.from;
                loop.to = -loop.to;
            }
            loops.push_back(loop);
        }
        std::ranges::stable_sort(loops, std::greater<>{}, &Loop::to);
        merge();
    }

private:
    void merge() {
        std::vector<Loop> merged;
        for (const Loop& inner : loops) {
            if (!merged.empty() && merged.back().from == inner.from * inner.extent &&
                merged.back().to == inner.to * inner.extent) {
                merged.back() = {merged.back().extent * inner.extent, inner.from, inner.to};
            } else {
                merged.push_back(inner);
            }
        }
        loops = std::move(merged);
    }
};

/// Calls f(from, to) at every step of the first `count` loops.
template <class F>
void for_each_step(const Nest& nest, std::size_t count, F&& f) {
    std::vector<Index> index(count, 0);
    const std::byte* from = nest.from;
    std::byte* to = nest.to;
    while (true) {
        f(from, to);
        std::size_t axis = count;
        while (axis-- > 0) {
            const Loop& loop = nest.loops[axis];
            from += loop.from;
            to += loop.to;
            if (++index[axis] < loop.extent) {
                break;
            }
            from -= loop.extent * loop.from;
            to -= loop.extent * loop.to;
            index[axis] = 0;
        }
        if (axis == static_cast<std::size_t>(-1)) {
            return;
        }
    }
}

/// The two innermost loops in tiles: a transposition that reads (or writes) with a long stride finds the cache
/// lines of the last pass still there.
template <class CopyOne>
void copy_plane(const std::byte* from, std::byte* to, const Loop& outer, const Loop& inner, CopyOne copy_one) {
    constexpr Index tile = 32;
    const bool tiled = std::abs(outer.from) < std::abs(inner.from);
    const Index rows = tiled ? tile : outer.extent;
    const Index columns = tiled ? tile : inner.extent;
    for (Index i = 0; i < outer.extent; i += rows) {
        const Index i_end = std::min(i + rows, outer.extent);
        for (Index j = 0; j < inner.extent; j += columns) {
            const Index j_end = std::min(j + columns, inner.extent);
            for (Index k = i; k < i_end; ++k) {
                const std::byte* source = from + k * outer.from + j * inner.from;
                std::byte* target = to + k * outer.to + j * inner.to;
                for (Index l = j; l < j_end; ++l, source += inner.from, target += inner.to) {
                    copy_one(source, target);
                }
            }
        }
    }
}

template <class CopyOne>
void copy_each(Nest nest, CopyOne copy_one) {
    std::vector<Loop>& loops = nest.loops;
    while (loops.size() < 2) {
        loops.insert(loops.begin(), Loop{1, 0, 0});
    }
    // The loop that reads the nearest elements runs just outside the innermost.
    const auto nearest = std::ranges::min_element(loops.begin(), loops.end() - 1, {}, [](const Loop& loop) {
        return loop.from == 0 ? std::numeric_limits<Index>::max() : std::abs(loop.from);
    });
    std::rotate(nearest, nearest + 1, loops.end() - 1);
    for_each_step(nest, loops.size() - 2, [&](const std::byte* from, std::byte* to) {
        copy_plane(from, to, loops.end()[-2], loops.back(), copy_one);
    });
}

/// Elements whose size the compiler knows become loads and stores.
template <std::size_t Bytes>
void copy_bytes(const Nest& nest) {
    copy_each(nest, [](const std::byte* from, std::byte* to) { std::memcpy(to, from, Bytes); });
}

}  // namespace

void copy_strided(const Dtype& dtype, const Shape& shape, const std::byte* from, const std::vector<Index>& from_strides,
                  std::byte* to, const std::vector<Index>& to_strides) {
    if (shape.elements() == 0 || (from == to && from_strides == to_strides)) {
        return;
    }
    const std::size_t item = dtype.itemsize();
    const auto bytes = static_cast<Index>(item);
    const Nest nest(shape, bytes, from, from_strides, to, to_strides);
    if (!dtype.is_trivial()) {
        copy_each(nest, [](const std::byte* source, std::byte* target) {
            *reinterpret_cast<std::string*>(target) = *reinterpret_cast<const std::string*>(source);
        });
        return;
    }
    if (nest.loops.empty() || (nest.loops.back().from == bytes && nest.loops.back().to == bytes)) {
        const std::size_t outer = nest.loops.empty() ? 0 : nest.loops.size() - 1;
        const std::size_t run = item * static_cast<std::size_t>(nest.loops.empty() ? 1 : nest.loops.back().extent);
        for_each_step(nest, outer,
                      [run](const std::byte* source, std::byte* target) { std::memcpy(target, source, run); });
        return;
    }
    switch (item) {
        case 1:
            return copy_bytes<1>(nest);
        case 2:
            return copy_bytes<2>(nest);
        case 4:
            return copy_bytes<4>(nest);
        case 8:
            return copy_bytes<8>(nest);
        case 16:
            return copy_bytes<16>(nest);
        default:
            copy_each(nest, [item](const std::byte* source, std::byte* target) { std::memcpy(target, source, item); });
    }
}

}  // namespace memdata::detail
