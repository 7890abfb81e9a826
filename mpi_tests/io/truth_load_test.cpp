// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// Loads the files that truth_write.py made through h5py: what is expected of each is written there.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

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

    md::MemGroup load(const std::string& name, const md::LoadOptions& options = {}) const {
        const char* folder = std::getenv("MEMDATA_TRUTH_FILES");
        if (folder == nullptr) {
            throw std::runtime_error("MEMDATA_TRUTH_FILES is not set");
        }
        return md::load(world, std::string(folder) + "/" + name + ".h5", options);
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
    void expect_same_after_saving(const md::MemGroup& tree) const {
        const std::string file = memdata_test::scratch("again.h5");
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

    void expect_partly_written(const md::MemGroup& tree) const {
        expect_is(tree, "partly/rows", md::TypeKind::int32, {9, 4}, 0);
        const md::MPIArray& array = tree.dataset("partly/rows").distributed();
        const auto found = array.local<std::int32_t, 2>();
        bool good = true;
        for (auto [local, row] : array.indices(md::Axis{0})) {
            for (md::Index column = 0; column < 4; ++column) {
                std::int32_t wanted = -7;
                if (row == 4 || row == 5) {
                    memdata_test::put_element(array.dtype(), reinterpret_cast<std::byte*>(&wanted),
                                              memdata_test::element_key("/partly/rows", 4 * row + column));
                }
                good = good && found(local, column) == wanted;
            }
        }
        EXPECT_ON_ALL(world, good);
    }
};

TEST_F(TruthLoad, types) {
    const md::MemGroup tree = load("types");
    expect_types(tree);
    expect_same_after_saving(tree);
}
TEST_F(TruthLoad, types_in_the_latest_format) { expect_types(load("types_latest")); }
TEST_F(TruthLoad, types_behind_a_user_block) { expect_types(load("types_userblock")); }

TEST_F(TruthLoad, layouts) {
    const md::MemGroup tree = load("layouts");
    expect_layouts(tree);
    expect_same_after_saving(tree);
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
    expect_same_after_saving(tree);
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
    expect_same_after_saving(tree);
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

TEST_F(TruthLoad, nothing) {
    const md::MemGroup tree = load("empty");
    EXPECT_ON_ALL(world, tree.empty() && tree.attrs().empty());
}

}  // namespace
