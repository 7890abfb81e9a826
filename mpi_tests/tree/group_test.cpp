// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <type_traits>
#include <utility>
#include <vector>

#include "../mpi/caught.hpp"
#include "memdata/tree/mem_group.hpp"

namespace memdata::testing {
namespace {

static_assert(!std::is_copy_constructible_v<MemGroup> && std::is_nothrow_move_constructible_v<MemGroup>);
static_assert(!std::is_move_constructible_v<MemDataset> && !std::is_move_assignable_v<MemDataset>);

// Const is deep: whatever is reached through a const tree is const.
template <class T>
constexpr bool is_const_ref = std::is_const_v<std::remove_reference_t<T>>;
using Const = const MemGroup&;
static_assert(is_const_ref<decltype(std::declval<Const>()["x"])>);
static_assert(is_const_ref<decltype(std::declval<Const>().group("x"))>);
static_assert(is_const_ref<decltype(std::declval<Const>().dataset("x"))>);
static_assert(is_const_ref<decltype(std::declval<Const>().get("x")->get())>);
static_assert(is_const_ref<decltype(*std::declval<Const>().children().begin())>);
static_assert(is_const_ref<decltype(std::declval<Const>().root())>);
static_assert(is_const_ref<decltype(std::declval<Const>().parent())>);
static_assert(is_const_ref<decltype(std::declval<Const>().attrs())>);
static_assert(is_const_ref<decltype(std::declval<Const>().as_dataset().common())>);
static_assert(is_const_ref<decltype(std::declval<Const>().as_dataset().distributed())>);
static_assert(is_const_ref<decltype(std::declval<Const>().as_dataset().local())>);
static_assert(std::is_same_v<decltype(std::declval<Const>().as_dataset().local<int, 1>()), NdView<const int, 1>>);

MemGroup sample_tree() {
    MemGroup root;
    root.create_group("a/b/c");
    root.create_dataset("a/b/data", Array(std::vector<int>{1, 2, 3}));
    root.create_dataset("top", Array::scalar(2.5));
    return root;
}

TEST(MemGroup, paths_are_tolerant) {
    MemGroup root = sample_tree();
    MemGroup& b = root.group("a/b");
    for (const char* path : {"a/b", "/a/b", "//a///b//", "a/b/", "./a/./b/.", "a//b"}) {
        EXPECT_EQ(&root.group(path), &b) << path;
        EXPECT_EQ(&root.require_group(path), &b) << path;
        EXPECT_TRUE(root.contains(path) && root.is_group(path) && !root.is_dataset(path)) << path;
    }
    EXPECT_EQ(&b.group("/"), &root);
    EXPECT_EQ(&b.group("///"), &root);
    EXPECT_EQ(&b.group(""), &b);
    EXPECT_EQ(&b.group("."), &b);
    EXPECT_EQ(&b.group("/a/b/c"), &root.group("a/b/c"));
    EXPECT_EQ(&b["c"], &b["/a/b/c"]);
    EXPECT_FALSE(b.contains("a/b"));
    EXPECT_FALSE(b.contains(".."));
    EXPECT_EQ(&b.dataset("data"), &root.dataset("//a/b//data/"));
    EXPECT_EQ(b.create_group("/new/from/below").path(), "/new/from/below");
    EXPECT_TRUE(root.is_group("new/from"));
    EXPECT_EQ(b.create_group("d//e/").path(), "/a/b/d/e");
    EXPECT_EQ(root.create_group("..").path(), "/..");  // a name like any other, as in HDF5
}

TEST(MemGroup, any_name_is_a_name) {
    MemGroup root;
    const std::vector<std::string> names{"a b", " ", "\u00fc\u4e16\U0001f600", "tab\t\n", "...", "-", "\xff", "'\"{}"};
    for (const std::string& name : names) {
        root.create_group("g/" + name).create_dataset("x", Array::scalar(1));
        EXPECT_EQ(root.dataset("g/" + name + "/x").path(), "/g/" + name + "/x");
        EXPECT_EQ(root.group("g/" + name).name(), name);
    }
    EXPECT_EQ(root.group("g").size(), names.size());
    const std::string zero("a\0b", 3);
    EXPECT_TRUE(is<PathError>(caught([&] { root.create_group(zero); })));
    EXPECT_TRUE(is<PathError>(caught([&] { root.create_group("new/" + zero + "/c"); })));
    EXPECT_FALSE(root.contains("new"));
}

TEST(MemGroup, names_paths_parents_and_roots) {
    MemGroup root = sample_tree();
    MemDataset& data = root.dataset("a/b/data");
    EXPECT_EQ(root.name(), "/");
    EXPECT_EQ(root.path(), "/");
    EXPECT_EQ(&root.parent(), &root);
    EXPECT_EQ(&root.root(), &root);
    EXPECT_EQ(data.name(), "data");
    EXPECT_EQ(data.path(), "/a/b/data");
    EXPECT_EQ(&data.parent(), &root.group("a/b"));
    EXPECT_EQ(&data.root(), &root);
    EXPECT_EQ(&root.group("a").parent(), &root);
    EXPECT_TRUE(data.is_dataset() && !data.is_group());
    EXPECT_EQ(root.size(), 2U);
    EXPECT_TRUE(root.group("a/b/c").empty());
}

TEST(MemGroup, children_and_visits_follow_the_names) {
    MemGroup root;
    for (const char* path : {"b/z", "a/y/x", "c", "B", "a b", "a/A"}) {
        root.create_group(path);
    }
    root.create_dataset("b/d", Array::scalar(1));
    std::vector<std::string> names;
    for (const MemNode& node : std::as_const(root).children()) {
        names.push_back(node.name());
    }
    EXPECT_EQ(names, (std::vector<std::string>{"B", "a", "a b", "b", "c"}));
    std::vector<std::string> paths;
    std::as_const(root).visit([&](const MemNode& node) { paths.push_back(node.path()); });
    EXPECT_EQ(paths,
              (std::vector<std::string>{"/B", "/a", "/a/A", "/a/y", "/a/y/x", "/a b", "/b", "/b/d", "/b/z", "/c"}));
    paths.clear();
    root.group("a").visit([&](MemNode& node) {
        node.attrs()["seen"] = true;
        paths.push_back(node.path());
    });
    EXPECT_EQ(paths, (std::vector<std::string>{"/a/A", "/a/y", "/a/y/x"}));
    EXPECT_TRUE(root["a/y/x"].attrs().contains("seen"));
    EXPECT_FALSE(root["a"].attrs().contains("seen"));
    for (MemNode& node : root.children()) {
        node.attrs()["n"] = 1;
    }
    EXPECT_TRUE(root["c"].attrs().contains("n"));
}

TEST(MemGroup, get_answers_without_an_exception) {
    MemGroup root = sample_tree();
    EXPECT_EQ(&root.get("a/b")->get(), &root.group("a/b"));
    EXPECT_EQ(&std::as_const(root).get("/top")->get(), &root.dataset("top"));
    EXPECT_FALSE(root.get("a/nothing").has_value());
    EXPECT_FALSE(root.get("top/below a dataset").has_value());
    EXPECT_FALSE(root.is_group("nothing") || root.is_dataset("nothing") || root.contains("top/x"));
    EXPECT_TRUE(root.is_dataset("top/"));
}

TEST(MemGroup, references_stay_good) {
    MemGroup root = sample_tree();
    MemGroup& b = root.group("a/b");
    MemDataset& data = root.dataset("a/b/data");
    const std::byte* const memory = data.local().data();
    for (int i = 0; i < 1000; ++i) {
        root.create_group("a/b/g" + std::to_string(i));
        root.create_dataset("a/x" + std::to_string(i), Array::scalar(i));
    }
    for (int i = 0; i < 1000; i += 2) {
        root.erase("a/b/g" + std::to_string(i));
    }
    root.erase("top");
    const MemGroup moved = std::move(root);
    EXPECT_EQ(&moved.group("a/b"), &b);
    EXPECT_EQ(&moved.dataset("a/b/data"), &data);
    EXPECT_EQ(data.common().data(), memory);
    EXPECT_EQ(data.path(), "/a/b/data");
    EXPECT_EQ(&data.root(), &moved);
    EXPECT_EQ(&b.parent().parent(), &moved);
}

TEST(MemGroup, a_deep_tree_is_no_problem) {
    MemGroup root;
    std::string path;
    for (int i = 0; i < 2000; ++i) {
        path += "/g";
    }
    EXPECT_EQ(root.create_group(path).path(), path);
    int count = 0;
    root.visit([&](MemNode&) { ++count; });
    EXPECT_EQ(count, 2000);
}

// --- moves ---------------------------------------------------------------------------------------------------------

TEST(MemGroupMove, a_moved_root_leaves_an_empty_one) {
    const Communicator world;
    MemGroup root(world);
    root.attrs()["n"] = 1;
    root.create_dataset("d", TypeKind::int8, {4}, Axis{0});
    MemGroup other = std::move(root);
    EXPECT_TRUE(root.empty() && root.attrs().empty() && root.has_communicator());
    EXPECT_EQ(&other.dataset("d").parent(), &other);
    EXPECT_EQ(other.attrs().at("n").as<int>(), 1);
    EXPECT_TRUE(congruent(other.comm(), world));
    root.create_dataset("again", TypeKind::int8, {4}, Axis{0});
    EXPECT_EQ(root.dataset("again").path(), "/again");
    root = std::move(other);
    EXPECT_FALSE(root.contains("again"));
    EXPECT_EQ(&root.dataset("d").root(), &root);
    MemGroup& same = root;
    root = std::move(same);
    EXPECT_TRUE(root.contains("d"));
    MemGroup common;
    common = std::move(root);
    EXPECT_TRUE(common.has_communicator() && common.is_dataset("d"));
    common = MemGroup();
    EXPECT_TRUE(common.empty() && !common.has_communicator());
}

TEST(MemGroupMove, a_subgroup_leaves_an_empty_group_in_its_place) {
    MemGroup root = sample_tree();
    root.group("a/b").attrs()["n"] = 1;
    MemGroup b = std::move(root.group("a/b"));
    EXPECT_EQ(b.path(), "/");
    EXPECT_EQ(b.dataset("data").path(), "/data");
    EXPECT_EQ(&b.dataset("data").root(), &b);
    EXPECT_EQ(b.attrs().size(), 1U);
    EXPECT_TRUE(root.group("a/b").empty() && root.group("a/b").attrs().empty());
    // And into another place.
    root.create_group("here") = std::move(b);
    EXPECT_EQ(root.dataset("here/data").path(), "/here/data");
    EXPECT_EQ(&root.dataset("here/data").parent(), &root.group("here"));
    EXPECT_EQ(root.group("here").name(), "here");
    EXPECT_EQ(&root.group("here").parent(), &root);
    root.group("here") = std::move(root.group("a"));
    EXPECT_TRUE(root.is_group("here/b") && root.group("a").empty() && !root.contains("here/data"));
}

TEST(MemGroupMove, a_subgroup_can_replace_its_own_root) {
    MemGroup root = sample_tree();
    root = std::move(root.group("a/b"));
    EXPECT_EQ(root.dataset("data").path(), "/data");
    EXPECT_EQ(root.size(), 2U);
    MemGroup moved_comm{Communicator()};
    moved_comm.create_group("a").create_dataset("d", TypeKind::int8, {4}, Axis{0});
    moved_comm = std::move(moved_comm.group("a"));
    EXPECT_TRUE(moved_comm.has_communicator() && moved_comm.is_dataset("d"));
}

TEST(MemGroupMove, what_would_break_a_tree_is_refused) {
    const Communicator world;
    MemGroup root(world);
    root.create_group("a/b");
    root.create_dataset("a/d", TypeKind::int8, {4}, Axis{0});
    for (const char* below : {"a", "a/b"}) {
        const Caught into_itself = caught([&] { root.group(below) = std::move(root); });
        EXPECT_TRUE(is<ArgumentError>(into_itself));
        EXPECT_TRUE(contains(into_itself.what, "which is a part of it")) << into_itself.what;
    }
    MemGroup common;
    common.create_group("place").attrs()["n"] = 1;
    const Caught no_comm = caught([&] { common.group("place") = std::move(root); });
    EXPECT_TRUE(is<ArgumentError>(no_comm));
    EXPECT_TRUE(contains(no_comm.what, "needs a tree with a communicator")) << no_comm.what;
    EXPECT_EQ(common.group("place").attrs().size(), 1U);
    if (world.size() > 1) {
        MemGroup reversed(world.split(0, -world.rank()));
        reversed.create_group("place");
        const Caught not_congruent = caught([&] { reversed.group("place") = std::move(root.group("a")); });
        EXPECT_TRUE(is<ArgumentError>(not_congruent));
        EXPECT_EQ(not_congruent.context.path, "/place/d");
    }
    EXPECT_TRUE(root.is_group("a/b") && root.is_dataset("a/d")) << "nothing changed";
    // A group without distributed datasets goes anywhere.
    root.erase("a/d");
    common.group("place") = std::move(root.group("a"));
    EXPECT_TRUE(common.is_group("place/b"));
}

}  // namespace
}  // namespace memdata::testing
