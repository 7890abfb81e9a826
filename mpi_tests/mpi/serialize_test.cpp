// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "mpi/serialize.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "caught.hpp"
#include "memdata/base/attributes.hpp"
#include "memdata/base/storage.hpp"
#include "mpi/large_count.hpp"

namespace memdata::testing {
namespace {

/// `value` goes from every rank in turn to ranks that hold `other`.
template <class T>
void expect_broadcast(const T& value, const T& other) {
    const Communicator world;
    for (int root = 0; root < world.size(); ++root) {
        T mine = T(world.rank() == root ? value : other);
        mpi::broadcast_value(world, mine, root);
        EXPECT_EQ(mine, value) << "from rank " << root;
        T copy = T(other);
        mpi::unpack(mpi::pack(value), copy);
        EXPECT_EQ(copy, value);
    }
}

std::vector<Dtype> dtypes() {
    std::vector<Dtype> all;
    for (int kind = 0; kind <= static_cast<int>(TypeKind::complex128); ++kind) {
        const Dtype dtype(static_cast<TypeKind>(kind));
        all.push_back(dtype);
        all.push_back(dtype.with_byte_order(ByteOrder::big));
    }
    for (const Charset charset : {Charset::ascii, Charset::utf8}) {
        all.push_back(Dtype::variable_string(charset));
        for (const Padding padding : {Padding::null_terminated, Padding::null_padded, Padding::space_padded}) {
            all.push_back(Dtype::fixed_string(1, charset, padding));
            all.push_back(Dtype::fixed_string(4'000'000'000, charset, padding));
        }
    }
    const Dtype inner = Dtype::compound({{"x y", 3, TypeKind::int16}, {"\u00fc", 9, TypeKind::complex64}}, 31);
    all.push_back(inner);
    const Dtype array = Dtype::subarray(inner, Shape{2, 3});
    all.push_back(array);
    all.push_back(Dtype::subarray(array, Shape{1}));
    all.push_back(Dtype::compound({{"a", 0, array},
                                   {"", 500, Dtype(TypeKind::float32).with_byte_order(ByteOrder::big)},
                                   {"s", 600, Dtype::fixed_string(5, Charset::utf8, Padding::space_padded)}},
                                  1000));
    return all;
}

TEST(Serialize, every_dtype) {
    for (const Dtype& dtype : dtypes()) {
        SCOPED_TRACE(to_string(dtype));
        expect_broadcast(dtype, Dtype(TypeKind::uint8));
        expect_broadcast(dtype, dtypes().back());
        Dtype copy;
        mpi::unpack(mpi::pack(dtype), copy);
        EXPECT_EQ(copy.is_native(), dtype.is_native());
        EXPECT_EQ(copy.itemsize(), dtype.itemsize());
    }
}

TEST(Serialize, shapes) {
    for (const Shape& shape : {Shape{}, Shape{0}, Shape{5}, Shape{3, 0, 7}, Shape{Index{1} << 40, 1 << 20}}) {
        expect_broadcast(shape, Shape{1, 2});
    }
}

AttrValue bytes_of(const Dtype& dtype, const Shape& shape) {
    Array array = Array::uninitialized(dtype, shape);
    for (Index i = 0; i < array.bytes(); ++i) {
        array.data()[i] = static_cast<std::byte>((i * 37 + 11) % (dtype.kind() == TypeKind::boolean ? 2 : 251));
    }
    return {std::move(array)};
}

TEST(Serialize, attributes_of_every_dtype_and_shape) {
    for (const Dtype& any : dtypes()) {
        const Dtype dtype = any.native();
        if (dtype.itemsize() > 100'000) {
            continue;
        }
        for (const Shape& shape : {Shape{}, Shape{0}, Shape{3}, Shape{2, 0, 3}, Shape{2, 3}}) {
            AttrValue value;
            if (dtype.is_trivial()) {
                value = bytes_of(dtype, shape);
            } else {
                Array texts = Array::zeros(dtype, shape);
                int i = 0;
                for (std::string& text : texts.span<std::string>()) {
                    text = std::string(static_cast<std::size_t>(i++ * 10), 'z') + std::string("\0\u00e9\n", 4);
                }
                value = AttrValue(std::move(texts));
            }
            SCOPED_TRACE(to_string(dtype) + " " + to_string(shape));
            expect_broadcast(value, AttrValue("other"));
            if (any.is_native()) {
                expect_broadcast(AttrValue::null(dtype), value);
            } else {
                expect_broadcast(AttrValue(value.array().clone(), any), AttrValue());
                AttrValue copy;
                mpi::unpack(mpi::pack(AttrValue(value.array().clone(), any)), copy);
                EXPECT_EQ(copy.file_dtype(), any);
            }
        }
    }
}

TEST(Serialize, null_json_times_and_numbers_on_the_edge) {
    const std::vector<AttrValue> values{
        AttrValue(),
        AttrValue::null(Dtype::fixed_string(3)),
        AttrValue::json({{"a", {1, 2.5, nullptr}}, {"\u00fc", {{"b", "c\n"}}}}),
        AttrValue::json_text("  {\"b\": NaN, \"a\": -Infinity , \"b\": 1}"),
        AttrValue(std::chrono::system_clock::time_point(std::chrono::microseconds(1'700'000'000'123'456))),
        AttrValue(std::numeric_limits<double>::quiet_NaN()),
        AttrValue(-0.0),
        AttrValue(std::numeric_limits<std::int64_t>::min()),
        AttrValue(std::numeric_limits<std::uint64_t>::max()),
        AttrValue(true),
        AttrValue(""),
        AttrValue(std::vector<std::string>{"", "a", std::string(100'000, 'q')}),
    };
    for (const AttrValue& value : values) {
        SCOPED_TRACE(to_string(value));
        for (const AttrValue& other : values) {
            expect_broadcast(value, other);
        }
    }
}

TEST(Serialize, attributes_by_name_replace_those_that_were_there) {
    MemAttrs attrs;
    attrs["n"] = 3;
    attrs[""] = "empty name";
    attrs["a/b \u00fc"] = AttrValue();
    MemAttrs other;
    other["left over"] = 1;
    other["n"] = "text";
    expect_broadcast(attrs, other);
    expect_broadcast(MemAttrs(), other);
}

TEST(Serialize, bytes_that_are_cut_short_are_an_error) {
    MemAttrs attrs;
    attrs["numbers"] = std::vector<int>{1, 2, 3};
    attrs["texts"] = std::vector<std::string>{"a", "bc"};
    attrs["json"] = AttrValue::json({{"a", 1}});
    const std::string whole = mpi::pack(attrs);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        MemAttrs copy;
        EXPECT_THROW(mpi::unpack(whole.substr(0, size), copy), Error) << size;
    }
}

TEST(Serialize, storage) {
    const Storage plain;
    const Storage full{.chunks = {16, Index{1} << 40},
                       .filters = {Shuffle(), Deflate(9), Fletcher32(), Filter{32001, {1, 2, 3, 4'000'000'000}}},
                       .file_dtype = Dtype(TypeKind::float64).with_byte_order(ByteOrder::big)};
    expect_broadcast(full, plain);
    expect_broadcast(plain, full);
    expect_broadcast(Storage{.chunks = {1}}, full);
}

TEST(Serialize, arrays_of_many_bytes) {
    const Communicator world;
    for (int root = 0; root < world.size(); ++root) {
        Array array;
        if (world.rank() == root) {
            array = Array::uninitialized(TypeKind::int32, {1'000'000});
            std::int32_t i = root;
            for (std::int32_t& element : array.span<std::int32_t>()) {
                element = i++;
            }
        }
        mpi::broadcast_value(world, array, root);
        EXPECT_EQ(array.shape(), (Shape{1'000'000}));
        EXPECT_EQ(array.span<std::int32_t>()[999'999], root + 999'999);
    }
}

/// Fails where it is told to: when packed, or when unpacked on one rank.
struct Fragile {
    bool fails_when_packed = false;
    int fails_on = -1;
    template <class Archive>
    void serialize(Archive& ar, unsigned) {
        if constexpr (Archive::is_saving::value) {
            if (fails_when_packed) {
                throw std::bad_alloc();
            }
        }
        ar& fails_on;
        if constexpr (Archive::is_loading::value) {
            if (fails_on == Communicator().rank()) {
                throw FormatError("cannot be unpacked here");
            }
        }
    }
};

TEST(Serialize, a_failure_on_one_rank_is_told_to_all) {
    const Communicator world;
    if (world.size() == 1) {
        GTEST_SKIP() << "needs 2 ranks";
    }
    for (int root = 0; root < world.size(); ++root) {
        Fragile packed{.fails_when_packed = world.rank() == root};
        EXPECT_THROW_ON_ALL(world, mpi::broadcast_value(world, packed, root), MemoryError, "not enough memory");
        const int receiver = (root + 1) % world.size();
        Fragile unpacked{.fails_on = receiver};
        EXPECT_THROW_ON_ALL(world, mpi::broadcast_value(world, unpacked, root), FormatError,
                            "cannot be unpacked here [rank " + std::to_string(receiver));
    }
}

}  // namespace
}  // namespace memdata::testing
