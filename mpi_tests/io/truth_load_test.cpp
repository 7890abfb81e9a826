// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// Loads the files that truth_write.py made through h5py: what is expected of each is written there.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "expect_on_all.hpp"
#include "formula.hpp"
#include "scratch.hpp"

namespace md = memdata;
using memdata_test::check;

namespace {

class TruthLoad : public ::testing::Test {
protected:
    md::Communicator world;
    const std::vector<md::Dtype> types = memdata_test::element_types();

    static std::string truth_file(const std::string& name) {
        const char* folder = std::getenv("MEMDATA_TRUTH_FILES");
        if (folder == nullptr) {
            throw std::runtime_error("MEMDATA_TRUTH_FILES is not set");
        }
        return std::string(folder) + "/" + name + ".h5";
    }
    md::MemGroup load(const std::string& name, const md::LoadOptions& options = {}) const {
        return md::load(world, truth_file(name), options);
    }

    /// Of the right type, and where its hint says (axis -1: common)?
    void expect_is(const md::MemGroup& tree, const std::string& path, const md::Dtype& dtype, const md::Shape& shape,
                   int axis) const {
        const md::MemDataset& dataset = tree.dataset(path);
        EXPECT_ON_ALL(world, dataset.dtype() == dtype) << path << ": " << to_string(dataset.dtype());
        EXPECT_ON_ALL(world, dataset.shape() == shape) << path << ": " << to_string(dataset.shape());
        EXPECT_ON_ALL(world, (dataset.is_common() ? -1 : dataset.distributed().axis()) == axis) << path;
        EXPECT_ON_ALL(world, dataset.attrs().empty()) << path;
    }
    /// The same, with the formula's values.
    void expect(const md::MemGroup& tree, const std::string& path, const md::Dtype& dtype, const md::Shape& shape,
                int axis) const {
        expect_is(tree, path, dtype, shape, axis);
        EXPECT_ON_ALL(world, check(tree.dataset(path)) == "") << check(tree.dataset(path));
    }
    /// h5py compares the copies with the originals afterwards (truth.copies in truth.cmake).
    void expect_same_after_saving(const md::MemGroup& tree, const std::string& name) const {
        const std::string file = memdata_test::scratch("copies/" + name + ".h5");
        if (world.rank() == 0) {
            std::filesystem::create_directories(memdata_test::scratch("copies"));
        }
        world.barrier();
        md::save(tree, file, {.sync = false});
        const md::MemGroup again = md::load(world, file);
        EXPECT_ON_ALL(world, to_string(again) == to_string(tree));
        tree.visit([&](const md::MemNode& node) {
            EXPECT_ON_ALL(world, again[node.path()].attrs() == node.attrs());
            if (node.is_dataset()) {
                EXPECT_ON_ALL(world, again.dataset(node.path()).local() == node.as_dataset().local()) << node.path();
            }
        });
    }

    void expect_types(const md::MemGroup& tree) const {
        for (std::size_t t = 0; t < types.size(); ++t) {
            const md::Dtype big = types[t].with_byte_order(md::ByteOrder::big);
            for (const std::string order : {"native/", "big/"}) {
                if (order == "big/" && big == types[t]) {
                    EXPECT_ON_ALL(world, !tree.contains("big/common/" + std::to_string(t)));
                    continue;
                }
                const std::vector<std::pair<std::string, int>> places = {
                    {"common/", -1}, {"rows/", 0}, {"columns/", 1}, {"chunks/", 0}};
                for (const auto& [place, axis] : places) {
                    const std::string path = order + place + std::to_string(t);
                    expect(tree, path, types[t], {7, 3}, axis);
                    md::Storage storage;
                    if (place == "chunks/") {
                        storage.chunks = {2, 3};
                    }
                    if (order == "big/") {
                        storage.file_dtype = big;
                    }
                    EXPECT_ON_ALL(world, tree.dataset(path).storage() == storage)
                        << path << ": " << to_string(tree.dataset(path).storage());
                }
                expect(tree, order + "scalar/" + std::to_string(t), types[t], {}, -1);
                expect(tree, order + "empty/" + std::to_string(t), types[t], {0, 3}, 0);
            }
        }
    }

