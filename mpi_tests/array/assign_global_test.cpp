// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

#include "memdata/array/slicing.hpp"
#include "random_slices.hpp"

namespace memdata::testing {
namespace {

/// Values that come from elsewhere have numbers of their own.
constexpr Index foreign = 1'000'000;

Array numbered(const Dtype& dtype, const Shape& shape, Index first) {
    Array result = Array::uninitialized(dtype, shape);
    for (Index i = 0; i < result.size(); ++i) {
        put(result, i, first + i);
    }
    return result;
}

/// The numbers that this rank's block holds, by global number of the element.
std::map<Index, Index> block_of(const Layout& where, int rank) {
    std::map<Index, Index> result;
    for (const Index number : global_numbers(where.shape, where.axis, where.start(rank), where.block(rank))) {
        result[number] = number;
    }
    return result;
}

::testing::AssertionResult holds_block(const MPIArray& array, const std::map<Index, Index>& block) {
    Indices numbers;
    for (const auto& [element, number] : block) {
        numbers.push_back(number);
    }
    return holds_all(array.local(), numbers);
}

TEST(AssignGlobal, random_common_values_are_broadcast) {
    const Communicator world;
    Random random;
    SCOPED_TRACE("MEMDATA_TEST_SEED=" + std::to_string(random.seed()));
    for (int round = 0; round < 400; ++round) {
        const Layout where = any_layout(random, world.size());
        const Dtype dtype = any_dtype(random);
        MPIArray array = make(world, dtype, where);
        const Taken taken = any_subscripts(random, where.shape);
        Indices value_shape = taken.shape;
        for (Index& extent : value_shape) {
            extent = random.between(0, 3) == 0 ? 1 : extent;
        }
        const auto dropped = random.between(0, 3) == 0 ? random.between(0, std::ssize(value_shape)) : 0;
        value_shape.erase(value_shape.begin(), value_shape.begin() + dropped);
        Indices given_shape = value_shape;
        if (random.between(0, 5) == 0) {  // numpy ignores these
            given_shape.insert(given_shape.begin(), static_cast<std::size_t>(dropped) + 2, 1);
        }
        SCOPED_TRACE("round " + std::to_string(round) + ": " + to_string(taken.subscripts) + " of " +
                     to_string(array.distribution()) + " = " + to_string(Shape(given_shape)));
        assign_global(array, taken.subscripts, numbered(dtype, Shape(given_shape), foreign));

        std::map<Index, Index> expected = block_of(where, world.rank());
        Index position = 0;
        for (const Index number : numbers_of(where.shape, taken.indices)) {
            // The number in the value, from the position in the selection, axis by axis from the last.
            Index rest = position++;
            Index element = 0;
            Index stride = 1;
            for (std::size_t back = 1; back <= taken.shape.size(); ++back) {
                const Index extent = taken.shape[taken.shape.size() - back];
                if (back <= value_shape.size()) {
                    const Index own = value_shape[value_shape.size() - back];
                    element += own == 1 ? 0 : rest % extent * stride;
                    stride *= own;
                }
                rest /= extent;
            }
            if (const auto found = expected.find(number); found != expected.end()) {
                found->second = foreign + element;
            }
        }
        ASSERT_TRUE(holds_block(array, expected));
    }
}

TEST(AssignGlobal, scalars_are_converted_exactly) {
    const Communicator world;
    MPIArray array = MPIArray::zeros<float>(world, {5, 4}, Axis{0});
    assign_global(array, {slice(1, std::nullopt, 2), 2}, 3);
    assign_global(array, {4}, 2.5);
    const Array whole = array.allgather();
    for (Index i = 0; i < 5; ++i) {
        for (Index j = 0; j < 4; ++j) {
            EXPECT_EQ((whole.view<float, 2>()(i, j)), i == 4 ? 2.5F : i % 2 == 1 && j == 2 ? 3.F : 0.F);
        }
    }
    EXPECT_THROW(assign_global(array, {}, 0.1), DtypeError);
    EXPECT_THROW(assign_global(array, {}, std::string("1")), DtypeError);
}

TEST(AssignGlobal, slices_of_other_arrays_that_lie_alike) {
    const Communicator world;
    Random random;
    SCOPED_TRACE("MEMDATA_TEST_SEED=" + std::to_string(random.seed()));
    for (int round = 0; round < 200; ++round) {
        const Layout where = any_layout(random, world.size());
        const Dtype dtype = any_dtype(random);
        MPIArray array = make(world, dtype, where);
        MPIArray source = make(world, dtype, where);
        for (Index i = 0; i < source.local().size(); ++i) {
            put(source.local(), i, foreign + i);
        }
        const Taken taken = any_subscripts(random, where.shape);
        SCOPED_TRACE("round " + std::to_string(round) + ": " + to_string(taken.subscripts) + " of " +
                     to_string(array.distribution()));
        assign_global(array, taken.subscripts, source, taken.subscripts);
        std::map<Index, Index> expected = block_of(where, world.rank());
        const Indices selected = numbers_of(where.shape, taken.indices);
        Index local = 0;
        for (auto& [element, number] : expected) {
            if (std::ranges::find(selected, element) != selected.end()) {
                number = foreign + local;
            }
            ++local;
        }
        ASSERT_TRUE(holds_block(array, expected));
    }
}

TEST(AssignGlobal, a_slice_of_the_same_array_may_overlap) {
    const Communicator world;
    MPIArray array = make(world, TypeKind::int32, layout({5, 6}, 0, world.size()));
    assign_global(array, {whole_axis, slice(1, std::nullopt)}, array, {whole_axis, slice(-1)});
    Indices expected;
    for (Index i = array.local_bounds().start; i < array.local_bounds().stop; ++i) {
        for (Index j = 0; j < 6; ++j) {
            expected.push_back(i * 6 + std::max<Index>(j - 1, 0));
        }
    }
    EXPECT_TRUE(holds_all(array.local(), expected));
    assign_global(array, {}, array, {whole_axis, slice(std::nullopt, std::nullopt, -1)});
    Indices reversed;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        reversed.push_back(expected[i / 6 * 6 + 5 - i % 6]);
    }
    EXPECT_TRUE(holds_all(array.local(), reversed));
    // Broadcast along the axis that is not distributed, with another axis number.
    const MPIArray row = make(world, TypeKind::int32, layout({5}, 0, world.size()));
    MPIArray turned = make(world, TypeKind::int32, layout({6, 5}, 1, world.size()));
    assign_global(turned, {slice(4)}, row);
    const Array whole = turned.allgather();
    for (Index i = 0; i < 30; ++i) {
        EXPECT_TRUE(holds_number(whole, i, i < 20 ? i % 5 : i)) << i;
    }
}

TEST(AssignGlobal, errors_are_the_same_on_ranks_that_have_nothing_to_do) {
    const Communicator world;
    MPIArray array = make(world, TypeKind::int32, layout({5, 6}, 0, world.size()));
    const Array value = Array::zeros<std::int32_t>({6});
    EXPECT_THROW(assign_global(array, {0, slice(5)}, value), ShapeError);
    EXPECT_THROW(assign_global(array, {slice(3), slice(4)}, value), ShapeError);
    EXPECT_THROW(assign_global(array, {0}, Array::zeros<float>({6})), DtypeError);
    EXPECT_THROW(assign_global(array, {5}, value), ArgumentError);
    EXPECT_NO_THROW(assign_global(array, {0}, value));
    EXPECT_THROW(assign_global(array, {slice(4)}, array, {slice(3)}), ShapeError);
    EXPECT_THROW(assign_global(array, {}, MPIArray::zeros<float>(world, {5, 6}, Axis{0})), DtypeError);
    const auto moves = [&](const MPIArray& source, const Subscripts& from, const Subscripts& to) {
        try {
            assign_global(array, to, source, from);
        } catch (const ArgumentError& error) {
            return std::string(error.what()).find("redistribute") != std::string::npos;
        }
        return false;
    };
    if (world.size() > 1) {
        EXPECT_TRUE(moves(array, {slice(0, 4)}, {slice(1, 5)}));
        EXPECT_TRUE(moves(array, {0}, {4}));
        EXPECT_TRUE(moves(array, {0}, {}));
        EXPECT_TRUE(moves(MPIArray::zeros<std::int32_t>(world, {5, 6}, Axis{1}), {}, {}));
    }
    EXPECT_TRUE(moves(MPIArray::zeros<std::int32_t>(world, {6}, Axis{0}), {}, {}));
}

}  // namespace
}  // namespace memdata::testing
