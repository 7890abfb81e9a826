// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// The progress callback: what it is told, and what happens when it throws.
#include <gtest/gtest.h>

#include <filesystem>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "expect_on_all.hpp"
#include "io/progress_bar.hpp"
#include "memdata/memdata.hpp"
#include "scratch.hpp"

namespace md = memdata;

namespace {

md::MemGroup make_tree(const md::Communicator& world, int value) {
    md::MemGroup tree(world);
    tree.create_dataset("common", md::Array(std::vector<double>(100, value)));
    tree.create_dataset("rows", md::MPIArray::full<std::int32_t>(world, {64, 8192}, md::Axis{0}, value));
    tree.create_dataset("columns", md::MPIArray::full<std::int32_t>(world, {300, 20}, md::Axis{1}, value));
    tree.create_dataset("chunked", md::MPIArray::full<std::int32_t>(world, {40, 30}, md::Axis{0}, value),
                        {.chunks = {8, 30}});
    return tree;
}

/// Checks what one transfer told.
void check(const std::vector<md::Progress>& told, const md::TransferStatistics& statistics) {
    ASSERT_FALSE(told.empty());
    std::vector<std::string> phases;
    for (std::size_t i = 0; i < told.size(); ++i) {
        EXPECT_EQ(told[i].operation, statistics.operation);
        EXPECT_EQ(told[i].file, statistics.file);
        EXPECT_LE(told[i].bytes, told[i].total);
        EXPECT_TRUE(told[i].total == 0 || told[i].total == statistics.bytes);
        EXPECT_LE(told[i].seconds, statistics.seconds);
        if (i > 0) {
            EXPECT_GE(told[i].bytes, told[i - 1].bytes);
            EXPECT_GE(told[i].seconds, told[i - 1].seconds);
        }
        if (phases.empty() || phases.back() != told[i].phase) {
            phases.push_back(told[i].phase);
        }
    }
    EXPECT_EQ(told.back().bytes, statistics.bytes);
    std::vector<std::string> expected;
    for (const md::TransferPhase& phase : statistics.phases) {
        expected.push_back(phase.name);
    }
    EXPECT_EQ(phases, expected);
}

TEST(Progress, is_told_to_rank_0_alone) {
    const md::Communicator world;
    const std::string file = memdata_test::scratch("progress.h5");
    std::vector<md::Progress> told;
    const auto caller = std::this_thread::get_id();
    const md::ProgressCallback callback = [&](const md::Progress& progress) {
        EXPECT_EQ(std::this_thread::get_id(), caller);
        told.push_back(progress);
    };
    const auto saved = md::save(make_tree(world, 1), file, {.sync = false, .transfer = {.progress = callback}});
    if (world.rank() == 0) {
        check(told, saved);
        EXPECT_TRUE(std::ranges::any_of(told, [](const md::Progress& p) { return p.dataset == "/chunked"; }));
    } else {
        EXPECT_TRUE(told.empty());
    }
    told.clear();
    md::TransferStatistics loaded;
    static_cast<void>(md::load(world, file, {.transfer = {.progress = callback}}, &loaded));
    if (world.rank() == 0) {
        check(told, loaded);
    }
    told.clear();
    md::save(make_tree(world, 1), file,
             {.sync = false, .transfer = {.progress = world.rank() == 0 ? md::ProgressCallback() : callback}});
    EXPECT_TRUE(told.empty());
}

TEST(Progress, what_the_callback_throws_all_ranks_throw) {
    const md::Communicator world;
    const std::string file = memdata_test::scratch("thrown.h5");
    const auto saved = md::save(make_tree(world, 1), file);
    md::TransferStatistics loaded;
    static_cast<void>(md::load(world, file, {}, &loaded));

    const auto throws_in = [](const std::string& where) {
        return md::TransferOptions{.progress = [where, thrown = false](const md::Progress& progress) mutable {
            if (thrown) {
                std::abort();  // it is called no more
            }
            if (progress.phase == where || progress.dataset == where) {
                thrown = true;
                throw std::runtime_error("enough of " + where);
            }
        }};
    };
    std::vector<std::string> places{"/rows", "/columns", "/chunked"};
    for (const md::TransferPhase& phase : saved.phases) {
        places.push_back(phase.name);
    }
    for (const std::string& place : places) {
        if (place == "/columns" && world.size() > 1) {
            continue;  // it shares its rounds with others
        }
        EXPECT_THROW_ON_ALL(world, md::save(make_tree(world, 2), file, {.transfer = throws_in(place)}), md::Error,
                            "enough of " + place);
        md::MemGroup old = md::load(world, file);
        EXPECT_ON_ALL(world, (old.dataset("rows").local().data() != nullptr));
        EXPECT_ON_ALL(world, (old.dataset("common").local<double, 1>()(0) == 1)) << place;
        EXPECT_ON_ALL(world, !std::filesystem::exists(memdata_test::scratch(".thrown.h5"))) << place;
        EXPECT_ON_ALL(world, !std::filesystem::exists(memdata_test::scratch(".thrown.h5.lock"))) << place;
    }
    for (const md::TransferPhase& phase : loaded.phases) {
        EXPECT_THROW_ON_ALL(world, static_cast<void>(md::load(world, file, {.transfer = throws_in(phase.name)})),
                            md::Error, "enough of " + phase.name);
    }
}

TEST(Progress, bad_options_of_the_watchdog) {
    const md::Communicator world;
    for (const double seconds : {-1.0, 0.001, std::numeric_limits<double>::quiet_NaN(), 1e300}) {
        EXPECT_THROW_ON_ALL(world,
                            md::save(make_tree(world, 1), memdata_test::scratch("bad.h5"),
                                     {.transfer = {.watchdog = {.seconds = seconds}}}),
                            md::ArgumentError, "watchdog");
    }
}

TEST(Progress, line_fits_the_terminal) {
    const md::Progress progress{.operation = "save",
                                .file = "/some/where/sim.h5",
                                .phase = "data",
                                .dataset = "/vis",
                                .bytes = md::Index{1} << 30,
                                .total = md::Index{4} << 30,
                                .seconds = 62};
    EXPECT_EQ(md::io::progress_line(progress, 79),
              "save sim.h5: data /vis [====               ]  25 % of 4.0 GiB, 16.5 MiB/s, 1:02");
    for (int width = 0; width < 200; ++width) {
        EXPECT_LE(md::io::progress_line(progress, width).size(), static_cast<std::size_t>(width));
    }
    EXPECT_EQ(md::io::progress_line({.operation = "load", .file = "a", .phase = "structure", .seconds = 1}, 79),
              "load a: structure  0:01");
}

}  // namespace
