// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/base/described.hpp"

#include <array>
#include <complex>
#include <cstddef>
#include <cstring>
#include <vector>

#include "expect.hpp"
#include "memdata/base/attributes.hpp"
#include "memdata/base/convert.hpp"

namespace {

enum class Colour : std::int16_t { red = 1, green = 2, blue = -5 };

struct Point {
    float x;
    std::array<double, 2> yz;
};

struct Base {
    std::int64_t id;
};

struct Particle {
    std::int64_t id;
    Colour colour;
    bool alive;
    Point points[2];
    int grid[2][3];
    std::array<std::array<memdata::Float16, 4>, 2> halves;
    memdata::FixedString<5> name;
    std::array<std::byte, 3> raw;
    std::complex<float> z;
    double scratch;  // not described: a gap
};

}  // namespace

template <>
struct memdata::Described<Colour> {
    static Dtype dtype() { return describe<Colour>("red", Colour::red, "green", Colour::green, "blue", Colour::blue); }
};
template <>
struct memdata::Described<Point> {
    static Dtype dtype() { return describe<Point>("x", &Point::x, "yz", &Point::yz); }
};
template <>
struct memdata::Described<Particle> {
    static Dtype dtype() {
        return describe<Particle>("id", &Particle::id, "colour", &Particle::colour, "alive", &Particle::alive, "points",
                                  &Particle::points, "grid", &Particle::grid, "halves", &Particle::halves, "name",
                                  &Particle::name, "raw", &Particle::raw, "z", &Particle::z);
    }
};

