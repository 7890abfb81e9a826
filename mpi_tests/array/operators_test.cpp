// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/array/operators.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "../base/expect.hpp"
#include "expect_on_all.hpp"
#include "filled.hpp"
#include "memdata/array/reduce.hpp"

namespace memdata::testing {
namespace {

using Complex = std::complex<double>;
/// The number types that take part, numbered in the order of TypeKind: float16 does not.
constexpr int number_of(TypeKind kind) { return static_cast<int>(kind) - (kind > TypeKind::float16 ? 1 : 0); }
constexpr int kinds = number_of(TypeKind::complex128) + 1;
const double nan = std::numeric_limits<double>::quiet_NaN();
const double inf = std::numeric_limits<double>::infinity();

Dtype number_type(int kind) { return static_cast<TypeKind>(kind < number_of(TypeKind::float32) ? kind : kind + 1); }
bool is_complex_kind(int kind) { return kind >= number_of(TypeKind::complex64); }

/// Elements of any number type, from and to complex numbers; written out, to depend on nothing of the library's.
template <class F>
void with_type(int kind, F&& f) {
    switch (number_type(kind).kind()) {
        case TypeKind::boolean:
            return f(bool());
        case TypeKind::int8:
            return f(std::int8_t());
        case TypeKind::int16:
            return f(std::int16_t());
        case TypeKind::int32:
            return f(std::int32_t());
        case TypeKind::int64:
            return f(std::int64_t());
        case TypeKind::uint8:
            return f(std::uint8_t());
        case TypeKind::uint16:
            return f(std::uint16_t());
        case TypeKind::uint32:
            return f(std::uint32_t());
        case TypeKind::uint64:
            return f(std::uint64_t());
        case TypeKind::float32:
            return f(float());
        case TypeKind::float64:
            return f(double());
        case TypeKind::complex64:
            return f(std::complex<float>());
        default:
            return f(Complex());
    }
}
Array array_of(int kind, const std::vector<double>& values) {
    Array result;
    with_type(kind, [&]<class T>(T) {
        result = Array::zeros<T>({std::ssize(values)});
        for (std::size_t i = 0; i < values.size(); ++i) {
            if constexpr (detail::is_complex<T>) {
                result.span<T>()[i] = static_cast<T>(Complex(values[i]));
            } else {
                result.span<T>()[i] = static_cast<T>(values[i]);
            }
        }
    });
    return result;
}
std::vector<Complex> values_of(const Array& array) {
    std::vector<Complex> values;
    with_type(number_of(array.dtype().kind()), [&]<class T>(T) {
        for (const T& x : array.span<T>()) {
            if constexpr (detail::is_complex<T>) {
                values.emplace_back(x.real(), x.imag());
            } else {
                values.emplace_back(static_cast<double>(x));
            }
        }
    });
    return values;
}

// numpy.result_type for every pair, as numpy's one-letter codes in the order of TypeKind.
constexpr const char* letters = "?bhiqBHIQfdFD";
constexpr const char* numpy_promotion[] = {"?bhiqBHIQfdFD", "bbhiqhiqdfdFD", "hhhiqhiqdfdFD", "iiiiqiiqdddDD",
                                           "qqqqqqqqdddDD", "BhhiqBHIQfdFD", "HiiiqHHIQfdFD", "IqqqqIIIQddDD",
                                           "QddddQQQQddDD", "fffddffddfdFD", "dddddddddddDD", "FFFDDFFDDFDFD",
                                           "DDDDDDDDDDDDD"};
int kind_of_letter(char letter) { return static_cast<int>(std::string_view(letters).find(letter)); }

TEST(Operators, types_that_only_store_say_what_to_do) {
    const Array halves = Array::zeros<Float16>({3});
    const Array named = Array::zeros(Dtype::enumeration(TypeKind::int8, {{"a", 0}}), {3});
    const auto refusal = [](auto&& f) {
        try {
            f();
        } catch (const DtypeError& error) {
            return std::string(error.what());
        }
        return std::string("no error");
    };
    for (const auto& [array, advice] :
         {std::pair(&halves, "convert it to float32 first"), std::pair(&named, "convert it to its integers first")}) {
        const Array& x = *array;
        for (const std::string& message :
             {refusal([&x] { static_cast<void>(x + x); }), refusal([&x] { static_cast<void>(x * 2.0); }),
              refusal([&x] { static_cast<void>(-x); }), refusal([&x] { static_cast<void>(sqrt(x)); }),
              refusal([&x] { static_cast<void>(sum(x)); }), refusal([&x] { static_cast<void>(max(x)); })}) {
            EXPECT_NE(message.find(advice), std::string::npos) << message;
        }
    }
}

TEST(Operators, numpys_promotion) {
    for (int a = 0; a < kinds; ++a) {
        for (int b = 0; b < kinds; ++b) {
            EXPECT_EQ(promoted(number_type(a), number_type(b)), number_type(kind_of_letter(numpy_promotion[a][b])))
                << to_string(number_type(a)) << " " << to_string(number_type(b));
        }
    }
    EXPECT_EQ(promoted(Dtype::fixed_string(3), Dtype::fixed_string(3)), Dtype::fixed_string(3));
    EXPECT_THROW(static_cast<void>(promoted(Dtype::variable_string(), TypeKind::int8)), DtypeError);
}

struct Case {
    BinaryOp op;
    std::function<Complex(Complex, Complex)> truth;
};

double floor_of(Complex a, Complex b) { return std::floor(a.real() / b.real()); }

// Small numbers that are exact in every type, so that one truth fits all.
TEST(Operators, every_pair_of_types) {
    const std::vector<double> left{7, 6, 5, 4, 1, 9, 3, 0, 8, 2, 11};
    const std::vector<double> right{2, 6, 3, 1, 1, 4, 2, 0, 5, 1, 3};
    const auto boolean = [](bool value) { return Complex(value ? 1 : 0); };
    const std::vector<Case> cases{
        {BinaryOp::add, [](Complex a, Complex b) { return a + b; }},
        {BinaryOp::subtract, [](Complex a, Complex b) { return a - b; }},
        {BinaryOp::multiply, [](Complex a, Complex b) { return a * b; }},
        {BinaryOp::divide, [](Complex a, Complex b) { return a / b; }},
        {BinaryOp::floor_divide, [](Complex a, Complex b) { return Complex(floor_of(a, b)); }},
        {BinaryOp::remainder, [](Complex a, Complex b) { return a - b * floor_of(a, b); }},
        {BinaryOp::power, [](Complex a, Complex b) { return Complex(std::pow(a.real(), std::min(b.real(), 2.0))); }},
        {BinaryOp::minimum, [](Complex a, Complex b) { return Complex(std::min(a.real(), b.real())); }},
        {BinaryOp::maximum, [](Complex a, Complex b) { return Complex(std::max(a.real(), b.real())); }},
        {BinaryOp::arctan2, [](Complex a, Complex b) { return Complex(std::atan2(a.real(), b.real())); }},
        {BinaryOp::hypot, [](Complex a, Complex b) { return Complex(std::hypot(a.real(), b.real())); }},
        {BinaryOp::bit_and,
         [](Complex a, Complex b) { return Complex(static_cast<int>(a.real()) & static_cast<int>(b.real())); }},
        {BinaryOp::bit_or,
         [](Complex a, Complex b) { return Complex(static_cast<int>(a.real()) | static_cast<int>(b.real())); }},
        {BinaryOp::bit_xor,
         [](Complex a, Complex b) { return Complex(static_cast<int>(a.real()) ^ static_cast<int>(b.real())); }},
        {BinaryOp::logical_and, [&](Complex a, Complex b) { return boolean(a != 0.0 && b != 0.0); }},
        {BinaryOp::logical_or, [&](Complex a, Complex b) { return boolean(a != 0.0 || b != 0.0); }},
        {BinaryOp::logical_xor, [&](Complex a, Complex b) { return boolean((a != 0.0) != (b != 0.0)); }},
        {BinaryOp::equal, [&](Complex a, Complex b) { return boolean(a == b); }},
        {BinaryOp::not_equal, [&](Complex a, Complex b) { return boolean(a != b); }},
        {BinaryOp::less, [&](Complex a, Complex b) { return boolean(a.real() < b.real()); }},
        {BinaryOp::less_equal, [&](Complex a, Complex b) { return boolean(a.real() <= b.real()); }},
        {BinaryOp::greater, [&](Complex a, Complex b) { return boolean(a.real() > b.real()); }},
        {BinaryOp::greater_equal, [&](Complex a, Complex b) { return boolean(a.real() >= b.real()); }},
    };
    ASSERT_EQ(cases.size(), static_cast<std::size_t>(BinaryOp::greater_equal) + 1);
    for (int a = 0; a < kinds; ++a) {
        for (int b = 0; b < kinds; ++b) {
            const int common = kind_of_letter(numpy_promotion[a][b]);
            const bool is_float = common >= number_of(TypeKind::float32);
            for (const Case& test : cases) {
                const BinaryOp op = test.op;
                SCOPED_TRACE("operation " + std::to_string(static_cast<int>(op)) + " " + to_string(number_type(a)) +
                             " " + to_string(number_type(b)));
                std::vector<double> x = left;
                std::vector<double> y = right;
                const bool divides =
                    op == BinaryOp::divide || op == BinaryOp::floor_divide || op == BinaryOp::remainder;
                if (divides || op == BinaryOp::power) {
                    std::ranges::replace(y, 0.0, 1.0);
                    if (op == BinaryOp::power) {
                        for (double& value : y) {
                            value = std::min(value, 2.0);
                        }
                    }
                }
                if (a == 0) {
                    std::ranges::transform(x, x.begin(), [](double v) { return v != 0 ? 1.0 : 0.0; });
                }
                if (b == 0) {
                    std::ranges::transform(y, y.begin(), [](double v) { return v != 0 ? 1.0 : 0.0; });
                }
                if (op == BinaryOp::subtract) {  // unsigned differences stay above 0
                    for (std::size_t i = 0; i < x.size(); ++i) {
                        y[i] = std::min(x[i], y[i]);
                    }
                }
                const Array array_a = array_of(a, x);
                const Array array_b = array_of(b, y);
                const bool bits = op == BinaryOp::bit_and || op == BinaryOp::bit_or || op == BinaryOp::bit_xor;
                const bool ordered = op == BinaryOp::minimum || op == BinaryOp::maximum || op == BinaryOp::arctan2 ||
                                     op == BinaryOp::hypot || op == BinaryOp::floor_divide ||
                                     op == BinaryOp::remainder || op >= BinaryOp::less;
                const auto compute = [&] { return detail::apply(op, array_a, array_b); };
                if ((bits && is_float) || (ordered && is_complex_kind(common)) ||
                    (op == BinaryOp::subtract && common == 0)) {
                    ASSERT_THROW(static_cast<void>(compute()), DtypeError);
                    continue;
                }
                const Array result = compute();
                int expected = common;
                if (op >= BinaryOp::logical_and) {
                    expected = 0;
                } else if (op == BinaryOp::divide && !is_float) {
                    expected = number_of(TypeKind::float64);
                } else if ((divides || op == BinaryOp::power) && common == 0) {
                    expected = number_of(TypeKind::int8);
                } else if ((op == BinaryOp::arctan2 || op == BinaryOp::hypot) && !is_float) {
                    expected = number_of(number_type(common).itemsize() <= 2 ? TypeKind::float32 : TypeKind::float64);
                }
                ASSERT_EQ(result.dtype(), number_type(expected));
                const std::vector<Complex> values = values_of(result);
                for (std::size_t i = 0; i < values.size(); ++i) {
                    Complex truth = test.truth(x[i], y[i]);
                    if (expected == 0 && op <= BinaryOp::multiply) {
                        truth = boolean(truth != 0.0);
                    }
                    ASSERT_LE(
                        std::abs(values[i] - truth),
                        (number_type(expected).itemsize() == 4 || expected == number_of(TypeKind::complex64) ? 1e-6
                                                                                                             : 1e-14) *
                                std::abs(truth) +
                            (op == BinaryOp::power ? 1e-5 : 0))
                        << x[i] << " " << y[i];
                }
            }
        }
    }
}

TEST(Operators, integers_wrap_and_divide_as_in_python) {
    const Array small = array_of(number_of(TypeKind::int8), {127, -128, -128, 100, -100});
    const Array other = array_of(number_of(TypeKind::int8), {1, 1, -1, 100, 100});
    const auto expect = [](const Array& array, const std::vector<double>& truth) {
        EXPECT_EQ(array, array_of(number_of(array.dtype().kind()), truth));
    };
    expect(small + other, {-128, -127, 127, -56, 0});
    expect(small - other, {126, 127, -127, 0, 56});
    expect(small * other, {127, -128, -128, 16, -16});
    expect(floor_divide(small, other), {127, -128, -128, 1, -1});
    expect(-small, {-127, -128, -128, -100, 100});
    expect(abs(small), {127, -128, -128, 100, 100});
    expect(square(small), {1, 0, 0, 16, 16});
    for (const TypeKind kind :
         {TypeKind::int8, TypeKind::int16, TypeKind::int32, TypeKind::int64, TypeKind::float32, TypeKind::float64}) {
        const Array a = array_of(number_of(kind), {7, -7, 7, -7, 6, -6});
        const Array b = array_of(number_of(kind), {2, 2, -2, -2, -3, -3});
        expect(floor_divide(a, b), {3, -4, -4, 3, -2, 2});
        expect(a - b * floor_divide(a, b), {1, 1, -1, -1, 0, 0});
        EXPECT_EQ(values_of(remainder(a, b)), values_of(a - b * floor_divide(a, b)));
    }
    const std::int64_t least = std::numeric_limits<std::int64_t>::min();
    const Array wide(std::vector<std::int64_t>{least, least, 5, least});
    const Array by(std::vector<std::int64_t>{-1, 0, 0, 1});
    EXPECT_EQ(floor_divide(wide, by), Array(std::vector<std::int64_t>{least, 0, 0, least}));
    EXPECT_EQ(remainder(wide, by), Array(std::vector<std::int64_t>{0, 0, 0, 0}));
    EXPECT_EQ(wide * wide, Array(std::vector<std::int64_t>{0, 0, 25, 0}));
    expect(pow(array_of(number_of(TypeKind::int32), {2, 1, -1, -1, 0, 3}),
               array_of(number_of(TypeKind::int32), {-1, -5, -2, -3, -1, 21})),
           {0, 1, 1, -1, 0, 10460353203.0 - 2 * 4294967296.0});
    expect(Array(std::vector<std::uint16_t>{65535}) * Array(std::vector<std::uint16_t>{65535}), {1});
    expect(~Array(std::vector<std::uint8_t>{0, 15}), {255, 240});
}

TEST(Operators, nan_and_division_by_zero) {
    const Array a(std::vector<double>{nan, 1, nan, 2, -1, 0});
    const Array b(std::vector<double>{1, nan, nan, 3, 0, 0});
    const auto low = values_of(minimum(a, b));
    const auto high = values_of(maximum(a, b));
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_TRUE(std::isnan(low[i].real()) && std::isnan(high[i].real()));
    }
    EXPECT_EQ(low[3], 2.0);
    EXPECT_EQ(high[3], 3.0);
    EXPECT_EQ((a / b).span<double>()[4], -inf);
    EXPECT_TRUE(std::isnan((a / b).span<double>()[5]));
    EXPECT_EQ(floor_divide(a, b).span<double>()[4], -inf);
    EXPECT_TRUE(std::isnan(remainder(a, b).span<double>()[4]));
    EXPECT_EQ(isnan(a), Array::full<bool>({6}, true).clone() & not_equal(a, a));
    EXPECT_EQ(isinf(a / 0.0), Array(std::array<bool, 6>{false, true, false, true, true, false}));
    EXPECT_EQ(isfinite(a), Array(std::array<bool, 6>{false, true, false, true, true, true}));
    EXPECT_EQ(isfinite(Array(std::vector<int>{3})), Array(std::array<bool, 1>{true}));
    const Complex quotient =
        (Array::scalar(Complex(1e300, 1e300)) / Array::scalar(Complex(1e300, 1e300))).item<Complex>();
    EXPECT_EQ(quotient, Complex(1, 0));
}

TEST(Operators, large_integers_compare_exactly) {
    const Array a(std::vector<std::int64_t>{-1, std::numeric_limits<std::int64_t>::max(), 5});
    const Array b(std::vector<std::uint64_t>{std::numeric_limits<std::uint64_t>::max(), std::uint64_t{1} << 63U, 5});
    EXPECT_EQ(equal(a, b), Array(std::array<bool, 3>{false, false, true}));
    EXPECT_EQ(less(a, b), Array(std::array<bool, 3>{true, true, false}));
    EXPECT_EQ(greater_equal(b, a), Array(std::array<bool, 3>{true, true, true}));
    EXPECT_EQ(greater(b, a), Array(std::array<bool, 3>{true, true, false}));
    EXPECT_EQ((a + b).dtype(), Dtype(TypeKind::float64));
    const Array bytes(std::vector<std::uint8_t>{0, 200, 255});
    EXPECT_EQ(less(bytes, 300), Array(std::array<bool, 3>{true, true, true}));
    EXPECT_EQ(less(-1, bytes), Array(std::array<bool, 3>{true, true, true}));
    EXPECT_EQ(equal(bytes, 200), Array(std::array<bool, 3>{false, true, false}));
    EXPECT_EQ(less(bytes, 200.5), Array(std::array<bool, 3>{true, true, false}));
}

TEST(Operators, scalars_take_the_type_of_the_array) {
    const auto type = [](const Array& array) { return array.dtype().kind(); };
    const Array bytes = Array::full<std::int8_t>({3}, 5);
    EXPECT_EQ(type(bytes + 1), TypeKind::int8);
    EXPECT_EQ(type(2L * bytes), TypeKind::int8);
    EXPECT_EQ(type(bytes + true), TypeKind::int8);
    EXPECT_EQ(type(bytes * 2.0F), TypeKind::float64);
    EXPECT_EQ(type(bytes / 2), TypeKind::float64);
    EXPECT_EQ(type(bytes + Complex(0, 1)), TypeKind::complex128);
    EXPECT_EQ(type(Array::full<float>({3}, 1) * 2.0), TypeKind::float32);
    EXPECT_EQ(type(Array::full<float>({3}, 1) * Complex(0, 1)), TypeKind::complex64);
    EXPECT_EQ(type(Array::full<bool>({3}, true) + 1), TypeKind::int64);
    EXPECT_EQ(type(Array::full<bool>({3}, true) * 1.5), TypeKind::float64);
    // An array of one is no scalar.
    EXPECT_EQ(type(bytes + Array::scalar(std::int32_t{1})), TypeKind::int32);
    EXPECT_EQ(type(Array::full<float>({3}, 1) * Array::scalar(2.0)), TypeKind::float64);
    EXPECT_EQ((bytes - 7).span<std::int8_t>()[1], -2);
    EXPECT_EQ((7 - bytes).span<std::int8_t>()[1], 2);
    const std::string message = message_of<ArgumentError>([&] { static_cast<void>(bytes + 128); });
    EXPECT_NE(message.find("+: the scalar does not fit int8"), std::string::npos) << message;
    EXPECT_THROW(static_cast<void>(Array::full<std::uint8_t>({3}, 1) - -1), ArgumentError);
    EXPECT_EQ(values_of(pow(Array(std::vector<float>{1.5F, -2}), 2)), (std::vector<Complex>{2.25, 4}));
    EXPECT_EQ(values_of(pow(2, Array(std::vector<int>{3, 4}))), (std::vector<Complex>{8, 16}));
}

TEST(Operators, functions_of_every_type) {
    const std::vector<double> values{0.5, 1, 0.25, 0};
    struct Function {
        UnaryOp op;
        Complex (*truth)(Complex);
    };
    const std::vector<Function> functions{
        {UnaryOp::sqrt, [](Complex z) { return std::sqrt(z); }},
        {UnaryOp::exp, [](Complex z) { return std::exp(z); }},
        {UnaryOp::sin, [](Complex z) { return std::sin(z); }},
        {UnaryOp::cos, [](Complex z) { return std::cos(z); }},
        {UnaryOp::tan, [](Complex z) { return std::tan(z); }},
        {UnaryOp::asin, [](Complex z) { return std::asin(z); }},
        {UnaryOp::acos, [](Complex z) { return std::acos(z); }},
        {UnaryOp::atan, [](Complex z) { return std::atan(z); }},
        {UnaryOp::sinh, [](Complex z) { return std::sinh(z); }},
        {UnaryOp::cosh, [](Complex z) { return std::cosh(z); }},
        {UnaryOp::tanh, [](Complex z) { return std::tanh(z); }},
        {UnaryOp::log, [](Complex z) { return std::log(z + 1.0); }},
        {UnaryOp::log10, [](Complex z) { return std::log10(z + 1.0); }},
        {UnaryOp::square, [](Complex z) { return z * z; }},
        {UnaryOp::negative, [](Complex z) { return -z; }},
        {UnaryOp::conj, [](Complex z) { return std::conj(z); }},
        {UnaryOp::absolute, [](Complex z) { return Complex(std::abs(z)); }},
        {UnaryOp::real, [](Complex z) { return Complex(z.real()); }},
        {UnaryOp::imag, [](Complex z) { return Complex(z.imag()); }},
        {UnaryOp::arg, [](Complex z) { return Complex(std::arg(z)); }},
        {UnaryOp::logical_not, [](Complex z) { return Complex(z == 0.0 ? 1 : 0); }},
    };
    for (int kind = 0; kind < kinds; ++kind) {
        for (const Function& function : functions) {
            SCOPED_TRACE(to_string(number_type(kind)) + " function " + std::to_string(static_cast<int>(function.op)));
            Array in = array_of(kind, values);
            if (is_complex_kind(kind)) {
                in = in * Complex(0.6, 0.8);
            }
            const std::vector<Complex> given = values_of(in);
            const bool logarithm = function.op == UnaryOp::log || function.op == UnaryOp::log10;
            if (logarithm) {
                in = kind == 0 ? in | true : in + 1;
            }
            if (kind == 0 && function.op == UnaryOp::negative) {
                EXPECT_THROW(static_cast<void>(-in), DtypeError);
                continue;
            }
            const Array out = detail::apply(function.op, in);
            int expected = kind;
            if (function.op == UnaryOp::logical_not) {
                expected = 0;
            } else if (function.op <= UnaryOp::imag) {
                const bool real =
                    function.op == UnaryOp::absolute || function.op == UnaryOp::real || function.op == UnaryOp::imag;
                expected -= real && is_complex_kind(kind) ? 2 : 0;
            } else if (kind < number_of(TypeKind::float32)) {
                expected = number_of(number_type(kind).itemsize() <= 2 ? TypeKind::float32 : TypeKind::float64);
            } else if (function.op == UnaryOp::arg && is_complex_kind(kind)) {
                expected -= 2;
            }
            ASSERT_EQ(out.dtype(), number_type(expected));
            const std::vector<Complex> results = values_of(out);
            for (std::size_t i = 0; i < results.size(); ++i) {
                Complex truth = function.truth(logarithm && kind == 0 ? Complex(0) : given[i]);
                if (truth.real() < 0 && kind >= number_of(TypeKind::uint8) && kind <= number_of(TypeKind::uint64)) {
                    truth += std::ldexp(1.0, static_cast<int>(8 * number_type(kind).itemsize()));
                }
                ASSERT_LE(std::abs(results[i] - truth), 3e-7 * (1 + std::abs(truth))) << given[i];
            }
        }
    }
    const Array halves(std::vector<double>{-1.5, -0.5, 0.5, 1.5, 2.5, 1.2});
    EXPECT_EQ(rint(halves), Array(std::vector<double>{-2, -0.0, 0, 2, 2, 1}));
    EXPECT_EQ(floor(halves), Array(std::vector<double>{-2, -1, 0, 1, 2, 1}));
    EXPECT_EQ(ceil(halves), Array(std::vector<double>{-1, -0.0, 1, 2, 3, 2}));
    EXPECT_EQ(trunc(halves), Array(std::vector<double>{-1, -0.0, 0, 1, 2, 1}));
    EXPECT_EQ(floor(Array(std::vector<int>{3})), Array(std::vector<int>{3}));
}

// Views, broadcasting and conversion meet in blocks: sizes around and above a block.
TEST(Operators, views_of_any_strides) {
    const Communicator world;
    Random random;
    SCOPED_TRACE("MEMDATA_TEST_SEED=" + std::to_string(random.seed()));
    for (int round = 0; round < 60; ++round) {
        const Indices shape{random.between(1, 9), random.between(1, 70), random.between(1, 40)};
        const auto small = [](Index n) { return static_cast<double>(n % 101); };
        const Array a = filled_common<float>(shape, small);
        Indices turned_shape{shape[2], shape[0], random.between(0, 1) == 0 ? 1 : shape[1]};
        const Array b = filled_common<std::int16_t>(turned_shape, small);
        const std::vector<int> axes{1, 2, 0};
        const Array sum = a + ConstArrayView(b).transpose(axes);
        ASSERT_EQ(sum.dtype(), Dtype(TypeKind::float32));
        Array target = Array::zeros<double>({shape[2], shape[0], shape[1]});
        ArrayView turned = ArrayView(target).transpose(axes);
        apply_into(turned, BinaryOp::add, a, ConstArrayView(b).transpose(axes));
        const auto in_a = a.view<float, 3>();
        const auto in_b = b.view<std::int16_t, 3>();
        const auto out = sum.view<float, 3>();
        const auto out_turned = target.view<double, 3>();
        for (Index i = 0; i < shape[0]; ++i) {
            for (Index j = 0; j < shape[1]; ++j) {
                for (Index k = 0; k < shape[2]; ++k) {
                    const float truth = in_a(i, j, k) + static_cast<float>(in_b(k, i, turned_shape[2] == 1 ? 0 : j));
                    ASSERT_EQ(out(i, j, k), truth);
                    ASSERT_EQ(out_turned(k, i, j), static_cast<double>(truth));
                }
            }
        }
    }
}

TEST(Operators, on_all_ranks_with_broadcasting) {
    const Communicator world;
    Random random;
    SCOPED_TRACE("MEMDATA_TEST_SEED=" + std::to_string(random.seed()));
    for (int round = 0; round < 20; ++round) {
        const Indices shape{random.between(0, 5), random.between(1, 6), random.between(0, 700)};
        const int axis = static_cast<int>(random.between(0, 2));
        const Layout where{shape, axis, random.split(shape[static_cast<std::size_t>(axis)], world.size())};
        const MPIArray a = filled<double>(world, where, [](Index n) { return n; });
        const MPIArray b = filled<std::int32_t>(world, where, [](Index n) { return n % 1000; });
        const Array last = filled_common<float>({shape[2]}, [](Index n) { return n; });
        MPIArray c = (a * 2 + b) - last * 0.5;
        const auto truth = [&](Index n) {
            return 2 * static_cast<double>(n) + static_cast<double>(n % 1000) - 0.5 * static_cast<double>(n % shape[2]);
        };
        ASSERT_TRUE(is_filled<double>(c, where, truth));
        c += a;
        c -= b;
        ASSERT_TRUE(is_filled<double>(
            c, where, [&](Index n) { return truth(n) + static_cast<double>(n) - static_cast<double>(n % 1000); }));
        const MPIArray chosen = memdata::where(equal(remainder(a, 2), 0), a, -b);
        ASSERT_TRUE(is_filled<double>(chosen, where, [](Index n) {
            return n % 2 == 0 ? static_cast<double>(n) : -static_cast<double>(n % 1000);
        }));
    }
}

TEST(Operators, in_place) {
    const Communicator world;
    MPIArray a = MPIArray::full<std::int32_t>(world, {6, 4}, Axis{0}, 7);
    const std::byte* const memory = a.local().data();
    const auto all_are = [&](std::int32_t value) {
        return is_filled<std::int32_t>(a, layout({6, 4}, 0, world.size()), [=](Index) { return value; });
    };
    a += 5;
    EXPECT_TRUE(all_are(12));
    a *= MPIArray::full<std::int64_t>(world, {6, 4}, Axis{0}, 3);  // the same kind: cut
    EXPECT_TRUE(all_are(36));
    a -= Array::full<std::int8_t>({4}, 6);
    EXPECT_TRUE(all_are(30));
    a &= 12;
    EXPECT_TRUE(all_are(12));
    a |= 1;
    a ^= 2;
    EXPECT_TRUE(all_are(15));
    EXPECT_EQ(a.local().data(), memory);
    EXPECT_THROW_ON_ALL(world, a /= 2, DtypeError, "/ gives float64, which cannot be stored in an array of int32");
    EXPECT_THROW_ON_ALL(world, a += 1.5, DtypeError, "+ gives float64, which cannot be stored in an array of int32");
    EXPECT_TRUE(all_are(15));
    Array bytes = Array::full<std::uint8_t>({3}, 1);
    EXPECT_THROW(bytes += Array::full<std::int8_t>({3}, 1), DtypeError);
    Array common = Array::zeros<double>({6, 4});
    EXPECT_THROW_ON_ALL(world, common += a, ArgumentError, "a common array cannot take");
    // Shifted onto itself.
    std::vector<std::int64_t> data(3000);
    std::iota(data.begin(), data.end(), 0);
    auto* const start = reinterpret_cast<std::byte*>(data.data());
    ArrayView tail(TypeKind::int64, {2999}, {1}, start + 8);
    tail += ConstArrayView(TypeKind::int64, {2999}, {1}, start);
    for (std::size_t i = 1; i < data.size(); ++i) {
        ASSERT_EQ(data[i], static_cast<std::int64_t>(2 * i - 1));
    }
}

TEST(Operators, temporaries_are_used_up_but_nothing_else) {
    std::vector<double> data{1, 2, 3};
    const Array sum = Array::wrap(data.data(), {3}) + 1;
    EXPECT_EQ(data, (std::vector<double>{1, 2, 3}));
    EXPECT_EQ(sum, Array(std::vector<double>{2, 3, 4}));
    const Array a(data);
    const Array b = (a + a) * (a + 1) - -(a * a);
    EXPECT_EQ(b, Array(std::vector<double>{5, 16, 33}));
    Array big = Array::full<double>({1000}, 1.0);
    const std::byte* const memory = big.data();
    const Array moved = std::move(big) + 1.0;
    EXPECT_EQ(moved.data(), memory);
    Array square_matrix = filled_common<double>({50, 50}, [](Index n) { return n; });
    const std::vector<int> swapped{1, 0};
    const ConstArrayView turned = ConstArrayView(square_matrix).transpose(swapped);
    const Array both = std::move(square_matrix) - turned;  // reads what it writes elsewhere
    EXPECT_TRUE(is_filled_common<double>(both, {50, 50}, [](Index n) { return n - (n % 50 * 50 + n / 50); }));
}

TEST(Operators, errors) {
    const Communicator world;
    const Array text(std::vector<std::string>{"a"});
    EXPECT_THROW(static_cast<void>(text + text), DtypeError);
    EXPECT_THROW(static_cast<void>(equal(text, 1)), DtypeError);
    EXPECT_THROW(static_cast<void>(sqrt(Array::zeros(Dtype::fixed_string(3), {2}))), DtypeError);
    EXPECT_THROW(static_cast<void>(where(text, 1, Array::zeros<int>({1}))), DtypeError);
    EXPECT_THROW(static_cast<void>(where(true, text, text)), DtypeError);
    EXPECT_THROW(static_cast<void>(floor(Array::zeros<Complex>({2}))), DtypeError);
    EXPECT_THROW(static_cast<void>(~Array::zeros<double>({2})), DtypeError);
    const MPIArray a = MPIArray::zeros<double>(world, {6, 5}, Axis{0});
    const MPIArray b = MPIArray::zeros<double>(world, {6, 5}, Axis{1});
    EXPECT_THROW_ON_ALL(world, static_cast<void>(a + b), ShapeError,
                        "distributed differently: (6, 5) distributed over axis 0");
    EXPECT_THROW_ON_ALL(world, static_cast<void>(where(a, b, 1)), ShapeError, "redistribute() one of them");
}

}  // namespace
}  // namespace memdata::testing
