// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/array/reduce.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <functional>
#include <limits>

#include "../base/expect.hpp"
#include "expect_on_all.hpp"
#include "filled.hpp"
#include "memdata/mpi/agreement.hpp"

namespace memdata::testing {
namespace {

using Complex = std::complex<double>;
using LongComplex = std::complex<long double>;
const double nan = std::numeric_limits<double>::quiet_NaN();

/// The value of a global number: small, of both signs where the type has them, with repeats.
template <class T>
T value_of(Index number) {
    const Index mixed = (number * 7919 + 13) % 23 - 11;
    if constexpr (std::is_same_v<T, bool>) {
        return mixed > -11;
    } else if constexpr (std::is_unsigned_v<T>) {
        return static_cast<T>(mixed + 11);
    } else if constexpr (std::is_integral_v<T>) {
        return static_cast<T>(mixed);
    } else if constexpr (std::is_floating_point_v<T>) {
        return static_cast<T>(static_cast<double>(mixed) / 10);
    } else {
        using R = typename T::value_type;
        return {static_cast<R>(static_cast<double>(mixed) / 10), static_cast<R>(static_cast<double>(number % 5))};
    }
}

/// A reduction worked out element by element on global indices.
struct Truth {
    Indices shape;                             // of the result
    std::vector<std::vector<Index>> elements;  // of each result: the global numbers, in order
};
Truth truth_of(const Indices& shape, const std::vector<bool>& reduced, bool keep) {
    Truth truth;
    Index results = 1;
    for (std::size_t a = 0; a < shape.size(); ++a) {
        if (!reduced[a] || keep) {
            truth.shape.push_back(reduced[a] ? 1 : shape[a]);
        }
        results *= reduced[a] ? 1 : shape[a];
    }
    truth.elements.resize(static_cast<std::size_t>(results));
    Index size = 1;
    for (const Index extent : shape) {
        size *= extent;
    }
    for (Index number = 0; number < size; ++number) {
        Index rest = number;
        Index place = 0;
        Index stride = 1;
        for (std::size_t a = shape.size(); a-- > 0;) {
            if (!reduced[a]) {
                place += rest % shape[a] * stride;
                stride *= shape[a];
            }
            rest /= shape[a];
        }
        truth.elements[static_cast<std::size_t>(place)].push_back(number);
    }
    return truth;
}

template <class T>
constexpr bool is_complex = !std::is_arithmetic_v<T>;
template <class T>
auto widest(const T& x) {
    if constexpr (is_complex<T>) {
        return LongComplex(x.real(), x.imag());
    } else {
        return static_cast<long double>(x);
    }
}

enum class What { sum, prod, min, max, mean, var, any, all, argmin, argmax };

template <class T>
LongComplex reduced_truth(What what, const std::vector<Index>& numbers) {
    using W = decltype(widest(T()));
    W sum = 0;
    W product = 1;
    bool any = false;
    bool all = true;
    for (const Index number : numbers) {
        const W x = widest(value_of<T>(number));
        sum += x;
        product *= x;
        any = any || x != W(0);
        all = all && x != W(0);
    }
    const auto n = static_cast<long double>(numbers.size());
    switch (what) {
        case What::sum:
            return sum;
        case What::prod:
            return product;
        case What::mean:
            return sum / n;
        case What::var: {
            long double squares = 0;
            for (const Index number : numbers) {
                squares += std::norm(widest(value_of<T>(number)) - sum / n);
            }
            return squares / n;
        }
        case What::any:
            return any ? 1 : 0;
        case What::all:
            return all ? 1 : 0;
        default:
            break;
    }
    if constexpr (!is_complex<T>) {
        std::size_t best = 0;
        for (std::size_t i = 1; i < numbers.size(); ++i) {
            const T x = value_of<T>(numbers[i]);
            const T y = value_of<T>(numbers[best]);
            best = (what == What::min || what == What::argmin ? x < y : x > y) ? i : best;
        }
        if (what == What::min || what == What::max) {
            return widest(value_of<T>(numbers[best]));
        }
        return static_cast<long double>(best);
    }
    return 0;
}

template <class A>
auto call(What what, const A& array, const Axes& axes, KeepDims keep) {
    switch (what) {
        case What::sum:
            return sum(array, axes, keep);
        case What::prod:
            return prod(array, axes, keep);
        case What::min:
            return min(array, axes, keep);
        case What::max:
            return max(array, axes, keep);
        case What::mean:
            return mean(array, axes, keep);
        case What::var:
            return var(array, axes, keep);
        case What::any:
            return any(array, axes, keep);
        case What::all:
            return all(array, axes, keep);
        case What::argmin:
            return argmin(array, axes, keep);
        default:
            return argmax(array, axes, keep);
    }
}

/// numpy's result types.
template <class T>
Dtype type_of(What what) {
    const Dtype own = dtype_of<T>();
    switch (what) {
        case What::sum:
        case What::prod:
            if constexpr (std::is_same_v<T, bool>) {
                return TypeKind::int64;
            } else if constexpr (std::is_integral_v<T>) {
                return std::is_signed_v<T> ? TypeKind::int64 : TypeKind::uint64;
            }
            return own;
        case What::min:
        case What::max:
            return own;
        case What::mean:
            return std::is_integral_v<T> ? Dtype(TypeKind::float64) : own;
        case What::var:
            return std::is_same_v<T, float> || std::is_same_v<T, std::complex<float>> ? TypeKind::float32
                                                                                      : TypeKind::float64;
        case What::any:
        case What::all:
            return TypeKind::boolean;
        default:
            return TypeKind::int64;
    }
}

std::vector<LongComplex> numbers_in(const Array& array) {
    std::vector<LongComplex> result;
    visit(array.dtype(), [&]<class T>(std::type_identity<T>) {
        if constexpr (!std::is_same_v<T, std::string> && !std::is_same_v<T, Float16>) {
            for (const T& x : array.span<T>()) {
                result.push_back(widest(x));
            }
        }
    });
    return result;
}

bool chooses(What what) {
    return what == What::min || what == What::max || what == What::argmin || what == What::argmax;
}

/// One array, one set of axes, all reductions.
template <class T>
void check_all(const Communicator& comm, const Layout& where, const std::vector<bool>& reduced, bool keep) {
    const MPIArray array = filled<T>(comm, where, value_of<T>);
    const Truth truth = truth_of(where.shape, reduced, keep);
    std::vector<Axis> list;
    int axis = where.axis;
    for (int a = static_cast<int>(reduced.size()); a-- > 0;) {
        if (reduced[static_cast<std::size_t>(a)]) {
            list.emplace_back(a % 2 == 0 ? a : a - static_cast<int>(reduced.size()));
            axis -= a < where.axis && !keep ? 1 : 0;
        }
    }
    Index count = 1;
    for (std::size_t a = 0; a < reduced.size(); ++a) {
        count *= reduced[a] ? where.shape[a] : 1;
    }
    const bool whole = std::ranges::find(reduced, false) == reduced.end();
    const Axes axes = whole ? Axes() : Axes(list);
    for (int w = 0; w <= static_cast<int>(What::argmax); ++w) {
        const What what = static_cast<What>(w);
        SCOPED_TRACE("reduction " + std::to_string(w) + " of " + to_string(dtype_of<T>()) + " " +
                     to_string(array.distribution()) + " keep " + std::to_string(keep) + " axes " +
                     ::testing::PrintToString(reduced));
        const KeepDims keep_dims = keep ? KeepDims::yes : KeepDims::no;
        if (is_complex<T> && chooses(what)) {
            ASSERT_THROW(static_cast<void>(call(what, array, axes, keep_dims)), DtypeError);
            continue;
        }
        if (chooses(what) && count == 0) {
            ASSERT_THROW(static_cast<void>(call(what, array, axes, keep_dims)), ShapeError);
            continue;
        }
        if (what == What::prod && !std::is_integral_v<T> && count > 30) {
            continue;  // out of the range of single precision: inf, and inf * 0
        }
        const Reduced result = call(what, array, axes, keep_dims);
        ASSERT_EQ(result.dtype(), type_of<T>(what));
        ASSERT_EQ(result.shape(), Shape(truth.shape));
        const bool distributed = !reduced[static_cast<std::size_t>(where.axis)];
        ASSERT_EQ(result.is_distributed(), distributed);
        std::vector<Index> mine;  // the results that this rank has
        if (distributed) {
            ASSERT_EQ(result.distributed().distribution(), (Layout{truth.shape, axis, where.counts}.distribution()));
            const Layout part{truth.shape, axis, where.counts};
            mine = global_numbers(truth.shape, axis, part.start(comm.rank()), part.block(comm.rank()));
        } else {
            mine = global_numbers(truth.shape, 0, 0, truth.shape);
            const Array& common = result.common();
            same_on_all_ranks(comm, "the result", std::span(common.data(), static_cast<std::size_t>(common.bytes())));
        }
        const std::vector<LongComplex> values = numbers_in(result.local());
        ASSERT_EQ(values.size(), mine.size());
        const bool is_exact = what != What::sum && what != What::prod && what != What::mean && what != What::var;
        const long double epsilon =
            result.dtype().itemsize() == 4 || result.dtype().kind() == TypeKind::complex64 ? 6e-7L : 1e-13L;
        for (std::size_t i = 0; i < values.size(); ++i) {
            const std::vector<Index>& numbers = truth.elements[static_cast<std::size_t>(mine[i])];
            const LongComplex wanted = reduced_truth<T>(what, numbers);
            if constexpr (std::is_integral_v<T>) {
                if (what == What::prod) {
                    std::uint64_t product = 1;  // which wraps
                    for (const Index number : numbers) {
                        product *= static_cast<std::uint64_t>(value_of<T>(number));
                    }
                    const auto has = visit(result.dtype(), [&]<class R>(std::type_identity<R>) {
                        if constexpr (std::is_integral_v<R>) {
                            return static_cast<std::uint64_t>(result.local().span<R>()[i]);
                        }
                        return std::uint64_t{0};
                    });
                    ASSERT_EQ(has, product);
                    continue;
                }
            }
            if (wanted != wanted) {
                ASSERT_TRUE(values[i] != values[i]);
            } else {
                ASSERT_LE(std::abs(values[i] - wanted),
                          is_exact
                              ? 0
                              : epsilon * (std::abs(wanted) + static_cast<long double>(what == What::prod ? 1e-30 : 4)))
                    << values[i] << " " << wanted;
            }
        }
        if (!distributed || comm.size() == 1) {  // the common array alone gives the same
            const Array alone = call(what, ConstArrayView(filled_common<T>(where.shape, value_of<T>)), axes, keep_dims);
            ASSERT_EQ(alone.dtype(), result.dtype());
            ASSERT_EQ(alone.shape(), result.shape());
            const std::vector<LongComplex> same = numbers_in(alone);
            for (std::size_t i = 0; i < same.size(); ++i) {
                ASSERT_TRUE((same[i] != same[i] && values[i] != values[i]) ||
                            std::abs(same[i] - values[i]) <= (is_exact ? 0 : epsilon * (std::abs(same[i]) + 4)));
            }
        }
    }
}

template <class T>
class ReduceTypes : public ::testing::Test {};
using NumberTypes =
    ::testing::Types<bool, std::int8_t, std::int16_t, std::int32_t, std::int64_t, std::uint8_t, std::uint16_t,
                     std::uint32_t, std::uint64_t, float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(ReduceTypes, NumberTypes);

TYPED_TEST(ReduceTypes, any_axes_of_any_shape) {
    const Communicator world;
    Random random;
    SCOPED_TRACE("MEMDATA_TEST_SEED=" + std::to_string(random.seed()));
    for (int round = 0; round < 12; ++round) {
        Indices shape(static_cast<std::size_t>(random.between(1, 4)));
        for (Index& extent : shape) {
            extent = random.between(0, 14) < 14 ? random.between(1, 5) : 0;
        }
        if (random.between(0, 2) == 0) {
            shape[static_cast<std::size_t>(random.between(0, std::ssize(shape) - 1))] = random.between(30, 80);
        }
        const int axis = static_cast<int>(random.between(0, std::ssize(shape) - 1));
        std::vector<bool> reduced;
        for (std::size_t a = 0; a < shape.size(); ++a) {
            reduced.push_back(random.between(0, 1) == 1);
        }
        const Layout where{shape, axis, random.split(shape[static_cast<std::size_t>(axis)], world.size())};
        check_all<TypeParam>(world, where, reduced, random.between(0, 1) == 1);
        if (this->HasFatalFailure()) {
            return;
        }
    }
}

TYPED_TEST(ReduceTypes, of_nothing) {
    const Communicator world;
    for (const Indices& shape : {Indices{0}, {0, 3}, {3, 0}, {0, 0}}) {
        for (int axis = 0; axis < static_cast<int>(shape.size()); ++axis) {
            for (int mask = 0; mask < 1 << shape.size(); ++mask) {
                std::vector<bool> reduced;
                for (std::size_t a = 0; a < shape.size(); ++a) {
                    reduced.push_back((mask >> a & 1) == 1);
                }
                check_all<TypeParam>(world, layout(shape, axis, world.size()), reduced, mask % 2 == 0);
                if (this->HasFatalFailure()) {
                    return;
                }
            }
        }
    }
}

// Long axes: leaves, trees, tiles and their remainders.
TEST(Reduce, long_axes) {
    const Communicator world;
    for (const Indices& shape : {Indices{100003}, {2, 5003}, {5003, 2}, {700, 3, 40}, {3, 1100, 2}, {40, 2100}}) {
        for (int mask = 1; mask < 1 << shape.size(); ++mask) {
            std::vector<bool> reduced;
            for (std::size_t a = 0; a < shape.size(); ++a) {
                reduced.push_back((mask >> a & 1) == 1);
            }
            const int axis = mask % static_cast<int>(shape.size());
            check_all<double>(world, layout(shape, axis, world.size()), reduced, false);
            check_all<std::int16_t>(world, layout(shape, axis, world.size()), reduced, false);
            if (::testing::Test::HasFatalFailure()) {
                return;
            }
        }
    }
}

// A result large enough to be combined in parts.
TEST(Reduce, a_large_common_result) {
    const Communicator world;
    const Index columns = 150001;
    const Indices shape{2 * world.size() + 1, columns};
    const MPIArray array = filled<std::int32_t>(world, layout(shape, 0, world.size()),
                                                [&](Index n) { return n / columns * 3 + n % columns; });
    const Index rows = shape[0];
    EXPECT_TRUE(is_filled_common<std::int64_t>(sum(array, Axis{0}).common(), {columns},
                                               [&](Index n) { return 3 * (rows * (rows - 1) / 2) + rows * n; }));
    EXPECT_TRUE(
        is_filled_common<std::int64_t>(argmax(array, Axis{0}).common(), {columns}, [&](Index) { return rows - 1; }));
    EXPECT_TRUE(is_filled_common<std::int32_t>(min(array, Axis{0}, KeepDims::yes).common(), {1, columns},
                                               [](Index n) { return n; }));
}

TEST(Reduce, sums_are_pairwise) {
    const Communicator world;
    // One after the other, the error of a float sum would be some per cent, that of a double one 1e-10.
    const Index n = 3'000'000;
    const MPIArray singles = MPIArray::full<float>(world, {n}, Axis{0}, 0.1F);
    EXPECT_EQ(sum(singles).item<float>(), static_cast<float>(static_cast<long double>(n) * 0.1F));
    EXPECT_EQ(sum(singles.local()).item<float>(),
              static_cast<float>(static_cast<long double>(singles.local().size()) * 0.1F));
    const auto value = [](Index i) { return 1.0 / static_cast<double>(i % 1000 + 1) + 1e6; };
    const MPIArray doubles = filled<double>(world, layout({n / 3, 3}, 0, world.size()), value);
    std::array<long double, 3> truth{};
    for (Index i = 0; i < n; ++i) {
        truth[static_cast<std::size_t>(i % 3)] += value(i);
    }
    const long double total = truth[0] + truth[1] + truth[2];
    EXPECT_LE(std::abs(static_cast<long double>(sum(doubles).item<double>()) - total) / total, 4e-16L);
    const Array columns = sum(doubles, Axis{0}).common();
    for (std::size_t c = 0; c < 3; ++c) {
        EXPECT_LE(std::abs(static_cast<long double>(columns.span<double>()[c]) - truth[c]) / truth[c], 4e-16L);
    }
}

TEST(Reduce, the_same_bits_in_every_run) {
    const Communicator world;
    const Layout where = layout({61, 37, 5}, 1, world.size());
    const MPIArray array = filled<float>(world, where, [](Index n) { return std::sin(static_cast<double>(n)) * 1e3; });
    const MPIArray same = filled<float>(world, where, [](Index n) { return std::sin(static_cast<double>(n)) * 1e3; });
    for (const Axes& axes : {Axes(), Axes(Axis{1}), Axes({Axis{0}, Axis{1}})}) {
        for (const What what : {What::sum, What::prod, What::mean, What::var}) {
            const Reduced first = call(what, array, axes, KeepDims::no);
            for (int run = 0; run < 3; ++run) {
                EXPECT_EQ(call(what, run == 0 ? same : array, axes, KeepDims::no).common(), first.common());
            }
        }
    }
}

TEST(Reduce, nan) {
    const Communicator world;
    const Index n = 3 * world.size() + 40;
    for (const Index where : {Index{0}, n / 2, n - 1}) {
        const auto value = [&](Index i) {
            return i >= where && (i - where) % 3 == 0 ? nan : static_cast<double>(i - 20);
        };
        const MPIArray array = filled<double>(world, layout({n}, 0, world.size()), value);
        for (const Reduced& result : {min(array), max(array), sum(array), mean(array), var(array)}) {
            EXPECT_TRUE(std::isnan(result.item<double>()));
        }
        EXPECT_EQ(argmin(array).item<std::int64_t>(), where);
        EXPECT_EQ(argmax(array).item<std::int64_t>(), where);
        EXPECT_TRUE(any(array).item<bool>());
        const Array common = filled_common<double>({n}, value);
        EXPECT_EQ(argmax(common).item<std::int64_t>(), where);
        EXPECT_TRUE(std::isnan(min(common).item<double>()));
    }
    const MPIArray infinite = MPIArray::full<float>(world, {4}, Axis{0}, std::numeric_limits<float>::infinity());
    EXPECT_EQ(min(infinite).item<float>(), std::numeric_limits<float>::infinity());
    EXPECT_EQ(argmin(infinite).item<std::int64_t>(), 0);
}

TEST(Reduce, the_first_of_equals_in_global_order) {
    const Communicator world;
    // Distributed over the last axis: what lies on a later rank may come first in row-major order.
    const Indices shape{3, 4 * world.size()};
    const Index best = shape[1] - 1;  // the last of the first row
    const MPIArray array = filled<std::int8_t>(world, layout(shape, 1, world.size()),
                                               [&](Index n) { return n == best || n == shape[1] ? 9 : 0; });
    EXPECT_EQ(argmax(array).item<std::int64_t>(), best);
    EXPECT_TRUE(is_filled_common<std::int64_t>(argmax(array, Axis{1}).common(), {3},
                                               [&](Index row) { return row == 0 ? best : 0; }));
    EXPECT_EQ(argmin(array).item<std::int64_t>(), world.size() > 0 ? 0 : -1);
}

TEST(Reduce, variance) {
    const Communicator world;
    const auto value = [](Index n) { return 1e9 + static_cast<double>(n % 2); };  // squares would cancel
    const MPIArray array = filled<double>(world, layout({10, 4}, 0, world.size()), value);
    EXPECT_DOUBLE_EQ(var(array).item<double>(), 0.25);
    EXPECT_DOUBLE_EQ(var(array, {}, KeepDims::no, 1).item<double>(), 10.0 / 39);
    EXPECT_DOUBLE_EQ(var(array, Axis{1}, KeepDims::no, 2).local().size() == 0
                         ? 0.5
                         : var(array, Axis{1}, KeepDims::no, 2).local().span<double>()[0],
                     0.5);
    EXPECT_TRUE(std::isinf(var(array, {}, KeepDims::no, 40).item<double>()));
    const MPIArray one = MPIArray::full<double>(world, {1}, Axis{0}, 3);
    EXPECT_TRUE(std::isnan(var(one, {}, KeepDims::no, 1).item<double>()));
}

TEST(Reduce, views_of_common_arrays) {
    const Array array = filled_common<double>({4, 5, 6}, value_of<double>);
    const std::vector<int> axes{2, 0, 1};
    const ConstArrayView turned = ConstArrayView(array).transpose(axes);
    for (const Axes& over : {Axes(), Axes(Axis{0}), Axes(Axis{1}), Axes({Axis{0}, Axis{2}})}) {
        const Array copy = turned.copy();
        EXPECT_EQ(argmin(turned, over), argmin(copy, over));
        EXPECT_EQ(max(turned, over), max(copy, over));
        const auto a = numbers_in(sum(turned, over));
        const auto b = numbers_in(sum(copy, over));
        for (std::size_t i = 0; i < a.size(); ++i) {
            EXPECT_LE(std::abs(a[i] - b[i]), 1e-12L);
        }
    }
    EXPECT_EQ(sum(Array::scalar(3.5)).item<double>(), 3.5);
    EXPECT_EQ(sum(Array::scalar(3.5), std::vector<Axis>{}).item<double>(), 3.5);
    EXPECT_EQ(argmax(Array::scalar(3.5)).item<std::int64_t>(), 0);
}

TEST(Reduce, over_local_axes_is_not_collective) {
    const Communicator world;
    const MPIArray array = MPIArray::full<double>(world, {7, 3}, Axis{0}, 2);
    if (world.rank() == world.size() - 1) {
        const Reduced result = sum(array, Axis{1});
        EXPECT_TRUE(result.is_distributed());
        EXPECT_THROW(static_cast<void>(result.common()), ArgumentError);
        EXPECT_THROW(static_cast<void>(sum(array, Axis{2})), ArgumentError);
    }
    world.barrier();
    Reduced total = sum(array);
    EXPECT_THROW(static_cast<void>(total.distributed()), ArgumentError);
    EXPECT_THROW(static_cast<void>(total.item<float>()), DtypeError);
    const Array moved = std::move(total).common();
    EXPECT_EQ(moved.item<double>(), 42);
}

TEST(Reduce, errors_are_the_same_on_all_ranks) {
    const Communicator world;
    const int ranks = world.size();
    const MPIArray array = make(world, TypeKind::float64, layout({6, 5, 4}, 0, ranks));
    EXPECT_THROW_ON_ALL(world, static_cast<void>(sum(array, {Axis{0}, Axis{3}})), ArgumentError,
                        "axis 3 is out of range for shape (6, 5, 4)");
    EXPECT_THROW_ON_ALL(world, static_cast<void>(sum(array, {Axis{0}, Axis{-3}})), ArgumentError,
                        "sum: axis -3 is named twice");
    EXPECT_THROW_ON_ALL(world, static_cast<void>(max(MPIArray::zeros<Complex>(world, {6}, Axis{0}))), DtypeError,
                        "max has no meaning for complex128");
    EXPECT_THROW_ON_ALL(world, static_cast<void>(sum(MPIArray::zeros(world, Dtype::variable_string(), {6}, Axis{0}))),
                        DtypeError, "sum has no meaning for string");
    EXPECT_THROW_ON_ALL(world, static_cast<void>(any(MPIArray::zeros(world, Dtype::fixed_string(4), {6}, Axis{0}))),
                        DtypeError, "any has no meaning for string[4]");
    EXPECT_THROW_ON_ALL(world, static_cast<void>(argmin(MPIArray::zeros<float>(world, {6, 0}, Axis{0}))), ShapeError,
                        "argmin of nothing: the reduced axes of shape (6, 0)");
    EXPECT_THROW_ON_ALL(world, static_cast<void>(min(MPIArray::zeros<float>(world, {6, 0}, Axis{0}), Axis{1})),
                        ShapeError, "min of nothing");
    for (int odd = 1; odd < ranks; ++odd) {
        const bool here = world.rank() == odd;
        EXPECT_THROW_ON_ALL(world, static_cast<void>(sum(array, here ? Axes({Axis{0}, Axis{7}}) : Axes(Axis{0}))),
                            ArgumentError, "axis 7");
        EXPECT_THROW_ON_ALL(
            world, static_cast<void>(sum(array, here ? Axes({Axis{0}, Axis{1}}) : Axes(Axis{0}))), MismatchError,
            "the reduction, its array or its axes must be the same on all ranks, but differs from rank 0 on rank " +
                std::to_string(odd));
        EXPECT_THROW_ON_ALL(world, static_cast<void>(sum(array, {}, here ? KeepDims::yes : KeepDims::no)),
                            MismatchError, "its array or its axes must be the same");
        EXPECT_THROW_ON_ALL(world, static_cast<void>(here ? sum(array) : prod(array)), MismatchError,
                            "must be the same on all ranks");
        EXPECT_THROW_ON_ALL(world, static_cast<void>(var(array, {}, KeepDims::no, here ? 1 : 0)), MismatchError,
                            "its array or its axes must be the same");
        EXPECT_THROW_ON_ALL(world,
                            static_cast<void>(max(here ? MPIArray::zeros<Complex>(world, {6}, Axis{0})
                                                       : MPIArray::zeros<double>(world, {6}, Axis{0}))),
                            DtypeError, "max has no meaning");
        EXPECT_THROW_ON_ALL(
            world,
            static_cast<void>(max(MPIArray::zeros(world, here ? TypeKind::int16 : TypeKind::int32, {6}, Axis{0}))),
            MismatchError, "its array or its axes must be the same");
    }
    EXPECT_EQ(sum(MPIArray::full<double>(world, {6}, Axis{0}, 1)).item<double>(), 6);
}

}  // namespace
}  // namespace memdata::testing
