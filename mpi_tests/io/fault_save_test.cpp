// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// What save() does when it cannot: the same exception on all ranks, and the old file untouched.
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>

#include "expect_on_all.hpp"
#include "fault_tree.hpp"
#include "file_size_limit.hpp"
#include "scratch.hpp"

namespace md = memdata;
namespace fs = std::filesystem;
using memdata_test::check_tree;
using memdata_test::FileSizeLimit;
using memdata_test::make_tree;
using memdata_test::scratch;

namespace {

class FaultSave : public ::testing::Test {
protected:
    md::Environment environment;  // writing past the size limit becomes an error
    md::Communicator world;
    std::string folder = scratch("folder");
    std::string file = folder + "/save.h5";

    template <class F>
    void on_rank_0(F&& f) {
        if (world.rank() == 0) {
            f();
        }
        world.barrier();
    }
    void SetUp() override {
        on_rank_0([&] { fs::create_directory(folder); });
        save(make_tree(world, 1));
    }
    void TearDown() override {
        on_rank_0([&] { fs::remove_all(folder); });
    }
    void save(const md::MemGroup& tree, md::SaveOptions options = {}) {
        options.sync = false;
        md::save(tree, file, options);
    }
    /// The file of generation 1 is there, whole, and nothing beside it.
    void expect_untouched() {
        EXPECT_ON_ALL(world, check_tree(md::load(world, file), 1).empty());
        on_rank_0([&] { EXPECT_EQ(std::distance(fs::directory_iterator(folder), fs::directory_iterator{}), 1); });
    }
    [[nodiscard]] bool last() const { return world.rank() == world.size() - 1; }
};

TEST_F(FaultSave, no_such_folder_or_no_permission) {
    EXPECT_THROW_ON_ALL(world, md::save(make_tree(world, 2), folder + "/absent/x.h5"), md::IoError,
                        "No such file or directory");
    on_rank_0([&] { fs::permissions(folder, fs::perms::owner_read | fs::perms::owner_exec); });
    const bool root = geteuid() == 0;
    ASSERT_TRUE(!root || seteuid(65534) == 0);
    EXPECT_THROW_ON_ALL(world, save(make_tree(world, 2)), md::IoError, "Permission denied");
    ASSERT_TRUE(!root || seteuid(0) == 0);
    on_rank_0([&] { fs::permissions(folder, fs::perms::owner_all); });
    expect_untouched();
}

/// Where a rank cannot open the file, ompio would hang; where it finds another one, two files would be mixed.
TEST_F(FaultSave, a_rank_has_another_working_directory) {
    if (world.size() == 1) {
        GTEST_SKIP() << "there are no ranks that could differ";
    }
    const fs::path before = fs::current_path();
    const std::string elsewhere = scratch("elsewhere");
    on_rank_0([&] { fs::create_directory(elsewhere); });
    fs::current_path(last() ? elsewhere : folder);
    EXPECT_THROW_ON_ALL(world, (void)md::load(world, "save.h5"), md::IoError, "No such file or directory");
    EXPECT_THROW_ON_ALL(world, md::save(make_tree(world, 2), "save.h5"), md::IoError, "No such file or directory");
    if (last()) {
        for (const char* name : {"save.h5", ".save.h5", ".save.h5.lock"}) {
            fs::copy_file(file, name);
            fs::last_write_time(name, fs::last_write_time(file) - std::chrono::hours(1));
        }
    }
    const std::string reason = "is another file here than on rank 0";
    EXPECT_THROW_ON_ALL(world, (void)md::load(world, "save.h5"), md::IoError, reason);
    EXPECT_THROW_ON_ALL(world, md::save(make_tree(world, 2), "save.h5"), md::IoError, reason);
    fs::current_path(before);
    on_rank_0([&] { fs::remove_all(elsewhere); });
    expect_untouched();
}

TEST_F(FaultSave, the_name_is_a_directory) {
    EXPECT_THROW_ON_ALL(world, md::save(make_tree(world, 2), folder), md::IoError, "it is a directory");
    expect_untouched();
}

TEST_F(FaultSave, exists) {
    EXPECT_THROW_ON_ALL(world, save(make_tree(world, 2), {.if_exists = md::IfExists::fail}), md::IoError, "it exists");
    expect_untouched();
}

TEST_F(FaultSave, a_new_name_with_fail) {
    const std::string other = folder + "/other.h5";
    md::save(make_tree(world, 3), other, {.if_exists = md::IfExists::fail});
    EXPECT_ON_ALL(world, check_tree(md::load(world, other), 3).empty());
}

TEST_F(FaultSave, somebody_else_is_saving_it) {
    {
        std::optional<md::LockFile> other;
        on_rank_0([&] { other.emplace(file); });
        const std::string holder = world.rank() == 0 ? "pid " + std::to_string(getpid()) : "pid ";
        EXPECT_THROW_ON_ALL(world, save(make_tree(world, 2)), md::LockError, holder);
        EXPECT_ON_ALL(world, check_tree(md::load(world, file), 1).empty());
        world.barrier();
    }
    expect_untouched();
}

TEST_F(FaultSave, different_trees_on_ranks) {
    if (world.size() == 1) {
        return;
    }
    const auto expect = [&](const std::string& what, auto&& change) {
        md::MemGroup tree = make_tree(world, 2);
        if (last()) {
            change(tree);
        }
        EXPECT_THROW_ON_ALL(world, save(tree), md::MismatchError, what);
        expect_untouched();
    };
    expect("/ attribute 'generation'", [](md::MemGroup& tree) { tree.attrs()["generation"] = 3; });
    expect("/extra", [](md::MemGroup& tree) { tree.create_group("extra"); });
    expect("/group/text", [](md::MemGroup& tree) { tree.erase("group/text"); });
    expect("/group/common", [](md::MemGroup& tree) { tree.dataset("group/common").local<double, 1>()(7) = 0; });
    expect("/by_row", [&](md::MemGroup& tree) {
        tree.erase("by_row");
        tree.create_dataset("by_row", md::dtype_of<double>(), {301, 68}, md::Axis{0});
    });
    expect("/chunked", [](md::MemGroup& tree) { tree.dataset("chunked").set_storage({.chunks = {51, 20}}); });
}

TEST_F(FaultSave, different_options_or_names_on_ranks) {
    if (world.size() == 1) {
        return;
    }
    EXPECT_THROW_ON_ALL(world, save(make_tree(world, 2), {.hints = last()}), md::MismatchError,
                        "option hints must be the same");
    EXPECT_THROW_ON_ALL(world, md::save(make_tree(world, 2), last() ? file + "x" : file), md::MismatchError,
                        "the file name");
    expect_untouched();
}

TEST_F(FaultSave, options_that_no_transfer_may_have) {
    md::SaveOptions options;
    options.transfer.round_bytes = md::Index{1} << 31;
    EXPECT_THROW_ON_ALL(world, save(make_tree(world, 2), options), md::ArgumentError, "round_bytes");
    options = {};
    options.transfer.mpi_info = {{"cb_nodes", "3"}};
    if (md::backend(world).component == "ompio") {
        EXPECT_THROW_ON_ALL(world, save(make_tree(world, 2), options), md::ArgumentError, "cb_nodes");
        expect_untouched();
    }
    options.transfer.mpi_info = {{"romio_no_indep_rw", "true"}};
    EXPECT_THROW_ON_ALL(world, save(make_tree(world, 2), options), md::ArgumentError, "romio_no_indep_rw");
    expect_untouched();
}

TEST_F(FaultSave, a_filter_that_is_not_there) {
    md::MemGroup tree = make_tree(world, 2);
    tree.dataset("chunked").set_storage({.chunks = {50, 20}, .filters = {md::Filter{61000}}});
    EXPECT_THROW_ON_ALL(world, save(tree), md::ArgumentError, "filter 61000");
    expect_untouched();
}

TEST_F(FaultSave, preserve_keeps_the_temporary_file) {
    md::MemGroup tree = make_tree(world, 2);
    tree.dataset("group/text").local<std::string, 1>()(0) = std::string("zero\0byte", 9);
    EXPECT_THROW_ON_ALL(world, save(tree, {.preserve = true}), md::DtypeError, "/group/text");
    on_rank_0([&] { EXPECT_TRUE(fs::exists(folder + "/.save.h5")); });
    save(make_tree(world, 1));  // takes the leftover in its stride
    expect_untouched();
}

/// As a save leaves it that is killed when the file has its name, but the temporary file still its own.
TEST_F(FaultSave, what_is_left_of_a_save_is_another_name_of_the_file) {
    on_rank_0([&] { fs::create_hard_link(file, folder + "/.save.h5"); });
    md::MemGroup tree = make_tree(world, 2);
    tree.dataset("group/text").local<std::string, 1>()(0) = std::string("zero\0byte", 9);
    EXPECT_THROW_ON_ALL(world, save(tree), md::DtypeError, "/group/text");
    expect_untouched();
}

/// A tree of one distributed dataset of 4 MiB, stored and distributed as asked for.
md::MemGroup one_dataset(const md::Communicator& comm, md::Axis axis, md::Storage storage) {
    md::MemGroup tree(comm);
    tree.create_dataset("data", md::MPIArray::full<double>(comm, {1024, 512}, axis, 1.5), std::move(storage));
    return tree;
}

TEST_F(FaultSave, file_size_limit_while_writing_data) {
    for (const bool everywhere : {true, false}) {
        for (const int axis : {0, 1}) {
            for (const md::TransferWay way : {md::TransferWay::direct, md::TransferWay::exchange}) {
                const md::MemGroup tree = one_dataset(world, md::Axis{axis}, {});
                md::SaveOptions options;
                options.transfer.way = way;
                // Rank 0 makes the file at full size first, so its own limit would show already then.
                const bool limited = everywhere || (last() && world.size() > 1);
                const FileSizeLimit limit(limited ? 1 << 20 : RLIM_INFINITY);
                if (everywhere || world.size() > 1) {
                    EXPECT_THROW_ON_ALL(world, save(tree, options), md::IoError, "save.h5");
                }
            }
        }
    }
    expect_untouched();
}

TEST_F(FaultSave, file_size_limit_while_writing_chunks) {
    for (const auto& storage : {md::Storage{.chunks = {100, 100}},
                                md::Storage{.chunks = {100, 100}, .filters = {md::Shuffle{}, md::Fletcher32{}}}}) {
        const md::MemGroup tree = one_dataset(world, md::Axis{0}, storage);
        const FileSizeLimit limit(1 << 20);
        // Without filters rank 0 makes the file at full size already with its structure.
        EXPECT_THROW_ON_ALL(world, save(tree), md::IoError,
                            storage.filters.empty() ? "File too large" : "file at its size limit");
    }
    expect_untouched();
}

TEST_F(FaultSave, file_size_limit_while_writing_structure) {
    md::MemGroup tree(world);
    tree.create_dataset("common", md::Array::full<double>({1 << 18}, 2.5));
    const FileSizeLimit limit(1 << 20);
    EXPECT_THROW_ON_ALL(world, save(tree), md::IoError, "failed");
    expect_untouched();
}

TEST_F(FaultSave, full_disk) {
    const std::string disk = scratch("small_disk");
    int mounted = 0;
    on_rank_0([&] {
        fs::create_directory(disk);
        mounted = mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=3m") == 0 ? 1 : 0;
    });
    MPI_Bcast(&mounted, 1, MPI_INT, 0, world);
    if (mounted == 0) {
        GTEST_SKIP() << "only root can mount a small disk; the file size limits above stand in for it";
    }
    md::save(make_tree(world, 1), disk + "/old.h5");
    for (const auto& storage : {md::Storage{}, md::Storage{.chunks = {100, 100}},
                                md::Storage{.chunks = {100, 100}, .filters = {md::Fletcher32{}}}}) {
        for (const int axis : {0, 1}) {
            const md::MemGroup tree = one_dataset(world, md::Axis{axis}, storage);
            EXPECT_THROW_ON_ALL(world, md::save(tree, disk + "/old.h5"), md::IoError, "is the disk or quota full");
            EXPECT_ON_ALL(world, check_tree(md::load(world, disk + "/old.h5"), 1).empty());
        }
    }
    on_rank_0([&] {
        EXPECT_EQ(std::distance(fs::directory_iterator(disk), fs::directory_iterator{}), 1);
        umount(disk.c_str());
    });
}

}  // namespace
