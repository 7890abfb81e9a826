// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// What save and load say about themselves.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <sstream>

#include "expect_on_all.hpp"
#include "memdata/memdata.hpp"
#include "scratch.hpp"

namespace md = memdata;

namespace {

const md::DatasetTransfer& find(const md::TransferStatistics& statistics, const std::string& path) {
    const auto found = std::ranges::find(statistics.datasets, path, &md::DatasetTransfer::path);
    if (found == statistics.datasets.end()) {
        throw std::runtime_error("the statistics lack " + path);
    }
    return *found;
}

/// Everything as text, exactly: the ranks must have the same.
std::string everything(const md::TransferStatistics& statistics) {
    std::ostringstream out;
    out << std::hexfloat << statistics << statistics.seconds;
    for (const md::TransferPhase& phase : statistics.phases) {
        out << '|' << phase.name << phase.seconds;
    }
    for (const md::DatasetTransfer& dataset : statistics.datasets) {
        out << '|' << dataset.path << to_string(dataset.route) << dataset.bytes << ' ' << dataset.calls << ' '
            << dataset.collective_calls << dataset.io_mode;
        for (const md::NotCollective& cause : dataset.causes) {
            out << cause.cause << cause.ranks << ' ' << cause.first_rank;
        }
    }
    return out.str();
}

md::MemGroup make_tree(const md::Communicator& world) {
    md::MemGroup tree(world);
    tree.create_dataset("common", md::Array(std::vector<double>(100, 1.5)));
    tree.create_dataset("names", md::Array(std::vector<std::string>{"a", "bcd", ""}));
    tree.create_dataset(
        "labels",
        md::MPIArray::from_common(world, md::Array(std::vector<std::string>{"one", "three", "", "x"}), md::Axis{0}));
    tree.create_dataset("rows", md::MPIArray::full<float>(world, {256, 8192}, md::Axis{0}, 2));
    tree.create_dataset("columns", md::MPIArray::full<std::int32_t>(world, {300, 20}, md::Axis{1}, 3));
    tree.create_dataset("chunked", md::MPIArray::full<double>(world, {40, 30}, md::Axis{0}, 4),
                        {.chunks = {8, 30}, .filters = {md::Deflate(1)}});
    tree.create_dataset("empty", md::MPIArray::full<double>(world, {0, 30}, md::Axis{0}, 4));
    return tree;
}

void check(const md::Communicator& world, const md::TransferStatistics& statistics, const std::string& operation,
           const std::string& file) {
    md::same_on_all_ranks(world, "the statistics", everything(statistics));
    EXPECT_EQ(statistics.operation, operation);
    EXPECT_EQ(statistics.file, file);
    EXPECT_EQ(statistics.ranks, world.size());
    EXPECT_EQ(statistics.backend.component, md::backend(world).component);
    EXPECT_EQ(find(statistics, "/common").route, md::Route::rank_0);
    EXPECT_EQ(find(statistics, "/common").bytes, 800);
    EXPECT_EQ(find(statistics, "/names").bytes, 4);
    EXPECT_EQ(find(statistics, "/labels").route, md::Route::rank_0);
    EXPECT_EQ(find(statistics, "/labels").bytes, 9);
    EXPECT_EQ(find(statistics, "/rows").route, md::Route::direct);
    EXPECT_EQ(find(statistics, "/rows").bytes, 256 * 8192 * 4);
    EXPECT_EQ(find(statistics, "/columns").route, world.size() > 1 ? md::Route::exchange : md::Route::direct);
    EXPECT_EQ(find(statistics, "/columns").bytes, 300 * 20 * 4);
    EXPECT_EQ(find(statistics, "/chunked").bytes, 40 * 30 * 8);
    EXPECT_EQ(statistics.bytes, 800 + 4 + 9 + 256 * 8192 * 4 + 300 * 20 * 4 + 40 * 30 * 8);
    EXPECT_TRUE(statistics.all_collective()) << statistics;

    double phases = 0;
    for (const md::TransferPhase& phase : statistics.phases) {
        EXPECT_GE(phase.seconds, 0) << phase.name;
        EXPECT_LE(phase.seconds, statistics.seconds) << phase.name;
        phases += phase.seconds;
    }
    EXPECT_GT(statistics.seconds, 0);
    EXPECT_GE(phases * (1 + 1e-9), statistics.seconds) << "every moment belongs to a phase";
    EXPECT_DOUBLE_EQ(statistics.rate(), static_cast<double>(statistics.bytes) / statistics.seconds);
}

TEST(Statistics, of_save_and_load_are_true_and_the_same_on_all_ranks) {
    const md::Communicator world;
    const std::string file = memdata_test::scratch("statistics.h5");
    const md::MemGroup tree = make_tree(world);
    check(world, md::save(tree, file, {.sync = false}), "save", file);
    md::TransferStatistics statistics;
    static_cast<void>(md::load(world, file, {}, &statistics));
    check(world, statistics, "load", file);

    // One rank alone may ask for them.
    md::TransferStatistics asked;
    static_cast<void>(md::load(world, file, {}, world.rank() == world.size() - 1 ? &asked : nullptr));
    EXPECT_EQ(asked.ranks, world.rank() == world.size() - 1 ? world.size() : 0);
}

TEST(Statistics, follow_the_way_that_is_asked_for) {
    const md::Communicator world;
    const md::MemGroup tree = make_tree(world);
    for (const auto way : {md::TransferWay::direct, md::TransferWay::exchange}) {
        const bool exchanged = way == md::TransferWay::exchange && world.size() > 1;
        const auto statistics =
            md::save(tree, memdata_test::scratch("way.h5"), {.sync = false, .transfer = {.way = way}});
        for (const char* path : {"/rows", "/columns"}) {
            EXPECT_EQ(find(statistics, path).route, exchanged ? md::Route::exchange : md::Route::direct) << path;
        }
    }
}

TEST(Statistics, of_hdf5s_own_transfer) {
    const md::Communicator world;
    const std::string file = memdata_test::scratch("by_hdf5.h5");
    const md::TransferOptions transfer{.way = md::TransferWay::hdf5};
    const auto check_routes = [](const md::TransferStatistics& statistics, const std::string& text) {
        for (const char* path : {"/rows", "/columns", "/chunked"}) {
            const md::DatasetTransfer& dataset = find(statistics, path);
            EXPECT_EQ(dataset.route, md::Route::hdf5) << path;
            EXPECT_GE(dataset.calls, 1) << path;
            EXPECT_EQ(dataset.collective_calls, dataset.calls) << path;
            EXPECT_EQ(dataset.io_mode, path == std::string("/chunked") ? "chunk collective" : "contiguous collective");
            EXPECT_TRUE(dataset.causes.empty()) << path;
        }
        EXPECT_NE(text.find("HDF5"), std::string::npos) << text;
    };
    const md::TransferStatistics saved = md::save(make_tree(world), file, {.sync = false, .transfer = transfer});
    check_routes(saved, to_string(saved));
    md::TransferStatistics loaded;
    static_cast<void>(md::load(world, file, {.transfer = transfer}, &loaded));
    check_routes(loaded, to_string(loaded));
    EXPECT_EQ(loaded.bytes, saved.bytes);
}

TEST(Statistics, as_text) {
    md::TransferStatistics statistics{.operation = "save", .file = "a.h5", .ranks = 4};
    statistics.backend = {.component = "ompio", .origin = "default", .cure = "x=0"};
    statistics.file_system = "lustre";
    statistics.bytes = md::Index{3} << 30;
    statistics.seconds = 1.5;
    statistics.phases = {{"structure", 0.5}, {"data", 1}};
    statistics.datasets.push_back({.path = "/a", .route = md::Route::direct, .bytes = md::Index{1} << 30});
    statistics.datasets.push_back({.path = "/b",
                                   .route = md::Route::hdf5,
                                   .bytes = md::Index{2} << 30,
                                   .calls = 3,
                                   .collective_calls = 1,
                                   .io_mode = "chunk mixed",
                                   .causes = {{"it rains", 4, 0}, {"it snows", 1, 2}}});
    EXPECT_FALSE(statistics.all_collective());
    EXPECT_EQ(to_string(statistics),
              "save 'a.h5': 3.0 GiB on 4 ranks in 1.500 s, 2.0 GiB/s\n"
              "  backend: ompio (default; x=0)\n"
              "  file system: lustre\n"
              "  phases: structure 0.500 s, data 1.000 s\n"
              "  data: direct 1.0 GiB of 1 dataset, HDF5 2.0 GiB of 1 dataset\n"
              "  '/b': 2 of 3 calls of HDF5 were not collective (its mode: chunk mixed)\n"
              "    it rains, says rank 0 and all others\n"
              "    it snows, says rank 2");
    EXPECT_EQ(md::TransferStatistics{}.rate(), 0);
}

}  // namespace
