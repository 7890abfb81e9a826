// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// Random selections of random datasets, loaded over every axis and as common, against what numpy took of the same
// file: selection_write.py made both. The comparison uses nothing of memdata but the local block and where it lies.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "expect_on_all.hpp"
#include "memdata/memdata.hpp"

namespace md = memdata;
using nlohmann::json;

namespace {

std::string folder() {
    const char* given = std::getenv("MEMDATA_SELECTION_FILES");
    if (given == nullptr) {
        throw std::runtime_error("MEMDATA_SELECTION_FILES is not set");
    }
    return std::string(given) + "/";
}

std::optional<md::Index> optional_index(const json& value) {
    return value.is_null() ? std::nullopt : std::optional(value.get<md::Index>());
}

md::Selection selection_of(const json& entries) {
    md::Selection selection;
    for (const json& entry : entries) {
        const md::Axis axis(entry[0].get<int>());
        const json& taken = entry[1];
        if (taken.is_object()) {
            selection.on(axis, taken["list"].get<std::vector<md::Index>>());
        } else {
            selection.on(axis,
                         md::slice(optional_index(taken[0]), optional_index(taken[1]), taken[2].get<md::Index>()));
        }
    }
    return selection;
}

/// The elements of a case as bytes, in C order: of the whole result, or of a local block.
using Elements = std::vector<std::string_view>;

Elements expected_elements(const json& expected, std::string_view all) {
    all = all.substr(expected["offset"].get<std::size_t>(), expected["bytes"].get<std::size_t>());
    const auto itemsize = expected["itemsize"].get<std::size_t>();
    Elements elements;
    while (!all.empty()) {
        const std::size_t length = itemsize != 0 ? itemsize : all.find('\0');
        elements.push_back(all.substr(0, length));
        all.remove_prefix(length + (itemsize != 0 ? 0 : 1));
    }
    return elements;
}

Elements elements_of(const md::Array& array) {
    Elements elements;
    if (array.dtype().kind() == md::TypeKind::variable_string) {
        for (const std::string& text : array.span<std::string>()) {
            elements.emplace_back(text);
        }
        return elements;
    }
    const auto* bytes = reinterpret_cast<const char*>(array.data());
    const std::size_t itemsize = array.dtype().itemsize();
    for (std::size_t i = 0; i < static_cast<std::size_t>(array.size()); ++i) {
        elements.emplace_back(bytes + i * itemsize, itemsize);
    }
    return elements;
}

/// What differs between a loaded dataset's part on this rank and numpy's result, or nothing.
std::string difference(const md::MemDataset& dataset, const json& expected, std::string_view all) {
    const auto extents = expected["shape"].get<std::vector<md::Index>>();
    if (dataset.shape() != md::Shape(extents)) {
        return "shape " + to_string(dataset.shape());
    }
    if (expected["itemsize"] != 0 && expected["itemsize"] != dataset.dtype().itemsize()) {
        return "elements " + to_string(dataset.dtype());
    }
    // (outer, axis, inner) of the result, of which this rank has [start, stop) on the axis.
    std::size_t outer = 1;
    std::size_t inner = 1;
    std::size_t extent = 1;
    std::size_t start = 0;
    std::size_t stop = 1;
    if (dataset.is_common()) {
        outer = static_cast<std::size_t>(dataset.shape().elements());
    } else {
        const auto axis = static_cast<std::size_t>(dataset.distributed().axis());
        for (std::size_t i = 0; i < extents.size(); ++i) {
            std::size_t& factor = i < axis ? outer : i > axis ? inner : extent;
            factor *= static_cast<std::size_t>(extents[i]);
        }
        const auto bounds = dataset.distributed().local_bounds();
        start = static_cast<std::size_t>(bounds.start);
        stop = static_cast<std::size_t>(bounds.stop);
    }
    const Elements wanted = expected_elements(expected, all);
    const Elements found = elements_of(dataset.local());
    if (wanted.size() != outer * extent * inner || found.size() != outer * (stop - start) * inner) {
        return std::to_string(found.size()) + " elements";
    }
    std::size_t here = 0;
    for (std::size_t o = 0; o < outer; ++o) {
        for (std::size_t i = (o * extent + start) * inner; i < (o * extent + stop) * inner; ++i, ++here) {
            if (found[here] != wanted[i]) {
                return "element " + std::to_string(here) + " of the block";
            }
        }
    }
    return "";
}

class SelectionNumpy : public ::testing::Test {
protected:
    md::Communicator world;
    json table = json::parse(std::ifstream(folder() + "cases.json"));