namespace memdata {
namespace {

using testing::message_of;

TEST(Described, AStructIsACompoundOfItsMembers) {
    const Dtype colour = Dtype::enumeration(TypeKind::int16, {{"red", 1}, {"green", 2}, {"blue", -5}});
    const Dtype point = Dtype::compound({{"x", offsetof(Point, x), TypeKind::float32},
                                         {"yz", offsetof(Point, yz), Dtype::subarray(TypeKind::float64, {2})}},
                                        sizeof(Point));
    const Dtype expected =
        Dtype::compound({{"id", offsetof(Particle, id), TypeKind::int64},
                         {"colour", offsetof(Particle, colour), colour},
                         {"alive", offsetof(Particle, alive), TypeKind::boolean},
                         {"points", offsetof(Particle, points), Dtype::subarray(point, {2})},
                         {"grid", offsetof(Particle, grid), Dtype::subarray(dtype_of<int>(), {2, 3})},
                         {"halves", offsetof(Particle, halves), Dtype::subarray(TypeKind::float16, {2, 4})},
                         {"name", offsetof(Particle, name), Dtype::fixed_string(5)},
                         {"raw", offsetof(Particle, raw), Dtype::opaque(3)},
                         {"z", offsetof(Particle, z), TypeKind::complex64}},
                        sizeof(Particle));
    EXPECT_EQ(dtype_of<Particle>(), expected) << to_string(dtype_of<Particle>());
    EXPECT_EQ(dtype_of<Colour>(), colour);
    static_assert(Element<Particle> && Element<Colour> && !Element<Base> && TrivialElement<Particle>);
}

TEST(Described, ArraysAndViewsOfIt) {
    Array array = Array::zeros<Particle>({2, 3});
    auto view = array.view<Particle, 2>();
    view(1, 2).id = 7;
    view(1, 2).colour = Colour::blue;
    view(1, 2).points[1].yz[1] = 2.5;
    EXPECT_EQ(array.span<Particle>()[5].points[1].yz[1], 2.5);
    EXPECT_EQ(array.clone().span<Particle>()[5].id, 7);
    Particle own[4] = {};
    own[3].id = 9;
    EXPECT_EQ(Array::wrap(own, {4}).clone().span<Particle>()[3].id, 9);
    EXPECT_THROW((void)(array.view<Point, 2>()), DtypeError);
    EXPECT_THROW((void)(array.view<double, 2>()), DtypeError);
    Array colours = Array::full<Colour>({3}, Colour::green);
    EXPECT_EQ((colours.view<Colour, 1>()(2)), Colour::green);
    EXPECT_EQ((colours.view<std::int16_t, 1>()(2)), 2) << "an enumeration is its integers";
    EXPECT_THROW((void)(colours.view<std::uint16_t, 1>()), DtypeError);
    EXPECT_FALSE(holds<Colour>(dtype_of<std::int16_t>()));
    EXPECT_FALSE(holds<Colour>(Dtype::enumeration(TypeKind::int16, {{"red", 1}})));
    EXPECT_FALSE(holds<Point>(dtype_of<Point>().with_byte_order(ByteOrder::big)));
}

/// numpy packs records; a struct has gaps.
TEST(Described, OtherLayoutsAreConvertedByName) {
    const Dtype packed =
        Dtype::compound({{"yz", 0, Dtype::subarray(TypeKind::float32, {2})}, {"x", 8, TypeKind::int16}}, 10);
    Array source = Array::zeros(packed, {2});
    const float yz[2] = {1.5, -2.5};
    const std::int16_t x = 300;
    std::memcpy(source.data() + 10, yz, sizeof yz);
    std::memcpy(source.data() + 18, &x, sizeof x);
    EXPECT_FALSE(holds<Point>(packed));
    const Array points = converted(source, dtype_of<Point>());
    EXPECT_EQ(points.span<Point>()[1].x, 300.0F);
    EXPECT_EQ(points.span<Point>()[1].yz[1], -2.5);
    EXPECT_EQ(converted(points, packed), source);
    EXPECT_EQ(AttrValue(source.clone()).as_vector<Point>()[1].x, 300.0F);

    Array tiny = points.clone();
    tiny.span<Point>()[1].x = 0.5;
    const std::string message = message_of<DtypeError>([&] { (void)converted(tiny, packed); });
    EXPECT_NE(message.find("{x: 0.5, yz: [1.5, -2.5]} at index (1,)"), std::string::npos) << message;
    EXPECT_EQ(converted(converted(tiny, packed, Conversion::lossy), dtype_of<Point>()).span<Point>()[1].x, 0.0F);
    const Dtype fewer = Dtype::compound({{"x", 0, TypeKind::float32}}, 4);
    for (const Conversion how : {Conversion::exact, Conversion::lossy}) {
        EXPECT_THROW((void)converted(points, fewer, how), DtypeError);
        EXPECT_THROW((void)converted(Array::zeros(fewer, {1}), dtype_of<Point>(), how), DtypeError);
        EXPECT_THROW((void)converted(Array::zeros(Dtype::opaque(4), {0}), Dtype::opaque(4, "tag"), how), DtypeError);
    }
}

TEST(Described, AttributesTakeAndGiveIt) {
    const AttrValue one = Point{1, {2, 3}};
    EXPECT_EQ(one.as<Point>().yz[1], 3.0);
    EXPECT_EQ(to_string(one), "{x: 1.0, yz: [2.0, 3.0]}");
    const AttrValue colour = Colour::blue;
    EXPECT_EQ(colour.as<Colour>(), Colour::blue);
    EXPECT_EQ(colour.as<int>(), -5);
    EXPECT_THROW((void)colour.as<unsigned>(), DtypeError);
    EXPECT_EQ(to_string(colour), "blue");
    EXPECT_EQ(AttrValue(2).as<Colour>(), Colour::green);
    EXPECT_THROW((void)AttrValue(3).as<Colour>(), DtypeError) << "not declared";
    EXPECT_EQ(to_string(AttrValue(std::vector<Colour>{Colour::red, static_cast<Colour>(77)})), "[red, 77]");
    EXPECT_THROW((void)AttrValue("text").as<Point>(), DtypeError);
    EXPECT_THROW((void)AttrValue().as<Point>(), DtypeError);
    const AttrValue half = Float16(1.5);
    EXPECT_EQ(half.as<double>(), 1.5);
    EXPECT_EQ(AttrValue(0.25).as<Float16>(), Float16(0.25));
    EXPECT_THROW((void)AttrValue(0.1).as<Float16>(), DtypeError);
    EXPECT_EQ(to_string(AttrValue(std::array<std::byte, 2>{std::byte{1}, std::byte{0xAB}})), "0x01ab");
}

TEST(Enumerations, RefuseNonsenseAndCompareByContent) {
    const Dtype i1 = TypeKind::int8;
    const Dtype e = Dtype::enumeration(i1, {{"b", 2}, {"a", -128}});
    EXPECT_EQ(e, Dtype::enumeration(i1, {{"a", -128}, {"b", 2}}));
    EXPECT_NE(e, Dtype::enumeration(i1, {{"a", 2}, {"b", -128}}));
    EXPECT_NE(e, Dtype::enumeration(TypeKind::int16, {{"a", -128}, {"b", 2}}));
    EXPECT_EQ(to_string(e), "int8 {a = -128, b = 2}");
    EXPECT_EQ(e.with_byte_order(ByteOrder::big), e);
    const Dtype wide = Dtype::enumeration(TypeKind::uint64, {{"top", -1}});
    EXPECT_EQ(to_string(wide.with_byte_order(ByteOrder::big)), "big-endian uint64 {top = 18446744073709551615}");
    EXPECT_EQ(wide.with_byte_order(ByteOrder::big).native(), wide);
    EXPECT_FALSE(wide.with_byte_order(ByteOrder::big).is_native());
    EXPECT_THROW((void)Dtype::enumeration(i1, {}), DtypeError);
    EXPECT_THROW((void)Dtype::enumeration(i1, {{"", 1}}), DtypeError);
    EXPECT_THROW((void)Dtype::enumeration(i1, {{"a", 1}, {"a", 2}}), DtypeError);
    EXPECT_THROW((void)Dtype::enumeration(i1, {{"a", 1}, {"b", 1}}), DtypeError);
    EXPECT_THROW((void)Dtype::enumeration(i1, {{"a", 128}}), DtypeError);
    EXPECT_THROW((void)Dtype::enumeration(TypeKind::uint8, {{"a", -1}}), DtypeError);
    EXPECT_THROW((void)Dtype::enumeration(TypeKind::float32, {{"a", 1}}), DtypeError);
    EXPECT_THROW((void)Dtype::enumeration(TypeKind::boolean, {{"a", 1}}), DtypeError);
    EXPECT_THROW((void)Dtype::enumeration(i1, {{"TRUE", 1}, {"FALSE", 0}}), DtypeError);
    EXPECT_THROW((void)Dtype::opaque(0), DtypeError);
    EXPECT_THROW((void)Dtype::opaque(1, std::string(256, 'x')), DtypeError);
}

TEST(Enumerations, AreTheirIntegers) {
    const Dtype e = Dtype::enumeration(TypeKind::int16, {{"a", 1}, {"b", 300}});
    const Array numbers(std::vector<int>{1, 300, 1});
    const Array named = converted(numbers, e);
    EXPECT_EQ(named.dtype(), e);
    EXPECT_EQ(converted(named, TypeKind::int32), numbers);
    EXPECT_EQ(converted(named, TypeKind::float64), converted(numbers, TypeKind::float64));
    EXPECT_THROW((void)converted(named, TypeKind::int8), DtypeError);
    const std::string message = message_of<DtypeError>([&] { (void)converted(Array(std::vector<int>{1, 2}), e); });
    EXPECT_NE(message.find("2 at index (1,)"), std::string::npos) << message;
    EXPECT_EQ(converted(Array(std::vector<int>{2}), e, Conversion::lossy).span<std::int16_t>()[0], 2);
    EXPECT_THROW((void)converted(named, Dtype::enumeration(TypeKind::int16, {{"a", 1}})), DtypeError);
}

TEST(Sequences, HoldAnyNumberOfValues) {
    Array array = Array::zeros<Sequence<double>>({3});
    EXPECT_EQ(to_string(array.dtype()), "sequence of float64");
    EXPECT_FALSE(array.dtype().is_trivial());
    auto view = array.view<Sequence<double>, 1>();
    view(0) = {1.5, 2.5};
    view(2).assign(std::vector<double>(100, -1));
    EXPECT_EQ(view(2).values()[99], -1.0);
    EXPECT_EQ(view(0).size(), 2U);
    EXPECT_TRUE(view(1).empty());
    const Array copy = array.clone();
    EXPECT_EQ(copy, array);
    view(0).values()[1] = 3;
    EXPECT_NE(copy, array);
    EXPECT_THROW((void)(array.view<Sequence<float>, 1>()), DtypeError);
    EXPECT_EQ((array.view<std::string, 1>()(0).size()), 16U) << "the bytes";
    EXPECT_THROW((void)(Array::zeros<std::string>({1}).view<Sequence<double>, 1>()), DtypeError);
    const Array integers = converted(Array(std::vector<Sequence<double>>{{1, 2}, {}}), Dtype::sequence(TypeKind::int8));
    EXPECT_EQ(integers.span<Sequence<std::int8_t>>()[0], (Sequence<std::int8_t>{1, 2}));
    const std::string message = message_of<DtypeError>([&] { (void)converted(copy, Dtype::sequence(TypeKind::int8)); });
    EXPECT_NE(message.find("[1.5, 2.5] at index (0,)"), std::string::npos) << message;
    const AttrValue value = Sequence<int>{4, 5};
    EXPECT_EQ(value.as<Sequence<int>>().values()[1], 5);
    EXPECT_EQ(to_string(value), "[4, 5]");
    EXPECT_THROW((void)Dtype::sequence(TypeKind::variable_string), DtypeError);
    EXPECT_THROW((void)Dtype::sequence(Dtype::sequence(TypeKind::int8)), DtypeError);
    EXPECT_THROW((void)Dtype::compound({{"s", 0, Dtype::sequence(TypeKind::int8)}}, 32), DtypeError);
}

TEST(ConvertElements, AnyByteOrderOnEitherSide) {
    const auto big = [](const Dtype& dtype) { return dtype.with_byte_order(ByteOrder::big); };
    constexpr Index count = 10000;  // several stages
    Array numbers = Array::zeros<double>({count});
    for (Index i = 0; i < count; ++i) {
        numbers.span<double>()[static_cast<std::size_t>(i)] = static_cast<double>(i) - 5000;
    }
    const auto moved = [&](const Array& from, const Dtype& from_type, const Dtype& to_type) {
        Array to = Array::zeros(Dtype::opaque(to_type.itemsize()), {from.size()});
        convert_elements(from_type, from.data(), to_type, to.data(), from.size());
        return to;
    };
    for (const Dtype& kind : {Dtype(TypeKind::int16), Dtype(TypeKind::float32), Dtype(TypeKind::complex128), Dtype()}) {
        for (const Dtype& there : {kind, big(kind)}) {
            const Array far = moved(numbers, Dtype(), there);
            for (const Dtype& back : {Dtype(), big(Dtype())}) {
                if (kind.kind() == TypeKind::complex128) {
                    EXPECT_THROW((void)moved(far, there, back), DtypeError);
                    continue;
                }
                const Array again = moved(far, there, back);
                const Array native = moved(again, back, Dtype());
                EXPECT_EQ(std::memcmp(native.data(), numbers.data(), static_cast<std::size_t>(numbers.bytes())), 0)
                    << to_string(there) << to_string(back);
            }
        }
    }
    const Array swapped = moved(numbers, Dtype(), big(TypeKind::int16));
    EXPECT_EQ(swapped.data()[2 * 5258], std::byte{1});
    EXPECT_EQ(swapped.data()[2 * 5258 + 1], std::byte{2});
    const Dtype point = dtype_of<Point>();
    Array points = Array::zeros<Point>({3});
    points.span<Point>()[2] = {1, {2, 3}};
    const Array there = moved(points, point, big(point));
    Array back = Array::zeros<Point>({3});
    convert_elements(big(point), there.data(), point, back.data(), 3);
    EXPECT_EQ(back, points);
    EXPECT_THROW((void)moved(there, big(point), TypeKind::int8), DtypeError);
    numbers.span<double>()[7777] = 0.5;
    const std::string message = message_of<DtypeError>([&] { (void)moved(numbers, Dtype(), big(TypeKind::int32)); });
    EXPECT_NE(message.find("0.5 at index 7777,"), std::string::npos) << message;
    EXPECT_THROW(convert_elements(Dtype::variable_string(), nullptr, Dtype::fixed_string(3), nullptr, 0), DtypeError);
}

}  // namespace
}  // namespace memdata
