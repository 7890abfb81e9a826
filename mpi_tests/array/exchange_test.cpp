// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// The ways of exchange, against each other's truth: every way, several arrays at once, long streams in many rounds.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <boost/mpi/collectives/all_reduce.hpp>
#include <cstdlib>
#include <functional>

#include "../base/expect.hpp"
#include "../mpi/caught.hpp"
#include "memdata/array/redistribution.hpp"
#include "memdata/mpi/agreement.hpp"
#include "truth.hpp"

namespace memdata::testing {
namespace {

const std::vector<ExchangeWay> all_ways{ExchangeWay::automatic, ExchangeWay::direct, ExchangeWay::staged,
                                        ExchangeWay::messages};

/// Sets MEMDATA_EXCHANGE for as long as it lives.
class Environment {
public:
    explicit Environment(const char* value) { setenv("MEMDATA_EXCHANGE", value, 1); }
    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;
    ~Environment() { unsetenv("MEMDATA_EXCHANGE"); }
};

Dtype bytes_of(std::size_t size) { return Dtype::fixed_string(size); }

/// A random shape of about as many elements as wanted.
Indices random_shape(Random& random, Index elements) {
    Indices shape;
    for (Index axis = random.between(1, 4); axis-- > 0;) {
        const Index extent = random.between(0, 30) == 0 ? 0 : axis == 0 ? elements : random.between(1, 9);
        shape.insert(shape.begin() + random.between(0, std::ssize(shape)), extent);
        elements = std::max(Index{1}, elements / std::max(Index{1}, extent));
    }
    return shape;
}

Layout random_layout(Random& random, const Indices& shape, int ranks) {
    Layout result = layout(shape, static_cast<int>(random.between(0, std::ssize(shape) - 1)), ranks);
    if (random.between(0, 2) > 0) {
        result.counts = random.split(shape[static_cast<std::size_t>(result.axis)], ranks);
    }
    return result;
}

TEST(Exchange, two_thousand_random_plans_by_every_way_and_back) {
    const Communicator world;
    Random random;
    SCOPED_TRACE("MEMDATA_TEST_SEED=" + std::to_string(random.seed()));
    for (int round = 0; round < 2000; ++round) {
        const Dtype dtype = random.between(0, 1) == 0
                                ? bytes_of(static_cast<std::size_t>(random.between(1, 40)))
                                : Dtype(random.between(0, 1) == 0 ? TypeKind::float64 : TypeKind::complex128);
        const Indices shape = random_shape(random, random.between(1, 300));
        const Layout from = random_layout(random, shape, world.size());
        const Layout to = random_layout(random, shape, world.size());
        const ExchangeWay way = all_ways[static_cast<std::size_t>(random.between(0, 3))];
        const MPIArray source = make(world, dtype, from);
        MPIArray target = MPIArray::uninitialized(world, dtype, to.distribution());
        MPIArray back = MPIArray::uninitialized(world, dtype, from.distribution());
        const RedistributionPlan there(world, source.distribution(), target.distribution(), dtype.itemsize(), way);
        there.execute(source, target);
        ASSERT_TRUE(is_as(target, dtype, to)) << "round " << round << " way " << static_cast<int>(way);
        const RedistributionPlan again(world, target.distribution(), source.distribution(), dtype.itemsize(), way);
        again.execute(target, back);
        ASSERT_TRUE(back.local() == source.local()) << "round " << round << " way " << static_cast<int>(way);
    }
}

TEST(Exchange, long_streams_go_in_many_rounds) {
    // Runs of 1 byte to some 100 KiB, of odd lengths too; 1 MiB in all, so that each pair needs several rounds of the
    // stage and the kernel several calls.
    const Communicator world;
    for (const ExchangeWay way : all_ways) {
        for (const Indices& shape :
             {Indices{1 << 12, 255}, {3, 350001}, {1 << 18, 5}, {7, 1001, 151}, {257, 3, 1311}}) {
            for (const auto& [a, b] : {std::pair{0, 1}, {static_cast<int>(shape.size()) - 1, 0}}) {
                const Layout from = layout(shape, a, world.size());
                const Layout to = layout(shape, b, world.size());
                const Dtype dtype = TypeKind::uint8;
                const Distribution start = from.distribution();
                MPIArray source = MPIArray::uninitialized(world, dtype, start);
                // truth.hpp's numbers, without its lists of them: this is large.
                const auto value = [](Index number) { return static_cast<std::uint8_t>(number * 2654435761 >> 13); };
                const auto fill = [&](MPIArray& array, bool check) {
                    const Shape& block = array.local_shape();
                    const Index inner = block.elements(array.axis() + 1, block.ndim());
                    const Index row = array.shape()[array.axis()] * inner;
                    const auto data = array.local().span<std::uint8_t>();
                    bool right = true;
                    for (Index i = 0; i < array.local().size(); ++i) {
                        const Index run = block[array.axis()] * inner;
                        const std::uint8_t wanted = value(i / run * row + i % run + array.local_bounds().start * inner);
                        std::uint8_t& element = data[static_cast<std::size_t>(i)];
                        right = right && (!check || element == wanted);
                        element = check ? element : wanted;
                    }
                    return right;
                };
                fill(source, false);
                MPIArray target = MPIArray::uninitialized(world, dtype, to.distribution());
                const RedistributionPlan plan(world, start, target.distribution(), 1, way);
                plan.execute(source, target);
                plan.execute(source, target);
                ASSERT_TRUE(fill(target, true)) << static_cast<int>(way) << " " << to_string(start);
            }
        }
    }
}

TEST(Exchange, traffic_tells_the_way) {
    const Communicator world;
    const Distribution rows({512, 4096}, Axis{0}, world.size());
    const Distribution columns({512, 4096}, Axis{1}, world.size());
    const Index mine = columns.local_shape(world.rank()).bytes(8);
    MPI_Comm node = MPI_COMM_NULL;
    MPI_Comm_split_type(world, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node);
    const bool one_node = Communicator(node, boost::mpi::comm_take_ownership).size() == world.size();
    const Index own = 8 * columns.local_shape(world.rank())[1] * rows.local_shape(world.rank())[0];
    for (const ExchangeWay way : all_ways) {
        const Traffic traffic = RedistributionPlan(world, rows, columns, 8, way).traffic();
        EXPECT_EQ(traffic.local, own);
        EXPECT_EQ(traffic.local + traffic.direct + traffic.staged + traffic.messages, mine);
        if (way == ExchangeWay::messages) {
            EXPECT_EQ(traffic.messages, mine - own);
        } else if (one_node) {
            EXPECT_EQ(traffic.messages, 0) << "the ranks cannot share memory: /proc, memfd_create?";
        }
        if (way == ExchangeWay::staged) {
            EXPECT_EQ(traffic.direct, 0);
        }
    }
}

TEST(Exchange, several_arrays_in_one) {
    const Communicator world;
    Random random;
    SCOPED_TRACE("MEMDATA_TEST_SEED=" + std::to_string(random.seed()));
    for (const char* way : {"automatic", "direct", "staged", "messages"}) {
        const Environment environment(way);
        for (const int count : {1, 2, 7, 300}) {
            std::vector<MPIArray> arrays;
            std::vector<Layout> targets;
            std::vector<Dtype> dtypes;
            for (int i = 0; i < count; ++i) {
                const Indices shape = random_shape(random, random.between(0, 60));
                dtypes.push_back(
                    all_dtypes()[static_cast<std::size_t>(random.between(0, std::ssize(all_dtypes()) - 1))]);
                arrays.push_back(make(world, dtypes.back(), random_layout(random, shape, world.size())));
                targets.push_back(random_layout(random, shape, world.size()));
            }
            std::vector<Redistribution> changes;
            for (std::size_t i = 0; i < arrays.size(); ++i) {
                changes.push_back({&arrays[i], targets[i].distribution()});
            }
            redistribute(changes);
            for (std::size_t i = 0; i < arrays.size(); ++i) {
                ASSERT_TRUE(is_as(arrays[i], dtypes[i], targets[i])) << way << ", array " << i << " of " << count;
            }
        }
    }
    redistribute({});
}

TEST(Exchange, several_arrays_fail_together) {
    const Communicator world;
    MPIArray good = make(world, TypeKind::int32, layout({4, 6}, 0, world.size()));
    const Communicator half = world.split(world.rank() % 2);
    MPIArray elsewhere = make(half, TypeKind::int32, layout({4, 6}, 0, half.size()));
    const Distribution columns({4, 6}, Axis{1}, world.size());
    const auto both = [&](MPIArray* second, const Distribution& to) {
        return caught([&] { redistribute({{&good, columns}, {second, to}}); });
    };
    EXPECT_TRUE(is<ArgumentError>(both(nullptr, columns)));
    EXPECT_TRUE(is<ArgumentError>(both(&good, columns))) << "the same array twice";
    MPIArray other = make(world, TypeKind::int32, layout({4, 6}, 0, world.size()));
    EXPECT_TRUE(is<ShapeError>(both(&other, Distribution({6, 4}, Axis{1}, world.size()))));
    if (world.size() > 1) {
        EXPECT_TRUE(is<ArgumentError>(both(&elsewhere, columns)));
        const int last = world.size() - 1;
        const Distribution to({4, 6}, Axis{world.rank() == last ? 0 : 1}, world.size());
        EXPECT_THROW_ON_ALL(world, redistribute({{&good, columns}, {&other, to}}), MismatchError, "redistribute");
    }
    EXPECT_TRUE(is_as(good, TypeKind::int32, layout({4, 6}, 0, world.size()))) << "nothing has changed";
}

TEST(Exchange, ranks_that_ask_for_different_ways) {
    const Communicator world;
    if (world.size() == 1) {
        GTEST_SKIP() << "needs 2 ranks";
    }
    MPIArray array = make(world, TypeKind::int32, layout({4, 6}, 0, world.size()));
    {
        const Environment environment(world.rank() == 1 ? "staged" : "messages");
        EXPECT_THROW_ON_ALL(world, array.redistribute(Axis{1}), MismatchError, "MEMDATA_EXCHANGE");
    }
    {
        const Environment environment(world.rank() == 1 ? "fastest" : "messages");
        EXPECT_THROW_ON_ALL(world, array.redistribute(Axis{1}), ArgumentError, "'fastest'");
    }
    EXPECT_TRUE(is_as(array, TypeKind::int32, layout({4, 6}, 0, world.size())));
}

TEST(Exchange, into_a_new_array) {
    const Communicator world;
    for (const Dtype& dtype : all_dtypes()) {
        const Layout from = layout({5, 7}, 0, world.size());
        const Layout to = layout({5, 7}, 1, world.size());
        MPIArray array = make(world, dtype, from);
        const MPIArray copy = array.redistributed(Axis{1});
        EXPECT_TRUE(is_as(copy, dtype, to));
        EXPECT_TRUE(copy.local().owns_memory());
        EXPECT_TRUE(is_as(array, dtype, from)) << "the old one stays";
        const MPIArray same = array.redistributed(from.distribution());
        EXPECT_TRUE(is_as(same, dtype, from));
        EXPECT_TRUE(same.local().size() == 0 || same.local().data() != array.local().data());
        const MPIArray moved = std::move(array).redistributed(to.distribution());
        EXPECT_TRUE(is_as(moved, dtype, to));
    }
    const MPIArray array = make(world, TypeKind::int8, layout({5, 7}, 0, world.size()));
    EXPECT_TRUE(is<ArgumentError>(caught([&] { static_cast<void>(array.redistributed(Axis{2})); })));
}

TEST(Exchange, with_a_spare_block_nothing_is_allocated) {
    const Communicator world;
    const Layout rows = layout({64, 96}, 0, world.size());
    const Layout columns = layout({64, 96}, 1, world.size());
    const Dtype dtype = TypeKind::float64;
    MPIArray array = make(world, dtype, rows);
    const RedistributionPlan there(world, rows.distribution(), columns.distribution(), 8);
    const RedistributionPlan back(world, columns.distribution(), rows.distribution(), 8);
    Array spare = Array::uninitialized(dtype, columns.distribution().local_shape(world.rank()));
    const std::byte* const first = array.local().data();
    const std::byte* const second = spare.data();
    for (int round = 0; round < 3; ++round) {
        spare = array.redistribute(there, std::move(spare));
        EXPECT_TRUE(is_as(array, dtype, columns));
        EXPECT_EQ(array.local().data(), second);
        EXPECT_EQ(spare.data(), first);
        spare = array.redistribute(back, std::move(spare));
        EXPECT_TRUE(is_as(array, dtype, rows));
    }
    // Neither a plan nor a spare of something else; the array stays.
    const bool last = world.rank() == world.size() - 1;
    EXPECT_THROW_ON_ALL(world, static_cast<void>(array.redistribute(last ? back : there, spare.clone())), ShapeError,
                        "");
    EXPECT_THROW_ON_ALL(
        world, static_cast<void>(array.redistribute(there, last ? Array::zeros<float>(spare.shape()) : spare.clone())),
        DtypeError, "float32");
    EXPECT_THROW_ON_ALL(world, static_cast<void>(array.redistribute(there, last ? Array() : spare.clone())), ShapeError,
                        "");
    EXPECT_TRUE(is_as(array, dtype, rows));
}

/// Writes (or, with `check`, counts what differs from) the global number of every element of a float64 array.
Index numbers(MPIArray& array, bool check) {
    const Shape& block = array.local_shape();
    const Index inner = block.elements(array.axis() + 1, block.ndim());
    const Index rows = block.elements(0, array.axis());
    double* element = array.local().span<double>().data();
    Index wrong = 0;
    for (Index row = 0; row < rows; ++row) {
        const Index first = (row * array.shape()[array.axis()] + array.local_bounds().start) * inner;
        for (Index i = 0; i < block[array.axis()] * inner; ++i, ++element) {
            const auto wanted = static_cast<double>(first + i);
            wrong += check && *element != wanted ? 1 : 0;
            *element = check ? *element : wanted;
        }
    }
    return wrong;
}

TEST(Exchange, large_arrays_in_place_again_and_again) {
    // Several steps of 24 MiB, in which pages of the old block become pages of the new one; the more often, the more
    // stretches of pages a block is put together from.
    const Communicator world;
    if (world.size() == 1 || world.size() > 4) {
        GTEST_SKIP() << "2 to 4 ranks are enough";
    }
    Random random;
    SCOPED_TRACE("MEMDATA_TEST_SEED=" + std::to_string(random.seed()));
    for (const char* way : {"automatic", "staged", "messages"}) {
        const Environment environment(way);
        Indices extents{random.between(30, 70), random.between(100, 500), 0};
        extents[2] = (Index{160} << 20) / 8 / (extents[0] * extents[1]);  // 160 MiB in all
        const Layout first = random_layout(random, extents, world.size());
        MPIArray array = MPIArray::uninitialized(world, TypeKind::float64, first.distribution());
        numbers(array, false);
        for (int step = 0; step < 5; ++step) {
            const Layout next = random_layout(random, extents, world.size());
            array.redistribute(next.distribution());
            ASSERT_EQ(numbers(array, true), 0) << way << ", step " << step << ": " << to_string(array.distribution());
        }
    }
}

TEST(Exchange, blocks_of_very_different_sizes_in_place) {
    const Communicator world;
    if (world.size() == 1 || world.size() > 4) {
        GTEST_SKIP() << "2 to 4 ranks are enough";
    }
    // 28 MiB on all ranks but the last, which has 1 MiB; 1 MiB a row.
    Indices counts(static_cast<std::size_t>(world.size()), 28);
    counts.back() = 1;
    const Index all = 28 * (world.size() - 1) + 1;
    const Distribution from({all, 131072}, Axis{0}, Partition::from_counts(counts));
    MPIArray array = MPIArray::uninitialized(world, TypeKind::float64, from);
    numbers(array, false);
    for (const Distribution& to : {Distribution({all, 131072}, Axis{1}, world.size()), from}) {
        array.redistribute(to);
        EXPECT_EQ(numbers(array, true), 0);
    }
    // And several at once; pages of one may go to the other.
    MPIArray other = array.clone();
    redistribute({{&array, Distribution(array.shape(), Axis{1}, world.size())},
                  {&other, Distribution(array.shape(), Axis{0}, world.size())}});
    EXPECT_EQ(numbers(array, true), 0);
    EXPECT_EQ(numbers(other, true), 0);
}

TEST(Exchange, too_little_memory_is_seen_before_anything_is_touched) {
    const Communicator world;
    if (world.size() == 1) {
        GTEST_SKIP() << "on one rank nothing moves";
    }
    // Twice what the machine has, on every rank; address space that is never touched, and wrapped, so that it cannot be
    // given back.
    const Index machine = sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
    const Index rows = machine / (1 << 20) * 2 * world.size();  // of 1 MiB
    const Distribution from({rows, 131072}, Axis{0}, world.size());
    const auto bytes = static_cast<std::size_t>(from.local_shape(world.rank()).bytes(8));
    void* const memory =
        mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    // No bool: Boost.MPI makes a type for it at its first use, and keeps it.
    if (boost::mpi::all_reduce(world, memory == MAP_FAILED ? 1 : 0, boost::mpi::maximum<int>()) > 0) {
        GTEST_SKIP() << "this system does not promise memory that it does not have";
    }
    {
        MPIArray array = MPIArray::wrap(world, static_cast<double*>(memory), from);
        EXPECT_THROW_ON_ALL(world, array.redistribute(Axis{1}), MemoryError, "redistribute wants");
        EXPECT_EQ(array.distribution(), from);
    }
    munmap(memory, bytes);
}

TEST(Exchange, plans_that_differ_between_ranks) {
    const Communicator world;
    if (world.size() == 1) {
        GTEST_SKIP() << "needs 2 ranks";
    }
    const bool last = world.rank() == world.size() - 1;
    const Distribution rows({8, 12}, Axis{0}, world.size());
    const Distribution columns({8, 12}, Axis{1}, world.size());
    EXPECT_THROW_ON_ALL(world, RedistributionPlan(world, rows, columns, last ? 4 : 8), MismatchError, "(4 bytes)");
    EXPECT_THROW_ON_ALL(world, RedistributionPlan(world, rows, last ? rows : columns, 8), MismatchError, "plan");
}

TEST(Exchange, plans_are_for_their_communicator) {
    const Communicator world;
    if (world.size() == 1) {
        GTEST_SKIP() << "needs 2 ranks";
    }
    const Communicator reversed = world.split(0, -world.rank());
    const Layout rows = layout({8, 12}, 0, world.size());
    MPIArray array = make(reversed, TypeKind::float64, rows);
    const RedistributionPlan plan(world, rows.distribution(), layout({8, 12}, 1, world.size()).distribution(), 8);
    Array spare = Array::uninitialized(TypeKind::float64, plan.to().local_shape(reversed.rank()));
    EXPECT_THROW_ON_ALL(world, static_cast<void>(array.redistribute(plan, std::move(spare))), ArgumentError,
                        "communicator");
    EXPECT_TRUE(is_as(array, TypeKind::float64, rows));
}

TEST(Exchange, arrays_keep_their_communicator_and_need_their_block) {
    const Communicator world;
    const Communicator twin = world.split(0, world.rank());
    MPIArray first = make(world, TypeKind::int32, layout({4, 6}, 0, world.size()));
    MPIArray second = make(twin, TypeKind::int32, layout({4, 6}, 0, world.size()));
    const Distribution columns({4, 6}, Axis{1}, world.size());
    redistribute({{&first, columns}, {&second, columns}});
    EXPECT_EQ(static_cast<MPI_Comm>(second.comm()), static_cast<MPI_Comm>(twin));
    const Array stolen = std::move(first.local());
    EXPECT_THROW_ON_ALL(world, first.redistribute(Axis{0}), ShapeError, "moved from");
}

TEST(Exchange, blocking_messages_of_the_user_go_on) {
    // Rank 0 sends a long message, which needs it to take part, and enters the exchange; rank 1 receives it first.
    const Communicator world;
    if (world.size() < 2) {
        GTEST_SKIP() << "needs 2 ranks";
    }
    std::vector<char> message(std::size_t{8} << 20, 'x');
    MPI_Request request = MPI_REQUEST_NULL;
    const RedistributionPlan plan(world, Distribution({64, 64}, Axis{0}, world.size()),
                                  Distribution({64, 64}, Axis{1}, world.size()), 8);
    const MPIArray source = make(world, TypeKind::float64, layout({64, 64}, 0, world.size()));
    MPIArray target = MPIArray::zeros<double>(world, {64, 64}, Axis{1});
    for (int round = 0; round < 3; ++round) {
        if (world.rank() == 0) {
            MPI_Isend(message.data(), static_cast<int>(message.size()), MPI_CHAR, 1, 0, world, &request);
        } else if (world.rank() == 1) {
            MPI_Recv(message.data(), static_cast<int>(message.size()), MPI_CHAR, 0, 0, world, MPI_STATUS_IGNORE);
        }
        plan.execute(source.local().data(), target.local().data());
        EXPECT_TRUE(is_as(target, TypeKind::float64, layout({64, 64}, 1, world.size())));
        MPI_Wait(&request, MPI_STATUS_IGNORE);
    }
}

}  // namespace
}  // namespace memdata::testing
