// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>
#include <mpi.h>

#include <random>
#include <vector>

#include "mpi/large_count.hpp"
#include "mpi/peers.hpp"

namespace memdata::testing {
namespace {

using Bytes = std::vector<std::byte>;

Bytes numbered(Index count) {
    Bytes bytes(static_cast<std::size_t>(count));
    std::uint32_t state = 1;
    for (std::byte& byte : bytes) {
        state = state * 1664525U + 1013904223U;
        byte = static_cast<std::byte>(state >> 24U);
    }
    return bytes;
}

Bytes packed(const Bytes& from, MPI_Datatype type) {
    int size = 0;
    MPI_Pack_size(1, type, MPI_COMM_SELF, &size);
    Bytes result(static_cast<std::size_t>(size));
    int position = 0;
    MPI_Pack(from.data(), 1, type, result.data(), size, &position, MPI_COMM_SELF);
    result.resize(static_cast<std::size_t>(position));
    return result;
}

/// The byte offsets of a box, row by row, counted and not computed from strides.
std::vector<std::size_t> offsets_of(std::size_t item, const Shape& block, const std::vector<Index>& start,
                                    const Shape& extents) {
    std::vector<std::size_t> result;
    std::vector<Index> index(static_cast<std::size_t>(block.ndim()), 0);
    for (Index element = 0; element < block.elements(); ++element) {
        bool inside = true;
        for (int axis = 0; axis < block.ndim(); ++axis) {
            const auto a = static_cast<std::size_t>(axis);
            inside = inside && index[a] >= start[a] && index[a] < start[a] + extents[axis];
        }
        for (std::size_t byte = 0; byte < item && inside; ++byte) {
            result.push_back(static_cast<std::size_t>(element) * item + byte);
        }
        for (int axis = block.ndim(); axis-- > 0;) {
            const auto a = static_cast<std::size_t>(axis);
            if (++index[a] < block[axis]) {
                break;
            }
            index[a] = 0;
        }
    }
    return result;
}

/// Takes and leaves the bytes of random boxes.
void expect_boxes(int rounds) {
    const Communicator world;
    const std::uint32_t seed = std::random_device()() ^ static_cast<std::uint32_t>(world.rank());
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const auto between = [&](Index low, Index high) { return std::uniform_int_distribution<Index>(low, high)(random); };
    for (int round = 0; round < rounds; ++round) {
        const std::size_t item =
            std::vector<std::size_t>{1, 2, 3, 4, 8, 16, 31}[static_cast<std::size_t>(between(0, 6))];
        std::vector<Index> block;
        std::vector<Index> start;
        std::vector<Index> extents;
        for (Index axis = between(0, 5); axis-- > 0;) {
            block.push_back(between(1, 5));
            extents.push_back(between(0, 2) == 0 ? block.back() : between(1, block.back()));
            start.push_back(between(0, block.back() - extents.back()));
        }
        const Shape whole(block);
        const mpi::Type type = mpi::box_type(item, whole, start, Shape(extents));
        const std::vector<std::size_t> where = offsets_of(item, whole, start, Shape(extents));
        const Bytes source = numbered(whole.bytes(item));
        Bytes wanted;
        for (const std::size_t offset : where) {
            wanted.push_back(source[offset]);
        }
        ASSERT_EQ(packed(source, type.get()), wanted) << "block " << to_string(whole);
        // Received into a box, the bytes around it stay.
        Bytes target(source.size(), std::byte{0xEE});
        Bytes expected = target;
        for (std::size_t i = 0; i < where.size(); ++i) {
            expected[where[i]] = wanted[i];
        }
        MPI_Sendrecv(wanted.data(), static_cast<int>(wanted.size()), MPI_BYTE, 0, 0, target.data(), 1, type.get(), 0, 0,
                     MPI_COMM_SELF, MPI_STATUS_IGNORE);
        ASSERT_EQ(target, expected) << "block " << to_string(whole);
    }
}

TEST(BoxType, takes_and_leaves_the_bytes_of_random_boxes) { expect_boxes(400); }

TEST(BoxType, of_more_elements_than_the_limit) {
    for (const Index limit : {2, 3, 7, 1000}) {
        SCOPED_TRACE("limit " + std::to_string(limit));
        const mpi::CountLimit low(limit);
        expect_boxes(100);
    }
}

TEST(ContiguousType, is_one_run_of_bytes) {
    for (const Index bytes : {1, 2, 7, 64, 65'537}) {
        const Bytes source = numbered(bytes);
        EXPECT_EQ(packed(source, mpi::contiguous_type(bytes).get()), source);
    }
}

// Below, at and above the limit, its square, its cube.
TEST(ContiguousType, of_more_bytes_than_the_limit) {
    const Index usual = mpi::count_limit();
    for (const Index limit : {2, 3, 7, 31}) {
        const mpi::CountLimit low(limit);
        EXPECT_EQ(mpi::count_limit(), limit);
        for (const Index power : {limit, limit * limit, limit * limit * limit}) {
            for (const Index bytes : {power - 1, power, power + 1, 2 * power, 2 * power - 1, power + limit}) {
                const Bytes source = numbered(bytes);
                ASSERT_EQ(packed(source, mpi::contiguous_type(bytes).get()), source) << limit << " " << bytes;
            }
        }
    }
    EXPECT_EQ(mpi::count_limit(), usual);
}

TEST(Broadcast, in_rounds) {
    const Communicator world;
    for (const Index limit : {2, 7, 1000}) {
        const mpi::CountLimit low(limit);
        for (const Index bytes : {Index{0}, Index{1}, limit - 1, limit, limit + 1, 3 * limit, 3 * limit + 1}) {
            const int root = world.size() - 1;
            const Bytes source = numbered(bytes);
            Bytes data = world.rank() == root ? source : Bytes(source.size());
            mpi::broadcast(world, data.data(), bytes, root);
            ASSERT_EQ(data, source);
        }
    }
}

/// Sizes and ends of types of more bytes than an int counts; nothing is transferred.
void expect_size(const mpi::Type& type, MPI_Count size, MPI_Count begin, MPI_Count end) {
    MPI_Count found = 0;
    MPI_Type_size_x(type.get(), &found);
    EXPECT_EQ(found, size);
    MPI_Count lower = 0;
    MPI_Count extent = 0;
    MPI_Type_get_true_extent_x(type.get(), &lower, &extent);
    EXPECT_EQ(lower, begin);
    EXPECT_EQ(lower + extent, end);
}

TEST(ContiguousType, counts_64_bit) {
    constexpr Index gib = Index{1} << 30;
    for (const Index bytes : {gib - 1, gib, gib + 1, 2 * gib, 2 * gib - 1, 7 * gib + 5, (gib << 10) + 3}) {
        expect_size(mpi::contiguous_type(bytes), bytes, 0, bytes);
    }
}

TEST(BoxType, counts_64_bit) {
    constexpr Index gib = Index{1} << 30;
    // Every second byte of a row of 6 GiB + 2.
    const Index rows = 3 * gib + 1;
    expect_size(mpi::box_type(1, Shape{rows, 2}, {0, 1}, Shape{rows, 1}), rows, 1, 2 * rows);
    expect_size(mpi::box_type(16, Shape{5, 7 * gib}, {3, gib}, Shape{2, 2 * gib}), 2 * 2 * gib * 16,
                (3 * 7 * gib + gib) * 16, (4 * 7 * gib + 3 * gib) * 16);
}

TEST(Peers, bytes_of_every_rank_reach_every_rank) {
    const Communicator world;
    for (const int scale : {0, 1, 1000}) {
        std::vector<std::string> outgoing;
        for (int rank = 0; rank < world.size(); ++rank) {
            // Nothing to some.
            const int length = (world.rank() + rank) % 3 == 0 ? 0 : scale * (1 + world.rank() + 2 * rank);
            outgoing.emplace_back(static_cast<std::size_t>(length), static_cast<char>('a' + world.rank()));
        }
        const std::vector<std::string> incoming = mpi::exchange_bytes(world, outgoing);
        ASSERT_EQ(incoming.size(), outgoing.size());
        for (int rank = 0; rank < world.size(); ++rank) {
            const int length = (world.rank() + rank) % 3 == 0 ? 0 : scale * (1 + rank + 2 * world.rank());
            EXPECT_EQ(incoming[static_cast<std::size_t>(rank)],
                      std::string(static_cast<std::size_t>(length), static_cast<char>('a' + rank)));
        }
    }
}

TEST(Peers, what_every_rank_has_reaches_every_rank) {
    const Communicator world;
    for (const int scale : {0, 1, 1000}) {
        const auto text = [&](int rank) {
            return std::string(static_cast<std::size_t>(rank % 3 == 1 ? 0 : scale * (rank + 1)),
                               static_cast<char>('a' + rank));
        };
        const std::vector<std::string> all = mpi::allgather_bytes(world, text(world.rank()));
        ASSERT_EQ(std::ssize(all), world.size());
        for (int rank = 0; rank < world.size(); ++rank) {
            EXPECT_EQ(all[static_cast<std::size_t>(rank)], text(rank));
        }
    }
}

}  // namespace
}  // namespace memdata::testing
