// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <cstring>
#include <numeric>

#include "../base/expect.hpp"
#include "../mpi/caught.hpp"
#include "memdata/array/redistribution.hpp"
#include "truth.hpp"

namespace memdata::testing {
namespace {

TEST(Redistribute, every_pair_of_axes_of_every_dtype_and_back) {
    const Communicator world;
    for (const Dtype& dtype : all_dtypes()) {
        for (const Indices& shape : {Indices{9}, {5, 7}, {3, 1, 9}, {4, 3, 2, 5}, {0, 3}, {6, 0, 2}, {1, 1}}) {
            const int ndim = static_cast<int>(shape.size());
            for (int from = 0; from < ndim; ++from) {
                for (int to = 0; to < ndim; ++to) {
                    SCOPED_TRACE(to_string(dtype) + " " + to_string(Shape(shape)) + " " + std::to_string(from) + "->" +
                                 std::to_string(to));
                    MPIArray array = make(world, dtype, layout(shape, from, world.size()));
                    array.redistribute(Axis{to - ndim});
                    ASSERT_TRUE(is_as(array, dtype, layout(shape, to, world.size())));
                    array.redistribute(Axis{from});
                    ASSERT_TRUE(is_as(array, dtype, layout(shape, from, world.size())));
                }
            }
        }
    }
}

TEST(Redistribute, random_shapes_and_blocks) {
    const Communicator world;
    Random random;
    const int ranks = world.size();
    SCOPED_TRACE("MEMDATA_TEST_SEED=" + std::to_string(random.seed()));
    for (int round = 0; round < 200; ++round) {
        const Dtype dtype = all_dtypes()[static_cast<std::size_t>(random.between(0, std::ssize(all_dtypes()) - 1))];
        Indices shape;
        for (Index axis = random.between(1, 4); axis-- > 0;) {
            shape.push_back(random.between(0, 12) == 0 ? 0 : random.between(1, 7));
        }
        const auto any_layout = [&] {
            Layout result = layout(shape, static_cast<int>(random.between(0, std::ssize(shape) - 1)), ranks);
            if (random.between(0, 2) > 0) {
                result.counts = random.split(shape[static_cast<std::size_t>(result.axis)], ranks);
            }
            return result;
        };
        const Layout first = any_layout();
        MPIArray array = make(world, dtype, first);
        for (int step = 0; step < 3; ++step) {
            const Layout next = any_layout();
            array.redistribute(next.distribution());
            ASSERT_TRUE(is_as(array, dtype, next)) << "round " << round << " step " << step;
        }
        array.redistribute(first.distribution());
        ASSERT_TRUE(is_as(array, dtype, first)) << "round " << round;
        // And with caput's rule for the blocks.
        const int axis = static_cast<int>(random.between(0, std::ssize(shape) - 1));
        array.redistribute(Axis{axis});
        ASSERT_TRUE(is_as(array, dtype, layout(shape, axis, ranks))) << "round " << round;
    }
}

template <class T>
class RedistributeTyped : public ::testing::Test {};
TYPED_TEST_SUITE(RedistributeTyped, AllTypes);

TYPED_TEST(RedistributeTyped, values_follow_their_global_index) {
    const Communicator world;
    const auto value = [](Index i, Index j) { return sample<TypeParam>(static_cast<int>((i * 7 + j * 3) % 50)); };
    MPIArray array = MPIArray::zeros<TypeParam>(world, {11, 6}, Axis{0});
    auto rows = array.local<TypeParam, 2>();
    for (auto [i, gi] : array.indices(Axis{0})) {
        for (Index j = 0; j < 6; ++j) {
            rows(i, j) = value(gi, j);
        }
    }
    array.redistribute(Axis{1});
    auto columns = array.local<TypeParam, 2>();
    EXPECT_EQ(columns.extent(0), 11);
    for (Index i = 0; i < 11; ++i) {
        for (auto [j, gj] : array.indices(Axis{1})) {
            EXPECT_EQ(columns(i, j), value(i, gj));
        }
    }
}

TEST(Redistribute, wrapped_memory_stays_the_user_s_and_is_left_alone) {
    const Communicator world;
    const Layout rows = layout({9, 4}, 0, world.size());
    const Layout columns = layout({9, 4}, 1, world.size());
    const MPIArray original = make(world, TypeKind::float64, rows);
    std::vector<double> mine(static_cast<std::size_t>(original.local().size()));
    std::memcpy(mine.data(), original.local().data(), static_cast<std::size_t>(original.local().bytes()));
    const std::vector<double> before = mine;
    MPIArray array = MPIArray::wrap(world, mine.data(), {9, 4}, Axis{0});
    array.redistribute(Axis{0});
    if (!mine.empty()) {
        EXPECT_EQ(array.local().data(), reinterpret_cast<std::byte*>(mine.data())) << "nothing had to move";
    }
    array.redistribute(Axis{1});
    EXPECT_TRUE(is_as(array, TypeKind::float64, columns));
    if (world.size() > 1) {
        EXPECT_TRUE(array.local().owns_memory());
        for (Index i = 0; i < array.local().size(); ++i) {
            put(array.local(), i, 12345);
        }
    }
    EXPECT_EQ(std::memcmp(mine.data(), before.data(), mine.size() * sizeof(double)), 0);
}

TEST(Redistribute, within_one_axis_between_uneven_blocks) {
    const Communicator world;
    const int ranks = world.size();
    for (const Dtype& dtype : all_dtypes()) {
        Indices first(static_cast<std::size_t>(ranks), 0);
        Indices last = first;
        first.front() = 10;
        last.back() = 10;
        MPIArray array = make(world, dtype, {{2, 10, 3}, 1, first});
        array.redistribute(Layout{{2, 10, 3}, 1, last}.distribution());
        EXPECT_TRUE(is_as(array, dtype, {{2, 10, 3}, 1, last}));
        array.redistribute(Axis{1});
        EXPECT_TRUE(is_as(array, dtype, layout({2, 10, 3}, 1, ranks)));
    }
}

TEST(Redistribute, on_other_communicators) {
    const Communicator world;
    const Communicator reversed = world.split(0, -world.rank());
    const Communicator half = world.split(world.rank() % 2);
    for (const Communicator& comm : {reversed, half}) {
        for (const Dtype& dtype : {Dtype(TypeKind::int16), Dtype::variable_string()}) {
            MPIArray array = make(comm, dtype, layout({6, 5}, 0, comm.size()));
            array.redistribute(Axis{1});
            EXPECT_TRUE(is_as(array, dtype, layout({6, 5}, 1, comm.size())));
            EXPECT_TRUE(is_whole(array.allgather(), dtype, {6, 5}));
        }
    }
}

TEST(Redistribute, does_not_touch_the_user_s_messages) {
    const Communicator world;
    int received = -1;
    MPI_Request request = MPI_REQUEST_NULL;
    MPI_Irecv(&received, 1, MPI_INT, MPI_ANY_SOURCE, MPI_ANY_TAG, world, &request);
    for (const Dtype& dtype : {Dtype(TypeKind::int32), Dtype::variable_string()}) {
        MPIArray array = make(world, dtype, layout({6, 5}, 0, world.size()));
        array.redistribute(Axis{1});
        EXPECT_TRUE(is_as(array, dtype, layout({6, 5}, 1, world.size())));
        const std::optional<Array> whole = array.gather(world.size() - 1);
        EXPECT_TRUE(!whole || is_whole(*whole, dtype, {6, 5}));
        EXPECT_TRUE(is_whole(array.allgather(), dtype, {6, 5}));
    }
    const int next = (world.rank() + 1) % world.size();
    MPI_Send(&next, 1, MPI_INT, next, 1, world);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    EXPECT_EQ(received, world.rank());
}

TEST(RedistributionPlan, runs_again_and_again) {
    const Communicator world;
    const Layout from{{7, 8}, 0, balanced(7, world.size())};
    Indices counts(static_cast<std::size_t>(world.size()), 0);
    counts[counts.size() / 2] = 8;
    const Layout to{{7, 8}, 1, counts};
    RedistributionPlan made(world, from.distribution(), to.distribution(), 16);
    RedistributionPlan plan = std::move(made);
    EXPECT_EQ(plan.from(), from.distribution());
    EXPECT_EQ(plan.to(), to.distribution());
    made = RedistributionPlan(world, to.distribution(), from.distribution(), 16);
    const Dtype dtype = TypeKind::complex128;
    for (int round = 0; round < 5; ++round) {
        const MPIArray source = make(world, dtype, from);
        MPIArray target = MPIArray::zeros(world, dtype, {7, 8}, Axis{1});
        target = MPIArray::uninitialized(world, dtype, to.distribution());
        plan.execute(source.local().data(), target.local().data());
        EXPECT_TRUE(is_as(target, dtype, to));
        MPIArray back = MPIArray::uninitialized(world, dtype, from.distribution());
        made.execute(target.local().data(), back.local().data());
        EXPECT_TRUE(is_as(back, dtype, from));
        EXPECT_TRUE(is_as(source, dtype, from));
    }
}

TEST(RedistributionPlan, refuses_what_does_not_fit) {
    const Communicator world;
    const int ranks = world.size();
    const Distribution good({4, 6}, Axis{0}, ranks);
    for (const Distribution& bad : {Distribution({6, 4}, Axis{0}, ranks), Distribution({24}, Axis{0}, ranks),
                                    Distribution({4, 6}, Axis{1}, ranks + 1)}) {
        const Caught error = caught([&] { RedistributionPlan(world, good, bad, 8); });
        EXPECT_TRUE(is<ShapeError>(error));
        EXPECT_TRUE(contains(error.what, to_string(good)) && contains(error.what, to_string(bad))) << error.what;
        EXPECT_TRUE(is<ShapeError>(caught([&] { RedistributionPlan(world, bad, good, 8); })));
    }
}

}  // namespace
}  // namespace memdata::testing
