// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// IfExists::update: what is merged into files of h5py, and that nothing is lost when it cannot be. update_truth.py
// makes the old files and judges the new ones; without h5py those tests are left out (MEMDATA_UPDATE_FILES is not set).
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "expect_on_all.hpp"
#include "fault_tree.hpp"
#include "file_size_limit.hpp"
#include "formula.hpp"
#include "scratch.hpp"

namespace md = memdata;
namespace fs = std::filesystem;
using memdata_test::check_tree;
using memdata_test::create;
using memdata_test::FileSizeLimit;
using memdata_test::make_tree;
using memdata_test::scratch;

namespace {

const md::Shape shape = {61, 23};
const md::Storage chunked = {.chunks = {16, 8}};
const md::Storage packed = {.chunks = {16, 8}, .filters = {md::Shuffle{}, md::Deflate{4}}};

std::string bytes_of(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

class Update : public ::testing::Test {
protected:
    md::Environment environment;  // writing past the size limit becomes an error
    md::Communicator world;
    md::Dtype float64 = md::dtype_of<double>();
    std::string file = scratch("update.h5");

    template <class F>
    void on_rank_0(F&& f) {
        if (world.rank() == 0) {
            f();
        }
        world.barrier();
    }
    /// A copy of a file of update_truth.py; "" without h5py.
    std::string copy_of(const std::string& name) {
        const char* folder = std::getenv("MEMDATA_UPDATE_FILES");
        if (folder == nullptr) {
            return "";
        }
        const std::string copy = scratch(name);
        on_rank_0([&] { fs::copy_file(fs::path(folder) / name, copy, fs::copy_options::overwrite_existing); });
        return copy;
    }
    void update(const md::MemGroup& tree, md::SaveOptions options = {}) {
        options.sync = false;
        options.if_exists = md::IfExists::update;
        md::save(tree, file, options);
    }
    void start_with_generation_1() {
        on_rank_0([&] { fs::remove(file); });
        update(make_tree(world, 1));
    }
    /// The old file is there to the last bit, and nothing beside it.
    void expect_untouched(const std::string& before) {
        EXPECT_ON_ALL(world, bytes_of(file) == before);
        const fs::path path(file);
        const std::string beside = path.parent_path() / ("." + path.filename().string());
        EXPECT_ON_ALL(world, !fs::exists(beside) && !fs::exists(beside + ".lock"));
        world.barrier();
    }
    template <class Exception, class Tree>
    void expect_refused(const Tree& tree, const std::string& message, const md::SaveOptions& options = {}) {
        const std::string before = bytes_of(file);
        world.barrier();
        EXPECT_THROW_ON_ALL(world, update(tree, options), Exception, message);
        expect_untouched(before);
    }
};

// --- merging --------------------------------------------------------------------------------------------------------

/// What update_truth.py knows as the tree that was merged.
md::MemGroup tree_to_merge(const md::Communicator& comm) {
    md::MemGroup tree(comm);
    const md::Dtype float64 = md::dtype_of<double>();
    const md::Axis rows{0};
    tree.attrs()["changed"] = 7;
    tree.create_group("same").attrs()["added"] = "new";
    create(tree, "same/rows", float64, shape, rows).attrs()["changed"] = 3.5;
    create(tree, "same/columns", float64, shape, md::Axis{1});
    create(tree, "same/chunked", float64, shape, rows, chunked);
    create(tree, "same/packed", float64, shape, rows, packed);
    create(tree, "same/common", float64, shape);
    create(tree, "same/common_packed", float64, shape, {}, {.chunks = {16, 8}, .filters = {md::Deflate{1}}});
    create(tree, "same/larger_chunk", float64, shape, rows, {.chunks = {61, 23}});  // as load() tells it
    create(tree, "same/larger_packed", float64, shape, md::Axis{1},
           {.chunks = {61, 8}, .filters = {md::Shuffle{}, md::Deflate{4}}});
    create(tree, "same/larger_huge", float64, shape, rows, {.chunks = {61, 23}});  // too large to be written whole
    create(tree, "same/text", md::Dtype::variable_string(), {61});
    create(tree, "same/compact", float64, {4});
    create(tree, "different/other_shape", float64, shape, rows);
    create(tree, "different/other_type", float64, shape, rows);
    create(tree, "different/other_chunks", float64, shape, rows, chunked);
    create(tree, "different/other_filter", float64, shape, rows, packed);
    create(tree, "different/big_endian", float64, shape, rows);
    create(tree, "different/unwritten", float64, shape, rows);
    create(tree, "different/holes", float64, shape, rows, chunked);
    create(tree, "different/external", float64, shape);
    for (const char* name : {"soft", "one", "two", "three", "to_three"}) {
        create(tree, std::string("links/") + name, float64, shape, rows);
    }
    create(tree, "links/nowhere", float64, shape);
    create(tree, "new/group/rows", float64, shape, rows);
    // Of the empty ones nothing is written, but their storage is compared.
    create(tree, "empty/resizable", float64, {0}, rows, {.chunks = {1}});
    create(tree, "empty/asked", float64, {0}, {}, {.chunks = {1024}});
    create(tree, "empty/other_chunks", float64, {0}, rows, {.chunks = {7}});
    create(tree, "empty/to_contiguous", float64, {0}, rows);
    create(tree, "empty/to_null", float64, {0}, {}, {.null_space = true});
    create(tree, "empty/from_null", float64, {0});
    create(tree, "empty/null", float64, {0}, {}, {.null_space = true});
    create(tree, "new/packed", float64, shape, md::Axis{1}, packed);
    tree.group("new").attrs()["added"] = 1;
    return tree;
}

TEST_F(Update, files_of_h5py) {
    for (const char* name : {"old.h5", "old_late.h5", "old_block.h5", "old_page.h5"}) {
        file = copy_of(name);
        if (file.empty()) {
            GTEST_SKIP() << "no files of h5py";
        }
        update(tree_to_merge(world));
        update(tree_to_merge(world));  // and again, when all of it is there
    }
}

TEST_F(Update, into_a_group) {
    file = scratch("into.h5");
    md::MemGroup tree(world);
    create(tree, "rows", float64, shape, md::Axis{0});
    update(tree);
    create(tree, "columns", float64, shape, md::Axis{1});
    create(tree, "packed", float64, shape, md::Axis{0}, packed);
    tree.attrs()["root"] = 1;
    for (const char* into : {"/a/b", "a//b/"}) {  // made, and found
        update(tree, {.into = into});
    }
    const md::MemGroup loaded = md::load(world, file, {.from = "a/b"});
    EXPECT_ON_ALL(world, loaded.size() == 3 && loaded.attrs().at("root").as<int>() == 1);
    for (const char* name : {"rows", "columns", "packed"}) {
        EXPECT_ON_ALL(world, memdata_test::check(loaded.dataset(name)).empty());
    }
    create(tree, "below/packed", float64, shape, md::Axis{1}, packed);
    const std::string other = scratch("into_new.h5");
    for (const auto if_exists : {md::IfExists::replace, md::IfExists::fail}) {  // of a part of a tree, too
        on_rank_0([&] { fs::remove(other); });
        md::save(tree.group("below"), other, {.if_exists = if_exists, .into = "c", .sync = false});
        EXPECT_ON_ALL(world, memdata_test::check(md::load(world, other).dataset("c/packed"), shape,
                                                 memdata_test::all_indices(shape), "/below/packed")
                                 .empty());
    }
}

TEST_F(Update, a_file_that_is_not_there) {
    start_with_generation_1();
    EXPECT_ON_ALL(world, check_tree(md::load(world, file), 1).empty());
    EXPECT_THROW_ON_ALL(world, (file = scratch("absent/x.h5"), update(make_tree(world, 1))), md::IoError,
                        "No such file");
}

TEST_F(Update, everything_again_and_again) {
    start_with_generation_1();
    const auto size = fs::file_size(file);
    world.barrier();
    for (int generation = 2; generation < 5; ++generation) {
        update(make_tree(world, generation));
        EXPECT_ON_ALL(world, check_tree(md::load(world, file), generation).empty());
    }
    EXPECT_ON_ALL(world, fs::file_size(file) < size * 5 / 4);  // in place
    md::MemGroup tree = md::load(world, file);                 // what is loaded goes back in place, hints and all
    tree.attrs()["generation"] = 4;
    update(tree);
    EXPECT_ON_ALL(world, check_tree(md::load(world, file), 4).empty());
    EXPECT_ON_ALL(world, fs::file_size(file) < size * 5 / 4);
}

TEST_F(Update, large_attributes) {
    md::MemGroup tree(world);
    tree.attrs()["large"] = md::Array::zeros(float64, {20000});
    create(tree, "group/data", float64, shape, md::Axis{0}).attrs()["large"] = md::Array::full<double>({20000}, 1.5);
    on_rank_0([&] { fs::remove(file); });
    update(tree);  // makes a file that can hold them
    update(tree);
    EXPECT_ON_ALL(world, md::load(world, file).attrs().at("large") == tree.attrs().at("large"));
    // A file of the oldest format: a dataset is made anew, a group cannot be.
    start_with_generation_1();
    md::MemGroup large(world);
    create(large, "by_row", float64, {301, 67}, md::Axis{0}).attrs()["large"] = md::Array::zeros(float64, {20000});
    update(large);
    EXPECT_ON_ALL(world, md::load(world, file).dataset("by_row").attrs().contains("large"));
    expect_refused<md::ArgumentError>(tree, "larger than 64 kB");
}

// --- what cannot be merged ------------------------------------------------------------------------------------------

TEST_F(Update, another_kind_of_node) {
    start_with_generation_1();
    md::MemGroup tree(world);
    create(tree, "by_row/data", float64, shape, md::Axis{0});
    expect_refused<md::PathError>(tree, "'/by_row' is to be a group, but it is a dataset");
    tree.erase("by_row");
    create(tree, "group", float64, shape, md::Axis{0});
    expect_refused<md::PathError>(tree, "'/group' is to be a dataset, but it is a group");
    expect_refused<md::PathError>(make_tree(world, 2), "'/packed' is to be a group", {.into = "/packed"});
    expect_refused<md::PathError>(make_tree(world, 2), "zero byte", {.into = std::string("/a\0b", 4)});
}

TEST_F(Update, links) {
    file = copy_of("links.h5");
    if (file.empty()) {
        GTEST_SKIP() << "no files of h5py";
    }
    md::MemGroup tree(world);
    create(tree, "group/data", float64, shape, md::Axis{0});
    create(tree, "same_group/data", float64, shape, md::Axis{0});
    expect_refused<md::PathError>(tree, "'/group' and '/same_group' are two groups of the tree, but one");
    for (const char* path : {"elsewhere/rows", "elsewhere", "far", "far/rows"}) {
        md::MemGroup other(world);
        create(other, path, float64, shape, md::Axis{0});
        expect_refused<md::PathError>(other, "link to another file");
    }
    expect_refused<md::PathError>(md::MemGroup(world), "link to another file", {.into = "elsewhere/x"});
    md::MemGroup other(world);
    create(other, "type", float64, shape, md::Axis{0});
    expect_refused<md::PathError>(other, "it is a named type");
}

TEST_F(Update, no_hdf5_or_damaged) {
    start_with_generation_1();
    on_rank_0([&] { fs::resize_file(file, fs::file_size(file) / 2); });
    expect_refused<md::FormatError>(make_tree(world, 2), "truncated");
    on_rank_0([&] { std::ofstream(file) << "no HDF5\n"; });
    expect_refused<md::FormatError>(make_tree(world, 2), "not an HDF5 file");
    on_rank_0([&] { std::ofstream(file).flush(); });
    expect_refused<md::FormatError>(make_tree(world, 2), "it is empty");
    on_rank_0([&] {
        fs::remove(file);
        fs::create_directory(file);
    });
    EXPECT_THROW_ON_ALL(world, update(make_tree(world, 2)), md::IoError, "it is a directory");
    on_rank_0([&] { fs::remove(file); });
}

TEST_F(Update, read_only) {
    const std::string folder = scratch("writable");
    on_rank_0([&] {
        fs::create_directory(folder);
        fs::permissions(folder, fs::perms::all);
    });
    file = folder + "/read_only.h5";
    start_with_generation_1();
    on_rank_0([&] { fs::permissions(file, fs::perms::owner_read | fs::perms::others_read); });
    const bool root = geteuid() == 0;
    ASSERT_TRUE(!root || seteuid(65534) == 0);
    expect_refused<md::IoError>(make_tree(world, 2), "to update it, '" + file + "': Permission denied");
    ASSERT_TRUE(!root || seteuid(0) == 0);
}

TEST_F(Update, different_options_or_a_filter_that_is_not_there) {
    start_with_generation_1();
    const bool last = world.size() > 1 && world.rank() == world.size() - 1;
    if (world.size() > 1) {
        expect_refused<md::MismatchError>(make_tree(world, 2), "option into must be the same",
                                          {.into = last ? "a" : "b"});
        const std::string before = bytes_of(file);
        EXPECT_THROW_ON_ALL(
            world, md::save(make_tree(world, 2), file, {.if_exists = last ? md::IfExists::fail : md::IfExists::update}),
            md::MismatchError, "option if_exists must be the same");
        expect_untouched(before);
    }
    md::MemGroup tree = make_tree(world, 2);
    tree.dataset("chunked").set_storage({.chunks = {50, 20}, .filters = {md::Filter{61000}}});
    expect_refused<md::ArgumentError>(tree, "filter 61000");
}

// --- others have the file open --------------------------------------------------------------------------------------

TEST_F(Update, somebody_else_saves_it) {
    start_with_generation_1();
    const std::string before = bytes_of(file);
    world.barrier();
    std::optional<md::LockFile> other;
    on_rank_0([&] { other.emplace(file); });
    EXPECT_THROW_ON_ALL(world, update(make_tree(world, 2)), md::LockError, "is being written by");
    on_rank_0([&] { other.reset(); });
    expect_untouched(before);
}

TEST_F(Update, a_program_with_locks_has_it_open) {
    start_with_generation_1();
    for (const int how : {LOCK_SH, LOCK_EX}) {
        int descriptor = -1;
        on_rank_0([&] {
            descriptor = open(file.c_str(), O_RDONLY | O_CLOEXEC);
            ASSERT_EQ(flock(descriptor, how), 0);
        });
        expect_refused<md::LockError>(make_tree(world, 2), "another program has it open");
        on_rank_0([&] { close(descriptor); });
    }
    update(make_tree(world, 2));
    EXPECT_ON_ALL(world, check_tree(md::load(world, file), 2).empty());
}

TEST_F(Update, h5py_has_it_open) {
    const char* python = std::getenv("MEMDATA_H5PY_HOLD");
    if (python == nullptr) {
        GTEST_SKIP() << "no h5py";
    }
    start_with_generation_1();
    for (const char* mode : {"r", "r+"}) {
        // Its output, a pipe of its own, says when the file is open; its input ends when the test says so.
        const std::string said = scratch("h5py_says");
        std::FILE* h5py = nullptr;
        on_rank_0([&] {
            fs::remove(said);
            h5py = popen((std::string(python) + " hold " + mode + " " + file + " > " + said).c_str(), "w");
            for (int wait = 0; wait < 600 && bytes_of(said) != "open\n"; ++wait) {
                usleep(50000);
            }
            ASSERT_EQ(bytes_of(said), "open\n");
        });
        EXPECT_THROW_ON_ALL(world, update(make_tree(world, 2)), md::LockError, "another program has it open");
        on_rank_0([&] { EXPECT_EQ(pclose(h5py), 0); });
        EXPECT_ON_ALL(world, check_tree(md::load(world, file), 1).empty());
    }
}

// --- no room --------------------------------------------------------------------------------------------------------

TEST_F(Update, file_size_limit) {
    start_with_generation_1();
    const auto size = static_cast<rlim_t>(fs::file_size(file));
    world.barrier();
    md::MemGroup tree(world);
    tree.create_dataset("data", md::MPIArray::full<double>(world, {1024, 512}, md::Axis{0}, 1.5));
    md::MemGroup common(world);
    common.create_dataset("data", md::Array::full<double>({1 << 19}, 1.5));
    for (const rlim_t limit : {size / 2, size + (1 << 20)}) {  // in the copy; while writing
        for (const md::MemGroup* one : {&tree, &common}) {
            const std::string before = bytes_of(file);
            world.barrier();
            {
                const FileSizeLimit limited(limit);
                EXPECT_THROW_ON_ALL(world, update(*one), md::IoError, "update.h5");
            }
            expect_untouched(before);
        }
    }
    EXPECT_ON_ALL(world, check_tree(md::load(world, file), 1).empty());
}

TEST_F(Update, no_room_for_a_copy) {
    const std::string disk = scratch("small_disk");
    int mounted = 0;
    on_rank_0([&] {
        fs::create_directory(disk);
        mounted = mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=2m") == 0 ? 1 : 0;
    });
    MPI_Bcast(&mounted, 1, MPI_INT, 0, world);
    if (mounted == 0) {
        GTEST_SKIP() << "only root can mount a small disk; the file size limit above stands in for it";
    }
    file = disk + "/old.h5";
    start_with_generation_1();
    md::MemGroup tree(world);
    tree.create_dataset("data", md::Array::full<double>({100000}, 1.5));
    update(tree);  // now a copy does not fit any more
    expect_refused<md::IoError>(make_tree(world, 2), "needs a copy of it");
    EXPECT_ON_ALL(world, check_tree(md::load(world, file), 1).empty());
    on_rank_0([&] { umount(disk.c_str()); });
}

}  // namespace
