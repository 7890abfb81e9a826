// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "../mpi/caught.hpp"
#include "memdata/tree/mem_group.hpp"

namespace memdata::testing {
namespace {

class Dataset : public ::testing::Test {
protected:
    Communicator world_;
    MemGroup root_{world_};
    MemDataset& common_ = root_.create_dataset("g/common", Array(std::vector<float>{1, 2, 3}));
    MemDataset& vis_ = root_.create_dataset("g/vis", TypeKind::int32, {6, 5}, Axis{0}, {.chunks = {2, 5}});

    void SetUp() override {
        auto view = vis_.local<std::int32_t, 2>();
        for (auto [i, gi] : vis_.distributed().indices(Axis{0})) {
            for (Index j = 0; j < 5; ++j) {
                view(i, j) = static_cast<std::int32_t>(gi * 5 + j);
            }
        }
    }
};

TEST_F(Dataset, the_other_kind_is_refused_by_name) {
    Caught error = caught([&] { static_cast<void>(vis_.common()); });
    EXPECT_TRUE(is<PathError>(error));
    EXPECT_EQ(error.context.path, "/g/vis");
    EXPECT_EQ(error.what, "dataset '/g/vis' is distributed, not common: use distributed() or local()");
    error = caught([&] { static_cast<void>(std::as_const(common_).distributed()); });
    EXPECT_TRUE(is<PathError>(error));
    EXPECT_EQ(error.what, "dataset '/g/common' is common, not distributed: use common() or local()");
}

TEST_F(Dataset, views_name_the_path_and_both_sides) {
    EXPECT_EQ((common_.local<float, 1>()(2)), 3.0F);
    const Caught type = caught([&] { static_cast<void>(vis_.local<float, 2>()); });
    EXPECT_TRUE(is<DtypeError>(type));
    EXPECT_EQ(type.context.path, "/g/vis");
    EXPECT_EQ(type.what, "dataset '/g/vis' holds int32 in 2 dimensions: no view as float32");
    const Caught rank = caught([&] { static_cast<void>(std::as_const(vis_).local<std::int32_t, 3>()); });
    EXPECT_TRUE(is<ShapeError>(rank));
    EXPECT_EQ(rank.context.path, "/g/vis");
    EXPECT_EQ(rank.what, "dataset '/g/vis' holds int32 in 2 dimensions: no view with 3 dimensions");
}

TEST_F(Dataset, redistributes_in_place) {
    vis_.attrs()["kept"] = 1;
    const MemDataset* const before = &vis_;
    vis_.redistribute(Axis{-1});
    EXPECT_EQ(&root_.dataset("g/vis"), before);
    EXPECT_EQ(vis_.distributed().axis(), 1);
    EXPECT_EQ(vis_.storage().chunks, (std::vector<Index>{2, 5}));
    EXPECT_TRUE(vis_.attrs().contains("kept"));
    const auto view = vis_.local<std::int32_t, 2>();
    for (Index i = 0; i < 6; ++i) {
        for (auto [j, gj] : vis_.distributed().indices(Axis{1})) {
            EXPECT_EQ(view(i, j), i * 5 + gj);
        }
    }
}

TEST_F(Dataset, failures_of_redistribute_are_the_same_on_all_ranks_and_name_the_path) {
    const Caught range = caught([&] { vis_.redistribute(Axis{2}); });
    EXPECT_TRUE(is<ArgumentError>(range));
    EXPECT_EQ(range.context.path, "/g/vis");
    EXPECT_EQ(range.context.axis, 2);
    for (int odd = 0; odd < world_.size(); ++odd) {
        const bool here = world_.rank() == odd;
        EXPECT_THROW_ON_ALL(world_, vis_.redistribute(Axis{here ? 5 : 1}), ArgumentError,
                            "dataset '/g/vis': axis 5 is out of range for shape (6, 5)");
        EXPECT_THROW_ON_ALL(world_, (here ? common_ : vis_).redistribute(Axis{1}), PathError,
                            "dataset '/g/common' is common, not distributed");
        if (world_.size() > 1) {
            EXPECT_THROW_ON_ALL(world_, vis_.redistribute(Axis{here ? 0 : 1}), MismatchError, "dataset '/g/vis'");
        }
    }
    // Two datasets that could be taken for one another.
    MemDataset& twin = root_.create_dataset("g/twin", TypeKind::int32, {6, 5}, Axis{0});
    if (world_.size() > 1) {
        EXPECT_THROW_ON_ALL(world_, (world_.rank() == 1 ? twin : vis_).redistribute(Axis{1}), MismatchError,
                            "\"/g/vis\" on rank 0, \"/g/twin\" on rank 1");
    }
    EXPECT_EQ(vis_.distributed().axis(), 0);
    EXPECT_EQ(twin.distributed().axis(), 0);
}

TEST_F(Dataset, several_are_redistributed_at_once) {
    MemDataset& other = root_.create_dataset("other", MPIArray::full<float>(world_, {4, 7}, Axis{1}, 2.5F));
    root_.redistribute({{"g/vis", Axis{1}}, {"/other", Axis{0}}});
    EXPECT_EQ(vis_.distributed().axis(), 1);
    EXPECT_EQ(other.distributed().axis(), 0);
    const auto view = vis_.local<std::int32_t, 2>();
    for (Index i = 0; i < 6; ++i) {
        for (auto [j, gj] : vis_.distributed().indices(Axis{1})) {
            EXPECT_EQ(view(i, j), i * 5 + gj);
        }
    }
    for (const float value : other.local().span<float>()) {
        EXPECT_EQ(value, 2.5F);
    }
    root_.group("g").redistribute({{"vis", Axis{0}}});
    EXPECT_EQ(vis_.distributed().axis(), 0);
    root_.redistribute({});

    const bool last = world_.rank() == world_.size() - 1;
    const auto wrong = [&](const std::string& name, Axis axis) {
        return std::map<std::string, Axis>{{"other", Axis{1}}, {last ? name : "g/vis", last ? axis : Axis{1}}};
    };
    EXPECT_THROW_ON_ALL(world_, root_.redistribute(wrong("g/absent", Axis{1})), PathError, "absent");
    EXPECT_THROW_ON_ALL(world_, root_.redistribute(wrong("g/common", Axis{1})), PathError, "'/g/common' is common");
    EXPECT_THROW_ON_ALL(world_, root_.redistribute(wrong("g/vis", Axis{2})), ArgumentError, "dataset '/g/vis': axis 2");
    if (world_.size() > 1) {
        EXPECT_THROW_ON_ALL(world_, root_.redistribute(wrong("g/vis", Axis{0})), MismatchError, "'/g/vis', '/other'");
    }
    EXPECT_EQ(vis_.distributed().axis(), 0);
    EXPECT_EQ(other.distributed().axis(), 0);
    EXPECT_TRUE(is<ArgumentError>(caught([] { MemGroup().redistribute({}); })));
}

TEST_F(Dataset, a_common_dataset_of_a_tree_without_communicator_cannot_be_redistributed) {
    MemGroup tree;
    MemDataset& dataset = tree.create_dataset("d", Array());
    const Caught error = caught([&] { dataset.redistribute(Axis{0}); });
    EXPECT_TRUE(is<PathError>(error)) << error.type << error.what;
    EXPECT_EQ(error.what, "dataset '/d' is common, not distributed: use common() or local()");
}

}  // namespace
}  // namespace memdata::testing
