// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/base/chunk_shape.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <set>

#include "expect.hpp"
#include "memdata/base/storage.hpp"

namespace memdata {
namespace {

using Extents = std::vector<Index>;

double bytes(const Extents& chunks, std::size_t itemsize) {
    auto result = static_cast<double>(itemsize);
    for (const Index chunk : chunks) {
        result *= static_cast<double>(chunk);
    }
    return result;
}

/// How many chunks along the axis hold indices of more than one part, by looking at every index.
std::size_t shared(const Partition& writers, Index chunk) {
    std::set<Index> found;
    for (Index i = 1; i < writers.extent(); ++i) {
        if (i % chunk != 0 && writers.owner(i) != writers.owner(i - 1)) {
            found.insert(i / chunk);
        }
    }
    return found.size();
}

TEST(ChunkShape, WithoutWriters) {
    EXPECT_EQ(automatic_chunks(Shape{}, 8), Extents{});
    EXPECT_EQ(automatic_chunks(Shape{3, 5}, 8), (Extents{3, 5}));
    EXPECT_EQ(automatic_chunks(Shape{0, 5}, 8), (Extents{1, 5}));
    EXPECT_EQ(automatic_chunks(Shape{1 << 30}, 8), (Extents{1 << 17}));
    EXPECT_EQ(automatic_chunks(Shape{1024, 1024, 1024}, 8), (Extents{32, 64, 64}));
    EXPECT_EQ(automatic_chunks(Shape{4, 1 << 20}, 8), (Extents{4, 1 << 15}));
    EXPECT_EQ(automatic_chunks(Shape{100}, std::size_t{1} << 25U), (Extents{1}));
}

TEST(ChunkShape, AlignedWithEqualBlocks) {
    const auto chunks = [](const Shape& shape, std::size_t itemsize, int axis, Partition writers) {
        return automatic_chunks(shape, itemsize, Axis{axis}, writers);
    };
    // A rank's block is a chunk, however small down to 16 KiB, or whole numbers of chunks.
    EXPECT_EQ(chunks(Shape{80, 1000}, 8, 0, Partition::balanced(80, 8)), (Extents{10, 1000}));
    EXPECT_EQ(chunks(Shape{1024, 1024, 1024}, 8, 0, Partition::balanced(1024, 4)), (Extents{32, 64, 64}));
    EXPECT_EQ(chunks(Shape{1024, 1024}, 8, 1, Partition::balanced(1024, 64)), (Extents{1024, 16}));
    EXPECT_EQ(chunks(Shape{1 << 24}, 4, 0, Partition::from_counts({1 << 22, 0, 3 << 22})), (Extents{1 << 18}));
    // Blocks of 3 + 3 + 2 rows, each of 1 MiB, and of 3 + 2 + 2.
    EXPECT_EQ(chunks(Shape{8, 1 << 17}, 8, 0, Partition::balanced(8, 3)), (Extents{3, 1 << 15}));
    EXPECT_EQ(chunks(Shape{7, 1 << 17}, 8, -2, Partition::balanced(7, 3)), (Extents{1, 1 << 17}));
    // One writer has it all, or nobody anything.
    EXPECT_EQ(chunks(Shape{1 << 20}, 8, 0, Partition::from_counts({0, 1 << 20, 0})), (Extents{1 << 17}));
    EXPECT_EQ(chunks(Shape{7, 0}, 8, 1, Partition::balanced(0, 3)), (Extents{7, 1}));
    EXPECT_EQ(chunks(Shape{7, 0}, 8, 0, Partition::balanced(7, 3)), (Extents{7, 1}));
}

TEST(ChunkShape, SharedAsLittleAsPossible) {
    // Too small to be worth cutting: one chunk.
    EXPECT_EQ(automatic_chunks(Shape{10, 10}, 8, Axis{0}, Partition::balanced(10, 4)), (Extents{10, 10}));
    EXPECT_EQ(automatic_chunks(Shape{8, 10}, 8, Axis{0}, Partition::balanced(8, 4)), (Extents{8, 10}));
    // 8 MiB in halves of a prime number of elements: one chunk has both.
    const Partition halves = Partition::balanced(2 * 524287, 2);
    const Extents chunks = automatic_chunks(Shape{2 * 524287}, 16, Axis{0}, halves);
    EXPECT_LE(shared(halves, chunks[0]), 1U) << chunks[0];
    // The first two borders can be edges of chunks, so they are.
    const Partition odd = Partition::from_counts({100000, 100000, 33333, 1});
    EXPECT_LE(shared(odd, automatic_chunks(Shape{odd.extent()}, 8, Axis{0}, odd)[0]), 2U);
}

TEST(ChunkShape, Refuses) {
    testing::message_of<ArgumentError>(
        [] { static_cast<void>(automatic_chunks(Shape{4}, 8, Axis{1}, Partition::balanced(4, 2))); });
    testing::message_of<ShapeError>(
        [] { static_cast<void>(automatic_chunks(Shape{4}, 8, Axis{0}, Partition::balanced(5, 2))); });
}

/// Whatever the shape and the writers: chunks that Storage::check() takes, of the promised size, and no shared ones
/// when the blocks are equal and not tiny.
TEST(ChunkShape, KeepsItsPromisesForAnyShape) {
    const std::uint32_t seed = std::random_device()();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 engine(seed);
    const auto up_to = [&](double largest) {  // small ones as often as large ones
        const double exponent = std::uniform_real_distribution<double>(0, std::log2(largest))(engine);
        return static_cast<Index>(std::exp2(exponent));
    };
    for (int i = 0; i < 3000; ++i) {
        const auto ndim = static_cast<int>(up_to(6));
        Extents extents;
        for (int axis = 0; axis < ndim; ++axis) {
            extents.push_back(engine() % 40 == 0 ? 0 : up_to(ndim == 1 ? 1e8 : 1e10 / std::pow(4.0, ndim * 2)));
        }
        const auto itemsize = static_cast<std::size_t>(up_to(20));
        const auto axis = static_cast<int>(engine() % static_cast<unsigned>(ndim));
        const auto parts = static_cast<int>(up_to(50));
        Index& extent = extents[static_cast<std::size_t>(axis)];
        extent = std::min<Index>(extent, 3000);
        Partition writers = Partition::balanced(extent, parts);
        if (engine() % 3 == 0) {
            Extents counts;
            for (int part = 0; part < parts; ++part) {
                counts.push_back(engine() % 4 == 0 ? 0 : up_to(100));
            }
            writers = Partition::from_counts(counts);
            extent = writers.extent();
        }
        if (bytes(extents, itemsize) > 9e18) {  // no dataset can have so many
            continue;
        }
        const Shape shape(extents);
        for (const Extents& chunks :
             {automatic_chunks(shape, itemsize), automatic_chunks(shape, itemsize, Axis{axis}, writers)}) {
            const std::string text = to_string(shape) + " of " + std::to_string(itemsize) + ", axis " +
                                     std::to_string(axis) + ", " + to_string(writers) + ": " + to_string(Shape(chunks));
            Storage{.chunks = chunks}.check(Dtype::fixed_string(itemsize), shape, text);
            const double size = bytes(chunks, itemsize);
            EXPECT_LE(size, 0x1p22) << text;
            double total = static_cast<double>(itemsize);
            for (const Index n : shape) {
                total *= static_cast<double>(std::max<Index>(1, n));
            }
            const double block = total / static_cast<double>(std::max<Index>(1, extent)) *
                                 static_cast<double>(std::max<Index>(1, writers.max_count()));
            EXPECT_GE(size, std::min({0x1p18, total, std::max(block, 0x1p14)})) << text;
        }
        const Index chunk = automatic_chunks(shape, itemsize, Axis{axis}, writers)[static_cast<std::size_t>(axis)];
        const double row =
            shape.elements() == 0 ? 0 : static_cast<double>(shape.bytes(itemsize)) / static_cast<double>(extent);
        const bool equal = writers.is_balanced() && extent % parts == 0 && parts > 1;
        if (shape.elements() > 0 && (row >= 0x1p18 || (equal && row * static_cast<double>(extent / parts) >= 0x1p14 &&
                                                       row * static_cast<double>(extent / parts) <= 0x1p20))) {
            EXPECT_EQ(shared(writers, chunk), 0U) << to_string(shape) << ", " << to_string(writers) << ": " << chunk;
        }
    }
}

}  // namespace
}  // namespace memdata
