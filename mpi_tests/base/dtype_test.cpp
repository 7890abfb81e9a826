// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/base/dtype.hpp"

#include <limits>

#include "expect.hpp"

namespace memdata {
namespace {

using testing::message_of;

template <class T>
class DtypeOf : public ::testing::Test {};
TYPED_TEST_SUITE(DtypeOf, testing::AllTypes);

TYPED_TEST(DtypeOf, AgreesWithTheCppType) {
    const Dtype dtype = dtype_of<TypeParam>();
    EXPECT_EQ(dtype.itemsize(), sizeof(TypeParam));
    EXPECT_TRUE(dtype.is_native());
    EXPECT_TRUE(holds<TypeParam>(dtype));
    EXPECT_EQ(dtype, Dtype(dtype.kind()));
    EXPECT_EQ(dtype.is_trivial(), std::is_trivially_copyable_v<TypeParam>);
    EXPECT_TRUE(visit(dtype, []<class T>(std::type_identity<T>) { return std::same_as<T, TypeParam>; }));
    EXPECT_TRUE(dtype.members().empty());
    EXPECT_THROW((void)dtype.base(), DtypeError);
    EXPECT_THROW((void)dtype.dims(), DtypeError);
}

TYPED_TEST(DtypeOf, ByteOrderMattersForWideNumbersOnly) {
    const Dtype dtype = dtype_of<TypeParam>();
    const Dtype big = dtype.with_byte_order(ByteOrder::big);
    const bool swappable = sizeof(TypeParam) > 1 && !std::same_as<TypeParam, std::string>;
    EXPECT_EQ(big != dtype, swappable);
    EXPECT_EQ(big.is_native(), !swappable);
    EXPECT_EQ(holds<TypeParam>(big), !swappable);
    EXPECT_EQ(big.native(), dtype);
    EXPECT_EQ(to_string(big), (swappable ? "big-endian " : "") + to_string(dtype));
}

TYPED_TEST(DtypeOf, HoldsNothingElse) {
    int fitting = 0;
    for (int kind = 0; kind <= static_cast<int>(TypeKind::variable_string); ++kind) {
        fitting += holds<TypeParam>(Dtype(static_cast<TypeKind>(kind))) ? 1 : 0;
    }
    EXPECT_EQ(fitting, 1);
    EXPECT_FALSE(holds<TypeParam>(Dtype::fixed_string(sizeof(TypeParam))));
}

TEST(Dtype, OtherNamesOfIntegers) {
    EXPECT_EQ(dtype_of<long long>(), dtype_of<std::int64_t>());
    EXPECT_EQ(dtype_of<unsigned long long>(), dtype_of<std::uint64_t>());
    EXPECT_EQ(dtype_of<long>().itemsize(), sizeof(long));
    EXPECT_EQ(dtype_of<unsigned char>(), Dtype(TypeKind::uint8));
    static_assert(!Element<char> && !Element<wchar_t> && !Element<char8_t> && !Element<void*>);
    static_assert(!Element<long double> && !Element<const int> && !Element<int&>);
    static_assert(Element<bool> && Element<FixedString<3>> && Element<std::string>);
}

TEST(Dtype, DefaultIsFloat64) {
    EXPECT_EQ(Dtype(), dtype_of<double>());
    EXPECT_THROW((void)Dtype(TypeKind::fixed_string), DtypeError);
    EXPECT_THROW((void)Dtype(TypeKind::compound), DtypeError);
    EXPECT_THROW((void)Dtype(TypeKind::subarray), DtypeError);
    EXPECT_THROW((void)Dtype(static_cast<TypeKind>(99)), DtypeError);
}

TEST(Dtype, Strings) {
    const Dtype fixed = dtype_of<FixedString<10>>();
    EXPECT_EQ(fixed, Dtype::fixed_string(10));
    EXPECT_EQ(fixed.itemsize(), sizeof(FixedString<10>));
    EXPECT_NE(fixed, Dtype::fixed_string(11));
    EXPECT_NE(fixed, Dtype::fixed_string(10, Charset::utf8));
    EXPECT_NE(fixed, Dtype::fixed_string(10, Charset::ascii, Padding::space_padded));
    EXPECT_TRUE(holds<FixedString<10>>(Dtype::fixed_string(10, Charset::utf8, Padding::space_padded)));
    EXPECT_EQ(fixed.with_byte_order(ByteOrder::big), fixed);
    EXPECT_THROW((void)Dtype::fixed_string(0), DtypeError);
    EXPECT_THROW((void)Dtype::fixed_string(std::size_t{1} << 32U), DtypeError);
    EXPECT_EQ(Dtype::variable_string().charset(), Charset::utf8);
    EXPECT_EQ(Dtype::variable_string(), dtype_of<std::string>());
    EXPECT_NE(Dtype::variable_string(Charset::ascii), dtype_of<std::string>());
    EXPECT_TRUE(holds<std::string>(Dtype::variable_string(Charset::ascii)));
    EXPECT_EQ(to_string(fixed), "string[10]");
    EXPECT_EQ(to_string(dtype_of<std::string>()), "string");
    EXPECT_THROW(visit(fixed, [](auto) {}), DtypeError);
}

TEST(Dtype, CompoundsAreSortedAndCompareByContent) {
    const Member id{"id", 0, TypeKind::int32};
    const Member freq{"freq", 8, TypeKind::float64};
    const Dtype a = Dtype::compound({id, freq}, 16);
    const Dtype b = Dtype::compound({freq, id}, 16);
    EXPECT_EQ(a, b);
    EXPECT_EQ(b.members()[0].name, "id");
    EXPECT_EQ(to_string(a), "{id: int32, freq: float64}");
    EXPECT_NE(a, Dtype::compound({id, freq}, 24));
    EXPECT_NE(a, Dtype::compound({id, {"f", 8, TypeKind::float64}}, 16));
    EXPECT_NE(a, Dtype::compound({id, {"freq", 8, TypeKind::int64}}, 16));
    EXPECT_NE(a, Dtype::compound({id, {"freq", 4, TypeKind::float64}}, 16));
    EXPECT_NE(a, Dtype::compound({id}, 16));
    EXPECT_THROW(visit(a, [](auto) {}), DtypeError);

    const Dtype big = a.with_byte_order(ByteOrder::big);
    EXPECT_EQ(big.byte_order(), ByteOrder::little);  // the members decide
    EXPECT_FALSE(big.is_native());
    EXPECT_NE(big, a);
    EXPECT_EQ(big.native(), a);
    EXPECT_EQ(to_string(big), "{id: big-endian int32, freq: big-endian float64}");
    const Dtype one = Dtype::compound({id, {"freq", 8, Dtype().with_byte_order(ByteOrder::big)}}, 16);
    EXPECT_FALSE(one.is_native());
    EXPECT_TRUE(a.is_native());
    EXPECT_TRUE(a.is_trivial());
}

TEST(Dtype, CompoundsRefuseNonsense) {
    const Dtype i4 = TypeKind::int32;
    EXPECT_THROW((void)Dtype::compound({}, 8), DtypeError);
    EXPECT_THROW((void)Dtype::compound({{"a", 0, i4}}, 0), DtypeError);
    EXPECT_THROW((void)Dtype::compound({{"a", 0, i4}, {"b", 3, i4}}, 8), DtypeError);
    EXPECT_THROW((void)Dtype::compound({{"a", 0, i4}, {"b", 0, i4}}, 8), DtypeError);
    EXPECT_THROW((void)Dtype::compound({{"a", 0, i4}, {"a", 4, i4}}, 8), DtypeError);
    EXPECT_THROW((void)Dtype::compound({{"a", 5, i4}}, 8), DtypeError);
    EXPECT_THROW((void)Dtype::compound({{"a", std::numeric_limits<std::size_t>::max() - 1, i4}}, 8), DtypeError);
    EXPECT_THROW((void)Dtype::compound({{"a", 0, Dtype::variable_string()}}, 32), DtypeError);
    const std::string message = message_of<DtypeError>([&] { (void)Dtype::compound({{"freq", 5, i4}}, 8); });
    EXPECT_NE(message.find("\"freq\""), std::string::npos);
}

TEST(Dtype, Subarrays) {
    const Dtype f4 = TypeKind::float32;
    const Dtype a = Dtype::subarray(f4, {3});
    EXPECT_EQ(a.itemsize(), 12U);
    EXPECT_EQ(a.base(), f4);
    EXPECT_EQ(a.dims(), Shape{3});
    EXPECT_EQ(a, Dtype::subarray(f4, {3}));
    EXPECT_NE(a, Dtype::subarray(f4, {3, 1}));
    EXPECT_NE(Dtype::subarray(f4, {2, 3}), Dtype::subarray(f4, {3, 2}));
    EXPECT_NE(a, Dtype::subarray(TypeKind::int32, {3}));
    EXPECT_EQ(to_string(a), "float32(3,)");
    EXPECT_EQ(to_string(a.with_byte_order(ByteOrder::big)), "big-endian float32(3,)");
    EXPECT_FALSE(a.with_byte_order(ByteOrder::big).is_native());
    EXPECT_EQ(a.with_byte_order(ByteOrder::big).native(), a);
    EXPECT_THROW((void)Dtype::subarray(f4, {0}), DtypeError);
    EXPECT_THROW((void)Dtype::subarray(f4, {}), DtypeError);
    EXPECT_THROW((void)Dtype::subarray(f4, {Index{1} << 30}), DtypeError);
    EXPECT_THROW((void)Dtype::subarray(f4, {Index{1} << 62}), DtypeError);
    EXPECT_THROW((void)Dtype::subarray(Dtype::variable_string(), {2}), DtypeError);

    const Dtype outer = Dtype::compound({{"v", 0, a}, {"in", 12, Dtype::compound({{"x", 0, f4}}, 4)}}, 16);
    EXPECT_EQ(to_string(outer), "{v: float32(3,), in: {x: float32}}");
    EXPECT_FALSE(outer.with_byte_order(ByteOrder::big).is_native());
    EXPECT_EQ(outer.with_byte_order(ByteOrder::big).native(), outer);
}

TEST(FixedStrings, PadCutAndCompare) {
    const FixedString<4> text("abc");
    EXPECT_EQ(text.view(), "abc");
    EXPECT_EQ(FixedString<4>("abcdef").str(), "abcd");
    EXPECT_EQ(FixedString<4>("").view(), "");
    EXPECT_EQ(FixedString<4>(), FixedString<4>(""));
    EXPECT_NE(text, FixedString<4>("abd"));
    EXPECT_EQ(FixedString<4>(std::string_view("a\0b", 3)).view().size(), 3U);
}

}  // namespace
}  // namespace memdata
