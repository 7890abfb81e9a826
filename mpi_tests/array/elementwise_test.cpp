// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/array/elementwise.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <numeric>

#include "../base/expect.hpp"
#include "expect_on_all.hpp"
#include "filled.hpp"

namespace memdata::testing {
namespace {

double twice_and_one(double x) { return 2 * x + 1; }

TEST(Map, every_axis_and_shape) {
    const Communicator world;
    for (const Indices& shape : {Indices{9}, {5, 7}, {3, 2, 9}, {0, 3}, {4, 0}, {1}, {1, 1}}) {
        for (int axis = 0; axis < static_cast<int>(shape.size()); ++axis) {
            const Layout where = layout(shape, axis, world.size());
            const MPIArray a = filled<double>(world, where, [](Index n) { return 0.5 * static_cast<double>(n); });
            const MPIArray b = map([](double x) { return 2 * x; }, a);
            EXPECT_TRUE(is_filled<double>(b, where, [](Index n) { return static_cast<double>(n); }));
            const MPIArray c = map(twice_and_one, b);
            EXPECT_TRUE(is_filled<double>(c, where, [](Index n) { return static_cast<double>(2 * n + 1); }));
            const MPIArray d = map<std::int64_t(double, double, double, double)>(
                [](auto w, auto x, auto y, auto z) { return w + 2 * x + 3 * y + 4 * z; }, b, c, b, c);
            EXPECT_TRUE(is_filled<std::int64_t>(d, where, [](Index n) { return 4 * n + 6 * (2 * n + 1); }));
        }
    }
}

template <class T>
class MapTypes : public ::testing::Test {};
TYPED_TEST_SUITE(MapTypes, AllTypes);

TYPED_TEST(MapTypes, in_and_out) {
    const Communicator world;
    const Dtype dtype = dtype_of<TypeParam>();
    const Layout where = layout({5, 3}, 0, world.size());
    const MPIArray a = make(world, dtype, where);
    const MPIArray b = map([](const TypeParam& x) -> TypeParam { return x; }, a);
    EXPECT_TRUE(is_as(b, dtype, where));
    MPIArray c = MPIArray::zeros(world, dtype, Shape{5, 3}, Axis{0});
    map_into<TypeParam(bool, TypeParam)>(
        c, [](bool, const TypeParam& x) { return x; }, true, a);
    EXPECT_TRUE(is_as(c, dtype, where));
    EXPECT_EQ(map<TypeParam(TypeParam)>([](auto x) { return x; }, a.local()), a.local());  // common
}

TEST(Map, fixed_strings_and_strings) {
    const Communicator world;
    using Name = FixedString<7>;
    const MPIArray names = filled<Name>(world, layout({6}, 0, world.size()),
                                        [](Index n) { return Name(std::string(static_cast<std::size_t>(n), 'x')); });
    const MPIArray lengths = map([](const Name& name) { return static_cast<std::int32_t>(name.view().size()); }, names);
    EXPECT_TRUE(is_filled<std::int32_t>(lengths, layout({6}, 0, world.size()),
                                        [](Index n) { return static_cast<std::int32_t>(n); }));
    const Array one(std::vector<std::string>{"y"});
    const MPIArray texts =
        map([](std::int32_t n, const std::string& s) { return std::to_string(n) + s; }, lengths, one);
    EXPECT_TRUE(
        is_filled<std::string>(texts, layout({6}, 0, world.size()), [](Index n) { return std::to_string(n) + "y"; }));
}

/// The element of an operand that meets `position` of the result, by numpy's rule spelled out.
double broadcast_value(const Indices& shape, const Indices& result, Index number, double factor) {
    Index theirs = 0;
    Index stride = 1;
    for (std::size_t k = 1; k <= shape.size(); ++k) {
        const std::size_t axis = result.size() - k;
        Index rest = number;
        for (std::size_t a = result.size() - 1; a > axis; --a) {
            rest /= result[a];
        }
        const Index position = rest % result[axis];
        theirs += (shape[shape.size() - k] == 1 ? 0 : position) * stride;
        stride *= shape[shape.size() - k];
    }
    return factor * static_cast<double>(theirs + 1);
}

TEST(Map, broadcasts_by_global_shapes) {
    const Communicator world;
    Random random;
    SCOPED_TRACE("MEMDATA_TEST_SEED=" + std::to_string(random.seed()));
    for (int round = 0; round < 150; ++round) {
        Indices result(static_cast<std::size_t>(random.between(1, 4)));
        for (Index& extent : result) {
            extent = random.between(0, 12) < 11 ? random.between(1, 6) : 0;
        }
        // Each operand leaves out leading axes and has 1 here and there; the distributed one keeps its axis.
        const auto thinned = [&](std::size_t keep) {
            const auto first = static_cast<std::size_t>(random.between(0, static_cast<Index>(keep)));
            Indices shape(result.begin() + static_cast<std::ptrdiff_t>(first), result.end());
            for (std::size_t a = 0; a < shape.size(); ++a) {
                if (a + first != keep && random.between(0, 2) == 0) {
                    shape[a] = 1;
                }
            }
            return shape;
        };
        const auto axis = static_cast<std::size_t>(random.between(0, std::ssize(result) - 1));
        const Indices counts = random.split(result[axis], world.size());
        const Indices shape_a = thinned(axis);
        const Indices shape_b = thinned(axis);
        Indices shape_c = thinned(result.size());
        // What the result has beyond the operands' own shapes comes from a full common one.
        const Layout layout_a{shape_a, static_cast<int>(axis + shape_a.size() - result.size()), counts};
        const Layout layout_b{shape_b, static_cast<int>(axis + shape_b.size() - result.size()), counts};
        const auto number = [](double factor) {
            return [factor](Index n) { return factor * static_cast<double>(n + 1); };
        };
        const MPIArray a = filled<double>(world, layout_a, number(1));
        const MPIArray b = filled<double>(world, layout_b, number(100));
        const Array c = filled_common<double>(shape_c, number(10000));
        const Array full = filled_common<double>(result, number(1e6));
        const auto add = [](double w, double x, double y, double z) { return w + x + y + z; };
        const auto truth = [&](Index n) {
            return broadcast_value(shape_a, result, n, 1) + broadcast_value(shape_b, result, n, 100) +
                   broadcast_value(shape_c, result, n, 10000) + 1e6 * static_cast<double>(n + 1);
        };
        const Layout whole{result, static_cast<int>(axis), counts};
        ASSERT_TRUE(is_filled<double>(map(add, a, b, c, full), whole, truth)) << "round " << round;
        ASSERT_TRUE(is_filled<double>(map([](double x, double y, double z) { return x + y + z; }, b, full,
                                          map([](double x, double y) { return x + y; }, c, a)),
                                      whole, truth))
            << "round " << round;
        // And all of it common.
        const Array common_a = filled_common<double>(shape_a, number(1));
        const Array all = map([](double x, double y) { return x + y; }, common_a, full);
        ASSERT_TRUE(is_filled_common<double>(all, result, [&](Index n) {
            return broadcast_value(shape_a, result, n, 1) + 1e6 * static_cast<double>(n + 1);
        }));
    }
}

TEST(Map, scalars_are_converted_as_arguments) {
    const Communicator world;
    const MPIArray a = MPIArray::full<float>(world, {3, 4}, Axis{1}, 2.5F);
    EXPECT_TRUE(is_filled<double>(map([](float x, double y) { return x * y; }, a, 2), layout({3, 4}, 1, world.size()),
                                  [](Index) { return 5.0; }));
    EXPECT_TRUE(is_filled<float>(map([](float x, float y) { return x + y; }, a, 0.5), layout({3, 4}, 1, world.size()),
                                 [](Index) { return 3.0F; }));
    EXPECT_TRUE(is_filled<float>(map([](float x, std::int8_t y) { return x + static_cast<float>(y); }, a, -128L),
                                 layout({3, 4}, 1, world.size()), [](Index) { return -125.5F; }));
    const auto narrow = [](float x, std::uint8_t) { return x; };
    for (const int wrong : {-1, 256}) {
        const std::string message = message_of<ArgumentError>([&] { static_cast<void>(map(narrow, a, wrong)); });
        EXPECT_NE(message.find("input 1 of map is a scalar that does not fit uint8"), std::string::npos) << message;
    }
}

TEST(Map, into_an_input_and_into_others) {
    const Communicator world;
    const Layout where = layout({4, 6}, 0, world.size());
    const auto count = [](Index n) { return static_cast<double>(n); };
    MPIArray a = filled<double>(world, where, count);
    const MPIArray b = filled<double>(world, where, count);
    const std::byte* const memory = a.local().data();
    map_into(
        a, [](double x, double y) { return 3 * x + y; }, a, b);
    EXPECT_EQ(a.local().data(), memory);
    EXPECT_TRUE(is_filled<double>(a, where, [](Index n) { return static_cast<double>(4 * n); }));
    map_into(a, [] { return 7.0; });
    EXPECT_TRUE(is_filled<double>(a, where, [](Index) { return 7.0; }));
    // State of the callable is kept from element to element, in row-major order.
    std::int64_t calls = 0;
    MPIArray c = MPIArray::zeros<std::int64_t>(world, {4, 6}, Axis{0});
    map_into(
        c, [&](std::int64_t x) { return x + calls++; }, c);
    EXPECT_EQ(calls, c.local().size());
    for (Index i = 0; i < c.local().size(); ++i) {
        EXPECT_EQ(c.local().span<std::int64_t>()[static_cast<std::size_t>(i)], i);
    }
}

TEST(Map, memory_that_overlaps_is_read_before_it_is_written) {
    std::vector<std::int32_t> data(2000);
    std::iota(data.begin(), data.end(), 0);
    const std::vector<std::int32_t> before = data;
    auto* const bytes = reinterpret_cast<std::byte*>(data.data());
    ArrayView behind(TypeKind::int32, {1999}, {1}, bytes + 4);
    map_into(
        behind, [](std::int32_t x) { return -x; }, ConstArrayView(TypeKind::int32, {1999}, {1}, bytes));
    for (std::size_t i = 1; i < data.size(); ++i) {
        ASSERT_EQ(data[i], -before[i - 1]);
    }
    data = before;
    ArrayView all(TypeKind::int32, {2000}, {1}, bytes);
    const ConstArrayView reversed(TypeKind::int32, {2000}, {-1}, bytes + std::ptrdiff_t{1999} * 4);
    map_into(
        all, [](std::int32_t x) { return x; }, reversed);
    for (std::size_t i = 0; i < data.size(); ++i) {
        ASSERT_EQ(data[i], before[before.size() - 1 - i]);
    }
    data = before;
    map_into(
        all, [](std::int32_t x, std::int32_t y) { return x + y; }, all,
        ConstArrayView(TypeKind::int32, {1}, {1}, bytes + 400));
    for (std::size_t i = 0; i < data.size(); ++i) {
        ASSERT_EQ(data[i], before[i] + 100);
    }
}

TEST(Map, strided_in_and_out) {
    const Array source = filled_common<double>({3, 4, 5}, [](Index n) { return static_cast<double>(n); });
    Array target = Array::zeros<double>({5, 3, 4});
    const std::vector<int> axes{1, 2, 0};
    ArrayView turned = ArrayView(target).transpose(axes);
    map_into(
        turned, [](double x) { return x + 1; }, source);
    const auto in = source.view<double, 3>();
    const auto out = target.view<double, 3>();
    for (Index i = 0; i < 3; ++i) {
        for (Index j = 0; j < 4; ++j) {
            for (Index k = 0; k < 5; ++k) {
                ASSERT_EQ(out(k, i, j), in(i, j, k) + 1);
            }
        }
    }
}

TEST(Map, is_not_collective) {
    const Communicator world;
    MPIArray a = MPIArray::full<double>(world, {7, 2}, Axis{0}, 1.0);
    if (world.rank() == world.size() - 1) {
        a = map([](double x) { return x + 1; }, a);
        EXPECT_THROW(static_cast<void>(map([](float x) { return x; }, a)), DtypeError);
    }
    world.barrier();
}

TEST(Map, errors_name_both_sides) {
    const Communicator world;
    const int ranks = world.size();
    const MPIArray a = make(world, TypeKind::float64, layout({6, 5}, 0, ranks));
    const MPIArray other_axis = make(world, TypeKind::float64, layout({6, 5}, 1, ranks));
    const auto add = [](double x, double y) { return x + y; };
    EXPECT_THROW_ON_ALL(world, static_cast<void>(map(add, a, other_axis)), ShapeError,
                        " and (6, 5) distributed over axis 1");
    if (ranks > 1) {
        Indices counts(static_cast<std::size_t>(ranks), 0);
        counts.back() = 6;
        EXPECT_THROW_ON_ALL(world, static_cast<void>(map(add, a, make(world, TypeKind::float64, {{6, 5}, 0, counts}))),
                            ShapeError, "distributed differently");
    }
    // As broadcasting matches axes from the last one, axis 0 of a vector is not axis 0 of a matrix.
    const MPIArray vector = make(world, TypeKind::float64, layout({6}, 0, ranks));
    const MPIArray square = make(world, TypeKind::float64, layout({6, 6}, 0, ranks));
    EXPECT_THROW_ON_ALL(world, static_cast<void>(map(add, square, vector)), ShapeError, "(6,) distributed over axis 0");
    EXPECT_THROW_ON_ALL(world, static_cast<void>(map(add, a, Array::zeros<double>({6, 4}))), ShapeError, "(6, 4)");
    const MPIArray one_row = make(world, TypeKind::float64, layout({1, 5}, 0, ranks));
    EXPECT_THROW_ON_ALL(world, static_cast<void>(map(add, one_row, Array::zeros<double>({6, 5}))), ShapeError,
                        "the distributed axis is not repeated");
    const Communicator self(MPI_COMM_SELF, boost::mpi::comm_duplicate);
    if (ranks > 1) {
        EXPECT_THROW_ON_ALL(world, static_cast<void>(map(add, a, make(self, TypeKind::float64, layout({6, 5}, 0, 1)))),
                            ShapeError, "different communicators");
    }
    EXPECT_THROW_ON_ALL(world, static_cast<void>(map([](double x, float y) { return x + y; }, a, a)), DtypeError,
                        "input 1 of map holds float64, but the callable takes float32");
    Array common = Array::zeros<double>({6, 5});
    EXPECT_THROW_ON_ALL(world, map_into(common, add, a, 1.0), ArgumentError, "a common array cannot take");
    EXPECT_THROW_ON_ALL(world,
                        map_into(
                            common, [](double x) { return static_cast<float>(x); }, common),
                        DtypeError, "the output of map holds float64, but the callable returns float32");
    EXPECT_THROW_ON_ALL(world, map_into(common, add, Array::zeros<double>({2, 6, 5}), 1.0), ShapeError,
                        "inputs of shape (2, 6, 5) do not fit into an output of shape (6, 5)");
}

TEST(Map, communicators_may_be_copies) {
    const Communicator world;
    const Communicator copy(world, boost::mpi::comm_duplicate);
    const MPIArray a = MPIArray::full<double>(world, {5}, Axis{0}, 1.0);
    const MPIArray b = MPIArray::full<double>(copy, {5}, Axis{0}, 2.0);
    EXPECT_TRUE(is_filled<double>(map([](double x, double y) { return x + y; }, a, b), layout({5}, 0, world.size()),
                                  [](Index) { return 3.0; }));
}

}  // namespace
}  // namespace memdata::testing
