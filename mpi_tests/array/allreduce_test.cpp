// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <set>

#include "../base/expect.hpp"
#include "../mpi/caught.hpp"
#include "memdata/array/collectives.hpp"
#include "mpi/large_count.hpp"
#include "truth.hpp"

namespace memdata::testing {
namespace {

constexpr ReduceOp all_ops[] = {ReduceOp::sum,         ReduceOp::prod,        ReduceOp::min,
                                ReduceOp::max,         ReduceOp::logical_and, ReduceOp::logical_or,
                                ReduceOp::bitwise_and, ReduceOp::bitwise_or,  ReduceOp::bitwise_xor};

template <class T>
constexpr bool has_meaning(ReduceOp op) {
    constexpr bool text = std::same_as<T, std::string>;
    constexpr bool truth = std::same_as<T, bool>;
    constexpr bool complex = std::same_as<T, std::complex<float>> || std::same_as<T, std::complex<double>>;
    if (std::same_as<T, Float16>) {
        return false;
    }
    switch (op) {
        case ReduceOp::sum:
        case ReduceOp::prod:
            return !text && !truth;
        case ReduceOp::min:
        case ReduceOp::max:
            return !complex;
        case ReduceOp::logical_and:
        case ReduceOp::logical_or:
            return !text;
        default:
            return std::integral<T>;
    }
}

/// Some value of element i on a rank; small, 0 now and then.
template <class T>
T value(int rank, Index i) {
    const int number = (rank * 7 + static_cast<int>(i) * 5 + rank * static_cast<int>(i)) % 11 - 3;
    if constexpr (std::same_as<T, std::string>) {
        return std::string(static_cast<std::size_t>(number + 3), 'x') + std::to_string(number) + '\0';
    } else if constexpr (std::same_as<T, bool>) {
        return number > 0;
    } else if constexpr (std::integral<T> || std::same_as<T, Float16>) {
        return static_cast<T>(number);
    } else if constexpr (std::floating_point<T>) {
        return static_cast<T>(number) / T(7);
    } else {
        return {static_cast<typename T::value_type>(number) / 7, static_cast<typename T::value_type>(i % 3)};
    }
}

/// One combination, written anew in the widest type.
template <class T>
T combined(ReduceOp op, const T& a, const T& b) {
    if constexpr (std::same_as<T, Float16>) {
        return a;  // not reached: nothing has a meaning
    } else if constexpr (std::same_as<T, std::string>) {
        return op == ReduceOp::min ? std::min(a, b) : std::max(a, b);
    } else {
        switch (op) {
            case ReduceOp::logical_and:
                return static_cast<T>(a != T(0) && b != T(0));
            case ReduceOp::logical_or:
                return static_cast<T>(a != T(0) || b != T(0));
            default:
                break;
        }
        if constexpr (std::same_as<T, bool>) {
            const bool both = a && b;
            const bool any = a || b;
            return op == ReduceOp::min || op == ReduceOp::bitwise_and ? both
                   : op == ReduceOp::bitwise_xor                      ? a != b
                                                                      : any;
        } else if constexpr (std::integral<T>) {
            const auto x = static_cast<std::uint64_t>(a);
            const auto y = static_cast<std::uint64_t>(b);
            switch (op) {
                case ReduceOp::sum:
                    return static_cast<T>(x + y);
                case ReduceOp::prod:
                    return static_cast<T>(x * y);
                case ReduceOp::bitwise_and:
                    return static_cast<T>(x & y);
                case ReduceOp::bitwise_or:
                    return static_cast<T>(x | y);
                case ReduceOp::bitwise_xor:
                    return static_cast<T>(x ^ y);
                default:
                    return op == ReduceOp::min ? std::min(a, b) : std::max(a, b);
            }
        } else if constexpr (std::floating_point<T>) {
            return op == ReduceOp::sum    ? a + b
                   : op == ReduceOp::prod ? a * b
                   : op == ReduceOp::min  ? std::min(a, b)
                                          : std::max(a, b);
        } else {
            return op == ReduceOp::sum ? a + b : a * b;
        }
    }
}

template <class T>
Array mine(const Communicator& comm, const Shape& shape) {
    Array array = Array::uninitialized(dtype_of<T>(), shape);
    for (Index i = 0; i < array.size(); ++i) {
        array.span<T>()[static_cast<std::size_t>(i)] = value<T>(comm.rank(), i);
    }
    return array;
}

template <class T>
Array truth(const Communicator& comm, const Shape& shape, ReduceOp op) {
    Array array = Array::uninitialized(dtype_of<T>(), shape);
    for (Index i = 0; i < array.size(); ++i) {
        T result = value<T>(0, i);
        if (op == ReduceOp::logical_and || op == ReduceOp::logical_or) {
            result = combined(op, result, result);
        }
        for (int rank = 1; rank < comm.size(); ++rank) {
            result = combined(op, result, value<T>(rank, i));
        }
        array.span<T>()[static_cast<std::size_t>(i)] = result;
    }
    return array;
}

template <class T>
class Allreduce : public ::testing::Test {};
TYPED_TEST_SUITE(Allreduce, AllTypes);

TYPED_TEST(Allreduce, every_operation_with_a_meaning_in_the_order_of_ranks) {
    const Communicator world;
    for (const ReduceOp op : all_ops) {
        SCOPED_TRACE(to_string(op));
        // Few elements are combined by every rank, many by parts.
        for (const Shape& shape : {Shape{}, Shape{2, 0}, Shape{3, 4, 5}, Shape{70, 701}}) {
            if (std::same_as<TypeParam, std::string> && shape.elements() > 1000) {
                continue;
            }
            Array array = mine<TypeParam>(world, shape);
            if (!has_meaning<TypeParam>(op)) {
                EXPECT_THROW_ON_ALL(
                    world, static_cast<void>(allreduce(world, array, op)), DtypeError,
                    std::string("allreduce: ") + to_string(op) + " has no meaning for elements of type");
                EXPECT_THROW_ON_ALL(world, allreduce_in_place(world, array, op), DtypeError, "has no meaning");
                ASSERT_EQ(array, mine<TypeParam>(world, shape));
                continue;
            }
            const Array wanted = truth<TypeParam>(world, shape, op);  // the same bits
            ASSERT_EQ(allreduce(world, array, op), wanted) << to_string(shape);
            ASSERT_EQ(array, mine<TypeParam>(world, shape)) << "the argument has changed";
            if (shape.ndim() == 0) {
                continue;
            }
            const std::byte* const data = array.data();
            allreduce_in_place(world, array, op);
            ASSERT_EQ(array, wanted) << "in place " << to_string(shape);
            ASSERT_EQ(array.data(), data);
        }
    }
}

TYPED_TEST(Allreduce, one_value_of_each_rank) {
    const Communicator world;
    if constexpr (has_meaning<TypeParam>(ReduceOp::sum)) {
        TypeParam sum = value<TypeParam>(0, 2);
        for (int rank = 1; rank < world.size(); ++rank) {
            sum = static_cast<TypeParam>(sum + value<TypeParam>(rank, 2));
        }
        EXPECT_EQ(allreduce(world, value<TypeParam>(world.rank(), 2)), sum);
    }
}

TEST(AllreduceCases, in_the_order_of_ranks_whatever_the_rounding) {
    const Communicator world;
    // 1, 1e16, 1, -1e16, ...: another order gives another sum.
    const auto value = [](int rank, Index i) {
        return rank % 2 == 0 ? 1.0 + static_cast<double>(i) : (rank % 4 == 1 ? 1e16 : -1e16);
    };
    for (const Index size : {1, 100, 20'000}) {
        Array array = Array::uninitialized(TypeKind::float64, {size});
        std::vector<double> wanted;
        for (Index i = 0; i < size; ++i) {
            array.span<double>()[static_cast<std::size_t>(i)] = value(world.rank(), i);
            double sum = value(0, i);
            for (int rank = 1; rank < world.size(); ++rank) {
                sum += value(rank, i);
            }
            wanted.push_back(sum);
        }
        EXPECT_EQ(allreduce(world, array), Array(wanted));
    }
}

TEST(AllreduceCases, nan_wins_and_integers_wrap) {
    const Communicator world;
    const double nan = std::numeric_limits<double>::quiet_NaN();
    for (int odd = 0; odd < world.size(); ++odd) {
        const double x = world.rank() == odd ? nan : world.rank();
        EXPECT_TRUE(std::isnan(allreduce(world, x, ReduceOp::min)));
        EXPECT_TRUE(std::isnan(allreduce(world, x, ReduceOp::max)));
    }
    const auto largest = std::numeric_limits<std::int64_t>::max();
    const auto wrapped =
        static_cast<std::int64_t>(static_cast<std::uint64_t>(largest) * static_cast<std::uint64_t>(world.size()));
    EXPECT_EQ(allreduce(world, largest), wrapped);
    EXPECT_EQ(allreduce(world, std::uint16_t{65535}, ReduceOp::prod),
              static_cast<std::uint16_t>(world.size() % 2 == 0 ? 1 : 65535));
    EXPECT_EQ(allreduce(world, 5, ReduceOp::logical_and), 1);
}

TEST(AllreduceCases, fixed_strings_by_their_bytes) {
    const Communicator world;
    const int last = world.size() - 1;
    using Text = FixedString<4>;
    const std::vector<Text> texts{Text("b"), Text(std::to_string(world.rank())),
                                  Text(world.rank() == last ? "a" : "ab")};
    const Array array(texts);
    const Array least = allreduce(world, array, ReduceOp::min);
    EXPECT_EQ(least.span<Text>()[0], Text("b"));
    EXPECT_EQ(least.span<Text>()[1], Text("0"));
    EXPECT_EQ(least.span<Text>()[2], Text("a"));
    const Array greatest = allreduce(world, array, ReduceOp::max);
    EXPECT_EQ(greatest.span<Text>()[1], Text(std::to_string(last)));
    EXPECT_EQ(greatest.span<Text>()[2], Text(last == 0 ? "a" : "ab"));
    EXPECT_THROW_ON_ALL(world, static_cast<void>(allreduce(world, array)), DtypeError, "string[4]");

    // What follows the end of a null-terminated text is not looked at.
    const Dtype terminated = Dtype::fixed_string(4, Charset::ascii, Padding::null_terminated);
    Array behind = Array::zeros(terminated, {1});
    std::memcpy(behind.data(), world.rank() == 0 ? "a\0zz" : "a\0aa", 4);
    EXPECT_EQ(std::memcmp(allreduce(world, behind, ReduceOp::min).data(), "a\0zz", 4), 0);
}

TEST(AllreduceCases, compounds_by_a_function_of_the_user) {
    const Communicator world;
    const Dtype dtype = Dtype::compound({{"count", 0, TypeKind::int32}, {"greatest", 5, TypeKind::float64}}, 13);
    const ElementOp merge = [](std::byte* inout, const std::byte* in, Index count) {
        for (Index i = 0; i < count; ++i, inout += 13, in += 13) {
            std::int32_t a = 0;
            std::int32_t b = 0;
            std::memcpy(&a, inout, 4);
            std::memcpy(&b, in, 4);
            a += b;
            std::memcpy(inout, &a, 4);
            double x = 0;
            double y = 0;
            std::memcpy(&x, inout + 5, 8);
            std::memcpy(&y, in + 5, 8);
            std::memcpy(inout + 5, x < y ? &y : &x, 8);
        }
    };
    for (const Index size : {0, 3, 10'000}) {
        Array array = Array::zeros(dtype, {size});
        Array wanted = Array::zeros(dtype, {size});
        for (Index i = 0; i < size; ++i) {
            const auto count = static_cast<std::int32_t>(world.rank() + i);
            const double x = std::sin(static_cast<double>(i * world.size() + world.rank()));
            std::memcpy(array.data() + i * 13, &count, 4);
            std::memcpy(array.data() + i * 13 + 5, &x, 8);
            std::int32_t counts = 0;
            double greatest = -2;
            for (int rank = 0; rank < world.size(); ++rank) {
                counts += static_cast<std::int32_t>(rank + i);
                greatest = std::max(greatest, std::sin(static_cast<double>(i * world.size() + rank)));
            }
            std::memcpy(wanted.data() + i * 13, &counts, 4);
            std::memcpy(wanted.data() + i * 13 + 5, &greatest, 8);
        }
        EXPECT_EQ(allreduce(world, array, merge), wanted);
        allreduce_in_place(world, array, merge);
        EXPECT_EQ(array, wanted);
        EXPECT_THROW_ON_ALL(world, static_cast<void>(allreduce(world, array)), DtypeError,
                            "give a function that combines elements");
    }
}

// Concatenation is associative, and not commutative.
TEST(AllreduceCases, a_function_gets_the_lower_ranks_first) {
    const Communicator world;
    const ElementOp append = [](std::byte* inout, const std::byte* in, Index count) {
        auto* a = reinterpret_cast<std::uint64_t*>(inout);
        const auto* b = reinterpret_cast<const std::uint64_t*>(in);
        for (Index i = 0; i < count; ++i) {
            a[i] = a[i] * 10 + b[i];
        }
    };
    std::uint64_t wanted = 0;
    for (int rank = 0; rank < world.size(); ++rank) {
        wanted = wanted * 10 + static_cast<std::uint64_t>(rank % 10);
    }
    for (const Index size : {1, 30'000}) {
        const Array array = Array::full<std::uint64_t>({size}, static_cast<std::uint64_t>(world.rank() % 10));
        EXPECT_EQ(allreduce(world, array, append), Array::full<std::uint64_t>({size}, wanted));
    }
}

TEST(AllreduceCases, errors_on_all_ranks) {
    const Communicator world;
    const int ranks = world.size();
    const bool odd = world.rank() == ranks - 1;
    const auto reduce = [&](const Dtype& dtype, const Shape& shape, ReduceOp op) {
        static_cast<void>(allreduce(world, Array::zeros(dtype, shape), op));
    };
    EXPECT_THROW_ON_ALL(world, reduce(odd ? TypeKind::boolean : TypeKind::int8, {2}, ReduceOp::sum), DtypeError,
                        "sum has no meaning for elements of type bool (logical_or");
    EXPECT_THROW_ON_ALL(world, reduce(TypeKind::int8, {2}, static_cast<ReduceOp>(odd ? 99 : 0)), ArgumentError,
                        "no operation number 99");
    const ElementOp none = [](std::byte*, const std::byte*, Index) {};
    EXPECT_THROW_ON_ALL(world, static_cast<void>(allreduce(world, Array::zeros<int>({2}), odd ? ElementOp() : none)),
                        ArgumentError, "the operation is empty");
    EXPECT_THROW_ON_ALL(world, static_cast<void>(allreduce(world, Array::zeros<std::string>({2}), none)), DtypeError,
                        "an operation on bytes has no meaning for elements of type string");
    if (ranks == 1) {
        return;
    }
    EXPECT_THROW_ON_ALL(world, reduce(odd ? TypeKind::int8 : TypeKind::uint8, {2}, ReduceOp::sum), MismatchError,
                        "the dtype, the shape or the operation of allreduce must be the same on all ranks");
    EXPECT_THROW_ON_ALL(world, reduce(TypeKind::int8, odd ? Shape{4} : Shape{2, 2}, ReduceOp::sum), MismatchError,
                        "(2, 2)\" on rank 0, \"sum of int8 (4,)\" on rank");
    EXPECT_THROW_ON_ALL(world, reduce(TypeKind::int8, {2}, odd ? ReduceOp::min : ReduceOp::max), MismatchError, "");
    const ElementOp failing = [&](std::byte*, const std::byte*, Index) {
        if (odd) {
            throw FormatError("too strange to be combined");
        }
    };
    for (const Index size : {ranks, 30'000}) {
        EXPECT_THROW_ON_ALL(world, static_cast<void>(allreduce(world, Array::zeros<double>({size}), failing)),
                            FormatError, "too strange to be combined");
    }
}

TEST(AllreduceMember, the_blocks_of_all_ranks) {
    const Communicator world;
    const int ranks = world.size();
    // caput: one element a rank.
    MPIArray one = MPIArray::zeros<std::int32_t>(world, {ranks}, Axis{0});
    one.local().span<std::int32_t>()[0] = world.rank() + 1;
    EXPECT_EQ(one.allreduce().item<std::int32_t>(), ranks * (ranks + 1) / 2);
    EXPECT_EQ(one.allreduce(ReduceOp::max).item<std::int32_t>(), ranks);

    MPIArray blocks = MPIArray::full<double>(world, {3, 2 * ranks}, Axis{1}, world.rank() + 1.0);
    EXPECT_EQ(blocks.allreduce(ReduceOp::min), Array::full<double>({3, 2}, 1.0));
    EXPECT_EQ(MPIArray::zeros<double>(world, {0, 5 * ranks}, Axis{1}).allreduce().shape(), (Shape{0, 5}));
    if (ranks > 1) {
        const MPIArray uneven = MPIArray::zeros<double>(world, {3, 2 * ranks - 1}, Axis{1});
        EXPECT_THROW_ON_ALL(world, static_cast<void>(uneven.allreduce()), ShapeError,
                            "combines blocks of one shape, but rank 0 has (3, 2) and rank " +
                                std::to_string(ranks - 1) + " has (3, 1)");
    }
}

TEST(Broadcast, every_dtype_from_every_root) {
    const Communicator world;
    for (const Dtype& dtype : all_dtypes()) {
        for (const Indices& shape : {Indices{}, {9}, {5, 7}, {0, 3}}) {
            for (const int root : std::set{0, world.size() - 1}) {
                // Elsewhere: an array of the same kind, whose memory is filled; of another shape; of another dtype.
                for (const int kind : {0, 1, 2}) {
                    const bool alike = kind == 0;
                    const Dtype other = dtype.kind() == TypeKind::uint8 ? TypeKind::float32 : TypeKind::uint8;
                    Array array =
                        kind == 1 ? Array::zeros(dtype, Shape{2}) : Array::zeros(alike ? dtype : other, Shape(shape));
                    if (world.rank() == root) {
                        array = Array::uninitialized(dtype, Shape(shape));
                        for (Index i = 0; i < array.size(); ++i) {
                            put(array, i, i);
                        }
                    }
                    const std::byte* const before = array.data();
                    broadcast(world, array, root);
                    ASSERT_EQ(array.dtype(), dtype);
                    ASSERT_EQ(array.shape(), Shape(shape));
                    for (Index i = 0; i < array.size(); ++i) {
                        ASSERT_TRUE(holds_number(array, i, i)) << to_string(dtype) << " root " << root;
                    }
                    if (alike || world.rank() == root) {
                        ASSERT_EQ(array.data(), before);
                    }
                }
            }
        }
    }
}

TEST(Broadcast, into_the_user_s_memory) {
    const Communicator world;
    const int root = world.size() - 1;
    std::vector<float> mine(3, world.rank() == root ? 2.5F : 0.0F);
    Array array = Array::wrap(mine.data(), {3});
    broadcast(world, array, root);
    EXPECT_EQ(mine, std::vector<float>(3, 2.5F));
    EXPECT_FALSE(array.owns_memory());
}

TEST(Broadcast, errors_on_all_ranks) {
    const Communicator world;
    const int ranks = world.size();
    const bool odd = world.rank() == ranks - 1;
    Array array = Array::full<int>({2}, world.rank());
    EXPECT_THROW_ON_ALL(world, broadcast(world, array, odd ? -1 : 0), ArgumentError,
                        "broadcast: there is no rank -1 among " + std::to_string(ranks));
    if (ranks > 1) {
        EXPECT_THROW_ON_ALL(world, broadcast(world, array, odd ? 1 : 0), MismatchError,
                            "the root of broadcast must be the same on all ranks");
    }
    EXPECT_EQ(array, Array::full<int>({2}, world.rank()));
}

}  // namespace
}  // namespace memdata::testing
