// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// Attributes of every kind, on every kind of node, come back bit for bit.
#include <gtest/gtest.h>

#include "attribute_cases.hpp"
#include "expect_on_all.hpp"
#include "formula.hpp"
#include "scratch.hpp"

namespace md = memdata;

namespace {

class AttributesSave : public ::testing::TestWithParam<bool> {
protected:
    md::Communicator world;

    /// The first attribute that is not as it should be, or nothing.
    static std::string compare(const md::MemNode& node, const md::MemAttrs& wanted) {
        for (const auto& [name, value] : wanted) {
            if (!node.attrs().contains(name)) {
                return node.path() + " @" + name + " is missing";
            }
            const md::AttrValue& found = node.attrs().at(name);
            if (!(found == value) || !(found.file_dtype() == value.file_dtype())) {
                return node.path() + " @" + name + " is " + to_string(found) + ", not " + to_string(value);
            }
        }
        return node.attrs().size() == wanted.size() ? "" : node.path() + " has other attributes, too";
    }
};

TEST_P(AttributesSave, come_back_on_groups_and_datasets) {
    const std::string file = memdata_test::scratch("attributes.h5");
    const md::MemAttrs wanted = memdata_test::attribute_cases(GetParam());
    const std::vector<std::string> paths = {"/", "/group", "/group/common", "/distributed", "/text", "/nothing"};
    md::MemGroup tree(world);
    tree.create_group("group");
    memdata_test::create(tree, "group/common", md::TypeKind::int8, {3});
    memdata_test::create(tree, "distributed", md::TypeKind::int8, {30}, md::Axis{0});
    memdata_test::create(tree, "text", md::TypeKind::variable_string, {3}, md::Axis{0});
    memdata_test::create(tree, "nothing", md::TypeKind::float64, {0, 3}, md::Axis{0});
    for (const std::string& path : paths) {
        tree[path].attrs() = wanted;
    }
    md::save(tree, file, {.sync = false});
    const md::MemGroup loaded = md::load(world, file);
    for (const std::string& path : paths) {
        EXPECT_ON_ALL(world, compare(loaded[path], wanted) == "") << compare(loaded[path], wanted);
    }
    EXPECT_ON_ALL(world, memdata_test::check(loaded.dataset("distributed")) == "");
    md::check_same_tree(world, loaded);
}

INSTANTIATE_TEST_SUITE_P(Formats, AttributesSave, ::testing::Bool(),
                         [](const auto& instance) { return instance.param ? "newer" : "oldest"; });

/// Attributes of caput's names that a program sets itself are not written beside the true ones.
TEST(AttributesSaved, hints_are_not_for_programs) {
    const md::Communicator world;
    const std::string file = memdata_test::scratch("hints.h5");
    md::MemGroup tree(world);
    tree.attrs()["__memh5_distributed_file"] = false;
    md::MemDataset& dataset = memdata_test::create(tree, "d", md::TypeKind::float64, {4, 5}, md::Axis{1});
    dataset.attrs()["__memh5_distributed_axis"] = 0;
    dataset.attrs()["__memh5_subclass"] = "my.Class";
    md::save(tree, file, {.sync = false});
    const md::MemGroup loaded = md::load(world, file);
    EXPECT_ON_ALL(world, loaded.dataset("d").distributed().axis() == 1);
    EXPECT_ON_ALL(world, loaded.attrs().empty());
    EXPECT_ON_ALL(world, loaded["d"].attrs().size() == 1);
    EXPECT_ON_ALL(world, loaded["d"].attrs().at("__memh5_subclass").as<std::string>() == "my.Class");
}

}  // namespace