    void expect_layouts(const md::MemGroup& tree) const {
        const md::Dtype f8 = md::TypeKind::float64;
        const md::Dtype i4 = md::TypeKind::int32;
        expect(tree, "compact/common", f8, {5, 3}, -1);
        expect(tree, "compact/rows", f8, {5, 3}, 0);
        expect(tree, "compact/columns", i4, {5, 3}, 1);
        expect(tree, "resizable/rows", f8, {9, 4}, 0);
        EXPECT_ON_ALL(world, tree.dataset("resizable/rows").storage() == (md::Storage{.chunks = {9, 3}}));
        expect(tree, "resizable/empty", f8, {0, 4}, 0);
        expect(tree, "resizable/grown", f8, {11}, 0);
        expect_filled<double>(tree, "unwritten/contiguous", f8, {6, 4}, 0, 0);
        expect_filled<std::int32_t>(tree, "unwritten/filled", i4, {6, 4}, 1, -7);
        expect_filled<std::int32_t>(tree, "unwritten/big", i4, {6, 4}, 0, -7);
        expect_filled<std::int32_t>(tree, "unwritten/chunks", i4, {6, 4}, 0, -7);
        expect_filled<std::int32_t>(tree, "unwritten/common", i4, {6, 4}, -1, -7);
        expect_filled<std::string>(tree, "unwritten/text", md::TypeKind::variable_string, {6}, 0, "");
        expect_partly_written(tree);
        expect_indices(tree);
        expect_elsewhere(tree);
        for (const char* path : {"filters/deflate", "filters/checksum", "filters/scaleoffset"}) {
            expect(tree, path, i4, {9, 5}, 1);
            EXPECT_ON_ALL(world, tree.dataset(path).storage().chunks == std::vector<md::Index>({4, 2}));
        }
        using Filters = std::vector<md::Filter>;
        EXPECT_ON_ALL(world,
                      tree.dataset("filters/deflate").storage().filters == (Filters{md::Shuffle{}, md::Deflate{4}}));
        EXPECT_ON_ALL(world, tree.dataset("filters/checksum").storage().filters == Filters{md::Fletcher32{}});
    }

    template <class T>
    void expect_filled(const md::MemGroup& tree, const std::string& path, const md::Dtype& dtype,
                       const md::Shape& shape, int axis, const T& value) const {
        expect_is(tree, path, dtype, shape, axis);
        EXPECT_ON_ALL(world, std::ranges::all_of(tree.dataset(path).local().span<T>(),
                                                 [&](const T& found) { return found == value; }))
            << path;
    }

    /// However the chunks are found, and whichever filters were left out.
    void expect_indices(const md::MemGroup& tree) const {
        const md::Dtype i4 = md::TypeKind::int32;
        expect(tree, "index/implicit", i4, {9, 5}, 0);
        expect(tree, "index/single", i4, {9, 5}, 0);
        expect(tree, "index/paged", i4, {3000}, 0);
        expect(tree, "index/extensible", i4, {9, 5}, 1);
        expect(tree, "index/tree", i4, {9, 5}, 1);
        expect(tree, "masked/rows", i4, {9, 5}, 0);
        expect(tree, "masked/big", i4, {9, 5}, 0);
        for (const std::string path : {"/partly/fixed", "/partly/extensible", "/partly/tree"}) {
            expect_is(tree, path, i4, {9, 5}, 1);
            expect_values<std::int32_t>(tree, path, path, -7, [](md::Index row, md::Index column) {
                return row >= 3 && row < 6 && column >= 1 && column < 4;
            });
        }
    }

    void expect_elsewhere(const md::MemGroup& tree) const {
        for (const auto& [name, axis] : {std::pair("rows", 0), std::pair("columns", 1), std::pair("common", -1)}) {
            const std::string path = name;
            expect(tree, "external/" + path, md::TypeKind::float64, {9, 4}, axis);
            expect_is(tree, "virtual/" + path, md::TypeKind::float64, {9, 4}, axis);
            expect_values<double>(tree, "virtual/" + path, "/virtual/rows", -7,
                                  [](md::Index row, md::Index) { return row < 8; });
        }
    }

