// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// Saves what truth.py then checks through h5py. The paths say what they hold.
#include <gtest/gtest.h>

#include "attribute_cases.hpp"
#include "expect_on_all.hpp"
#include "formula.hpp"
#include "scratch.hpp"

namespace md = memdata;
using memdata_test::create;

namespace {

void add_types(md::MemGroup& tree) {
    const std::vector<md::Dtype> types = memdata_test::element_types();
    for (std::size_t t = 0; t < types.size(); ++t) {
        const std::string number = std::to_string(t);
        create(tree, "types/common/" + number, types[t], {4, 3});
        create(tree, "types/rows/" + number, types[t], {9, 4}, md::Axis{0});
        create(tree, "types/columns/" + number, types[t], {4, 9}, md::Axis{1});
        create(tree, "types/scalar/" + number, types[t], {});
        create(tree, "types/empty/" + number, types[t], {3, 0}, md::Axis{1});
        create(tree, "types/chunked/" + number, types[t], {9, 4}, md::Axis{0}, {.chunks = {2, 3}});
        const md::Dtype big = types[t].with_byte_order(md::ByteOrder::big);
        if (!(big == types[t])) {
            create(tree, "types/big/" + number, types[t], {5, 2}, md::Axis{0}, {.file_dtype = big});
        }
    }
}

void add_storages(md::MemGroup& tree) {
    for (int axis = -1; axis < 2; ++axis) {
        const md::Placement where = axis < 0 ? md::Placement() : md::Placement(md::Axis{axis});
        const std::string name = axis < 0 ? "common" : std::to_string(axis);
        const auto add = [&](const std::string& storage, md::Storage wanted) {
            create(tree, "storage/" + storage + "/" + name, md::TypeKind::float64, {23, 17}, where, std::move(wanted));
        };
        add("contiguous", {});
        add("chunks", {.chunks = {5, 4}});
        add("deflate", {.chunks = {5, 4}, .filters = {md::Deflate{7}}});
        add("shuffle_deflate", {.chunks = {5, 4}, .filters = {md::Shuffle{}, md::Deflate{1}}});
        add("fletcher32", {.chunks = {23, 1}, .filters = {md::Fletcher32{}}});
    }
}

TEST(TruthSave, for_h5py) {
    const md::Communicator world;
    md::MemGroup tree(world);
    add_types(tree);
    add_storages(tree);
    tree.create_group("groups/\xc3\xbcn\xc3\xaf \xe6\x97\xa5\xe6\x9c\xac/empty");
    const md::MemAttrs attrs = memdata_test::attribute_cases(false);
    tree.attrs() = attrs;
    tree["groups"].attrs() = attrs;
    tree["types/rows/3"].attrs() = attrs;
    md::save(tree, memdata_test::scratch("truth.h5"), {.sync = false});
    EXPECT_ON_ALL(world, tree["types/rows/3"].attrs() == attrs);

    md::MemGroup beyond(world);
    beyond.attrs() = memdata_test::attribute_cases(true);
    md::save(beyond, memdata_test::scratch("truth_beyond.h5"), {.hints = false, .sync = false});
}

}  // namespace
