// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "array/page_recycler.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <vector>

namespace memdata::testing {
namespace {

constexpr Index mib = Index{1} << 20;

class Recycler : public ::testing::Test {
protected:
    Array source_ = Array::full<std::int64_t>({2 * mib}, 7);  // 16 MiB
    Array target_ = Array::uninitialized(TypeKind::int64, {2 * mib});
    Array* sources_[1] = {&source_};
    Array* targets_[1] = {&target_};

    void expect_target_works() {
        const auto data = target_.span<std::int64_t>();
        std::ranges::fill(data, 3);
        EXPECT_EQ(std::ranges::count(data, 3), 2 * mib);
    }
};

TEST_F(Recycler, pages_move) {
    PageRecycler pages(sources_, targets_);
    pages.consumed({0, 0, 16 * mib, 0, 5 * mib});
    pages.fill({0, 0, 16 * mib, 0, 5 * mib});
    EXPECT_EQ(target_.span<std::int64_t>()[0], 7) << "what was in them comes along";
    EXPECT_EQ(target_.span<std::int64_t>()[static_cast<std::size_t>(4 * mib / 8)], 0) << "two whole pages were used up";
    EXPECT_EQ(source_.span<std::int64_t>()[static_cast<std::size_t>(4 * mib / 8)], 7);
    expect_target_works();
}

TEST_F(Recycler, what_is_written_already_stays) {
    std::ranges::fill(target_.span<std::int64_t>(), 5);
    PageRecycler pages(sources_, targets_);
    pages.consumed({0, 0, 16 * mib, 0, 16 * mib});
    pages.fill({0, 3 * mib, 11 * mib, 3 * mib, 5 * mib});   // only 4..6 MiB is a page that begins and ends in it
    pages.fill({0, 3 * mib, 11 * mib, 5 * mib, 11 * mib});  // 6..10 MiB
    const auto data = target_.span<std::int64_t>();
    for (Index at = 0; at < 16 * mib; at += mib) {
        EXPECT_EQ(data[static_cast<std::size_t>(at / 8)], at >= 4 * mib && at < 10 * mib ? 7 : 5) << at / mib;
    }
}

TEST_F(Recycler, what_is_left_over_is_given_back) {
    PageRecycler pages(sources_, targets_);
    pages.consumed({0, 0, 16 * mib, 0, 16 * mib});
    pages.give_back();
    EXPECT_LE(std::ranges::count(source_.span<std::int64_t>(), 7), 4 * mib / 8);
    expect_target_works();
}

TEST_F(Recycler, a_kernel_that_refuses_leaves_no_hole) {
    PageRecycler pages(sources_, targets_);
    pages.consumed({0, 0, 16 * mib, 0, 16 * mib});
    ASSERT_EQ(munmap(source_.data(), static_cast<std::size_t>(16 * mib)), 0);  // there is nothing to move
    pages.fill({0, 0, 16 * mib, 0, 16 * mib});
    expect_target_works();
    pages.give_back();
}

TEST_F(Recycler, small_and_wrapped_blocks_are_left_alone) {
    std::vector<std::int64_t> memory(static_cast<std::size_t>(2 * mib), 9);
    Array wrapped = Array::wrap(memory.data(), {2 * mib});
    Array* sources[1] = {&wrapped};
    PageRecycler pages(sources, targets_);
    pages.consumed({0, 0, 16 * mib, 0, 16 * mib});
    pages.fill({0, 0, 16 * mib, 0, 16 * mib});
    pages.give_back();
    EXPECT_EQ(std::ranges::count(memory, 9), 2 * mib);
    expect_target_works();
}

}  // namespace
}  // namespace memdata::testing
