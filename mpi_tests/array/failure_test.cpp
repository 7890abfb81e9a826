// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <climits>
#include <fstream>

#include "../mpi/caught.hpp"
#include "truth.hpp"

// Errors that one rank alone could see: all ranks throw the same, nobody waits, and the array is as before.
namespace memdata::testing {
namespace {

class Failure : public ::testing::Test {
protected:
    Communicator world_;
    int ranks_ = world_.size();
    Layout layout_ = layout({6, 5}, 0, ranks_);
    MPIArray array_ = make(world_, TypeKind::float32, layout_);

    /// After a failure.
    void expect_unchanged() {
        EXPECT_TRUE(is_as(array_, TypeKind::float32, layout_));
        array_.redistribute(Axis{1});
        EXPECT_TRUE(is_as(array_, TypeKind::float32, layout({6, 5}, 1, ranks_)));
        array_.redistribute(Axis{0});
    }
};

TEST_F(Failure, an_axis_out_of_range_on_all_ranks) {
    for (const int axis : {2, -3, 1000, INT_MIN, INT_MAX}) {
        const Caught error = caught([&] { array_.redistribute(Axis{axis}); });
        EXPECT_TRUE(is<ArgumentError>(error));
        EXPECT_EQ(error.context.axis, axis);
        EXPECT_THROW_ON_ALL(world_, array_.redistribute(Axis{axis}), ArgumentError,
                            "axis " + std::to_string(axis) + " is out of range for shape (6, 5)");
    }
    expect_unchanged();
}

TEST_F(Failure, an_axis_out_of_range_on_one_rank) {
    for (int odd = 0; odd < ranks_; ++odd) {
        const Axis axis{world_.rank() == odd ? 7 : 1};
        EXPECT_THROW_ON_ALL(world_, array_.redistribute(axis), ArgumentError, "axis 7 is out of range");
        expect_unchanged();
    }
}

TEST_F(Failure, another_axis_on_one_rank) {
    for (int odd = 1; odd < ranks_; ++odd) {
        const Axis axis{world_.rank() == odd ? 0 : 1};
        EXPECT_THROW_ON_ALL(world_, array_.redistribute(axis), MismatchError,
                            "the array or the argument of redistribute must be the same on all ranks, but differs from "
                            "rank 0 on rank " +
                                std::to_string(odd) + ": \"float32 (6, 5) distributed over axis 0");
        expect_unchanged();
    }
}

TEST_F(Failure, another_array_on_one_rank) {
    if (ranks_ == 1) {
        GTEST_SKIP() << "needs 2 ranks";
    }
    const bool odd = world_.rank() == ranks_ - 1;
    const Dtype one = Dtype::compound({{"a", 0, TypeKind::int32}, {"b", 4, TypeKind::int32}}, 8);
    const Dtype other = Dtype::compound({{"a", 0, TypeKind::int32}, {"b", 8, TypeKind::int32}}, 16);
    const auto expect_mismatch = [&](MPIArray array) {
        const MPIArray before = array.clone();
        EXPECT_THROW_ON_ALL(world_, array.redistribute(Axis{1}), MismatchError, "must be the same on all ranks");
        EXPECT_THROW_ON_ALL(world_, static_cast<void>(array.gather()), MismatchError, "argument of gather must be");
        EXPECT_THROW_ON_ALL(world_, static_cast<void>(array.allgather()), MismatchError, "argument of allgather must");
        EXPECT_EQ(array.local(), before.local());
        EXPECT_EQ(array.distribution(), before.distribution());
    };
    expect_mismatch(MPIArray::zeros(world_, odd ? TypeKind::float32 : TypeKind::float64, {8, 8}, Axis{0}));
    expect_mismatch(MPIArray::zeros(world_, odd ? TypeKind::float32 : TypeKind::int32, {8, 8}, Axis{0}));
    expect_mismatch(MPIArray::zeros(world_, odd ? one : other, {8, 8}, Axis{0}));
    expect_mismatch(MPIArray::zeros(world_, odd ? Dtype::fixed_string(3) : Dtype::fixed_string(4), {8, 8}, Axis{0}));
    expect_mismatch(MPIArray::zeros(world_, odd ? Dtype::variable_string() : TypeKind::int8, {8, 8}, Axis{0}));
    expect_mismatch(MPIArray::zeros(world_, TypeKind::int8, odd ? Shape{8, 8} : Shape{8, 9}, Axis{0}));
    expect_mismatch(MPIArray::zeros(world_, TypeKind::int8, {8, 8}, Axis{odd ? 0 : 1}));
    Indices counts = balanced(8, ranks_);
    counts.front() -= odd ? 1 : 0;
    counts.back() += odd ? 1 : 0;
    expect_mismatch(MPIArray::uninitialized(world_, TypeKind::int8, Layout{{8, 8}, 0, counts}.distribution()));
}

TEST_F(Failure, a_distribution_that_does_not_fit) {
    EXPECT_THROW_ON_ALL(world_, array_.redistribute(Distribution({5, 6}, Axis{0}, ranks_)), ShapeError,
                        "(6, 5) distributed over axis 0");
    EXPECT_THROW_ON_ALL(world_, array_.redistribute(Distribution({6, 5}, Axis{0}, ranks_ + 1)), ShapeError,
                        "cannot become (6, 5) distributed over axis 0, 6 over " + std::to_string(ranks_ + 1));
    for (int odd = 0; odd < ranks_; ++odd) {
        const Shape shape = world_.rank() == odd ? Shape{30} : Shape{6, 5};
        EXPECT_THROW_ON_ALL(world_, array_.redistribute(Distribution(shape, Axis{0}, ranks_)), ShapeError, "(30,)");
        expect_unchanged();
    }
    if (ranks_ > 1) {
        Indices counts(static_cast<std::size_t>(ranks_), 0);
        counts[world_.rank() == 1 ? 1 : 0] = 5;
        EXPECT_THROW_ON_ALL(world_, array_.redistribute(Layout{{6, 5}, 1, counts}.distribution()), MismatchError,
                            "argument of redistribute");
    }
    expect_unchanged();
}

#ifndef __SANITIZE_ADDRESS__  // which needs the address space that is taken away here
TEST_F(Failure, no_memory_on_one_rank) {
    const Index columns = Index{8} << 20;  // 64 MiB a rank, never touched
    MPIArray large =
        MPIArray::uninitialized(world_, TypeKind::float64, Distribution({ranks_, columns}, Axis{0}, ranks_));
    const Distribution target({ranks_, columns}, Axis{1}, Partition::balanced(columns, ranks_));
    for (int odd = 0; odd < ranks_ && ranks_ > 1; ++odd) {
        rlimit before{};
        getrlimit(RLIMIT_AS, &before);
        if (world_.rank() == odd) {
            Index pages = 0;
            std::ifstream("/proc/self/statm") >> pages;
            rlimit now = before;
            now.rlim_cur = static_cast<rlim_t>(pages) * 4096 + (rlim_t{16} << 20U);
            setrlimit(RLIMIT_AS, &now);
        }
        EXPECT_THROW_ON_ALL(world_, large.redistribute(target), MemoryError, "no memory for");
        EXPECT_THROW_ON_ALL(world_, static_cast<void>(large.gather(odd)), MemoryError, "no memory for");
        EXPECT_THROW_ON_ALL(world_, static_cast<void>(large.allgather()), MemoryError, "no memory for");
        setrlimit(RLIMIT_AS, &before);
        EXPECT_EQ(large.axis(), 0);
    }
    expect_unchanged();
}
#endif

// Text that people read names the first 16 blocks only; the comparison must not stop there. (18 ranks.)
TEST_F(Failure, blocks_that_differ_behind_the_sixteenth) {
    if (ranks_ < 18) {
        GTEST_SKIP() << "needs 18 ranks";
    }
    Indices counts(static_cast<std::size_t>(ranks_), 1);
    counts[0] = 2;
    counts[1] = 0;
    Indices other = counts;
    other[16] = 0;
    other[17] = 2;
    const bool odd = world_.rank() == 5;
    MPIArray array = make(world_, TypeKind::int32, {{ranks_, 2}, 0, odd ? other : counts});
    EXPECT_THROW_ON_ALL(world_, array.redistribute(Axis{1}), MismatchError, "differs from rank 0 on rank 5");
    MPIArray good = make(world_, TypeKind::int32, {{ranks_, 2}, 0, counts});
    EXPECT_THROW_ON_ALL(world_, good.redistribute(Layout{{ranks_, 2}, 0, odd ? counts : other}.distribution()),
                        MismatchError, "differs from rank 0 on rank 5");
    good.redistribute(Axis{1});
    EXPECT_TRUE(is_as(good, TypeKind::int32, layout({ranks_, 2}, 1, ranks_)));
}

}  // namespace
}  // namespace memdata::testing
