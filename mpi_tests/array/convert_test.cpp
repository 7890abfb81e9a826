// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/array/convert.hpp"

#include <gtest/gtest.h>

#include <complex>
#include <string>

#include "../base/expect.hpp"
#include "expect_on_all.hpp"
#include "truth.hpp"

namespace memdata::testing {
namespace {

TEST(ConvertMPIArray, every_pair_of_numbers) {
    const Communicator world;
    const auto value = [](Index i, Index j) {
        return static_cast<std::int8_t>((i * 3 + j) % 2);
    };  // what every type can hold
    for (int from = 0; from <= static_cast<int>(TypeKind::complex128); ++from) {
        for (int to = 0; to <= static_cast<int>(TypeKind::complex128); ++to) {
            const Dtype source = static_cast<TypeKind>(from);
            const Dtype target = static_cast<TypeKind>(to);
            const bool drops_imaginary =
                from >= static_cast<int>(TypeKind::complex64) && to < static_cast<int>(TypeKind::complex64);
            SCOPED_TRACE(to_string(source) + " -> " + to_string(target));
            MPIArray array = MPIArray::zeros(world, source, {7, 3}, Axis{0});
            visit(source, [&]<class T>(std::type_identity<T>) {
                if constexpr (!std::same_as<T, std::string>) {
                    auto block = array.local<T, 2>();
                    for (auto [i, global] : array.indices(Axis{0})) {
                        for (Index j = 0; j < 3; ++j) {
                            block(i, j) = static_cast<T>(value(global, j));
                        }
                    }
                }
            });
            if (drops_imaginary) {
                EXPECT_THROW_ON_ALL(world, (void)converted(array, target), DtypeError, "no complex number is real");
            }
            const MPIArray result = converted(array, target, drops_imaginary ? Conversion::lossy : Conversion::exact);
            ASSERT_ON_ALL(world, result.dtype() == target && result.distribution() == array.distribution());
            visit(target, [&]<class T>(std::type_identity<T>) {
                if constexpr (!std::same_as<T, std::string>) {
                    const auto block = result.local<T, 2>();
                    for (auto [i, global] : result.indices(Axis{0})) {
                        for (Index j = 0; j < 3; ++j) {
                            EXPECT_EQ(block(i, j), static_cast<T>(value(global, j)));
                        }
                    }
                }
            });
        }
    }
}

TEST(ConvertMPIArray, the_same_type_is_a_copy_of_every_dtype) {
    const Communicator world;
    for (const Dtype& dtype : all_dtypes()) {
        for (const Indices& shape : {Indices{5, 4}, {0, 3}, {2, 0}, {1}}) {
            const Layout where = layout(shape, 0, world.size());
            const MPIArray array = make(world, dtype, where);
            const MPIArray copy = converted(array, dtype);
            EXPECT_TRUE(is_as(copy, dtype, where));
            EXPECT_TRUE(copy.local().size() == 0 || copy.local().data() != array.local().data());
        }
    }
}

TEST(ConvertMPIArray, what_one_rank_cannot_convert_all_refuse) {
    const Communicator world;
    for (const int axis : {0, 1}) {
        MPIArray array = MPIArray::zeros<double>(world, {2, 9, 9}, Axis{axis});
        const MPIArray& fine = array;
        EXPECT_NO_THROW((void)converted(fine, TypeKind::uint8));
        const Shape local = array.local_shape();
        // The last element of the whole: on the last rank that has any.
        if (array.local_bounds().stop == array.shape()[axis] && local.elements() > 0) {
            array.local<double, 3>()(local[0] - 1, local[1] - 1, local[2] - 1) = 256;
        }
        EXPECT_THROW_ON_ALL(world, (void)converted(array, TypeKind::uint8), DtypeError, "256 at index (1, 8, 8)");
        EXPECT_THROW_ON_ALL(world, (void)converted(array, TypeKind::uint8), DtypeError, "float64");
        const MPIArray lossy = converted(array, TypeKind::uint8, Conversion::lossy);
        const Array whole = lossy.allgather();
        EXPECT_ON_ALL(world, whole.span<std::uint8_t>().back() == 255);
    }
}

TEST(ConvertMPIArray, ranks_must_ask_for_the_same) {
    const Communicator world;
    if (world.size() == 1) {
        GTEST_SKIP() << "needs two ranks";
    }
    const MPIArray array = MPIArray::zeros<double>(world, {4}, Axis{0});
    const bool odd = world.rank() % 2 == 1;
    EXPECT_THROW_ON_ALL(world, (void)converted(array, odd ? TypeKind::int32 : TypeKind::int64), MismatchError, "int32");
    EXPECT_THROW_ON_ALL(world, (void)converted(array, TypeKind::int32, odd ? Conversion::lossy : Conversion::exact),
                        MismatchError, "lossy");
}

TEST(ConvertMPIArray, text) {
    const Communicator world;
    MPIArray array = MPIArray::zeros<std::string>(world, {5}, Axis{0});
    for (auto [i, global] : array.indices(Axis{0})) {
        array.local<std::string, 1>()(i) = "text " + std::to_string(global * 50);
    }
    const MPIArray fixed = converted(array, Dtype::fixed_string(8));
    EXPECT_TRUE(converted(fixed, Dtype::variable_string()).local() == array.local());
    EXPECT_THROW_ON_ALL(world, (void)converted(array, Dtype::fixed_string(6)), DtypeError, "\"text 50\" at index (1,)");
}

}  // namespace
}  // namespace memdata::testing
