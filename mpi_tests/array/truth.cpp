// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "truth.hpp"

#include <algorithm>
#include <cstdlib>
#include <numeric>

namespace memdata::testing {

Indices balanced(Index extent, int ranks) {
    Indices counts(static_cast<std::size_t>(ranks), 0);
    for (Index i = 0; i < extent; ++i) {  // dealt out like cards
        ++counts[static_cast<std::size_t>(i % ranks)];
    }
    return counts;
}

Index Layout::start(int rank) const { return std::accumulate(counts.begin(), counts.begin() + rank, Index{0}); }

Indices Layout::block(int rank) const {
    Indices result = shape;
    result[static_cast<std::size_t>(axis)] = counts[static_cast<std::size_t>(rank)];
    return result;
}

Distribution Layout::distribution() const { return {Shape(shape), Axis{axis}, Partition::from_counts(counts)}; }

std::vector<Index> global_numbers(const Indices& shape, int axis, Index start, const Indices& block) {
    std::vector<Index> numbers{0};
    for (std::size_t a = 0; a < shape.size(); ++a) {
        std::vector<Index> next;
        for (const Index number : numbers) {
            for (Index i = 0; i < block[a]; ++i) {
                next.push_back(number * shape[a] + i + (static_cast<int>(a) == axis ? start : 0));
            }
        }
        numbers = std::move(next);
    }
    return numbers;
}

namespace {

std::string text_of(Index number) {
    return std::string(static_cast<std::size_t>(number % 5 * 13), 'x') + std::to_string(number) + std::string(1, '\0');
}

std::byte byte_of(const Dtype& dtype, Index number, std::size_t i) {
    const std::uint64_t mixed = (static_cast<std::uint64_t>(number) + 1) * 0x9E3779B97F4A7C15ULL + i * 0x85EBCA6BULL;
    return static_cast<std::byte>((mixed >> 31U) % (dtype.kind() == TypeKind::boolean ? 2 : 256));
}

}  // namespace

void put(Array& array, Index element, Index number) {
    if (array.dtype().kind() == TypeKind::variable_string) {
        array.span<std::string>()[static_cast<std::size_t>(element)] = text_of(number);
        return;
    }
    const std::size_t item = array.dtype().itemsize();
    for (std::size_t i = 0; i < item; ++i) {
        array.data()[static_cast<std::size_t>(element) * item + i] = byte_of(array.dtype(), number, i);
    }
}

bool holds_number(const Array& array, Index element, Index number) {
    if (array.dtype().kind() == TypeKind::variable_string) {
        return array.span<std::string>()[static_cast<std::size_t>(element)] == text_of(number);
    }
    const std::size_t item = array.dtype().itemsize();
    for (std::size_t i = 0; i < item; ++i) {
        if (array.data()[static_cast<std::size_t>(element) * item + i] != byte_of(array.dtype(), number, i)) {
            return false;
        }
    }
    return true;
}

MPIArray make(const Communicator& comm, const Dtype& dtype, const Layout& layout) {
    const Indices block = layout.block(comm.rank());
    Array local = Array::uninitialized(dtype, Shape(block));
    Index element = 0;
    for (const Index number : global_numbers(layout.shape, layout.axis, layout.start(comm.rank()), block)) {
        put(local, element++, number);
    }
    return {comm, layout.distribution(), std::move(local)};
}

namespace {

::testing::AssertionResult holds_numbers(const Array& array, const Dtype& dtype, const Indices& shape,
                                         const std::vector<Index>& numbers) {
    if (array.dtype() != dtype || array.shape() != Shape(shape)) {
        return ::testing::AssertionFailure() << to_string(array.dtype()) << " " << to_string(array.shape())
                                             << " and not " << to_string(dtype) << " " << to_string(Shape(shape));
    }
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        if (!holds_number(array, static_cast<Index>(i), numbers[i])) {
            return ::testing::AssertionFailure() << "element " << i << " is not that of global number " << numbers[i]
                                                 << ": " << to_string(dtype) << " " << to_string(array.shape());
        }
    }
    return ::testing::AssertionSuccess();
}

}  // namespace

::testing::AssertionResult is_as(const MPIArray& array, const Dtype& dtype, const Layout& layout) {
    const int rank = array.comm().rank();
    const Index start = layout.start(rank);
    const Index stop = start + layout.counts[static_cast<std::size_t>(rank)];
    if (array.shape() != Shape(layout.shape) || array.axis() != layout.axis || array.dtype() != dtype ||
        array.local_bounds() != MPIArray::Bounds{start, stop} || array.distribution() != layout.distribution()) {
        return ::testing::AssertionFailure()
               << to_string(array.distribution()) << ", not " << to_string(layout.distribution());
    }
    const Indices block = layout.block(rank);
    return holds_numbers(array.local(), dtype, block, global_numbers(layout.shape, layout.axis, start, block));
}

::testing::AssertionResult is_whole(const Array& array, const Dtype& dtype, const Indices& shape) {
    return holds_numbers(array, dtype, shape, global_numbers(shape, 0, 0, shape));
}

const std::vector<Dtype>& all_dtypes() {
    static const std::vector<Dtype> all = [] {
        std::vector<Dtype> list;
        for (int kind = 0; kind <= static_cast<int>(TypeKind::complex128); ++kind) {
            list.emplace_back(static_cast<TypeKind>(kind));
        }
        list.push_back(Dtype::fixed_string(1));
        list.push_back(Dtype::fixed_string(7, Charset::utf8, Padding::space_padded));
        list.push_back(Dtype::compound({{"id", 1, TypeKind::int32}, {"freq", 13, TypeKind::float64}}, 31));
        list.push_back(Dtype::enumeration(TypeKind::int16, {{"a", 1}, {"b", 2}}));
        list.push_back(Dtype::opaque(5));
        list.push_back(Dtype::variable_string());
        return list;
    }();
    return all;
}

Random::Random() : seed_(std::random_device()()) {
    if (const char* given = std::getenv("MEMDATA_TEST_SEED")) {
        seed_ = static_cast<std::uint32_t>(std::strtoul(given, nullptr, 10));
    }
    MPI_Bcast(&seed_, 1, MPI_UINT32_T, 0, MPI_COMM_WORLD);
    engine_.seed(seed_);
}

Index Random::between(Index low, Index high) { return std::uniform_int_distribution<Index>(low, high)(engine_); }

Indices Random::split(Index extent, int ranks) {
    Indices cuts{0, extent};
    for (int i = 1; i < ranks; ++i) {
        cuts.push_back(between(0, extent));
    }
    std::sort(cuts.begin(), cuts.end());
    Indices counts;
    for (std::size_t i = 1; i < cuts.size(); ++i) {
        counts.push_back(cuts[i] - cuts[i - 1]);
    }
    return counts;
}

}  // namespace memdata::testing
