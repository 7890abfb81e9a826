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
#ifdef __SANITIZE_ADDRESS__
constexpr md::Index allowed = md::Index{1} << 40;  // its own memory is many times that: only what is loaded is checked
#else
constexpr md::Index allowed = 64 * mib;
#endif

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
    {"many", {}},  // see many_small()
    {"deflated", {{384, 256, 512}, md::Axis{0}, {.chunks = {48, 64, 128}, .filters = {md::Shuffle{}, md::Deflate{1}}}}},
};

class Memory : public ::testing::TestWithParam<std::string> {
protected:
    md::Communicator world;
    const Case& c = cases.at(GetParam());
    // Saved by one process, loaded by the next.
    std::string file = memdata_test::scratch("../memory." + GetParam() + "." + md::backend(world).component + ".h5");
};

/// 2000 small datasets with attributes: what is needed is for their structure.
md::MemGroup many_small(const md::Communicator& comm) {
    md::MemGroup tree(comm);
    for (int i = 0; i < 2000; ++i) {
        std::string path = std::to_string(i / 5);
        path += "/d" + std::to_string(i % 5);
        md::MemDataset& dataset =
            i % 2 == 0 ? tree.create_dataset(path, md::MPIArray::full(comm, {1000}, md::Axis{0}, 1.0 * i))
                       : tree.create_dataset(path, md::Array::full({100}, 1.0 * i));
        dataset.attrs()["number"] = i;
        dataset.attrs()["text"] = "some text";
        dataset.attrs()["list"] = std::vector<double>{1, 2, 3};
    }
    return tree;
}

class MemorySave : public Memory {};
class MemoryLoad : public Memory {};
class MemoryManySave : public Memory {};
class MemoryManyLoad : public Memory {};

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

TEST_P(MemoryManySave, stays_below_the_limit) {
    const md::MemGroup tree = many_small(world);
    const md::Index before = peak_memory();
    md::save(tree, file, {.sync = false});
    EXPECT_ON_ALL(world, peak_memory() - before <= allowed) << (peak_memory() - before) / mib << " MiB";
}

TEST_P(MemoryManyLoad, stays_below_the_limit) {
    const md::Index before = peak_memory();
    const md::MemGroup tree = md::load(world, file);
    EXPECT_ON_ALL(world, peak_memory() - before <= allowed) << (peak_memory() - before) / mib << " MiB";
    EXPECT_ON_ALL(world, tree.dataset("399/d3").attrs().at("number").as<int>() == 1998);
}

const auto by_name = [](const auto& instance) { return instance.param; };
const auto names = ::testing::Values("rows", "columns", "interleaved", "common", "chunked", "deflated");
INSTANTIATE_TEST_SUITE_P(Cases, MemorySave, names, by_name);
INSTANTIATE_TEST_SUITE_P(Cases, MemoryLoad, names, by_name);

INSTANTIATE_TEST_SUITE_P(Cases, MemoryManySave, ::testing::Values("many"), by_name);
INSTANTIATE_TEST_SUITE_P(Cases, MemoryManyLoad, ::testing::Values("many"), by_name);

}  // namespace
