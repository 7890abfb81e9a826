// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// Saves attributes and names that truth.py then checks through h5py; the data are those of matrix_test.cpp.
#include <gtest/gtest.h>

#include "attribute_cases.hpp"
#include "expect_on_all.hpp"
#include "formula.hpp"
#include "scratch.hpp"

namespace md = memdata;
using memdata_test::create;

namespace {

TEST(TruthSave, for_h5py) {
    const md::Communicator world;
    md::MemGroup tree(world);
    create(tree, "groups/rows", md::TypeKind::int32, {9, 4}, md::Axis{0});
    tree.create_group("groups/\xc3\xbcn\xc3\xaf \xe6\x97\xa5\xe6\x9c\xac/empty");
    const md::MemAttrs attrs = memdata_test::attribute_cases(false);
    tree.attrs() = attrs;
    tree["groups"].attrs() = attrs;
    tree["groups/rows"].attrs() = attrs;
    md::save(tree, memdata_test::scratch("truth.h5"), {.sync = false});
    EXPECT_ON_ALL(world, tree["groups/rows"].attrs() == attrs);

    md::MemGroup beyond(world);
    beyond.attrs() = memdata_test::attribute_cases(true);
    md::save(beyond, memdata_test::scratch("truth_beyond.h5"), {.hints = false, .sync = false});
}

}  // namespace
