// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// Saving and loading need at most 64 MiB a rank beyond the data, whatever the data. getrusage knows only the highest
// mark of a process, so each case is a process of its own: memory_test CASE save|load FILE, run by ctest.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <map>
#include <string>

#include "expect_on_all.hpp"
#include "memdata/memdata.hpp"
#include "scratch.hpp"

namespace md = memdata;

namespace {

constexpr md::Index mib = md::Index{1} << 20;
constexpr md::Index allowed = 64 * mib;

md::Index peak_memory() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss * 1024;
}

struct Case {
    md::Shape shape;  // of float64
    md::Placement axis;
    md::Storage storage;
};

/// 96 MiB a rank on 4 ranks, in patterns that are hard in different ways.
const std::map<std::string, Case> cases = {
    {"rows", {{384, 256, 512}, md::Axis{0}, {}}},
    {"columns", {{12288, 4096}, md::Axis{1}, {}}},
    {"interleaved", {{3145728, 4, 4}, md::Axis{2}, {}}},
    {"common", {{96, 1024, 128}, std::nullopt, {}}},
    {"chunked", {{384, 256, 512}, md::Axis{1}, {.chunks = {50, 64, 128}}}},
    {"deflated", {{384, 256, 512}, md::Axis{0}, {.chunks = {48, 64, 128}, .filters = {md::Shuffle{}, md::Deflate{1}}}}},
};

class Memory : public ::testing::TestWithParam<std::string> {
protected:
    md::Communicator world;
    const Case& c = cases.at(GetParam());
    // Saved by one process, loaded by the next.
    std::string file = memdata_test::scratch("../memory." + GetParam() + "." + md::backend(world).component + ".h5");
};

class MemorySave : public Memory {};
class MemoryLoad : public Memory {};

TEST_P(MemorySave, stays_below_the_limit) {
    md::MemGroup tree(world);
    md::MemDataset& dataset = c.axis ? tree.create_dataset("d", md::dtype_of<double>(), c.shape, *c.axis, c.storage)
                                     : tree.create_dataset("d", md::dtype_of<double>(), c.shape, c.storage);
    double x = c.axis ? world.rank() : 0;
    for (double& value : dataset.local().span<double>()) {
        value = x;
        x += 1;
    }
    const md::Index before = peak_memory();
    md::save(tree, file, {.sync = false});
    const md::Index extra = peak_memory() - before;
    RecordProperty("extra_mib", static_cast<int>(extra / mib));
    EXPECT_ON_ALL(world, extra <= allowed);
    if (world.rank() == 0) {
        std::printf("save %s: %lld MiB beyond the data on rank 0\n", GetParam().c_str(),
                    static_cast<long long>(extra / mib));
    }
}

TEST_P(MemoryLoad, stays_below_the_limit) {
    const md::Index before = peak_memory();
    const md::MemGroup tree = md::load(world, file);
    const md::Index extra = peak_memory() - before - tree.dataset("d").local().bytes();
    EXPECT_ON_ALL(world, extra <= allowed);
    double x = c.axis ? world.rank() : 0;
    bool good = true;
    for (const double value : tree.dataset("d").local().span<double>()) {
        good = good && value == x;
        x += 1;
    }
    EXPECT_ON_ALL(world, good);
    if (world.rank() == 0) {
        std::printf("load %s: %lld MiB beyond the data on rank 0\n", GetParam().c_str(),
                    static_cast<long long>(extra / mib));
        std::remove(file.c_str());
    }
}

const auto by_name = [](const auto& instance) { return instance.param; };
const auto names = ::testing::Values("rows", "columns", "interleaved", "common", "chunked", "deflated");
INSTANTIATE_TEST_SUITE_P(Cases, MemorySave, names, by_name);
INSTANTIATE_TEST_SUITE_P(Cases, MemoryLoad, names, by_name);

}  // namespace
