// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <complex>
#include <vector>

#include "../mpi/caught.hpp"
#include "memdata/tree/mem_group.hpp"
#include "memdata/tree/print.hpp"

namespace memdata::testing {
namespace {

/// The statement throws E about `path`, its message holds `text`, and the tree is as before.
template <class E, class F>
void expect_refused(const MemGroup& root, const std::string& path, const std::string& text, F&& statement) {
    const std::string before = to_string(root);
    const Caught error = caught(statement);
    EXPECT_TRUE(is<E>(error)) << error.type << ": " << error.what;
    EXPECT_EQ(error.context.path, path) << error.what;
    EXPECT_TRUE(contains(error.what, text)) << error.what;
    EXPECT_EQ(to_string(root), before) << "changed by what failed";
}

class CreateTree : public ::testing::Test {
protected:
    Communicator world_;
    MemGroup root_{world_};
    void SetUp() override {
        root_.create_group("g/h");
        root_.create_dataset("g/d", Array(std::vector<float>{1, 2}));
        root_.create_dataset("g/v", TypeKind::float64, {6, 4}, Axis{0});
    }
};

TEST_F(CreateTree, groups) {
    EXPECT_EQ(root_.create_group("x/y/z").path(), "/x/y/z");
    EXPECT_EQ(&root_.require_group("x/y"), &root_.group("x/y"));
    EXPECT_EQ(root_.require_group("x/new/er").path(), "/x/new/er");
    expect_refused<PathError>(root_, "/g", "'/g' exists already, as a group", [&] { root_.create_group("g"); });
    expect_refused<PathError>(root_, "/g/h", "'/g/h' exists", [&] { root_.group("g").create_group("h//"); });
    expect_refused<PathError>(root_, "/g/d", "exists already, as a dataset", [&] { root_.create_group("/g//d"); });
    expect_refused<PathError>(root_, "/", "'/' exists already", [&] { root_.create_group("/"); });
    expect_refused<PathError>(root_, "/g", "exists already", [&] { root_.group("g").create_group(""); });
    expect_refused<PathError>(root_, "/g/d", "'/g/d' is a dataset", [&] { root_.require_group("g/d"); });
}

TEST_F(CreateTree, a_dataset_in_the_way) {
    const std::string text = "'/g/d' is a dataset, not a group";
    expect_refused<PathError>(root_, "/g/d", text, [&] { root_.create_group("g/d/x/y"); });
    expect_refused<PathError>(root_, "/g/d", "cannot make the group '/g/d/x'",
                              [&] { root_.group("g").require_group("d/x"); });
    expect_refused<PathError>(root_, "/g/d", text, [&] { root_.create_dataset("g/d/x", Array()); });
    expect_refused<PathError>(root_, "/g/d", text,
                              [&] { root_.create_dataset("g/d/x/y", TypeKind::int8, {3}, Axis{0}); });
    expect_refused<PathError>(root_, "/g/d", text, [&] { root_.require_dataset("g/d/x", TypeKind::int8, {3}); });
}

TEST_F(CreateTree, common_datasets) {
    std::vector<int> data{1, 2, 3};
    MemDataset& wrapped = root_.create_dataset("new/wrapped", Array::wrap(data.data(), {3}));
    EXPECT_EQ(wrapped.common().data(), reinterpret_cast<std::byte*>(data.data()));
    MemDataset& zeros = root_.create_dataset("zeros", TypeKind::complex64, Shape{2, 2});
    EXPECT_TRUE(zeros.is_common() && !zeros.is_distributed());
    EXPECT_EQ((zeros.local<std::complex<float>, 2>()(1, 1)), std::complex<float>());
    MemDataset& scalar = root_.create_dataset("scalar", Array::scalar(3));
    EXPECT_EQ((scalar.local<int, 0>()()), 3);
    expect_refused<PathError>(root_, "/g/d", "'/g/d' exists already, as a dataset",
                              [&] { root_.create_dataset("g/d", Array()); });
    expect_refused<PathError>(root_, "/g", "'/g' exists already, as a group",
                              [&] { root_.create_dataset("g/", TypeKind::int8, Shape{3}); });
    expect_refused<PathError>(root_, "/", "exists", [&] { root_.create_dataset("", Array()); });
    expect_refused<MemoryError>(root_, "/p/q", "'/p/q': no memory for",
                                [&] { root_.create_dataset("p/q", TypeKind::int8, Shape{Index{1} << 60}); });
    expect_refused<ShapeError>(
        root_, "/p/q", "'/p/q': ", [&] { root_.create_dataset("p/q", TypeKind::int64, Shape{Index{1} << 62}); });
    expect_refused<DtypeError>(root_, "/p/q", "'/p/q': ", [&] {
        root_.create_dataset("p/q", Dtype(TypeKind::int64).with_byte_order(ByteOrder::big), Shape{1});
    });
}

TEST_F(CreateTree, distributed_datasets) {
    MemDataset& made = root_.create_dataset("new/made", TypeKind::int16, {5, 3}, Axis{-1});
    EXPECT_TRUE(made.is_distributed() && !made.is_common());
    EXPECT_EQ(made.distributed().axis(), 1);
    EXPECT_EQ(made.shape(), (Shape{5, 3}));
    EXPECT_EQ(made.local().shape(), Distribution({5, 3}, Axis{1}, world_.size()).local_shape(world_.rank()));
    MPIArray array = MPIArray::zeros<double>(world_, {9}, Axis{0});
    const std::byte* const memory = array.local().data();
    EXPECT_EQ(root_.create_dataset("taken", std::move(array)).local().data(), memory);
    expect_refused<PathError>(root_, "/g/v", "exists already, as a dataset",
                              [&] { root_.create_dataset("g/v", MPIArray::zeros<int>(world_, {3}, Axis{0})); });
    expect_refused<ArgumentError>(root_, "/p/q", "'/p/q': axis 2 is out of range for shape (3, 3)", [&] {
        root_.create_dataset("p/q", TypeKind::int8, {3, 3}, Axis{2});
    });
    expect_refused<ArgumentError>(root_, "/p/q", "'/p/q': axis 0 is out of range for shape ()",
                                  [&] { root_.create_dataset("p/q", TypeKind::int8, Shape{}, Axis{0}); });
}

TEST_F(CreateTree, a_tree_without_communicator_holds_common_data_only) {
    MemGroup common;
    common.create_group("g");
    EXPECT_FALSE(common.has_communicator());
    expect_refused<ArgumentError>(common, "/p/q", "'/p/q': a distributed dataset needs a tree with a communicator",
                                  [&] { common.create_dataset("p/q", MPIArray::zeros<int>(world_, {3}, Axis{0})); });
    expect_refused<ArgumentError>(common, "/g/p/q", "make its root with MemGroup(comm)",
                                  [&] { common.group("g").create_dataset("p/q", TypeKind::int8, {3}, Axis{0}); });
    expect_refused<ArgumentError>(common, "/p", "no communicator",
                                  [&] { common.require_dataset("p", TypeKind::int8, {3}, Axis{0}); });
    expect_refused<ArgumentError>(common, "/g", "the tree has no communicator",
                                  [&] { static_cast<void>(common.group("g").comm()); });
    EXPECT_TRUE(congruent(root_.group("g/h").comm(), world_));
}

TEST_F(CreateTree, communicators_must_be_congruent) {
    const auto zeros = [](const Communicator& comm) { return MPIArray::zeros<int>(comm, {7, 3}, Axis{0}); };
    MPI_Comm cart = MPI_COMM_NULL;
    const int dims = world_.size();
    const int periods = 1;
    MPI_Cart_create(world_, 1, &dims, &periods, 0, &cart);
    root_.create_dataset("cart", zeros({cart, boost::mpi::comm_take_ownership}));
    root_.create_dataset("dup", zeros({world_, boost::mpi::comm_duplicate}));
    root_.create_dataset("split", zeros(world_.split(0, world_.rank())));
    EXPECT_EQ(root_.size(), 4U);
    if (world_.size() == 1) {
        return;
    }
    const std::string ranks = std::to_string(world_.size());
    expect_refused<ArgumentError>(root_, "/p/q", "the same ranks in the same order are needed",
                                  [&] { root_.create_dataset("p/q", zeros(world_.split(0, -world_.rank()))); });
    expect_refused<ArgumentError>(
        root_, "/p/q",
        "'/p/q': the array's communicator (1 ranks) is not congruent with the tree's (" + ranks + " ranks)",
        [&] { root_.create_dataset("p/q", zeros(world_.split(world_.rank()))); });
}

TEST_F(CreateTree, storage_must_fit) {
    const Storage good{.chunks = {2, 2}, .filters = {Shuffle(), Deflate(4)}};
    EXPECT_EQ(root_.create_dataset("stored", TypeKind::int8, {4, 4}, Axis{0}, good).storage(), good);
    const Storage bad{.chunks = {2}};
    expect_refused<ArgumentError>(root_, "/p/q", "/p/q: chunks (2,) of shape (4, 4)", [&] {
        root_.create_dataset("p/q", TypeKind::int8, {4, 4}, Axis{0}, bad);
    });
    expect_refused<ArgumentError>(root_, "/p/q", "/p/q: chunks (2,) of shape (4, 4)", [&] {
        root_.create_dataset("p/q", TypeKind::int8, Shape{4, 4}, bad);
    });
    expect_refused<ArgumentError>(root_, "/stored", "/stored: chunks",
                                  [&] { root_.dataset("stored").set_storage(bad); });
    EXPECT_EQ(root_.dataset("stored").storage(), good);
    root_.dataset("stored").set_storage({});
    EXPECT_EQ(root_.dataset("stored").storage(), Storage{});
}

TEST_F(CreateTree, require_dataset) {
    EXPECT_EQ(&root_.require_dataset("g/d", TypeKind::float32, {2}), &root_.dataset("g/d"));
    EXPECT_EQ(root_.dataset("g/d").common().span<float>()[1], 2.0F);
    EXPECT_EQ(&root_.require_dataset("g/v", TypeKind::float64, {6, 4}, Axis{-2}), &root_.dataset("g/v"));
    EXPECT_EQ(root_.require_dataset("n/c", TypeKind::int8, {2}).path(), "/n/c");
    EXPECT_TRUE(root_.require_dataset("n/v", TypeKind::int8, {2, 2}, Axis{1}).is_distributed());
    expect_refused<DtypeError>(root_, "/g/d", "'/g/d' exists with dtype float32, not float64",
                               [&] { root_.require_dataset("g/d", TypeKind::float64, {2}); });
    expect_refused<ShapeError>(root_, "/g/d", "'/g/d' exists with shape (2,), not (3,)",
                               [&] { root_.require_dataset("g/d", TypeKind::float32, {3}); });
    expect_refused<PathError>(root_, "/g/d", "'/g/d' is common, not distributed",
                              [&] { root_.require_dataset("g/d", TypeKind::float32, {2}, Axis{0}); });
    expect_refused<PathError>(root_, "/g/v", "'/g/v' is distributed, not common", [&] {
        root_.require_dataset("g/v", TypeKind::float64, {6, 4});
    });
    expect_refused<PathError>(root_, "/g/v", "'/g/v' exists, distributed over axis 0, not 1: redistribute it", [&] {
        root_.require_dataset("g/v", TypeKind::float64, {6, 4}, Axis{1});
    });
    expect_refused<ArgumentError>(root_, "/g/v", "'/g/v': axis 9 is out of range", [&] {
        root_.require_dataset("g/v", TypeKind::float64, {6, 4}, Axis{9});
    });
    expect_refused<PathError>(root_, "/g/h", "'/g/h' is a group, not a dataset", [&] {
        root_.require_dataset("g/h", TypeKind::float64, {6, 4});
    });
}

TEST_F(CreateTree, missing_nodes_and_the_other_kind) {
    const MemGroup& root = root_;
    expect_refused<PathError>(root, "/g/x/y", "there is no '/g/x/y' in the tree: '/g' has no 'x'",
                              [&] { static_cast<void>(root["g/x/y"]); });
    expect_refused<PathError>(root, "/g/d/y", "there is no '/g/d/y' in the tree: '/g/d' is a dataset",
                              [&] { static_cast<void>(root.group("g").dataset("d/y")); });
    expect_refused<PathError>(root, "/nothing", "'/' has no 'nothing'",
                              [&] { static_cast<void>(root.group("nothing")); });
    expect_refused<PathError>(root, "/g/d", "'/g/d' is a dataset, not a group",
                              [&] { static_cast<void>(root.group("g/d")); });
    expect_refused<PathError>(root, "/g", "'/g' is a group, not a dataset",
                              [&] { static_cast<void>(root.dataset("g")); });
    expect_refused<PathError>(root, "/", "'/' is a group", [&] { static_cast<void>(root.as_dataset()); });
}

TEST_F(CreateTree, erase) {
    root_.create_group("e/f/g").create_dataset("d", Array());
    root_.erase("e/f/g/d");
    EXPECT_TRUE(root_.group("e/f/g").empty());
    root_.group("g/h").erase("/e/f/");
    EXPECT_TRUE(root_.group("e").empty());
    root_.erase("e");
    EXPECT_FALSE(root_.contains("e"));
    expect_refused<PathError>(root_, "/", "the root cannot be erased", [&] { root_.erase("/"); });
    expect_refused<PathError>(root_, "/", "the root cannot be erased", [&] { root_.group("g").erase("//"); });
    expect_refused<PathError>(root_, "/g", "an empty path names nothing below '/g'",
                              [&] { root_.group("g").erase(""); });
    expect_refused<PathError>(root_, "/e", "there is no '/e'", [&] { root_.erase("e"); });
    expect_refused<PathError>(root_, "/g/d/x", "'/g/d' is a dataset", [&] { root_.erase("g/d/x"); });
    root_.create_group("e");  // the name is free again
}

}  // namespace
}  // namespace memdata::testing
