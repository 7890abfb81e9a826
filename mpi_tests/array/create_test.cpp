// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <numeric>
#include <type_traits>

#include "../base/expect.hpp"
#include "../mpi/caught.hpp"
#include "truth.hpp"

namespace memdata::testing {
namespace {

static_assert(!std::is_copy_constructible_v<MPIArray> && !std::is_copy_assignable_v<MPIArray>);
static_assert(std::is_nothrow_move_constructible_v<MPIArray>);

template <class T>
class Create : public ::testing::Test {};
TYPED_TEST_SUITE(Create, AllTypes);

TYPED_TEST(Create, zeros_ones_full) {
    const Communicator world;
    for (const Index extent : {0, 1, 3, 17}) {
        const Layout wanted = layout({2, extent}, 1, world.size());
        const MPIArray zeros = MPIArray::zeros<TypeParam>(world, {2, extent}, Axis{-1});
        EXPECT_EQ(zeros.distribution(), wanted.distribution());
        EXPECT_EQ(zeros.local_shape(), Shape(wanted.block(world.rank())));
        EXPECT_EQ(zeros.dtype(), dtype_of<TypeParam>());
        for (const TypeParam& element : zeros.local().template span<TypeParam>()) {
            EXPECT_EQ(element, TypeParam());
        }
        const TypeParam value = sample<TypeParam>(5);
        const MPIArray full = MPIArray::full<TypeParam>(world, {2, extent}, Axis{1}, value);
        EXPECT_EQ(full.local().size(), 2 * wanted.counts[static_cast<std::size_t>(world.rank())]);
        for (const TypeParam& element : full.local().template span<TypeParam>()) {
            EXPECT_EQ(element, value);
        }
        if constexpr (!std::same_as<TypeParam, std::string>) {
            const MPIArray ones = MPIArray::ones<TypeParam>(world, {2, extent}, Axis{1});
            for (const TypeParam& element : ones.local().template span<TypeParam>()) {
                EXPECT_EQ(element, TypeParam(1));
            }
        }
    }
}

TEST(CreateMPIArray, from_common_takes_this_rank_s_block) {
    const Communicator world;
    for (const Dtype& dtype : all_dtypes()) {
        for (const Indices& shape : {Indices{7}, {3, 5}, {2, 0, 4}, {2, 3, 4}}) {
            Array common = Array::uninitialized(dtype, Shape(shape));
            for (Index i = 0; i < common.size(); ++i) {
                put(common, i, i);
            }
            for (int axis = 0; axis < static_cast<int>(shape.size()); ++axis) {
                const MPIArray array = MPIArray::from_common(world, common, Axis{axis});
                EXPECT_TRUE(is_as(array, dtype, layout(shape, axis, world.size())));
                EXPECT_TRUE(is_whole(common, dtype, shape));
            }
        }
    }
}

TEST(CreateMPIArray, wrapped_memory_is_not_copied) {
    const Communicator world;
    const Layout even = layout({5, 3}, 0, world.size());
    std::vector<double> data(15, 0.5);
    MPIArray array = MPIArray::wrap(world, data.data(), {5, 3}, Axis{0});
    if (array.local().size() > 0) {
        EXPECT_EQ(array.local().data(), reinterpret_cast<std::byte*>(data.data()));
        array.local<double, 2>()(0, 1) = 7;
        EXPECT_EQ(data[1], 7);
        EXPECT_FALSE(array.local().owns_memory());
    }
    EXPECT_EQ(array.distribution(), even.distribution());

    // All rows on the last rank.
    Indices counts(static_cast<std::size_t>(world.size()), 0);
    counts.back() = 5;
    const Layout last{{5, 3}, 0, counts};
    const MPIArray uneven = MPIArray::wrap(world, data.data(), last.distribution());
    EXPECT_EQ(uneven.local_shape(), Shape(last.block(world.rank())));
    const bool holds_all = world.rank() == world.size() - 1;
    EXPECT_EQ(uneven.local_bounds(), holds_all ? (MPIArray::Bounds{0, 5}) : (MPIArray::Bounds{0, 0}));
    // A rank without a block may have no memory.
    const MPIArray none = MPIArray::wrap(world, holds_all ? data.data() : nullptr, last.distribution());
    EXPECT_EQ(none.local().size(), holds_all ? 15 : 0);
    EXPECT_TRUE(is<ArgumentError>(caught([&] {
        return MPIArray::wrap<double>(world, nullptr, {world.size(), 1}, Axis{0});
    })));
}

TEST(CreateMPIArray, errors_on_each_rank) {
    const Communicator world;
    const int ranks = world.size();
    EXPECT_TRUE(is<ArgumentError>(caught([&] { return MPIArray::zeros<float>(world, {3}, Axis{1}); })));
    EXPECT_TRUE(is<ArgumentError>(caught([&] { return MPIArray::full<float>(world, Shape{}, Axis{0}, 1.0F); })));
    EXPECT_TRUE(is<ShapeError>(caught([&] {
        return MPIArray::zeros<float>(world, {Index{1} << 61, ranks, 2}, Axis{1});
    })));
    const Index much = Index{1} << 55;
    const Caught memory = caught([&] { return MPIArray::zeros<double>(world, {ranks, much}, Axis{0}); });
    EXPECT_TRUE(is<MemoryError>(memory)) << memory.type << memory.what;

    // A distribution over another number of ranks, more or fewer, balanced or not.
    double x = 0;
    for (const int other : {ranks + 1, ranks - 1, 2 * ranks}) {
        if (other < 1) {
            continue;
        }
        Indices counts(static_cast<std::size_t>(other), 0);
        counts.front() = 3;
        for (const Distribution& distribution :
             {Distribution({3}, Axis{0}, other), Distribution({3}, Axis{0}, Partition::from_counts(counts))}) {
            const auto expect = [&](auto&& make) {
                const Caught error = caught(make);
                EXPECT_TRUE(is<ShapeError>(error)) << error.type << error.what;
                EXPECT_TRUE(contains(error.what, "does not fit a communicator of " + std::to_string(ranks) + " ranks"));
            };
            expect([&] { static_cast<void>(MPIArray::uninitialized(world, TypeKind::int8, distribution)); });
            expect([&] { static_cast<void>(MPIArray::wrap(world, &x, distribution)); });
            expect([&] { MPIArray(world, distribution, Array()); });
        }
    }
    const Caught block = caught([&] { MPIArray(world, Distribution({ranks, 2}, Axis{0}, ranks), Array()); });
    EXPECT_TRUE(is<ShapeError>(block));
    EXPECT_EQ(block.context.rank, world.rank());
    EXPECT_TRUE(contains(block.what, "the block on rank " + std::to_string(world.rank()) + " has shape (0,)"))
        << block.what;
    EXPECT_TRUE(contains(block.what, "makes it (1, 2)")) << block.what;
}

TEST(LocalView, global_indices_reach_every_element) {
    const Communicator world;
    MPIArray array = MPIArray::zeros<std::int64_t>(world, {7, 3, 5}, Axis{2});
    auto view = array.local<std::int64_t, 3>();
    for (auto [i, gi] : array.indices(Axis{0})) {
        for (auto [j, gj] : array.indices(Axis{-2})) {
            for (auto [k, gk] : array.indices(Axis{2})) {
                view.at(i, j, k) = (gi * 3 + gj) * 5 + gk;
            }
        }
    }
    const Layout wanted = layout({7, 3, 5}, 2, world.size());
    const std::vector<Index> numbers =
        global_numbers(wanted.shape, 2, wanted.start(world.rank()), wanted.block(world.rank()));
    const auto span = std::as_const(array).local().span<std::int64_t>();
    EXPECT_EQ(std::vector<Index>(span.begin(), span.end()), numbers);
    EXPECT_TRUE(is<ArgumentError>(caught([&] { static_cast<void>(array.indices(Axis{3})); })));
    EXPECT_TRUE(is<ArgumentError>(caught([&] { static_cast<void>(array.indices(Axis{-4})); })));
}

TEST(LocalView, type_rank_and_bounds_are_checked_also_without_elements) {
    const Communicator world;
    for (const Index extent : {Index{0}, Index{1}, Index{world.size()}}) {
        MPIArray array = MPIArray::zeros<float>(world, {extent, 4}, Axis{0});
        const Caught type = caught([&] { static_cast<void>(array.local<double, 2>()); });
        EXPECT_TRUE(is<DtypeError>(type));
        EXPECT_TRUE(contains(type.what, "float32") && contains(type.what, "float64")) << type.what;
        EXPECT_TRUE(is<ShapeError>(caught([&] { static_cast<void>(array.local<float, 3>()); })));
        EXPECT_TRUE(is<ShapeError>(caught([&] { static_cast<void>(std::as_const(array).local<float, 1>()); })));
        auto view = array.local<float, 2>();
        const Index rows = array.local_shape()[0];
        EXPECT_TRUE(is<ArgumentError>(caught([&] { view.at(rows, 0) = 1; })));
        EXPECT_TRUE(is<ArgumentError>(caught([&] { view.at(-1, 0) = 1; })));
        EXPECT_TRUE(is<ArgumentError>(caught([&] { view.at(0, 4) = 1; })));
        EXPECT_EQ(view.extent(0), rows);
    }
}

TEST(MPIArrayOwnership, clones_are_independent_and_own_their_memory) {
    const Communicator world;
    for (const Dtype& dtype : all_dtypes()) {
        const Layout wanted = layout({5, 4}, 0, world.size());
        MPIArray array = make(world, dtype, wanted);
        const MPIArray copy = array.clone();
        for (Index i = 0; i < array.local().size(); ++i) {
            put(array.local(), i, 999);
        }
        EXPECT_TRUE(is_as(copy, dtype, wanted));
        EXPECT_TRUE(congruent(copy.comm(), world));
    }
    std::vector<int> data(8, 3);
    MPIArray wrapped = MPIArray::wrap(world, data.data(), {8}, Axis{0});
    MPIArray copy = wrapped.clone();
    EXPECT_TRUE(copy.local().owns_memory());
    if (copy.local().size() > 0) {
        EXPECT_NE(copy.local().data(), wrapped.local().data());
    }
}

TEST(MPIArrayOwnership, a_move_takes_the_memory_and_the_source_can_be_used_again) {
    const Communicator world;
    const Layout wanted = layout({5, 4}, 1, world.size());
    MPIArray array = make(world, TypeKind::float32, wanted);
    const std::byte* const data = array.local().data();
    MPIArray taken = std::move(array);
    EXPECT_EQ(taken.local().data(), data);
    EXPECT_TRUE(is_as(taken, TypeKind::float32, wanted));
    array = std::move(taken);
    EXPECT_EQ(array.local().data(), data);
    taken = make(world, TypeKind::int8, wanted);
    EXPECT_TRUE(is_as(taken, TypeKind::int8, wanted));
    EXPECT_TRUE(is_as(array, TypeKind::float32, wanted));
}

}  // namespace
}  // namespace memdata::testing
