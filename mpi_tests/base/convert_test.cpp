// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/base/convert.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstring>
#include <iomanip>
#include <limits>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "expect.hpp"
#include "memdata/base/error.hpp"

namespace memdata::testing {
namespace {

template <class T>
constexpr bool is_complex = false;
template <class T>
constexpr bool is_complex<std::complex<T>> = true;

template <class T>
constexpr bool is_float = std::floating_point<T> || std::same_as<T, Float16>;

/// Values at the limits of this and other types. A long double of 64 bits holds every one of them exactly.
using Real = long double;
constexpr bool real_holds_all = std::numeric_limits<Real>::digits >= 64;

template <class T>
std::vector<T> edge_values() {
    std::vector<T> values;
    if constexpr (is_complex<T>) {
        const auto parts = edge_values<typename T::value_type>();
        for (std::size_t i = 0; i < parts.size(); ++i) {
            values.push_back(T(parts[i], 0));
            values.push_back(T(1, parts[i]));
            values.push_back(T(parts[i], parts[parts.size() - 1 - i]));
        }
    } else if constexpr (std::same_as<T, bool>) {
        values = {false, true};
    } else {
        using Limits = std::numeric_limits<T>;
        values = {T{0}, T{1}, T{2}, T{100}, Limits::max(), Limits::lowest(), Limits::min()};
        for (const Real value : {-1.0L,
                                 -100.0L,
                                 127.0L,
                                 128.0L,
                                 -128.0L,
                                 -129.0L,
                                 255.0L,
                                 256.0L,
                                 32768.0L,
                                 65535.0L,
                                 16777216.0L,
                                 16777217.0L,
                                 2147483647.0L,
                                 2147483648.0L,
                                 -2147483648.0L,
                                 4294967296.0L,
                                 9007199254740992.0L,
                                 9007199254740993.0L,
                                 9223372036854775807.0L,
                                 9223372036854775808.0L,
                                 -9223372036854775808.0L,
                                 18446744073709551615.0L,
                                 0.5L,
                                 -0.5L,
                                 -1.5L,
                                 0.1L,
                                 1e-40L,
                                 1e30L,
                                 3.5e38L,
                                 -3.5e38L,
                                 1e300L}) {
            if (value >= static_cast<Real>(Limits::lowest()) && value <= static_cast<Real>(Limits::max())) {
                values.push_back(static_cast<T>(value));
            }
        }
        if constexpr (is_float<T>) {
            for (const T value : {Limits::infinity(), T(-static_cast<Real>(Limits::infinity())), Limits::quiet_NaN(),
                                  Limits::denorm_min(), T(-0.0), T(18446744073709551616.0), T(9223372036854775808.0)}) {
                values.push_back(value);
            }
        }
    }
    return values;
}

/// Any number.
struct Number {
    Real real = 0;
    Real imag = 0;
    bool is_bool = false;
    friend bool operator==(const Number& a, const Number& b) {
        const auto same = [](Real x, Real y) { return x == y || (std::isnan(x) && std::isnan(y)); };
        return same(a.real, b.real) && same(a.imag, b.imag) && a.is_bool == b.is_bool;
    }
    friend void PrintTo(const Number& number, std::ostream* out) {
        *out << std::setprecision(25) << "(" << number.real << ", " << number.imag << ")";
    }
};

template <class T>
Number number(const T& value) {
    if constexpr (is_complex<T>) {
        return {value.real(), value.imag()};
    } else {
        return {static_cast<Real>(value), 0, std::same_as<T, bool>};
    }
}

/// Calls f with the C++ type of a kind of number.
template <class F>
auto of_kind(TypeKind kind, F&& f) {
    return visit(kind, [&]<class T>(std::type_identity<T> type) {
        if constexpr (std::same_as<T, std::string>) {
            return f(std::type_identity<double>{});
        } else {
            return f(type);
        }
    });
}

/// All elements in row-major order.
std::vector<Number> numbers(const Array& array) {
    return of_kind(array.dtype().kind(), [&]<class T>(std::type_identity<T>) {
        std::vector<Number> result;
        for (const T& value : array.span<T>()) {
            result.push_back(number(value));
        }
        return result;
    });
}

/// The real number as a T, when it is one.
template <class T>
std::optional<Real> exactly(Real value) {
    using Limits = std::numeric_limits<T>;
    bool fits = false;
    if constexpr (std::same_as<T, bool>) {
        fits = value == 0 || value == 1;
    } else if constexpr (std::integral<T>) {
        fits = value >= static_cast<Real>(Limits::min()) && value <= static_cast<Real>(Limits::max()) &&
               std::floor(value) == value;
    } else {
        fits =
            std::isnan(value) || std::isinf(value) ||
            (std::abs(value) <= static_cast<Real>(Limits::max()) && static_cast<Real>(static_cast<T>(value)) == value);
    }
    return fits ? std::optional<Real>(value) : std::nullopt;
}

/// What is left of it; integers wrap around and others are clamped.
template <class T>
Real lossily(Real value, bool from_integer) {
    using Limits = std::numeric_limits<T>;
    if constexpr (std::same_as<T, bool>) {
        return value == 0 ? 0 : 1;
    } else if constexpr (is_float<T>) {
        return static_cast<Real>(static_cast<T>(value));
    } else if (from_integer) {
        const std::uint64_t bits = value < 0 ? static_cast<std::uint64_t>(static_cast<std::int64_t>(value))
                                             : static_cast<std::uint64_t>(value);
        return static_cast<T>(bits);
    } else {
        return std::isnan(value)
                   ? 0
                   : std::clamp(std::trunc(value), static_cast<Real>(Limits::min()), static_cast<Real>(Limits::max()));
    }
}

TypeKind next(TypeKind kind) { return static_cast<TypeKind>(static_cast<int>(kind) + 1); }
bool is_complex_kind(TypeKind kind) { return kind == TypeKind::complex64 || kind == TypeKind::complex128; }
bool is_integer_kind(TypeKind kind) { return kind < TypeKind::float16; }

/// What a number of one kind becomes as another kind: exactly, if it can, and lossily.
std::pair<std::optional<Number>, Number> expected(const Number& from, TypeKind from_kind, TypeKind to_kind) {
    return of_kind(to_kind, [&]<class T>(std::type_identity<T>) -> std::pair<std::optional<Number>, Number> {
        if constexpr (is_complex<T>) {
            using Part = typename T::value_type;
            const auto real = exactly<Part>(from.real);
            const auto imag = exactly<Part>(from.imag);
            return {real && imag ? std::optional(Number{*real, *imag}) : std::nullopt,
                    {lossily<Part>(from.real, false), lossily<Part>(from.imag, false)}};
        } else {
            constexpr bool to_bool = std::same_as<T, bool>;
            const bool any = from.real != 0 || from.imag != 0;
            const auto real = is_complex_kind(from_kind) ? std::nullopt : exactly<T>(from.real);
            return {real ? std::optional(Number{*real, 0, to_bool}) : std::nullopt,
                    {to_bool ? Real(any) : lossily<T>(from.real, is_integer_kind(from_kind)), 0, to_bool}};
        }
    });
}

/// 0 and 1, which every type holds, without a pattern that an exchange of axes keeps.
Array small_numbers(const Shape& shape) {
    Array result = Array::zeros<std::int8_t>(shape);
    for (Index i = 0; i < result.size(); ++i) {
        result.span<std::int8_t>()[static_cast<std::size_t>(i)] = static_cast<std::int8_t>(i * i % 7 % 2);
    }
    return result;
}

Array edge_array(TypeKind kind) {
    return of_kind(kind, []<class T>(std::type_identity<T>) {
        const std::vector<T> values = edge_values<T>();
        Array result = Array::uninitialized(dtype_of<T>(), {std::ssize(values)});
        std::copy(values.begin(), values.end(), result.span<T>().begin());
        return result;
    });
}

TEST(Convert, every_pair_of_numbers_at_the_limits) {
    if (!real_holds_all) {
        GTEST_SKIP() << "the truth is computed in a long double of 64 bits";
    }
    for (TypeKind from = TypeKind::boolean; from <= TypeKind::complex128; from = next(from)) {
        const Array all = edge_array(from);
        const std::vector<Number> values = numbers(all);
        ASSERT_GE(values.size(), 2U);
        for (TypeKind to = TypeKind::boolean; to <= TypeKind::complex128; to = next(to)) {
            std::vector<Number> rounded;
            for (std::size_t i = 0; i < values.size(); ++i) {
                const ConstArrayView one(from, {}, {}, all.data() + i * all.dtype().itemsize());
                SCOPED_TRACE(::testing::PrintToString(values[i]) + " " + to_string(from) + " -> " + to_string(to));
                const auto [exact, cut] = expected(values[i], from, to);
                rounded.push_back(cut);
                if (exact) {
                    ASSERT_EQ(numbers(converted(one, to)), std::vector{*exact});
                } else {
                    ASSERT_THROW((void)converted(one, to), DtypeError);
                }
            }
            const Array lossy = converted(all, to, Conversion::lossy);
            ASSERT_EQ(lossy.dtype(), Dtype(to));
            ASSERT_EQ(numbers(lossy), rounded) << to_string(from) << " -> " << to_string(to);
        }
    }
}

TEST(Convert, views_in_any_order_become_row_major) {
    for (TypeKind from = TypeKind::boolean; from <= TypeKind::complex128; from = next(from)) {
        const Array array = converted(small_numbers({3, 4, 5}), from);
        const ConstArrayView view = ConstArrayView(array).transpose(std::vector<int>{1, 2, 0});
        const std::vector<Number> turned = numbers(view.copy());
        for (TypeKind to = TypeKind::boolean; to <= TypeKind::complex128; to = next(to)) {
            if (is_complex_kind(from) && !is_complex_kind(to)) {
                EXPECT_THROW((void)converted(view, to), DtypeError);
                continue;
            }
            for (const Conversion how : {Conversion::exact, Conversion::lossy}) {
                const Array result = converted(view, to, how);
                ASSERT_EQ(result.shape(), (Shape{4, 5, 3}));
                const std::vector<Number> got = numbers(result);
                for (std::size_t i = 0; i < got.size(); ++i) {
                    ASSERT_EQ(got[i].real, turned[i].real);
                    ASSERT_EQ(got[i].imag, 0);
                }
            }
        }
        EXPECT_TRUE(converted(view, from) == view.copy()) << "the same type is a copy";
        const Array none = converted(ConstArrayView(from, {0, 3}, {1, 1}, array.data()), TypeKind::complex64);
        EXPECT_EQ(none.shape(), (Shape{0, 3}));
        EXPECT_EQ(none.dtype(), Dtype(TypeKind::complex64));
    }
}

TEST(Convert, one_wrong_element_among_many_is_found) {
    Array array = Array::zeros<double>({3000});
    for (const Index at : {Index{0}, Index{255}, Index{256}, Index{1999}, Index{2999}}) {
        array.view<double, 1>()(at) = 0.5;
        const std::string message = message_of<DtypeError>([&] { (void)converted(array, TypeKind::int64); });
        EXPECT_NE(message.find("0.5 at index (" + std::to_string(at) + ",)"), std::string::npos) << message;
        array.view<double, 1>()(at) = 0;
    }
}

TEST(Convert, the_error_names_the_first_value_and_its_index) {
    Array array = Array::zeros<double>({2, 3, 4});
    array.view<double, 3>()(1, 2, 3) = 0.25;
    array.view<double, 3>()(1, 0, 2) = 1e10;
    EXPECT_EQ(message_of<DtypeError>([&] { (void)converted(array, TypeKind::int32); }),
              "10000000000 at index (1, 0, 2), of an array of float64, is not exactly int32; Conversion::lossy keeps "
              "what fits");
    const ConstArrayView turned = ConstArrayView(array).transpose(std::vector<int>{2, 1, 0});
    const std::string message = message_of<DtypeError>([&] { (void)converted(turned, TypeKind::uint8); });
    EXPECT_NE(message.find("at index (2, 0, 1)"), std::string::npos) << message;
    const std::string complex = message_of<DtypeError>(
        [] { (void)converted(Array::scalar(std::complex<double>(0.1, -2)), TypeKind::complex64); });
    EXPECT_NE(complex.find("(0.1-2j) at index ()"), std::string::npos) << complex;
}

TEST(Convert, bytes_other_than_0_and_1_are_true) {
    Array array = Array::zeros<bool>({3});
    array.data()[1] = std::byte{7};
    array.data()[2] = std::byte{1};
    const Array numbers = converted(array, TypeKind::int16);
    EXPECT_EQ(numbers.span<std::int16_t>()[0], 0);
    EXPECT_EQ(numbers.span<std::int16_t>()[1], 1);
    EXPECT_EQ(numbers.span<std::int16_t>()[2], 1);
}

std::vector<std::string> texts(const Array& array) {
    const Array variable = converted(array, Dtype::variable_string());
    return {variable.span<std::string>().begin(), variable.span<std::string>().end()};
}

TEST(Convert, text_between_all_kinds_of_strings) {
    const std::vector<std::string> words = {"", "a", "vis", "freq 1", "\xC3\xA4\xC3\xB6"};
    const Array source(words);
    const Dtype kinds[] = {Dtype::variable_string(), Dtype::variable_string(Charset::ascii), Dtype::fixed_string(6),
                           Dtype::fixed_string(9, Charset::utf8, Padding::space_padded),
                           Dtype::fixed_string(7, Charset::ascii, Padding::null_terminated)};
    for (const Dtype& first : kinds) {
        for (const Dtype& second : kinds) {
            const Array there = converted(converted(source, first), second);
            EXPECT_EQ(there.dtype(), second);
            EXPECT_EQ(texts(there), words) << to_string(first) << " -> " << to_string(second);
        }
    }
    const Array padded = converted(source, kinds[3]);
    EXPECT_EQ(std::memcmp(padded.data() + 9, "a        ", 9), 0);
    const Array strided = converted(ConstArrayView(source.dtype(), {2}, {-2}, source.data() + 3 * sizeof(std::string)),
                                    Dtype::fixed_string(6));
    EXPECT_EQ(texts(strided), (std::vector<std::string>{"freq 1", "a"}));
}

TEST(Convert, text_that_does_not_fit) {
    const Array source(std::vector<std::string>{"abc",
                                                "abc\xC3\xA4"
                                                "d",
                                                "end "});
    const auto lossy = [&](const Dtype& dtype) { return texts(converted(source, dtype, Conversion::lossy)); };
    using Texts = std::vector<std::string>;
    EXPECT_EQ(lossy(Dtype::fixed_string(4)), (Texts{"abc", "abc\xC3", "end "}));
    EXPECT_EQ(lossy(Dtype::fixed_string(4, Charset::utf8)), (Texts{"abc", "abc", "end "}));
    EXPECT_EQ(lossy(Dtype::fixed_string(5, Charset::utf8)), (Texts{"abc", "abc\xC3\xA4", "end "}));
    EXPECT_EQ(lossy(Dtype::fixed_string(5, Charset::ascii, Padding::null_terminated)),
              (Texts{"abc", "abc\xC3", "end "}));
    EXPECT_EQ(lossy(Dtype::fixed_string(6, Charset::ascii, Padding::space_padded)), (Texts{"abc",
                                                                                           "abc\xC3\xA4"
                                                                                           "d",
                                                                                           "end"}));
    const auto refused = [&](const Dtype& dtype) {
        return message_of<DtypeError>([&] { (void)converted(source, dtype); });
    };
    const std::string message = refused(Dtype::fixed_string(5));
    EXPECT_NE(message.find("d\" at index (1,)"), std::string::npos) << message;
    EXPECT_NE(message.find("string[5]"), std::string::npos) << message;
    EXPECT_NE(refused(Dtype::fixed_string(9, Charset::ascii, Padding::space_padded)).find("(2,)"), std::string::npos)
        << "the blank at the end would be padding";
    EXPECT_NO_THROW((void)converted(source, Dtype::fixed_string(6)));
    EXPECT_THROW((void)converted(source, Dtype::fixed_string(6, Charset::ascii, Padding::null_terminated)), DtypeError);
    const std::string with_null(std::string("a\0b", 3));
    EXPECT_NO_THROW((void)converted(Array::scalar(with_null), Dtype::fixed_string(3)));
    EXPECT_THROW(
        (void)converted(Array::scalar(with_null), Dtype::fixed_string(9, Charset::ascii, Padding::null_terminated)),
        DtypeError);
    EXPECT_THROW((void)converted(Array::scalar(std::string("a\0", 2)), Dtype::fixed_string(9)), DtypeError);
}

TEST(Convert, types_that_are_never_converted) {
    const Dtype compound = Dtype::compound({{"id", 1, TypeKind::int32}, {"freq", 13, TypeKind::float64}}, 31);
    const Dtype other = Dtype::compound({{"id", 0, TypeKind::int32}}, 4);
    Array records = Array::zeros(compound, {3});
    records.data()[40] = std::byte{5};
    EXPECT_TRUE(converted(records, compound) == records);
    for (const Conversion how : {Conversion::exact, Conversion::lossy}) {
        EXPECT_THROW((void)converted(records, other, how), DtypeError);
        EXPECT_THROW((void)converted(records, TypeKind::float64, how), DtypeError);
        EXPECT_THROW((void)converted(Array::zeros<float>({0}), compound, how), DtypeError);
        EXPECT_THROW((void)converted(Array::zeros<float>({0}), Dtype::variable_string(), how), DtypeError);
        EXPECT_THROW((void)converted(Array::zeros<std::string>({2}), TypeKind::int8, how), DtypeError);
        EXPECT_THROW((void)converted(
                         Array::zeros<float>({2}),
                         Dtype(TypeKind::float64)
                             .with_byte_order(native_byte_order == ByteOrder::big ? ByteOrder::little : ByteOrder::big),
                         how),
                     DtypeError);
    }
    EXPECT_THROW((void)converted(Array::zeros<std::complex<float>>({0}), TypeKind::float64), DtypeError)
        << "whatever the values, so also without any";
}

}  // namespace
}  // namespace memdata::testing
