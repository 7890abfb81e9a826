// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/base/chunk_shape.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "memdata/base/error.hpp"

namespace memdata {

namespace {

constexpr double target = 0x1p20;        // bytes of a chunk that is cut from a larger dataset: this, or half of it
constexpr double least = 0x1p18;         // below it only where the dataset or a rank's block is smaller,
constexpr double least_of_all = 0x1p14;  // and never below this to keep ranks apart
constexpr double most = 0x1p22;

/// Doubles: the bytes of a whole dataset may be beyond 63 bits, and nothing here needs to be exact.
double bytes_of(const std::vector<Index>& chunks, std::size_t itemsize) {
    double bytes = static_cast<double>(std::max<std::size_t>(itemsize, 1));
    for (const Index chunk : chunks) {
        bytes *= static_cast<double>(chunk);
    }
    return bytes;
}

std::vector<Index> whole(const Shape& shape) {
    std::vector<Index> chunks;
    for (const Index extent : shape) {
        chunks.push_back(std::max<Index>(1, extent));
    }
    return chunks;
}

/// The greatest divisor of n below n itself, at least a millionth of it; else 1.
Index next_divisor(Index n) {
    constexpr Index most_factor = 1'000'000;
    for (Index factor = 2; factor <= n / factor && factor <= most_factor; ++factor) {
        if (n % factor == 0) {
            return n / factor;
        }
    }
    return 1;
}

/// Halves the longest extent until a chunk has no more than the target. On axis `aligned` only divisors are taken, and
/// none that makes the chunk too small.
void shrink(std::vector<Index>& chunks, std::size_t itemsize, std::optional<int> aligned = std::nullopt) {
    std::optional<std::size_t> fixed;
    while (bytes_of(chunks, itemsize) > target) {
        std::optional<std::size_t> longest;
        for (std::size_t axis = 0; axis < chunks.size(); ++axis) {
            if (chunks[axis] > 1 && axis != fixed && (!longest || chunks[axis] > chunks[*longest])) {
                longest = axis;
            }
        }
        if (!longest) {
            return;
        }
        Index& extent = chunks[*longest];
        if (aligned && *longest == static_cast<std::size_t>(*aligned)) {
            const Index before = extent;
            extent = next_divisor(extent);
            if (bytes_of(chunks, itemsize) < least) {
                extent = before;
                fixed = longest;
            }
        } else {
            extent -= extent / 2;
        }
    }
}

/// Where one rank's block ends and another's begins.
std::vector<Index> borders(const Partition& writers) {
    std::vector<Index> result;
    for (int part = 1; part < writers.parts(); ++part) {
        const Index offset = writers.offset(part);
        if (offset > 0 && offset < writers.extent() && (result.empty() || offset != result.back())) {
            result.push_back(offset);
        }
    }
    return result;
}

/// How many chunks of this extent are cut by a border.
Index shared(const std::vector<Index>& borders, Index chunk) {
    Index count = 0;
    Index last = -1;
    for (const Index border : borders) {
        if (border % chunk != 0 && border / chunk != last) {
            last = border / chunk;
            ++count;
        }
    }
    return count;
}

/// The extent from lowest to highest of which the fewest chunks are shared; of several the one nearest to `wanted`.
/// Candidates are what divides or is a multiple of blocks and borders.
Index fewest_shared(const Partition& writers, const std::vector<Index>& borders, Index lowest, Index highest,
                    Index wanted) {
    constexpr std::size_t most_lengths = 16;
    std::vector<Index> lengths;
    for (int part = 0; part < writers.parts() && lengths.size() < most_lengths; ++part) {
        for (const Index length : {writers.count(part), writers.offset(part)}) {
            if (length > 0 && std::ranges::find(lengths, length) == lengths.end()) {
                lengths.push_back(length);
            }
        }
    }
    std::vector<Index> candidates = {lowest, highest};
    for (const Index length : lengths) {
        for (const Index near : {lowest, wanted, highest}) {
            candidates.push_back(near / length * length);                                             // a multiple
            candidates.push_back(length / std::max<Index>(1, (length + near - 1) / near));            // a part, rounded
            candidates.push_back((length - 1) / std::max<Index>(1, (length + near - 1) / near) + 1);  // down and up
        }
    }
    const auto cost = [&](Index chunk) {
        return std::pair(shared(borders, chunk),
                         std::abs(std::log(static_cast<double>(chunk) / static_cast<double>(wanted))));
    };
    Index best = wanted;
    auto best_cost = cost(best);
    for (const Index candidate : candidates) {
        if (candidate >= lowest && candidate <= highest) {
            if (const auto found = cost(candidate); found < best_cost) {
                best = candidate;
                best_cost = found;
            }
        }
    }
    return best;
}

}  // namespace

std::vector<Index> automatic_chunks(const Shape& shape, std::size_t itemsize) {
    std::vector<Index> chunks = whole(shape);
    shrink(chunks, itemsize);
    return chunks;
}

std::vector<Index> automatic_chunks(const Shape& shape, std::size_t itemsize, Axis axis, const Partition& writers) {
    const int number = shape.resolve(axis);
    if (writers.extent() != shape[number]) {
        throw ShapeError(
            fmt::format("the writers have {} of {} indices on axis {}", writers.extent(), shape[number], number),
            {.axis = number});
    }
    const std::vector<Index> edges = borders(writers);
    if (edges.empty() || shape.elements() == 0) {
        return automatic_chunks(shape, itemsize);
    }

    const auto along = static_cast<std::size_t>(number);
    std::vector<Index> chunks = whole(shape);
    chunks[along] = writers.max_count();
    const double smallest = std::min(least, std::max(least_of_all, bytes_of(chunks, itemsize)));
    chunks[along] = std::accumulate(edges.begin(), edges.end(), Index{0}, std::gcd<Index, Index>);
    shrink(chunks, itemsize, number);
    const double bytes = bytes_of(chunks, itemsize);
    const double total = bytes_of(whole(shape), itemsize);
    if (bytes >= smallest && bytes <= most) {
        return chunks;
    }

    // One index of the axis is less than a chunk now: where a chunk of one index is enough, it is aligned.
    chunks = whole(shape);
    chunks[along] = 1;
    shrink(chunks, itemsize);
    const double row = bytes_of(chunks, itemsize);
    const auto rows = [&](double wanted) {
        return static_cast<Index>(std::clamp(wanted / row, 1.0, static_cast<double>(shape[number])));
    };
    chunks[along] =
        total <= least ? shape[number] : fewest_shared(writers, edges, rows(least + row), rows(most), rows(target));
    return chunks;
}

}  // namespace memdata
