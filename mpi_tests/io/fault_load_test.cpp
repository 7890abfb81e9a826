// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// What load() does with files and options that are wrong: the same exception on all ranks.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "expect_on_all.hpp"
#include "fault_tree.hpp"
#include "io/posix.hpp"
#include "scratch.hpp"

namespace md = memdata;
using memdata_test::make_tree;
using memdata_test::scratch;

namespace {

class FaultLoad : public ::testing::Test {
protected:
    md::Communicator world;
    std::string file = scratch("load.h5");

    void save_good() { md::save(make_tree(world, 1), file, {.sync = false}); }
    /// Rank 0 makes the file; the others wait.
    template <class F>
    void on_rank_0(F&& f) {
        if (world.rank() == 0) {
            f();
        }
        world.barrier();
    }
    void write_file(const std::string& bytes) {
        on_rank_0([&] { std::ofstream(file, std::ios::binary) << bytes; });
    }
    void load(const md::LoadOptions& options = {}) { static_cast<void>(md::load(world, file, options)); }
    void TearDown() override {
        on_rank_0([&] { std::filesystem::remove_all(file); });
    }
};

TEST_F(FaultLoad, missing_file) {
    EXPECT_THROW_ON_ALL(world, static_cast<void>(md::load(world, scratch("absent.h5"))), md::IoError,
                        "No such file or directory");
}

TEST_F(FaultLoad, directory) {
    on_rank_0([&] { std::filesystem::create_directory(file); });
    EXPECT_THROW_ON_ALL(world, load(), md::IoError, "Is a directory");
}

TEST_F(FaultLoad, not_hdf5) {
    write_file("This is text, not HDF5.\n");
    EXPECT_THROW_ON_ALL(world, load(), md::FormatError, "is not an HDF5 file");
    write_file("");
    EXPECT_THROW_ON_ALL(world, load(), md::FormatError, "it is empty");
}

TEST_F(FaultLoad, no_permission) {
    save_good();
    on_rank_0([&] { std::filesystem::permissions(file, std::filesystem::perms::none); });
    const bool root = geteuid() == 0;  // whom permissions do not stop
    ASSERT_TRUE(!root || seteuid(65534) == 0);
    EXPECT_THROW_ON_ALL(world, load(), md::IoError, "Permission denied");
    ASSERT_TRUE(!root || seteuid(0) == 0);
}

/// Cut after every so many bytes: never a crash, a hang, or a wrong tree.
TEST_F(FaultLoad, truncated_anywhere) {
    save_good();
    const auto whole = std::filesystem::file_size(file);
    const std::string cut = scratch("cut.h5");
    constexpr int cuts = 40;
    for (int i = 0; i < cuts; ++i) {
        on_rank_0([&] {
            std::filesystem::copy_file(file, cut, std::filesystem::copy_options::overwrite_existing);
            std::filesystem::resize_file(cut, whole * static_cast<unsigned>(i) / cuts);
        });
        EXPECT_THROW_ON_ALL(world, static_cast<void>(md::load(world, cut)), md::FormatError, "cut.h5");
    }
}

TEST_F(FaultLoad, options_that_do_not_fit_the_file) {
    save_good();
    EXPECT_THROW_ON_ALL(world, load({.select = {{"/by_rwo", md::Selection{}}}}), md::PathError, "/by_rwo");
    EXPECT_THROW_ON_ALL(world, load({.distribute = {{"/group", md::Axis{0}}}}), md::PathError,
                        "no dataset of the file");
    EXPECT_THROW_ON_ALL(world, load({.distribute = {{"by_row", md::Axis{2}}}}), md::ArgumentError, "/by_row");
    EXPECT_THROW_ON_ALL(world, load({.distribute = {{"by_row", md::Axis{0}}, {"/by_row", md::Axis{1}}}}),
                        md::ArgumentError, "'/by_row' twice");
    EXPECT_THROW_ON_ALL(world, load({.select = {{"/by_row", md::Selection{}.on(md::Axis{3}, md::slice(1))}}}),
                        md::ArgumentError, "/by_row");
    EXPECT_THROW_ON_ALL(world,
                        load({.select = {{"/by_row", md::Selection{}.on(md::Axis{0}, std::vector<md::Index>{301})}}}),
                        md::ArgumentError, "301");
    md::LoadOptions options;
    options.transfer.round_bytes = 1;
    EXPECT_THROW_ON_ALL(world, load(options), md::ArgumentError, "round_bytes");
}

TEST_F(FaultLoad, different_arguments_on_ranks) {
    if (world.size() == 1) {
        return;
    }
    save_good();
    const bool odd = world.rank() == world.size() - 1;
    EXPECT_THROW_ON_ALL(world, static_cast<void>(md::load(world, odd ? file + "x" : file)), md::MismatchError,
                        "on rank " + std::to_string(world.size() - 1));
    md::LoadOptions options;
    options.distribute = {{"by_row", md::Axis{odd ? 1 : 0}}};
    EXPECT_THROW_ON_ALL(world, load(options), md::MismatchError, "option distribute[\"by_row\"] must be the same");
    options = {};
    options.select = {{"by_row", md::Selection{}.on(md::Axis{0}, md::slice(odd ? 3 : 4))}};
    EXPECT_THROW_ON_ALL(world, load(options), md::MismatchError, "option select[\"by_row\"] must be the same");
}

/// A save by another job between reading the structure and reading the data: the name stands for another file.
TEST_F(FaultLoad, replaced_while_it_is_read) {
    save_good();
    const auto before = md::io::identify(file);
    EXPECT_NO_THROW(md::io::check_unchanged(file, before));
    world.barrier();
    save_good();
    EXPECT_THROW_ON_ALL(world, md::io::check_unchanged(file, before), md::IoError, "was replaced or changed");
}

TEST_F(FaultLoad, more_data_than_memory) {
    // A chunked dataset that was never written takes no room in a file, but terabytes in memory.
    const std::string huge = memdata_test::data_file("huge_unwritten.h5");
    EXPECT_THROW_ON_ALL(world, static_cast<void>(md::load(world, huge)), md::MemoryError, "/huge");
    MPI_Comm node = MPI_COMM_NULL;
    MPI_Comm_split_type(world, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node);
    int ranks = 0;
    MPI_Comm_size(node, &ranks);
    MPI_Comm_free(&node);
    EXPECT_THROW_ON_ALL(world, static_cast<void>(md::load(world, huge)), md::MemoryError,
                        " on " + std::to_string(ranks) + " rank(s) of this node, which has");
    if (ranks == world.size()) {
        // 8 TiB, distributed: as much on the node however many ranks, and a little for each to stage.
        EXPECT_THROW_ON_ALL(world, static_cast<void>(md::load(world, huge, {.distribute = {{"/huge", md::Axis{0}}}})),
                            md::MemoryError, " wants 8388");
    }
    EXPECT_THROW_ON_ALL(world, static_cast<void>(md::load(world, huge, {.distribute = {{"/huge", std::nullopt}}})),
                        md::MemoryError, "/huge");
}

}  // namespace