    void SetUp() override {
        if (world.rank() == 0) {
            std::printf("MEMDATA_TEST_SEED=%s\n", table["seed"].dump().c_str());
        }
    }
    /// The seed that repeats it, and what was taken of what.
    std::string name(const json& expected, const std::string& file) const {
        return "MEMDATA_TEST_SEED=" + table["seed"].dump() + ": " + file + ":" + expected["path"].get<std::string>() +
               ", " + expected["about"].get<std::string>() + ", " + to_string(selection_of(expected["select"]));
    }
};

/// Every dataset of a file in one load: common, then over axis 0, 1, ... of those that have it and over the last, the
/// last but one, ... of the others.
TEST_F(SelectionNumpy, takes_what_numpy_takes) {
    std::ifstream in(folder() + "taken.bin", std::ios::binary);
    const std::string taken(std::istreambuf_iterator<char>(in), {});
    std::size_t cases = 0;
    for (const json& load : table["loads"]) {
        const auto file = load["file"].get<std::string>();
        md::LoadOptions options;
        options.transfer.way = static_cast<md::TransferWay>(load["way"].get<int>());
        options.transfer.round_bytes = load["round_bytes"].get<md::Index>();
        for (const json& expected : load["cases"]) {
            options.select[expected["path"].get<std::string>()] = selection_of(expected["select"]);
        }
        cases += load["cases"].size();
        constexpr int axes = 4;
        for (int place = -1; place < axes; ++place) {
            for (const json& expected : load["cases"]) {
                const auto ndim = static_cast<int>(expected["shape"].size());
                options.distribute[expected["path"].get<std::string>()] =
                    place < 0 ? md::Placement() : md::Placement(md::Axis{place < ndim ? place : place % ndim - ndim});
            }
            const md::MemGroup tree = md::load(world, folder() + file, options);
            std::string wrong;
            for (const json& expected : load["cases"]) {
                const md::MemDataset& dataset = tree.dataset(expected["path"].get<std::string>());
                const int found = dataset.is_common() ? -1 : dataset.distributed().axis();
                const std::string what = found != (place < 0 ? -1 : place % dataset.shape().ndim())
                                             ? "on axis " + std::to_string(found)
                                             : difference(dataset, expected, taken);
                if (wrong.empty() && !what.empty()) {
                    wrong = name(expected, file) + " over axis " + std::to_string(found) + ": " + what;
                }
            }
            ASSERT_ON_ALL(world, wrong.empty()) << wrong;
        }
    }
    EXPECT_ON_ALL(world, cases >= 2000) << cases;
}

/// What numpy refuses is refused alike on all ranks, whatever the dataset and its place; so is an axis named twice.
TEST_F(SelectionNumpy, refuses_what_numpy_refuses) {
    int number = 0;
    for (const json& bad : table["refused"]) {
        const auto file = bad["file"].get<std::string>();
        const auto path = bad["path"].get<std::string>();
        md::LoadOptions options{.select = {{path, selection_of(bad["select"])}}};
        if (number++ % 2 == 0) {
            options.distribute[path] = md::Axis{0};
        }
        EXPECT_THROW_ON_ALL(world, static_cast<void>(md::load(world, folder() + file, options)), md::ArgumentError,
                            "'" + path + "'")
            << name(bad, file);
    }
}

}  // namespace
