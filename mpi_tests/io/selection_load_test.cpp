// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// Loading a part of a dataset, and loading it where the file does not say: the elements that arrive are those that
// the selection names, in its order, whatever the storage, the distribution and the number of ranks.
#include <gtest/gtest.h>

#include <algorithm>

#include "expect_on_all.hpp"
#include "formula.hpp"
#include "scratch.hpp"

namespace md = memdata;
using memdata_test::Indices;

namespace {

using List = std::vector<md::Index>;

const md::Shape shape = {17, 9, 5};

const List all_17 = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
const List all_9 = {0, 1, 2, 3, 4, 5, 6, 7, 8};
const List all_5 = {0, 1, 2, 3, 4};

struct Case {
    std::string name;
    md::Selection selection;
    Indices taken;  // as Python would, written out
};

md::Selection on(int axis, md::Slice range) { return md::Selection{}.on(md::Axis{axis}, range); }
md::Selection on(int axis, List list) { return md::Selection{}.on(md::Axis{axis}, std::move(list)); }

const std::vector<Case> cases = {
    {"nothing named", md::Selection{}, {all_17, all_9, all_5}},
    {"rows 3:11", on(0, md::slice(3, 11)), {{3, 4, 5, 6, 7, 8, 9, 10}, all_9, all_5}},
    {"rows 1::4", on(0, md::slice(1, std::nullopt, 4)), {{1, 5, 9, 13}, all_9, all_5}},
    {"rows -3:", on(0, md::slice(-3, std::nullopt)), {{14, 15, 16}, all_9, all_5}},
    {"rows 15:2:-3", on(0, md::slice(15, 2, -3)), {{15, 12, 9, 6, 3}, all_9, all_5}},
    {"rows ::-1",
     on(0, md::slice(std::nullopt, std::nullopt, -1)),
     {{16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0}, all_9, all_5}},
    {"rows 2:2", on(0, md::slice(2, 2)), {{}, all_9, all_5}},
    {"rows 9:3", on(0, md::slice(9, 3)), {{}, all_9, all_5}},
    {"rows 12:100", on(0, md::slice(12, 100)), {{12, 13, 14, 15, 16}, all_9, all_5}},
    {"one row", on(0, md::slice(7, 8)), {{7}, all_9, all_5}},
    {"columns 8:0:-2", on(1, md::slice(8, 0, -2)), {all_17, {8, 6, 4, 2}, all_5}},
    {"last 1:-1", on(-1, md::slice(1, -1)), {all_17, all_9, {1, 2, 3}}},
    {"list of rows", on(0, List{5, 16, 0, 5, -1, 2, 2}), {{5, 16, 0, 5, 16, 2, 2}, all_9, all_5}},
    {"ascending list", on(0, List{0, 1, 2, 7, 11, 16}), {{0, 1, 2, 7, 11, 16}, all_9, all_5}},
    {"the same row", on(0, List(20, 3)), {List(20, 3), all_9, all_5}},
    {"no row", on(0, List{}), {{}, all_9, all_5}},
    {"list of columns", on(1, List{8, -9, 4}), {all_17, {8, 0, 4}, all_5}},
    {"list of last", on(2, List{4, 4, 1, 0}), {all_17, all_9, {4, 4, 1, 0}}},
    {"box",
     on(0, md::slice(2, 15, 3)).on(md::Axis{1}, md::slice(1, 8, 2)).on(md::Axis{2}, md::slice(4)),
     {{2, 5, 8, 11, 14}, {1, 3, 5, 7}, {0, 1, 2, 3}}},
    {"lists on all",
     on(0, List{9, 1, 1, 16}).on(md::Axis{-2}, {7, 0}).on(md::Axis{2}, {3, 2, 4}),
     {{9, 1, 1, 16}, {7, 0}, {3, 2, 4}}},
    {"list and reversed",
     on(2, List{2, 0, 2}).on(md::Axis{0}, md::slice(std::nullopt, 9, -2)),
     {{16, 14, 12, 10}, all_9, {2, 0, 2}}},
    {"empty and list", on(1, md::slice(5, 5)).on(md::Axis{0}, {3, 1}), {{3, 1}, {}, all_5}},
    {"one element",
     on(0, List{16}).on(md::Axis{1}, {0}).on(md::Axis{2}, md::slice(-1, std::nullopt)),
     {{16}, {0}, {4}}},
};

class SelectionLoad : public ::testing::Test {
protected:
    md::Communicator world;
    std::string file = memdata_test::scratch("selection.h5");
    std::vector<std::string> paths;

    static std::string path_of(std::string name, int axis) {
        name.insert(0, 1, '/');
        name += '_';
        return name += axis < 0 ? "common" : std::to_string(axis);
    }

    void add(md::MemGroup& tree, const std::string& name, const md::Dtype& dtype, md::Storage storage) {
        for (int axis = -1; axis < 3; ++axis) {
            paths.push_back(path_of(name, axis));
            memdata_test::create(tree, paths.back(), dtype, shape,
                                 axis < 0 ? md::Placement() : md::Placement(md::Axis{axis}), storage);
        }
    }

