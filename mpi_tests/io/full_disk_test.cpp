// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// Disks that get full at every point of a save, and folders that are read-only: real ones, which full_disk_test.sh
// mounts and names in the environment:
//   MEMDATA_TEST_DISKS      folders, separated by colons, each on a small disk of its own
//   MEMDATA_TEST_QUOTAS     folders in which only a few MiB may be written, whatever is free on the disk
//   MEMDATA_TEST_READ_ONLY  a folder in MEMDATA_TEST_DIR, seen through a mount that can be made read-only
//   MEMDATA_TEST_STEPS      how many amounts of free space are tried
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "expect_on_all.hpp"
#include "fault_tree.hpp"
#include "memdata/memdata.hpp"

namespace md = memdata;
namespace fs = std::filesystem;
using memdata_test::check_tree;
using memdata_test::make_tree;

namespace {

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

std::vector<std::string> folders(const char* name) {
    std::vector<std::string> found;
    std::istringstream in(variable(name));
    for (std::string folder; std::getline(in, folder, ':');) {
        found.push_back(folder);
    }
    return found;
}

std::int64_t free_bytes(const std::string& folder) {
    const int descriptor = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    syncfs(descriptor);  // some file systems give space back late
    struct statvfs disk {};
    EXPECT_EQ(fstatvfs(descriptor, &disk), 0);
    close(descriptor);
    return static_cast<std::int64_t>(disk.f_bavail * disk.f_frsize);
}

/// Takes space until so much is free.
void leave_free(const std::string& folder, std::int64_t bytes) {
    const std::string ballast = folder + "/ballast";
    fs::remove(ballast);
    const std::int64_t now = free_bytes(folder);
    if (now <= bytes) {
        return;
    }
    const int descriptor = open(ballast.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    std::int64_t size = now - bytes;
    while (posix_fallocate(descriptor, 0, size) != 0 && size > 0) {
        size -= 32 << 10;  // the file system needs some for itself
    }
    close(descriptor);
}

class FullDisk : public ::testing::Test {
protected:
    md::Environment environment;
    md::Communicator world;

    template <class F>
    void on_rank_0(F&& f) {
        if (world.rank() == 0) {
            f();
        }
        world.barrier();
    }

    /// Much structure, common data, and distributed data of all kinds: each about as much.
    md::MemGroup large_tree() {
        constexpr int groups = 400;
        md::MemGroup tree(world);
        for (int i = 0; i < groups; ++i) {
            tree.create_group("groups/" + std::to_string(i)).attrs()["text"] = std::string(2000, 'x');
        }
        const auto data = [&](int axis) { return md::MPIArray::full<double>(world, {512, 256}, md::Axis{axis}, 1.5); };
        tree.create_dataset("common", md::Array::full<double>({1 << 17}, 2.5));
        tree.create_dataset("rows", data(0));
        tree.create_dataset("columns", data(1));
        tree.create_dataset("chunked", data(0), {.chunks = {100, 100}});
        tree.create_dataset("filtered", data(1), {.chunks = {100, 100}, .filters = {md::Fletcher32{}}});
        return tree;
    }

    /// Nothing but these is in the folder, and the old file is whole.
    void expect_untouched(const std::string& folder, const std::string& where) {
        EXPECT_ON_ALL(world, check_tree(md::load(world, folder + "/old.h5"), 1).empty()) << where;
        on_rank_0([&] {
            for (const auto& entry : fs::directory_iterator(folder)) {
                const std::string name = entry.path().filename();
                EXPECT_TRUE(name == "old.h5" || name == "ballast" || name == "lost+found") << where << ": " << name;
            }
        });
    }

    /// The phase in which the save fails, with an IoError on all ranks; "": it did not.
    std::string failing_phase(const md::MemGroup& tree, const std::string& file, md::SaveOptions options,
                              const std::string& where) {
        std::string phase;
        options.transfer.progress = [&](const md::Progress& progress) { phase = progress.phase; };
        bool failed = false;
        memdata_test::Outcome mine{true, "saved"};
        try {
            md::save(tree, file, options);
        } catch (const md::IoError& error) {
            mine.text = error.what();
            failed = true;
        } catch (const std::exception& error) {
            mine = {false, error.what()};
            failed = true;
        }
        EXPECT_TRUE(memdata_test::all_ok_and_alike(world, where.c_str(), mine)) << mine.text;
        return failed ? (world.rank() == 0 ? phase : "?") : "";
    }

    void fill_step_by_step(const std::string& folder, const md::SaveOptions& options, int steps,
                           std::map<std::string, int>& phases);
};

void FullDisk::fill_step_by_step(const std::string& folder, const md::SaveOptions& options, int steps,
                                 std::map<std::string, int>& phases) {
    const std::string file = folder + "/old.h5";
    const md::MemGroup tree = large_tree();
    md::save(make_tree(world, 1), file, {.if_exists = md::IfExists::replace});
    std::int64_t needed = 0;
    on_rank_0([&] { needed = free_bytes(folder); });
    md::save(tree, folder + "/probe.h5");
    on_rank_0([&] {
        needed -= free_bytes(folder);
        needed += options.if_exists == md::IfExists::update ? static_cast<std::int64_t>(fs::file_size(file)) : 0;
        fs::remove(folder + "/probe.h5");
    });
    int failures = 0;
    for (int step = 0; step <= steps; ++step) {
        std::int64_t before = 0;
        on_rank_0([&] {
            leave_free(folder, needed * step / steps);
            before = free_bytes(folder);
        });
        const std::string where = "step " + std::to_string(step) + " on " + folder;
        const std::string phase = failing_phase(tree, file, options, where);
        if (phase.empty()) {
            on_rank_0([&] { fs::remove(folder + "/ballast"); });
            md::save(make_tree(world, 1), file);
            continue;
        }
        ++failures;
        ++phases[phase];
        expect_untouched(folder, where);
        constexpr std::int64_t bookkeeping = 64 << 10;
        on_rank_0([&] { EXPECT_GE(free_bytes(folder), before - bookkeeping) << where; });
    }
    EXPECT_GE(failures, steps / 2);
    on_rank_0([&] { fs::remove(folder + "/ballast"); });
    EXPECT_EQ(failing_phase(tree, file, options, "with room again on " + folder), "");
}

TEST_F(FullDisk, at_every_point_of_a_save) {
    const std::vector<std::string> disks = folders("MEMDATA_TEST_DISKS");
    if (disks.empty()) {
        GTEST_SKIP() << "no disks: see full_disk_test.sh";
    }
    const int steps = std::max(4, std::atoi(variable("MEMDATA_TEST_STEPS").c_str()));
    std::map<std::string, int> phases;
    for (const std::string& disk : disks) {
        for (const md::IfExists how : {md::IfExists::replace, md::IfExists::update}) {
            for (const md::TransferWay way : {md::TransferWay::automatic, md::TransferWay::hdf5}) {
                md::SaveOptions options{.if_exists = how};
                options.transfer.way = way;
                fill_step_by_step(disk, options, steps, phases);
            }
        }
    }
    if (world.rank() == 0) {
        EXPECT_GT(phases["structure"], 0);
        EXPECT_GT(phases["data"] + phases["flushing"] + phases["closing"], 0);
        for (const auto& [phase, count] : phases) {
            std::cout << "full in phase '" << phase << "': " << count << " times\n";
        }
    }
}

TEST_F(FullDisk, quota) {
    const std::vector<std::string> quotas = folders("MEMDATA_TEST_QUOTAS");
    if (quotas.empty()) {
        GTEST_SKIP() << "no folder with a quota";
    }
    for (const std::string& folder : quotas) {
        const std::string file = folder + "/old.h5";
        md::save(make_tree(world, 1), file);
        for (const md::IfExists how : {md::IfExists::replace, md::IfExists::update}) {
            EXPECT_NE(failing_phase(large_tree(), file, {.if_exists = how}, folder), "");
            expect_untouched(folder, folder);
        }
        md::save(make_tree(world, 1), file);
        expect_untouched(folder, folder);
    }
}

TEST_F(FullDisk, read_only) {
    const std::string folder = variable("MEMDATA_TEST_READ_ONLY");
    if (folder.empty()) {
        GTEST_SKIP() << "no mount that can be made read-only";
    }
    const std::string file = folder + "/old.h5";
    const auto remount = [&](unsigned long flags) {
        return mount("none", folder.c_str(), nullptr, MS_REMOUNT | MS_BIND | flags, nullptr) == 0;
    };
    md::save(make_tree(world, 1), file);
    on_rank_0([&] { ASSERT_TRUE(remount(MS_RDONLY)); });
    EXPECT_THROW_ON_ALL(world, md::save(make_tree(world, 2), file), md::IoError, "Read-only file system");
    EXPECT_THROW_ON_ALL(world, md::save(make_tree(world, 2), file, {.if_exists = md::IfExists::update}), md::IoError,
                        "Read-only file system");
    expect_untouched(folder, "read-only");
    on_rank_0([&] { ASSERT_TRUE(remount(0)); });
    // It gets read-only in the middle: nobody can tidy up then; the next save does.
    int changed = 0;
    for (const std::string phase : {"structure", "opening", "data", "flushing", "closing", "renaming"}) {
        bool done = false;
        md::SaveOptions options;
        options.transfer.progress = [&](const md::Progress& progress) {
            if (progress.phase == phase && !done) {
                done = remount(MS_RDONLY);  // not while a file is open for writing
            }
        };
        md::MemGroup tree = make_tree(world, 2);
        tree.dataset("packed").set_storage({.chunks = {50, 20}});  // with filters rank 0 has it open all the time
        memdata_test::Outcome mine{true, "saved"};
        try {
            md::save(tree, file, options);
        } catch (const md::IoError& error) {
            mine.text = error.what();
        }
        EXPECT_TRUE(memdata_test::all_ok_and_alike(world, phase.c_str(), mine)) << mine.text;
        const bool failed = mine.text != "saved";
        on_rank_0([&] {
            changed += done ? 1 : 0;
            EXPECT_EQ(failed, done) << phase;
            EXPECT_TRUE(remount(0));
        });
        EXPECT_ON_ALL(world, check_tree(md::load(world, file), failed ? 1 : 2).empty()) << phase;
        md::save(make_tree(world, 1), file);
        expect_untouched(folder, phase);
    }
    on_rank_0([&] { EXPECT_GE(changed, 2); });
}

}  // namespace
