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
    Storage{.filters = {Deflate()}}.check(f8, Shape{2, 3}, "/d");
    Storage{.filters = {Deflate()}}.check(TypeKind::variable_string, Shape{2, 3}, "/d");
    Storage{.automatic_chunks = true}.check(f8, Shape{2, 0}, "/d");
    Storage{.filters = std::vector<Filter>(32, Deflate())}.check(f8, Shape{2, 3}, "/d");
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
    refusal({.filters = {Deflate()}}, f8, Shape{});
    refusal({.automatic_chunks = true}, f8, Shape{});
    refusal({.chunks = {2, 3}, .automatic_chunks = true}, f8, Shape{2, 3});
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
    refusal({.filters = std::vector<Filter>(33, Deflate())}, f8, Shape{2, 3});
    refusal({.filters = {Filter{400, std::vector<unsigned>(16001)}}}, f8, Shape{2, 3});
    refusal({.filters = {Fletcher32()}}, TypeKind::variable_string, Shape{2, 3});
    refusal({.filters = {Filter{6, {2}}}}, f8, Shape{2, 3});
    for (const int once : {4, 5, 6}) {
        const Filter filter{once, once == 5 ? std::vector<unsigned>{} : std::vector<unsigned>{4, 8}};
        refusal({.filters = {filter, filter}}, f8, Shape{20, 3});
    }
    try {
        Storage{.chunks = {2, 4}}.check(f8, Shape{2, 3}, "/d");
    } catch (const ArgumentError& error) {
        EXPECT_EQ(error.axis(), 1);
        EXPECT_EQ(error.path(), "/d");
    }
}

TEST(Storage, SzipIsForNumbers) {
    const Storage szip{.chunks = {4, 4}, .filters = {Szip(SzipCoding::entropy, 16)}};
    for (const TypeKind kind :
         {TypeKind::boolean, TypeKind::int8, TypeKind::uint16, TypeKind::float32, TypeKind::int64}) {
        szip.check(kind, Shape{4, 4}, "/d");
        szip.check(Dtype(kind).with_byte_order(ByteOrder::big), Shape{4, 4}, "/d");
    }
    for (const Dtype& dtype : {Dtype(TypeKind::complex64), Dtype(TypeKind::complex128), Dtype::fixed_string(4),
                               Dtype(TypeKind::variable_string), Dtype::subarray(TypeKind::int8, {4}),
                               Dtype::compound({{"a", 0, TypeKind::int32}}, 4)}) {
        refusal(szip, dtype, Shape{4, 4});
    }
    for (const unsigned pixels : {0U, 1U, 3U, 34U, 64U}) {
        refusal({.chunks = {8, 8}, .filters = {Szip(SzipCoding::entropy, pixels)}}, TypeKind::int32, Shape{8, 8});
    }
    refusal({.chunks = {3, 5}, .filters = {Szip(SzipCoding::entropy, 16)}}, TypeKind::int32, Shape{8, 8});
    refusal({.chunks = {8, 8}, .filters = {Filter{4, {36, 8}}}}, TypeKind::int32, Shape{8, 8});
    refusal({.chunks = {8, 8}, .filters = {Filter{4, {32}}}}, TypeKind::int32, Shape{8, 8});
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
              "chunks (5,), shuffle, fletcher32, zstd (3, 1)");
    EXPECT_EQ(to_string(Storage{.filters = {Lzf(), Szip(), Szip(SzipCoding::entropy, 32), Filter{40000, {7}}}}),
              "automatic chunks, lzf, szip nn 8, szip ec 32, filter 40000 (7)");
    EXPECT_EQ(to_string(Filter{1, {4}, true}) + ", " + to_string(Filter{3}),
              "deflate 4 mandatory, fletcher32 optional");
    EXPECT_EQ(to_string(Storage{.automatic_chunks = true}), "automatic chunks");
    EXPECT_NE(Storage{.automatic_chunks = true}, Storage{});
    EXPECT_NE(Filter{1}, (Filter{1, {}, true}));
    EXPECT_EQ(to_string(Storage{.file_dtype = Dtype().with_byte_order(ByteOrder::big)}),
              "contiguous, as big-endian float64");
    EXPECT_EQ(to_string(Storage{.file_dtype = Dtype(TypeKind::int8), .conversion = Conversion::lossy}),
              "contiguous, as int8, lossy");
    EXPECT_EQ(to_string(Storage{.null_space = true}), "null");
}

}  // namespace
}  // namespace memdata
