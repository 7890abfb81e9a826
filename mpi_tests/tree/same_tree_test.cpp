// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/tree/same_tree.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <vector>

#include "../mpi/caught.hpp"

namespace memdata::testing {
namespace {

MemGroup sample_tree(const Communicator& comm) {
    MemGroup root(comm);
    root.attrs()["n"] = 3;
    root.attrs()["text"] = "pathfinder";
    MemGroup& map = root.create_group("map");
    map.attrs()["list"] = std::vector<int>(200, 7);
    map.create_dataset("freq", Array(std::vector<double>{1, 2, 3})).attrs()["unit"] = "MHz";
    map.create_dataset("names", Array(std::vector<std::string>{"a", "b"}));
    root.create_dataset("vis", TypeKind::float32, {16, 8}, Axis{0}, {.chunks = {4, 8}});
    root.create_group("z/empty");
    return root;
}

using Change = std::function<void(MemGroup&)>;

/// One rank holds another tree; every rank is told where, and what each has.
void expect_named(const Change& change, const std::string& path, const std::string& odd_text,
                  const std::string& other_text) {
    const Communicator world;
    for (int odd = 0; odd < world.size() && world.size() > 1; ++odd) {
        MemGroup root = sample_tree(world);
        if (world.rank() == odd) {
            change(root);
        }
        const Caught error = caught([&] { check_same_tree(world, root); });
        EXPECT_TRUE(is<MismatchError>(error)) << error.type << error.what;
        EXPECT_EQ(error.context.path, path) << error.what;
        EXPECT_TRUE(contains(error.what, odd_text)) << error.what;
        EXPECT_TRUE(contains(error.what, other_text)) << error.what;
        EXPECT_TRUE(contains(error.what, " on rank " + std::to_string(odd))) << error.what;
        EXPECT_THROW_ON_ALL(world, check_same_tree(world, root), MismatchError,
                            "the tree must be the same on all ranks");
    }
}

TEST(SameTree, equal_trees_pass) {
    const Communicator world;
    check_same_tree(world, MemGroup());
    MemGroup root = sample_tree(world);
    check_same_tree(world, root);
    check_same_tree(world, root.group("map"));
    root.attrs()["nan"] = std::numeric_limits<double>::quiet_NaN();
    // Distributed contents are each rank's own.
    root.dataset("vis").local().data()[0] = static_cast<std::byte>(world.rank());
    check_same_tree(world, root);
}

TEST(SameTree, an_attribute) {
    expect_named([](MemGroup& root) { root.attrs()["n"] = 4; }, "/", "/ attribute 'n' is: ", "int32 3 on rank");
    expect_named([](MemGroup& root) { root.attrs()["n"] = std::int64_t{3}; }, "/", "int64 3 on rank",
                 "int32 3 on rank");
    expect_named([](MemGroup& root) { root.attrs()["n"] = "3"; }, "/", "string \"3\" on rank", "int32 3 on rank");
    expect_named([](MemGroup& root) { root.attrs()["n"] = std::vector<int>{3}; }, "/", "int32 (1,) [3] on rank",
                 "int32 3 on rank");
    expect_named([](MemGroup& root) { root.attrs()["n"] = AttrValue(); }, "/", "null (float64) on rank", "int32 3 on");
    expect_named([](MemGroup& root) { root.attrs()["n"] = AttrValue::json(3); }, "/", "JSON 3 on", "int32 3 on rank");
    expect_named([](MemGroup& root) { root.attrs().erase("n"); }, "/", "absent on rank", "int32 3 on rank");
    expect_named([](MemGroup& root) { root.attrs()["more"] = 1; }, "/", "/ attribute 'more' is: ", "absent on rank");
    expect_named([](MemGroup& root) { root["map/freq"].attrs()["unit"] = "kHz"; }, "/map/freq", "\"kHz\" on rank",
                 "/map/freq attribute 'unit' is: ");
    // As stored in a file.
    expect_named(
        [](MemGroup& root) {
            root.attrs()["n"] = AttrValue(Array::scalar(3), Dtype(TypeKind::int32).with_byte_order(ByteOrder::big));
        },
        "/", "big-endian int32 3 on rank", "int32 3 on rank");
}

TEST(SameTree, the_end_of_a_long_attribute_that_is_not_shown) {
    expect_named(
        [](MemGroup& root) {
            std::vector<int> list(200, 7);
            list.back() = 8;
            root["map"].attrs()["list"] = list;
        },
        "/map", "/map attribute 'list' is: int32 (200,) [7, 7", "... (contents ");
}

TEST(SameTree, a_missing_node) {
    expect_named([](MemGroup& root) { root.erase("map"); }, "/map", "but /map is: ", "a group on rank");
    expect_named([](MemGroup& root) { root.erase("map/freq"); }, "/map/freq", "absent on rank",
                 "a common dataset, float64 (3,)");
    expect_named([](MemGroup& root) { root.create_group("z/empty/more"); }, "/z/empty/more", "a group on rank",
                 "absent on rank");
    expect_named(
        [](MemGroup& root) {
            root.erase("z/empty");
            root.create_dataset("z/empty", Array::scalar(1));
        },
        "/z/empty", "a common dataset, int32 () on rank", "a group on rank");
    expect_named([](MemGroup& root) { root.create_group("odd attribute 'x"); }, "/odd attribute 'x", "a group on rank",
                 "absent on rank");
}

/// Another dataset "vis" on one rank.
Change vis(const std::function<void(MemGroup&)>& make) {
    return [make](MemGroup& root) {
        root.erase("vis");
        make(root);
    };
}

TEST(SameTree, a_dataset_s_type_shape_distribution_and_storage) {
    const Storage chunks{.chunks = {4, 8}};
    expect_named(vis([&](MemGroup& root) {
                     root.create_dataset("vis", TypeKind::int32, {16, 8}, Axis{0}, chunks);
                 }),
                 "/vis", "a distributed dataset, int32 (16, 8)", "a distributed dataset, float32 (16, 8)");
    expect_named(vis([&](MemGroup& root) {
                     root.create_dataset("vis", TypeKind::float32, {8, 8}, Axis{0}, chunks);
                 }),
                 "/vis", "float32 (8, 8)", "float32 (16, 8)");
    expect_named(vis([&](MemGroup& root) {
                     root.create_dataset("vis", TypeKind::float32, {16, 8}, Axis{1}, chunks);
                 }),
                 "/vis", "distributed over axis 1", "distributed over axis 0");
    expect_named(vis([&](MemGroup& root) {
                     root.create_dataset("vis", TypeKind::float32, Shape{16, 8}, chunks);
                 }),
                 "/vis", "a common dataset, float32 (16, 8)", "a distributed dataset, float32 (16, 8)");
    expect_named(vis([&](MemGroup& root) {
                     root.create_dataset("vis", TypeKind::float32, {16, 8}, Axis{0});
                 }),
                 "/vis", "distributed over axis 0 on rank", "distributed over axis 0, chunks (4, 8) on rank");
    expect_named(
        [](MemGroup& root) {
            root.dataset("vis").set_storage({.chunks = {4, 8}, .filters = {Deflate(1)}});
        },
        "/vis", "chunks (4, 8), deflate 1", "chunks (4, 8) on rank");
    expect_named(vis([&](MemGroup& root) {
                     std::vector<Index> counts(static_cast<std::size_t>(root.comm().size()), 0);
                     counts.front() = 16;
                     const Distribution uneven({16, 8}, Axis{0}, Partition::from_counts(counts));
                     root.create_dataset("vis", MPIArray::uninitialized(root.comm(), TypeKind::float32, uneven),
                                         chunks);
                 }),
                 "/vis", "ranks as 16+0", "distributed over axis 0, chunks");
}

TEST(SameTree, types_that_print_alike) {
    const Communicator world;
    if (world.size() == 1) {
        GTEST_SKIP() << "needs 2 ranks";
    }
    const bool odd = world.rank() == 1;
    const std::vector<std::pair<Dtype, Dtype>> pairs{
        {Dtype::compound({{"a", 0, TypeKind::int32}}, 4), Dtype::compound({{"a", 0, TypeKind::int32}}, 8)},
        {Dtype::fixed_string(4), Dtype::fixed_string(4, Charset::utf8)},
        {Dtype::fixed_string(4), Dtype::fixed_string(4, Charset::ascii, Padding::space_padded)},
        {Dtype::variable_string(), Dtype::variable_string(Charset::ascii)},
    };
    for (const auto& [one, other] : pairs) {
        MemGroup root(world);
        root.create_dataset("d", odd ? one : other, {3}, Axis{0});
        const Caught error = caught([&] { check_same_tree(world, root); });
        EXPECT_TRUE(is<MismatchError>(error));
        EXPECT_EQ(error.context.path, "/d") << error.what;
    }
}

TEST(SameTree, the_contents_of_common_data) {
    const Communicator world;
    const Change number = [](MemGroup& root) { root.dataset("map/freq").common().span<double>()[2] = 4; };
    const Change text = [](MemGroup& root) { root.dataset("map/names").common().span<std::string>()[0] = "c"; };
    expect_named(number, "/map/freq", "a common dataset, float64 (3,) (contents ", "; ");
    expect_named(text, "/map/names", "a common dataset, string (2,) (contents ", "; ");
    MemGroup root = sample_tree(world);
    if (world.rank() == world.size() - 1) {
        number(root);
        text(root);
    }
    check_same_tree(world, root, false);
}

TEST(SameTree, the_first_of_several_differences_and_all_its_ranks) {
    const Communicator world;
    if (world.size() < 3) {
        GTEST_SKIP() << "needs 3 ranks";
    }
    MemGroup root = sample_tree(world);
    root.attrs()["n"] = world.rank() == 0 ? 3 : world.rank() < 2 ? 4 : 5;
    if (world.rank() == 2) {
        root.erase("map");
    }
    const Caught error = caught([&] { check_same_tree(world, root); });
    EXPECT_TRUE(
        error.what.starts_with("the tree must be the same on all ranks, but / attribute 'n' is: int32 3 on "
                               "rank 0; int32 4 on rank 1; int32 5 on rank"))
        << error.what;
    check_same_tree(world, sample_tree(world));  // still in step
}

}  // namespace
}  // namespace memdata::testing
