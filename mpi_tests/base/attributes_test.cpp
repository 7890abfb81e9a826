// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/base/attributes.hpp"

#include <chrono>
#include <cmath>
#include <limits>

#include "expect.hpp"

namespace memdata {
namespace {

using testing::message_of;
using testing::sample;
using TimePoint = AttrValue::TimePoint;
using namespace std::chrono_literals;

template <class T>
T same(T value) {
    return AttrValue(value).template as<T>();
}

template <class T>
class AttrOf : public ::testing::Test {};
TYPED_TEST_SUITE(AttrOf, testing::AllTypes);

TYPED_TEST(AttrOf, ScalarsAndVectorsComeBack) {
    using T = TypeParam;
    const T value = sample<T>(1);
    const AttrValue scalar = value;
    EXPECT_EQ(scalar.kind(), AttrValue::Kind::array);
    EXPECT_EQ(scalar.template as<T>(), value);
    EXPECT_EQ(scalar.array().ndim(), 0);
    EXPECT_EQ(scalar.file_dtype(), dtype_of<T>());
    const std::vector<T> values{sample<T>(0), sample<T>(1), sample<T>(2)};
    const AttrValue vector = values;
    EXPECT_EQ(vector.template as_vector<T>(), values);
    EXPECT_EQ(vector.array().shape(), Shape{3});
    EXPECT_THROW((void)vector.template as<T>(), ShapeError);
    EXPECT_EQ(AttrValue(std::vector<T>{value}).template as<T>(), value);  // the only element
    EXPECT_TRUE(AttrValue(std::vector<T>{}).template as_vector<T>().empty());
    EXPECT_THROW((void)AttrValue(std::vector<T>{}).template as<T>(), ShapeError);

    AttrValue copy = vector;
    EXPECT_EQ(copy, vector);
    copy = scalar;
    EXPECT_EQ(copy, scalar);
    EXPECT_NE(copy, vector);
    EXPECT_EQ(copy.is_string(), (std::same_as<T, std::string>));
    AttrValue& self = copy;
    copy = self;
    EXPECT_EQ(copy, scalar);
}

TYPED_TEST(AttrOf, NullAndJsonAreNotElements) {
    using T = TypeParam;
    EXPECT_THROW((void)AttrValue().template as<T>(), DtypeError);
    EXPECT_THROW((void)AttrValue().template as_vector<T>(), DtypeError);
    EXPECT_THROW((void)AttrValue::json_text("1").template as<T>(), DtypeError);
    const AttrValue compound = Array::zeros(Dtype::compound({{"x", 0, dtype_of<double>()}}, 8), {});
    EXPECT_THROW((void)compound.template as<T>(), DtypeError);
    const std::string wanted = to_string(dtype_of<T>());
    const std::string message = message_of<DtypeError>([] { (void)AttrValue().template as<T>(); });
    EXPECT_NE(message.find("null"), std::string::npos);
    EXPECT_NE(message.find(wanted), std::string::npos);
}

/// Every pair of number types: the conversion succeeds exactly when the value comes through unchanged.
TYPED_TEST(AttrOf, ConversionsAreExactOrThrow) {
    using From = TypeParam;
    if constexpr (std::is_arithmetic_v<From>) {
        using L = std::numeric_limits<From>;
        std::vector<From> values{From(0), From(1), L::max(), L::lowest()};
        if constexpr (!std::same_as<From, bool>) {
            values.insert(values.end(), {From(2), From(100), From(127), static_cast<From>(L::max() / 2)});
        }
        if constexpr (std::floating_point<From>) {
            values.insert(values.end(), {From(0.5), From(0.1), From(-0.0), From(16777217), From(1e300), From(4e9),
                                         From(9223372036854775807), L::infinity(), -L::infinity(), L::min(),
                                         L::denorm_min(), From(255), From(256), From(-128), From(-129)});
        }
        const auto check = [&]<class To>(std::type_identity<To>) {
            if constexpr (std::is_arithmetic_v<To>) {
                for (const From value : values) {
                    // Integers of 64 bits fit the significand: long double is the judge.
                    const auto exact = static_cast<long double>(value);
                    bool fits = exact >= static_cast<long double>(std::numeric_limits<To>::lowest()) &&
                                exact <= static_cast<long double>(std::numeric_limits<To>::max());
                    if constexpr (std::floating_point<To>) {
                        fits = fits ? static_cast<long double>(static_cast<To>(exact)) == exact : std::isinf(exact);
                    } else {
                        fits = fits && std::trunc(exact) == exact;
                    }
                    const std::string what = "from " + to_string(AttrValue(value)) + " to " + to_string(dtype_of<To>());
                    if (fits) {
                        EXPECT_EQ(static_cast<long double>(AttrValue(value).as<To>()), exact) << what;
                    } else {
                        EXPECT_THROW((void)AttrValue(value).as<To>(), DtypeError) << what;
                    }
                }
            }
        };
        std::apply([&](auto... entry) { (check(std::type_identity<typename decltype(entry)::type>{}), ...); },
                   detail::ElementTypes{});
    }
}

TEST(AttrValue, ExamplesOfConversions) {
    EXPECT_EQ(AttrValue(3).as<double>(), 3.0);
    EXPECT_EQ(AttrValue(3.0).as<int>(), 3);
    EXPECT_EQ(AttrValue(3).as<long long>(), 3);
    EXPECT_EQ(AttrValue(3).as<unsigned long long>(), 3U);
    EXPECT_THROW((void)AttrValue(3.5).as<int>(), DtypeError);
    EXPECT_THROW((void)AttrValue(300).as<std::int8_t>(), DtypeError);
    EXPECT_THROW((void)AttrValue(-1).as<unsigned>(), DtypeError);
    EXPECT_THROW((void)AttrValue(0.1).as<float>(), DtypeError);
    EXPECT_TRUE(std::isnan(AttrValue(std::nan("")).as<float>()));
    EXPECT_TRUE(std::isnan(same(std::nan(""))));
    EXPECT_THROW((void)AttrValue(std::nan("")).as<int>(), DtypeError);
    EXPECT_THROW((void)AttrValue(std::nan("")).as<bool>(), DtypeError);
    EXPECT_EQ(AttrValue(true).as<int>(), 1);
    EXPECT_EQ(AttrValue(1).as<bool>(), true);
    EXPECT_EQ(AttrValue(0).as<bool>(), false);
    EXPECT_THROW((void)AttrValue(2).as<bool>(), DtypeError);
    EXPECT_EQ(AttrValue(std::vector<int>{1, 2}).as_vector<double>(), (std::vector<double>{1, 2}));
    EXPECT_EQ(AttrValue(std::vector<int>{1, 0}).as_vector<bool>(), (std::vector<bool>{true, false}));
    EXPECT_THROW((void)AttrValue(std::vector<double>{1, 2.5}).as_vector<int>(), DtypeError);
    const std::string message = message_of<DtypeError>([] { (void)AttrValue(3.5).as<int>(); });
    EXPECT_NE(message.find("float64"), std::string::npos) << message;
    EXPECT_NE(message.find("int32"), std::string::npos) << message;
    EXPECT_NE(message.find("3.5"), std::string::npos) << message;
}

TEST(AttrValue, ComplexIsNeverReal) {
    using C8 = std::complex<float>;
    using C16 = std::complex<double>;
    EXPECT_EQ(AttrValue(2).as<C16>(), C16(2));
    EXPECT_EQ(AttrValue(true).as<C8>(), C8(1));
    EXPECT_EQ(AttrValue(C8(1, 2)).as<C16>(), C16(1, 2));
    EXPECT_EQ(AttrValue(C16(1, 2)).as<C8>(), C8(1, 2));
    EXPECT_THROW((void)AttrValue(C16(1, 0.1)).as<C8>(), DtypeError);
    EXPECT_THROW((void)AttrValue(16777217).as<C8>(), DtypeError);
    EXPECT_THROW((void)AttrValue(C16(1, 0)).as<double>(), DtypeError);
    EXPECT_THROW((void)AttrValue(C16(1, 0)).as<bool>(), DtypeError);
    EXPECT_THROW((void)AttrValue(C16(1, 0)).as<int>(), DtypeError);
    EXPECT_THROW((void)AttrValue("1").as<C16>(), DtypeError);
}

TEST(AttrValue, Texts) {
    for (const AttrValue& value :
         {AttrValue("größe"), AttrValue(std::string("größe")), AttrValue(std::string_view("größe"))}) {
        EXPECT_TRUE(value.is_string());
        EXPECT_EQ(value.as<std::string>(), "größe");
        EXPECT_EQ(value.file_dtype(), Dtype::variable_string());
        EXPECT_EQ(value.array().ndim(), 0);
    }
    const AttrValue fixed = FixedString<6>("abc");
    EXPECT_TRUE(fixed.is_string());
    EXPECT_EQ(fixed.as<std::string>(), "abc");
    EXPECT_EQ(fixed.file_dtype(), Dtype::fixed_string(6));
    EXPECT_EQ(fixed.as<FixedString<3>>(), FixedString<3>("abc"));
    EXPECT_THROW((void)fixed.as<FixedString<2>>(), DtypeError);
    EXPECT_THROW((void)fixed.as<int>(), DtypeError);
    EXPECT_THROW((void)AttrValue(1).as<std::string>(), DtypeError);
    EXPECT_THROW((void)AttrValue(1).as<FixedString<2>>(), DtypeError);
    EXPECT_THROW((void)AttrValue(std::string("a\0", 2)).as<FixedString<4>>(), DtypeError);
    EXPECT_EQ(AttrValue("").as<std::string>(), "");
    EXPECT_EQ(AttrValue(std::string("a\0b", 3)).as<std::string>().size(), 3U);
    const std::vector<FixedString<4>> names{"x", "yz"};
    EXPECT_EQ(AttrValue(names).as_vector<std::string>(), (std::vector<std::string>{"x", "yz"}));
    EXPECT_EQ(AttrValue(names).as_vector<FixedString<2>>(), (std::vector<FixedString<2>>{"x", "yz"}));
    EXPECT_FALSE(AttrValue(names).is_string());
    EXPECT_FALSE(AttrValue().is_string());
    EXPECT_FALSE(AttrValue::json_text("\"a\"").is_string());
}

TEST(AttrValue, PaddingDecidesWhatIsText) {
    const auto text = [](std::string_view bytes, Padding padding) {
        Array array = Array::zeros(Dtype::fixed_string(bytes.size(), Charset::ascii, padding), {});
        std::ranges::copy(bytes, reinterpret_cast<char*>(array.data()));
        return AttrValue(std::move(array)).as<std::string>();
    };
    EXPECT_EQ(text("ab  ", Padding::space_padded), "ab");
    EXPECT_EQ(text("    ", Padding::space_padded), "");
    EXPECT_EQ(text("ab  ", Padding::null_padded), "ab  ");
    EXPECT_EQ(text({"a\0b\0", 4}, Padding::null_padded), (std::string{"a\0b", 3}));
    EXPECT_EQ(text({"a\0b\0", 4}, Padding::null_terminated), "a");
    EXPECT_EQ(text("full", Padding::null_terminated), "full");
    EXPECT_EQ(text({"\0\0", 2}, Padding::null_padded), "");
}

TEST(AttrValue, NullAndTypesOnDisk) {
    EXPECT_TRUE(AttrValue().is_null());
    EXPECT_EQ(AttrValue().file_dtype(), dtype_of<double>());
    EXPECT_EQ(AttrValue::null(TypeKind::int8).file_dtype(), dtype_of<std::int8_t>());
    EXPECT_TRUE(AttrValue::null(TypeKind::int8).is_null());
    EXPECT_NE(AttrValue(), AttrValue::null(TypeKind::int8));
    EXPECT_EQ(AttrValue(), AttrValue::null(TypeKind::float64));
    EXPECT_THROW((void)AttrValue().array(), DtypeError);
    EXPECT_THROW((void)AttrValue().json_text(), DtypeError);
    const Dtype big = Dtype().with_byte_order(ByteOrder::big);
    const AttrValue value(Array::scalar(2.5), big);
    EXPECT_EQ(value.as<double>(), 2.5);
    EXPECT_EQ(value.file_dtype(), big);
    EXPECT_EQ(AttrValue(value).file_dtype(), big);
    EXPECT_NE(value, AttrValue(2.5));
    EXPECT_THROW(AttrValue(Array::scalar(2.5F), big), DtypeError);
    EXPECT_NE(AttrValue(3), AttrValue(3.0));
    EXPECT_NE(AttrValue(3), AttrValue(std::vector<int>{3}));
    EXPECT_EQ(AttrValue(std::nan("")), AttrValue(std::nan("")));
    EXPECT_NE(AttrValue::json_text("1"), AttrValue::json_text(" 1"));
}

TEST(Times, AreStoredAsPythonDoes) {
    const TimePoint time = std::chrono::sys_days(std::chrono::year(2024) / 2 / 29) + 12h + 34min + 56s + 789ms;
    const AttrValue value = time;
    EXPECT_EQ(value.json_text(), "\"2024-02-29T12:34:56.789000\"");
    EXPECT_EQ(value.as<TimePoint>(), time);
    EXPECT_EQ(AttrValue(TimePoint(0s)).json_text(), "\"1970-01-01T00:00:00\"");
    EXPECT_EQ(AttrValue(TimePoint(-1us)).json_text(), "\"1969-12-31T23:59:59.999999\"");
    EXPECT_EQ(AttrValue(TimePoint(-1us)).as<TimePoint>(), TimePoint(-1us));
    EXPECT_EQ(AttrValue(TimePoint(1us + 999ns)).as<TimePoint>(), TimePoint(1us));
    const TimePoint now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
    EXPECT_EQ(AttrValue(now).as<TimePoint>(), now);
}

TEST(Times, AreReadFromIsoText) {
    const TimePoint time = std::chrono::sys_days(std::chrono::year(2024) / 2 / 29) + 12h + 34min + 56s;
    const auto read = [](const char* text) { return AttrValue(text).as<TimePoint>(); };
    EXPECT_EQ(read("2024-02-29T12:34:56"), time);
    EXPECT_EQ(read("2024-02-29 12:34:56Z"), time);
    EXPECT_EQ(read("2024-02-29T12:34:56.5"), time + 500ms);
    EXPECT_EQ(read("2024-02-29T12:34:56.000000001Z"), time + 1ns);
    EXPECT_EQ(read("2024-02-29T14:34:56+02:00"), time);
    EXPECT_EQ(read("2024-02-29T07:04:56.25-0530"), time + 250ms);
    EXPECT_EQ(read("2024-03-01T00:04:56+11:30"), time);
    EXPECT_EQ(AttrValue(FixedString<24>("2024-02-29T12:34:56")).as<TimePoint>(), time);
    EXPECT_EQ(AttrValue::json_text("\"2024-02-29T12:34:56\"").as<TimePoint>(), time);
    EXPECT_EQ(AttrValue(std::vector<std::string>{"2024-02-29T12:34:56", "2024-02-29T12:34:57"}).as_vector<TimePoint>(),
              (std::vector<TimePoint>{time, time + 1s}));
}

TEST(Times, RefuseEverythingElse) {
    for (const char* text : {"",
                             "2024",
                             "2024-02-29",
                             "2023-02-29T12:34:56",
                             "2024-13-01T00:00:00",
                             "2024-00-01T00:00:00",
                             "2024-02-29T24:00:00",
                             "2024-02-29T12:60:00",
                             "2024-02-29T12:34:60",
                             "2024-02-29T12:34",
                             "2024-2-29T12:34:56",
                             "2024-02-29T12:34:56.",
                             "2024-02-29T12:34:56.0000000001",
                             "2024-02-29T12:34:56 ",
                             "2024-02-29T12:34:56ZZ",
                             "2024-02-29T12:34:56+2",
                             "2024-02-29T12:34:56+02:",
                             "2024-02-29x12:34:56",
                             "-024-02-29T12:34:56",
                             "1500-01-01T00:00:00",
                             "9999-12-31T23:59:59",
                             "today"}) {
        EXPECT_THROW((void)AttrValue(text).as<TimePoint>(), DtypeError) << text;
    }
    EXPECT_THROW((void)AttrValue(5).as<TimePoint>(), DtypeError);
    EXPECT_THROW((void)AttrValue().as<TimePoint>(), DtypeError);
    EXPECT_THROW((void)AttrValue::json_text("5").as<TimePoint>(), DtypeError);
    EXPECT_THROW((void)AttrValue::json_text("\"soon\"").as<TimePoint>(), DtypeError);
    EXPECT_THROW((void)AttrValue(std::vector<std::string>{}).as<TimePoint>(), ShapeError);
}

TEST(AttrValue, PrintsForPeople) {
    EXPECT_EQ(to_string(AttrValue()), "null");
    EXPECT_EQ(to_string(AttrValue(3)), "3");
    EXPECT_EQ(to_string(AttrValue(std::int8_t{65})), "65");
    EXPECT_EQ(to_string(AttrValue(std::uint8_t{65})), "65");
    EXPECT_EQ(to_string(AttrValue(2.5)), "2.5");
    EXPECT_EQ(to_string(AttrValue(3.0)), "3.0");
    EXPECT_EQ(to_string(AttrValue(0.1F)), "0.1");
    EXPECT_EQ(to_string(AttrValue(1e300)), "1e+300");
    EXPECT_EQ(to_string(AttrValue(std::nan(""))), "nan");
    EXPECT_EQ(to_string(AttrValue(true)), "true");
    EXPECT_EQ(to_string(AttrValue(std::complex<double>(1, -2.5))), "(1.0-2.5j)");
    EXPECT_EQ(to_string(AttrValue("te\"xt\n")), "\"te\\\"xt\\n\"");
    EXPECT_EQ(to_string(AttrValue("bad \xff\x01")), "\"bad \\xff\\x01\"");
    EXPECT_EQ(to_string(AttrValue(FixedString<5>("abc"))), "\"abc\"");
    EXPECT_EQ(to_string(AttrValue(std::vector<int>{1, 2, 3})), "[1, 2, 3]");
    EXPECT_EQ(to_string(AttrValue(Array(std::vector<int>{1, 2, 3, 4}, {2, 2}))), "[[1, 2], [3, 4]]");
    EXPECT_EQ(to_string(AttrValue(std::vector<int>{})), "[]");
    EXPECT_EQ(to_string(AttrValue::json_text("{\"a\": 1}")), "{\"a\": 1}");
    const Dtype dtype =
        Dtype::compound({{"id", 0, TypeKind::uint8}, {"x", 1, Dtype::subarray(TypeKind::float32, {2})}}, 9);
    EXPECT_EQ(to_string(AttrValue(Array::zeros(dtype, {}))), "{id: 0, x: [0.0, 0.0]}");
}

TEST(AttrValue, LongOnesAreCut) {
    EXPECT_EQ(to_string(AttrValue("abcdefgh"), 10), "\"abcdefgh\"");
    EXPECT_EQ(to_string(AttrValue("abcdefghi"), 10), "\"abcdef...");
    EXPECT_EQ(to_string(AttrValue("äöüäöüäöü"), 10), "\"äöüäöü...");  // characters, not bytes
    EXPECT_EQ(to_string(AttrValue("äöüäöüäö"), 10), "\"äöüäöüäö\"");
    EXPECT_EQ(to_string(AttrValue("abc"), 2), "..");
    EXPECT_EQ(to_string(AttrValue("abc"), 0), "");
    EXPECT_EQ(to_string(AttrValue(12345), 5), "12345");
    EXPECT_EQ(to_string(AttrValue(123456), 5), "12...");
    EXPECT_EQ(to_string(AttrValue(std::vector<int>(10000000, 1))).size(), 80U);
    EXPECT_EQ(to_string(AttrValue(std::string(10000000, 'x'))).size(), 80U);
}

TEST(MemAttrs, IsAMapByName) {
    MemAttrs attrs;
    EXPECT_TRUE(attrs.empty());
    EXPECT_TRUE(attrs["new"].is_null());
    attrs["n"] = 3;
    attrs["name"] = "x";
    attrs["list"] = std::vector<double>{1, 2};
    attrs["flag"] = true;
    EXPECT_EQ(attrs.size(), 5U);
    EXPECT_EQ(attrs["n"].as<int>(), 3);
    EXPECT_EQ(attrs.at("flag").as<bool>(), true);
    EXPECT_TRUE(attrs.contains("name"));
    EXPECT_FALSE(attrs.contains("nam"));
    std::vector<std::string> names;
    for (const auto& [name, value] : attrs) {
        names.push_back(name);
    }
    EXPECT_EQ(names, (std::vector<std::string>{"flag", "list", "n", "name", "new"}));
    EXPECT_TRUE(attrs.erase("new"));
    EXPECT_FALSE(attrs.erase("new"));
    const std::string message = message_of<PathError>([&] { (void)attrs.at("missing"); });
    EXPECT_NE(message.find("missing"), std::string::npos);

    MemAttrs copy = attrs;
    EXPECT_EQ(copy, attrs);
    copy["n"] = 4;
    EXPECT_NE(copy, attrs);
    EXPECT_EQ(attrs["n"].as<int>(), 3);
    copy["n"] = std::int64_t{3};
    EXPECT_NE(copy, attrs);  // another type
}

}  // namespace
}  // namespace memdata
