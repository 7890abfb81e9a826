// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/base/storage.hpp"

#include "expect.hpp"

namespace memdata {
namespace {

using testing::message_of;

std::string refusal(const Storage& storage, const Dtype& dtype, const Shape& shape) {
    const std::string message = message_of<ArgumentError>([&] { storage.check(dtype, shape, "/g/vis"); });
    EXPECT_NE(message.find("/g/vis"), std::string::npos) << message;
    return message;
}

TEST(Storage, GoodOnesPass) {
    const Dtype f8 = TypeKind::float64;
    Storage{}.check(f8, Shape{}, "/d");
    Storage{.chunks = {2, 3}}.check(f8, Shape{2, 3}, "/d");
    Storage{.chunks = {1, 1}, .filters = {Shuffle(), Deflate(9), Fletcher32()}}.check(f8, Shape{2, 3}, "/d");
    Storage{.chunks = {16, 64}}.check(f8, Shape{0, 3}, "/d");  // cut by a selection: HDF5 takes it
    Storage{.chunks = {1}, .filters = {Filter{32015, {3}}}}.check(f8, Shape{1}, "/d");
    Storage{.file_dtype = f8.with_byte_order(ByteOrder::big)}.check(f8, Shape{3}, "/d");
    Storage{.file_dtype = Dtype(TypeKind::float32)}.check(f8, Shape{3}, "/d");
    Storage{.file_dtype = f8, .conversion = Conversion::lossy}.check(Dtype(TypeKind::complex128), Shape{3}, "/d");
    Storage{.file_dtype = Dtype::sequence(TypeKind::int8)}.check(Dtype::sequence(TypeKind::int16), Shape{3}, "/d");
    Storage{.null_space = true}.check(f8, Shape{0}, "/d");
    Storage{.file_dtype = Dtype::fixed_string(4, Charset::utf8, Padding::space_padded)}.check(Dtype::fixed_string(4),
                                                                                              Shape{3}, "/d");
}

TEST(Storage, BadOnesNameThePath) {
    const Dtype f8 = TypeKind::float64;
    refusal({.chunks = {2}}, f8, Shape{2, 3});
    refusal({.chunks = {2}}, f8, Shape{});
    refusal({.chunks = {2, 4}}, f8, Shape{2, 3});
    refusal({.chunks = {0, 3}}, f8, Shape{2, 3});
    refusal({.chunks = {-1, 3}}, f8, Shape{2, 3});
    refusal({.chunks = {0, 3}}, f8, Shape{0, 3});
    refusal({.filters = {Deflate()}}, f8, Shape{2, 3});
    refusal({.chunks = {2, 3}, .filters = {Deflate(10)}}, f8, Shape{2, 3});
    refusal({.chunks = {2, 3}, .filters = {Filter{1, {}}}}, f8, Shape{2, 3});
    refusal({.chunks = {2, 3}, .filters = {Filter{0, {}}}}, f8, Shape{2, 3});
    refusal({.chunks = {2, 3}, .filters = {Filter{70000, {}}}}, f8, Shape{2, 3});
    refusal({.file_dtype = Dtype::fixed_string(5)}, f8, Shape{2});
    refusal({.file_dtype = f8}, Dtype(TypeKind::complex128), Shape{2});
    refusal({.file_dtype = Dtype::variable_string()}, Dtype::fixed_string(4), Shape{2});
    refusal({.file_dtype = Dtype::fixed_string(4)}, Dtype::variable_string(), Shape{2});
    refusal({.null_space = true}, f8, Shape{2});
    refusal({.null_space = true}, f8, Shape{});
    refusal({.null_space = true}, f8, Shape{0, 3});
    refusal({.chunks = {1}, .null_space = true}, f8, Shape{0});
    EXPECT_THROW((Storage{.null_space = true}.check(f8, Shape{0}, "/d", true)), ArgumentError);
    try {
        Storage{.chunks = {2, 4}}.check(f8, Shape{2, 3}, "/d");
    } catch (const ArgumentError& error) {
        EXPECT_EQ(error.axis(), 1);
        EXPECT_EQ(error.path(), "/d");
    }
}

TEST(Storage, FourGiBAChunkAreTooMany) {
    constexpr Index huge = Index{1} << 40;
    const Dtype u1 = TypeKind::uint8;
    const Dtype f8 = TypeKind::float64;
    Storage{.chunks = {(Index{1} << 32) - 1}}.check(u1, Shape{huge}, "/d");
    refusal({.chunks = {Index{1} << 32}}, u1, Shape{huge});
    Storage{.chunks = {(Index{1} << 29) - 1}}.check(f8, Shape{huge}, "/d");
    refusal({.chunks = {Index{1} << 29}}, f8, Shape{huge});
    refusal({.chunks = {1 << 16, 1 << 16}}, u1, Shape{1 << 20, 1 << 20});
    Storage{.chunks = {1 << 16, (1 << 16) - 1}}.check(u1, Shape{1 << 20, 1 << 20}, "/d");
    constexpr Index most = std::numeric_limits<Index>::max();
    refusal({.chunks = {most, most, most}}, u1, Shape{0, 0, 0});
}

TEST(Storage, ComparesAndPrints) {
    const Storage a{.chunks = {16, 64}, .filters = {Deflate(4)}};
    Storage b = a;
    EXPECT_EQ(a, b);
    b.filters = {Deflate(5)};
    EXPECT_NE(a, b);
    EXPECT_EQ(to_string(Storage{}), "contiguous");
    EXPECT_EQ(to_string(a), "chunks (16, 64), deflate 4");
    EXPECT_EQ(to_string(Storage{.chunks = {5}, .filters = {Shuffle(), Fletcher32(), Filter{32015, {3, 1}}}}),
              "chunks (5,), shuffle, fletcher32, filter 32015 (3, 1)");
    EXPECT_EQ(to_string(Storage{.file_dtype = Dtype().with_byte_order(ByteOrder::big)}),
              "contiguous, as big-endian float64");
    EXPECT_EQ(to_string(Storage{.file_dtype = Dtype(TypeKind::int8), .conversion = Conversion::lossy}),
              "contiguous, as int8, lossy");
    EXPECT_EQ(to_string(Storage{.null_space = true}), "null");
}

}  // namespace
}  // namespace memdata