    void SetUp() override {
        const auto big = [](const md::Dtype& dtype) { return dtype.with_byte_order(md::ByteOrder::big); };
        const md::Dtype compound = memdata_test::compound_type();
        md::MemGroup tree(world);
        add(tree, "plain", md::TypeKind::float64, {});
        add(tree, "flags", md::TypeKind::boolean, {});
        add(tree, "compound", compound, {});
        add(tree, "text", md::TypeKind::variable_string, {});
        add(tree, "chunks", md::TypeKind::int32, {.chunks = {4, 2, 5}});
        add(tree, "packed", md::TypeKind::complex64,
            {.chunks = {3, 9, 2}, .filters = {md::Shuffle{}, md::Deflate{1}, md::Fletcher32{}}});
        add(tree, "big", md::TypeKind::uint16, {.file_dtype = big(md::TypeKind::uint16)});
        add(tree, "big_compound", compound, {.chunks = {5, 5, 5}, .file_dtype = big(compound)});
        md::save(tree, file, {.sync = false});
    }

    std::map<std::string, md::Selection> everywhere(const md::Selection& selection) const {
        std::map<std::string, md::Selection> result;
        for (const std::string& path : paths) {
            result[path] = selection;
        }
        return result;
    }

    /// Every dataset of the file after one selection.
    std::string wrong(const md::MemGroup& tree, const Indices& taken) const {
        for (const std::string& path : paths) {
            const std::string text = memdata_test::check(tree.dataset(path), shape, taken);
            if (!text.empty()) {
                return text;
            }
        }
        return "";
    }
};

TEST_F(SelectionLoad, takes_what_python_would) {
    for (const Case& c : cases) {
        const md::MemGroup tree = md::load(world, file, {.select = everywhere(c.selection)});
        EXPECT_ON_ALL(world, wrong(tree, c.taken) == "") << c.name << ": " << wrong(tree, c.taken);
        for (const std::string& path : paths) {
            const md::MemDataset& dataset = tree.dataset(path);
            const bool right = path.ends_with("common")
                                   ? dataset.is_common()
                                   : dataset.is_distributed() && dataset.distributed().axis() == path.back() - '0' &&
                                         dataset.distributed().distribution().partition().is_balanced();
            EXPECT_ON_ALL(world, right) << c.name << ": " << path;
        }
    }
}

/// The same in rounds of 1 KiB, and placed elsewhere than the file says.
TEST_F(SelectionLoad, in_many_rounds_and_elsewhere) {
    for (std::size_t i = 1; i < cases.size(); i += 3) {
        const Case& c = cases[i];
        std::map<std::string, md::Placement> where;
        for (const std::string& path : paths) {
            const int axis = static_cast<int>(i % 4) - 1;  // common, then each axis
            where[path] = axis < 0 ? md::Placement() : md::Placement(md::Axis{axis - (i % 2 == 0 ? 3 : 0)});
        }
        const md::MemGroup tree = md::load(
            world, file, {.select = everywhere(c.selection), .distribute = where, .transfer = {.round_bytes = 1024}});
        EXPECT_ON_ALL(world, wrong(tree, c.taken) == "") << c.name << ": " << wrong(tree, c.taken);
    }
}

TEST_F(SelectionLoad, placed_by_option) {
    const md::MemGroup tree = md::load(world, file,
                                       {.distribute = {{"/plain_common", md::Axis{1}},
                                                       {"plain_0", md::Axis{-1}},
                                                       {"//plain_1/", std::nullopt},
                                                       {"/text_common", md::Axis{-2}},
                                                       {"/chunks_0", std::nullopt}}});
    EXPECT_ON_ALL(world, wrong(tree, {all_17, all_9, all_5}) == "");
    EXPECT_ON_ALL(world, tree.dataset("plain_common").distributed().axis() == 1);
    EXPECT_ON_ALL(world, tree.dataset("plain_0").distributed().axis() == 2);
    EXPECT_ON_ALL(world, tree.dataset("plain_1").is_common());
    EXPECT_ON_ALL(world, tree.dataset("text_common").distributed().axis() == 1);
    EXPECT_ON_ALL(world, tree.dataset("chunks_0").is_common());
    EXPECT_ON_ALL(world, tree.dataset("plain_2").distributed().axis() == 2);
}

TEST_F(SelectionLoad, without_hints) {
    const md::MemGroup tree = md::load(world, file, {.distribute = {{"packed_1", md::Axis{0}}}, .hints = false});
    EXPECT_ON_ALL(world, wrong(tree, {all_17, all_9, all_5}) == "");
    for (const std::string& path : paths) {
        EXPECT_ON_ALL(world, tree.dataset(path).is_common() == (path != "/packed_1")) << path;
        EXPECT_ON_ALL(world, tree.dataset(path).attrs().empty()) << path;
    }
    // And a file without them.
    md::save(tree, file, {.hints = false, .sync = false});
    const md::MemGroup again = md::load(world, file);
    EXPECT_ON_ALL(world, wrong(again, {all_17, all_9, all_5}) == "");
    EXPECT_ON_ALL(world, again.dataset("packed_1").is_common());
}

/// What was selected can be saved: chunks that no longer fit are cut, and the file holds just that.
TEST_F(SelectionLoad, saved_again) {
    for (const std::size_t i : {std::size_t{3}, std::size_t{7}, std::size_t{12}, std::size_t{22}}) {
        const Case& c = cases[i];
        const md::MemGroup tree = md::load(world, file, {.select = everywhere(c.selection)});
        const std::string other = memdata_test::scratch("selected.h5");
        md::save(tree, other, {.sync = false});
        const md::MemGroup again = md::load(world, other);
        EXPECT_ON_ALL(world, wrong(again, c.taken) == "") << c.name << ": " << wrong(again, c.taken);
    }
}

}  // namespace
