// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/base/array.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <numeric>

#include "expect.hpp"

namespace memdata {
namespace {

using testing::message_of;
using testing::sample;

bool aligned(const Array& array, std::uintptr_t bytes) {
    return reinterpret_cast<std::uintptr_t>(array.data()) % bytes == 0;
}

static_assert(!std::copy_constructible<Array> && std::is_nothrow_move_constructible_v<Array>);
static_assert(!std::constructible_from<Array, std::string> && !std::constructible_from<Array, const char*>);
static_assert(!std::convertible_to<std::vector<double>, Array>);
static_assert(std::constructible_from<Array, std::vector<bool>>);

template <class T>
class ArrayOf : public ::testing::Test {
protected:
    static std::vector<T> samples(int n) {
        std::vector<T> values;
        for (int i = 0; i < n; ++i) {
            values.push_back(sample<T>(i));
        }
        return values;
    }
};
TYPED_TEST_SUITE(ArrayOf, testing::AllTypes);

TYPED_TEST(ArrayOf, CopiesARangeAndIsViewed) {
    using T = TypeParam;
    const std::vector<T> values = this->samples(6);
    Array array(values, {2, 3});
    EXPECT_EQ(array.dtype(), dtype_of<T>());
    EXPECT_EQ(array.shape(), (Shape{2, 3}));
    EXPECT_EQ(array.bytes(), 6 * static_cast<Index>(sizeof(T)));
    EXPECT_TRUE(array.owns_memory());
    EXPECT_TRUE(aligned(array, 64));
    const NdView<T, 2> view = array.view<T, 2>();
    for (Index i = 0; i < 2; ++i) {
        for (Index j = 0; j < 3; ++j) {
            EXPECT_EQ(view(i, j), static_cast<T>(values[static_cast<std::size_t>(3 * i + j)]));
        }
    }
    EXPECT_TRUE(std::ranges::equal(std::as_const(array).template span<T>(), values));
    EXPECT_EQ(Array(values).shape(), Shape{6});
    EXPECT_THROW(Array(values, {7}), ShapeError);
}

TYPED_TEST(ArrayOf, ClonesAreIndependent) {
    using T = TypeParam;
    Array original(this->samples(5));
    Array copy = original.clone();
    EXPECT_EQ(copy, original);
    EXPECT_NE(copy.data(), original.data());
    EXPECT_TRUE(copy.owns_memory());
    copy.span<T>()[2] = copy.span<T>()[1];
    EXPECT_NE(copy, original);
    EXPECT_EQ(original, Array(this->samples(5)));
}

TYPED_TEST(ArrayOf, ZerosScalarsAndFull) {
    using T = TypeParam;
    const Array zeros = Array::zeros<T>({3, 2});
    for (const T& value : zeros.span<T>()) {
        EXPECT_EQ(value, T());
    }
    const Array scalar = Array::scalar<T>(sample<T>(1));
    EXPECT_EQ(scalar.ndim(), 0);
    EXPECT_EQ(scalar.item<T>(), sample<T>(1));
    EXPECT_EQ((scalar.view<T, 0>()()), sample<T>(1));
    EXPECT_EQ(Array::full<T>({2}, sample<T>(1)).template span<T>()[1], sample<T>(1));
    EXPECT_THROW((void)zeros.item<T>(), ShapeError);
    EXPECT_THROW((void)Array::zeros<T>({0}).template item<T>(), ShapeError);
}

TYPED_TEST(ArrayOf, EmptyOnesHaveMemoryToPointTo) {
    using T = TypeParam;
    for (const Shape& shape : {Shape{0}, Shape{3, 0}, Shape{0, 0, 4}}) {
        Array array = Array::zeros<T>(shape);
        EXPECT_NE(array.data(), nullptr);
        EXPECT_TRUE(aligned(array, 64));
        EXPECT_TRUE(array.owns_memory());
        EXPECT_TRUE(array.span<T>().empty());
        EXPECT_EQ(array, array.clone());
        EXPECT_EQ(array.bytes(), 0);
    }
    EXPECT_EQ(Array(std::vector<T>{}).shape(), Shape{0});
    EXPECT_NE(Array::zeros<T>({0, 1}), Array::zeros<T>({1, 0}));
}

TYPED_TEST(ArrayOf, MovedFromOnesStayUsable) {
    using T = TypeParam;
    const Array expected(this->samples(5));
    Array first(this->samples(5));
    const std::byte* const data = first.data();
    Array second(std::move(first));
    EXPECT_EQ(second.data(), data);  // no copy
    EXPECT_EQ(second, expected);
    EXPECT_EQ(first, Array());  // NOLINT(bugprone-use-after-move): specified
    EXPECT_NE(first.data(), nullptr);
    first = std::move(second);
    EXPECT_EQ(first, expected);
    EXPECT_EQ(second, Array());
    Array& self = first;
    first = std::move(self);
    EXPECT_EQ(first, expected);
    first = Array::zeros<T>({2});  // frees what it held
    EXPECT_EQ(first.shape(), Shape{2});
}

TYPED_TEST(ArrayOf, LargeBlocksAreAlignedToHugePagesAndZero) {
    using T = TypeParam;
    constexpr std::uintptr_t huge = std::uintptr_t{2} << 20U;
    const Index limit = static_cast<Index>((4U << 20U) / sizeof(T));
    for (const Index elements : {limit, limit + 1, 3 * limit}) {
        Array array = Array::zeros<T>({elements});
        EXPECT_TRUE(aligned(array, huge));
        EXPECT_EQ(array.span<T>().front(), T());
        EXPECT_EQ(array.span<T>().back(), T());
        array.span<T>().back() = sample<T>(1);
        const Array copy = array.clone();
        EXPECT_TRUE(aligned(copy, huge));
        EXPECT_EQ(copy, array);
    }
    EXPECT_TRUE(aligned(Array::zeros<T>({limit - 1}), 64));
}

TYPED_TEST(ArrayOf, OtherViewsAreErrors) {
    using T = TypeParam;
    using Other = std::conditional_t<std::same_as<T, double>, std::int32_t, double>;
    Array array = Array::zeros<T>({3, 4});
    EXPECT_THROW((void)(array.view<T, 1>()), ShapeError);
    EXPECT_THROW((void)(std::as_const(array).template view<T, 3>()), ShapeError);
    EXPECT_THROW((void)(array.view<Other, 2>()), DtypeError);
    EXPECT_THROW((void)(array.view<Other, 1>()), DtypeError);  // the type comes first
    EXPECT_THROW((void)array.span<Other>(), DtypeError);
    EXPECT_THROW((void)(array.view<FixedString<sizeof(T)>, 2>()), DtypeError);
}

TYPED_TEST(ArrayOf, WrapsUserMemory) {
    using T = TypeParam;
    if constexpr (std::is_trivially_copyable_v<T>) {
        std::array<T, 6> memory;
        for (int i = 0; i < 6; ++i) {
            memory[static_cast<std::size_t>(i)] = sample<T>(i);
        }
        {
            Array array = Array::wrap(memory.data(), {2, 3});
            EXPECT_FALSE(array.owns_memory());
            EXPECT_EQ(array.data(), reinterpret_cast<std::byte*>(memory.data()));
            array.view<T, 2>()(1, 2) = sample<T>(0);
            EXPECT_EQ(memory[5], sample<T>(0));
            const Array copy = array.clone();
            EXPECT_TRUE(copy.owns_memory());
            EXPECT_EQ(copy, array);
            array.view<T, 2>()(0, 0) = sample<T>(1);
            EXPECT_NE(copy, array);
            Array moved = std::move(array);
            EXPECT_FALSE(moved.owns_memory());
        }
        memory[0] = sample<T>(1);  // still there
        EXPECT_THROW((void)Array::wrap(static_cast<T*>(nullptr), {1}), ArgumentError);
        EXPECT_NE(Array::wrap(static_cast<T*>(nullptr), {0}).data(), nullptr);
        if constexpr (alignof(T) > 1) {
            auto* const odd = reinterpret_cast<std::byte*>(memory.data()) + 1;
            EXPECT_THROW((void)Array::wrap(dtype_of<T>(), {1}, odd), ArgumentError);
        }
    } else {
        T memory;
        EXPECT_THROW((void)Array::wrap(&memory, {1}), DtypeError);
    }
}

TEST(Array, DefaultIsEmptyFloat64) {
    const Array array;
    EXPECT_EQ(array.dtype(), dtype_of<double>());
    EXPECT_EQ(array.shape(), Shape{0});
    EXPECT_EQ(array, Array::zeros<double>({0}));
}

TEST(Array, TakesAnyRange) {
    const double plain[] = {1, 2, 3};
    EXPECT_EQ(Array(plain), Array(std::vector<double>{1, 2, 3}));
    EXPECT_EQ(Array(std::array{1.0, 2.0, 3.0}), Array(plain));
    EXPECT_EQ(Array(std::span(plain)), Array(plain));
    EXPECT_EQ(Array(std::vector<long long>{1}).dtype(), dtype_of<std::int64_t>());
    const Array bits(std::vector<bool>{true, false, true});
    EXPECT_EQ(bits.dtype(), dtype_of<bool>());
    EXPECT_TRUE(bits.span<bool>()[2]);
    EXPECT_FALSE(bits.span<bool>()[1]);
    const Array names(std::vector<FixedString<4>>{"ab", "abcd"});
    EXPECT_EQ(names.dtype(), Dtype::fixed_string(4));
    EXPECT_EQ((names.view<FixedString<4>, 1>()(1).view()), "abcd");
}

TEST(Array, MessagesNameBothSides) {
    Array array = Array::zeros<std::int32_t>({3, 4});
    EXPECT_EQ(message_of<DtypeError>([&] { (void)array.view<double, 3>(); }),
              "array holds int32 of shape (3, 4): cannot be viewed as float64 with 3 dimensions");
    EXPECT_EQ(message_of<ShapeError>([&] { (void)array.view<std::int32_t, 1>(); }),
              "array holds int32 of shape (3, 4): cannot be viewed as int32 with 1 dimension");
    EXPECT_EQ(message_of<ShapeError>([&] { (void)array.item<std::int32_t>(); }), "shape (3, 4) has 12 elements, not 1");
}

TEST(Array, MemoryErrorNamesBytesTypeAndShape) {
    const std::string message = message_of<MemoryError>([] { (void)Array::zeros<double>({Index{1} << 50, 4}); });
    EXPECT_NE(message.find("36028797018963968 bytes"), std::string::npos) << message;
    EXPECT_NE(message.find("float64 of shape (1125899906842624, 4)"), std::string::npos) << message;
    EXPECT_THROW((void)Array::uninitialized(TypeKind::int8, {std::numeric_limits<Index>::max()}), MemoryError);
    EXPECT_THROW((void)Array::zeros<double>({Index{1} << 61}), ShapeError);
}

TEST(Array, ForeignByteOrderIsForDisksOnly) {
    const Dtype big = Dtype().with_byte_order(ByteOrder::big);
    double memory = 0;
    EXPECT_THROW((void)Array::zeros(big, {1}), DtypeError);
    EXPECT_THROW((void)Array::uninitialized(big, {0}), DtypeError);
    EXPECT_THROW((void)Array::wrap(big, {1}, &memory), DtypeError);
    EXPECT_THROW((void)Array::zeros(Dtype::compound({{"x", 0, big}}, 8), {1}), DtypeError);
}

TEST(Array, EqualityIsBytewise) {
    const double nan = std::nan("");
    EXPECT_EQ(Array(std::vector<double>{nan}), Array(std::vector<double>{nan}));
    EXPECT_NE(Array(std::vector<double>{nan}), Array(std::vector<double>{std::nan("1")}));
    EXPECT_NE(Array(std::vector<double>{0.0}), Array(std::vector<double>{-0.0}));
    EXPECT_NE(Array::zeros<float>({2}), Array::zeros<std::int32_t>({2}));
    EXPECT_NE(Array::zeros<float>({2, 1}), Array::zeros<float>({1, 2}));
    EXPECT_NE(Array::zeros<float>({2}), Array::zeros<float>({3}));
    EXPECT_NE(Array::zeros<float>({}), Array::zeros<float>({1}));
}

TEST(Array, StringsCompareByTextAndAreFreed) {
    const std::string lengthy(10000, 'x');  // owns memory: a leak or a double free would show
    Array a = Array::full<std::string>({100}, lengthy);
    Array b = a.clone();
    EXPECT_EQ(a, b);
    b.span<std::string>()[99] += 'y';
    EXPECT_NE(a, b);
    a = std::move(b);
    EXPECT_EQ(a.span<std::string>()[99].size(), 10001U);
    const std::string zero_inside("a\0b", 3);
    EXPECT_NE(Array::scalar<std::string>(zero_inside), Array::scalar<std::string>("a"));
    const Array fresh = Array::uninitialized(Dtype::variable_string(), {50});
    for (const std::string& text : fresh.span<std::string>()) {
        EXPECT_TRUE(text.empty());
    }
}

TEST(Array, CompoundsAreBytes) {
    const Dtype dtype = Dtype::compound({{"id", 0, TypeKind::uint8}, {"x", 1, TypeKind::float64}}, 9);
    Array array = Array::zeros(dtype, {3});
    EXPECT_EQ(array.bytes(), 27);
    array.data()[9] = std::byte{7};
    const Array copy = array.clone();
    EXPECT_EQ(copy, array);
    EXPECT_EQ(copy.data()[9], std::byte{7});
    std::vector<std::byte> memory(28);
    EXPECT_FALSE(Array::wrap(dtype, {3}, memory.data() + 1).owns_memory());  // needs no alignment
}

TEST(Array, ReshapedKeepsTheMemory) {
    Array array(std::vector<std::string>{"a", "b", "c", "d", "e", "f"});
    const std::byte* const memory = array.data();
    EXPECT_THROW((void)std::move(array).reshaped({4, 2}), ShapeError);
    EXPECT_EQ(array.shape(), Shape{6});
    const Array table = std::move(array).reshaped({3, 2});
    EXPECT_EQ(table.data(), memory);
    EXPECT_TRUE(table.owns_memory());
    EXPECT_EQ((table.view<std::string, 2>()(2, 0)), "e");
    double x = 1;
    const Array scalar = Array::wrap(&x, {1, 1}).reshaped({});
    EXPECT_FALSE(scalar.owns_memory());
    EXPECT_EQ(scalar.item<double>(), 1);
    EXPECT_EQ(Array::zeros<float>({0, 3}).reshaped({7, 0}).shape(), (Shape{7, 0}));
}

}  // namespace
}  // namespace memdata