    /// The formula's values where `is_written`, of another path, else `fill`.
    template <class T>
    void expect_values(const md::MemGroup& tree, const std::string& path, const std::string& of, T fill,
                       bool (*is_written)(md::Index row, md::Index column)) const {
        const md::MemDataset& dataset = tree.dataset(path);
        const md::Array whole = dataset.is_common() ? dataset.common().clone() : dataset.distributed().allgather();
        const auto found = whole.view<T, 2>();
        bool good = true;
        for (md::Index row = 0; row < whole.shape()[0]; ++row) {
            for (md::Index column = 0; column < whole.shape()[1]; ++column) {
                T wanted = fill;
                if (is_written(row, column)) {
                    const md::Index flat = row * whole.shape()[1] + column;
                    memdata_test::put_element(whole.dtype(), reinterpret_cast<std::byte*>(&wanted),
                                              memdata_test::element_key(of, flat));
                }
                good = good && found(row, column) == wanted;
            }
        }
        EXPECT_ON_ALL(world, good) << path;
    }

    void expect_partly_written(const md::MemGroup& tree) const {
        expect_is(tree, "partly/rows", md::TypeKind::int32, {9, 4}, 0);
        expect_values<std::int32_t>(tree, "partly/rows", "/partly/rows", -7,
                                    [](md::Index row, md::Index) { return row == 4 || row == 5; });
    }
};

TEST_F(TruthLoad, types) {
    const md::MemGroup tree = load("types");
    expect_types(tree);
    expect_same_after_saving(tree, "types");
}
TEST_F(TruthLoad, types_in_the_latest_format) { expect_types(load("types_latest")); }
TEST_F(TruthLoad, types_behind_a_user_block) { expect_types(load("types_userblock")); }

TEST_F(TruthLoad, layouts) {
    const md::MemGroup tree = load("layouts");
    expect_layouts(tree);
    expect_same_after_saving(tree, "layouts");
}
/// What lies in other files does not travel as the rest, and the statistics say so.
TEST_F(TruthLoad, statistics_of_data_elsewhere) {
    md::TransferStatistics statistics;
    (void)md::load(world, truth_file("layouts"), {.only = {"virtual", "external"}}, &statistics);
    const std::map<std::string, md::Route> routes = {
        {"/virtual/rows", md::Route::serial},     {"/virtual/columns", md::Route::serial},
        {"/virtual/common", md::Route::rank_0},   {"/external/rows", md::Route::serial},
        {"/external/columns", md::Route::serial}, {"/external/common", md::Route::rank_0}};
    EXPECT_ON_ALL(world, statistics.datasets.size() == routes.size());
    for (const md::DatasetTransfer& dataset : statistics.datasets) {
        EXPECT_ON_ALL(world, dataset.route == routes.at(dataset.path)) << dataset.path;
        EXPECT_ON_ALL(world, dataset.bytes == 9 * 4 * 8) << dataset.path;
        EXPECT_ON_ALL(world, dataset.causes.empty() == (dataset.route != md::Route::hdf5)) << dataset.path;
    }
}
TEST_F(TruthLoad, layouts_in_the_latest_format) { expect_layouts(load("layouts_latest")); }
TEST_F(TruthLoad, layouts_behind_a_user_block) { expect_layouts(load("layouts_userblock")); }

/// Every layout, with a part taken of it.
TEST_F(TruthLoad, a_part_of_every_layout) {
    for (const char* name : {"layouts", "layouts_latest", "layouts_userblock"}) {
        const md::Selection rows = md::Selection{}.on(md::Axis{0}, {4, 0, 0, 3});
        const std::vector<std::pair<std::string, md::Shape>> paths = {
            {"/compact/common", {5, 3}},   {"/compact/rows", {5, 3}},       {"/compact/columns", {5, 3}},
            {"/resizable/rows", {9, 4}},   {"/resizable/grown", {11}},      {"/filters/deflate", {9, 5}},
            {"/filters/checksum", {9, 5}}, {"/filters/scaleoffset", {9, 5}}};
        md::LoadOptions options;
        for (const auto& [path, shape] : paths) {
            options.select[path] = rows;
        }
        const md::MemGroup tree = load(name, options);
        for (const auto& [path, shape] : paths) {
            memdata_test::Indices taken = memdata_test::all_indices(shape);
            taken[0] = {4, 0, 0, 3};
            const std::string wrong = check(tree.dataset(path), shape, taken);
            EXPECT_ON_ALL(world, wrong == "") << name << wrong;
        }
    }
}

TEST_F(TruthLoad, attributes) {
    const md::MemGroup tree = load("attributes");
    EXPECT_ON_ALL(world, tree.attrs().size() == types.size());
    for (std::size_t t = 0; t < types.size(); ++t) {
        const md::AttrValue& value = tree.attrs().at("null_" + std::to_string(t));
        EXPECT_ON_ALL(world, value.is_null()) << t;
    }
    const md::MemAttrs& attrs = tree["group"].attrs();
    EXPECT_ON_ALL(world, attrs.size() == 31);
    for (int i = 0; i < 20; ++i) {
        EXPECT_ON_ALL(world, attrs.at(std::to_string(7 * i % 20)).as<int>() == i);
    }
    for (const char* path : {"group", "group/rows"}) {
        const md::Array& values = tree[path].attrs().at("long").array();
        EXPECT_ON_ALL(world, check(values, "/long", {20000}, memdata_test::all_indices({20000})) == "");
    }
    std::string text;
    for (int i = 0; i < 100000; ++i) {
        text += "\xc3\xa9";
    }
    EXPECT_ON_ALL(world, attrs.at("long text").as<std::string>() == text);
    EXPECT_ON_ALL(world, attrs.at("json").json_text() == "{\"a\": [1, NaN]}");
    EXPECT_ON_ALL(world, attrs.at("broken json").as<std::string>() == "!!_memh5_json:{\"a\": ");
    EXPECT_ON_ALL(world, attrs.at("bytes").array().dtype() == md::Dtype::variable_string(md::Charset::ascii));
    EXPECT_ON_ALL(world, attrs.at("bytes").as<std::string>() == "raw");
    EXPECT_ON_ALL(world, attrs.at("fixed").array().dtype() == md::Dtype::fixed_string(5));
    EXPECT_ON_ALL(world, attrs.at("fixed").as<std::string>() == "fixed");
    EXPECT_ON_ALL(world, attrs.at("texts").as_vector<std::string>() == (std::vector<std::string>{"a", "\xc3\xa9", ""}));
    EXPECT_ON_ALL(world, attrs.at("empty texts").array().shape() == md::Shape{0});
    EXPECT_ON_ALL(world, attrs.at("big").file_dtype().byte_order() == md::ByteOrder::big);
    EXPECT_ON_ALL(world, attrs.at("big").as_vector<int>() == (std::vector<int>{0, 1, 2}));
    EXPECT_ON_ALL(world, attrs.at("bools").array().shape() == (md::Shape{1, 2}));
    EXPECT_ON_ALL(world, attrs.at("bools").as_vector<bool>() == (std::vector<bool>{true, false}));
    EXPECT_ON_ALL(world, check(attrs.at("table").array(), "/table", {2, 2}, memdata_test::all_indices({2, 2})) == "");
    EXPECT_ON_ALL(world, check(tree.dataset("group/rows")) == "");
    expect_same_after_saving(tree, "attributes");
}

/// A linked object is loaded under each of its names; a committed type is no data.
TEST_F(TruthLoad, links) {
    const md::MemGroup tree = load("links");
    const memdata_test::Indices all = memdata_test::all_indices({9, 2});
    for (const char* path : {"true/rows", "soft", "soft_group/rows", "hard"}) {
        expect_is(tree, path, md::TypeKind::float64, {9, 2}, 0);
        EXPECT_ON_ALL(world, check(tree.dataset(path), {9, 2}, all, "/true/rows") == "") << path;
    }
    EXPECT_ON_ALL(world, !tree.contains("true/number"));
    expect_is(tree, "committed", md::TypeKind::float32, {5}, 0);
    for (auto [local, global] : tree.dataset("committed").distributed().indices(md::Axis{0})) {
        EXPECT_EQ(tree.dataset("committed").local().span<float>()[static_cast<std::size_t>(local)],
                  static_cast<float>(global));
    }
    for (const char* path : {"ordered/z", "ordered/a", "ordered/m"}) {
        expect(tree, path, md::TypeKind::float64, {3}, -1);
    }
    expect_same_after_saving(tree, "links");
}

TEST_F(TruthLoad, hints) {
    const std::vector<std::pair<std::string, int>> axes = {
        {"int", 1},    {"numpy_bool", 1}, {"uint8", 1}, {"array", 1},      {"negative", 1}, {"no_axis", 0},
        {"false", -1}, {"zero", -1},      {"none", -1}, {"axis_only", -1}, {"float", 1}};
    const md::MemGroup tree = load("hints");
    const md::MemGroup common = load("hints", {.hints = false});
    for (const auto& [path, axis] : axes) {
        expect(tree, path, md::TypeKind::float64, {4, 5, 2}, axis);
        expect(common, path, md::TypeKind::float64, {4, 5, 2}, -1);
    }
}

/// They are in nobody's way who does not follow them.
TEST_F(TruthLoad, wrong_hints) {
    const std::vector<std::string> paths = {"beyond",    "below", "far",  "farther",   "fraction", "text",
                                            "text_axis", "two",   "null", "null_axis", "record",   "scalar"};
    md::LoadOptions elsewhere;
    for (const std::string& path : paths) {
        const auto follow = [&] { (void)load("wrong_hints", {.only = {path}}); };
        EXPECT_THROW_ON_ALL(world, follow(), md::FormatError, "'/" + path + "' in file");
        EXPECT_THROW_ON_ALL(world, follow(), md::FormatError, "load it without hints, or say where it goes");
        if (path != "scalar") {
            elsewhere.distribute[path] = md::Axis{1};
        }
    }
    elsewhere.distribute["scalar"] = std::nullopt;
    const md::MemGroup common = load("wrong_hints", {.hints = false});
    const md::MemGroup columns = load("wrong_hints", elsewhere);
    for (const std::string& path : paths) {
        const md::Shape shape = path == "scalar" ? md::Shape{} : md::Shape{4, 5, 2};
        for (const md::MemGroup* tree : {&common, &columns}) {
            const md::MemDataset& dataset = tree->dataset(path);
            EXPECT_ON_ALL(world, dataset.shape() == shape && check(dataset) == "") << path;
            EXPECT_ON_ALL(world, dataset.is_distributed() == (tree == &columns && path != "scalar")) << path;
            EXPECT_ON_ALL(world, dataset.attrs().size() == 1 && dataset.attrs().contains("unit")) << path;
        }
    }
    expect(columns, "unused_axis", md::TypeKind::float64, {4, 5, 2}, -1);
    const std::string file = memdata_test::scratch("put_right.h5");
    md::save(columns, file, {.sync = false});
    EXPECT_ON_ALL(world, md::load(world, file).dataset("text").distributed().axis() == 1);
    EXPECT_THROW_ON_ALL(world, (void)md::load_dataset(world, truth_file("wrong_hints"), "/two"), md::FormatError,
                        "/two");
    EXPECT_ON_ALL(world, md::load_common(world, truth_file("wrong_hints"), "/two").shape() == (md::Shape{4, 5, 2}));
}

TEST_F(TruthLoad, nothing) {
    const md::MemGroup tree = load("empty");
    EXPECT_ON_ALL(world, tree.empty() && tree.attrs().empty());
}

}  // namespace
