// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// The lock file among processes: one winner, the holder named, nothing left behind. Runs without MPI.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <new>
#include <optional>
#include <random>
#include <set>
#include <vector>

#include "lock_helpers.hpp"
#include "memdata/base/error.hpp"
#include "memdata/io/lock_file.hpp"
#include "scratch.hpp"

namespace md = memdata;
namespace fs = std::filesystem;
using memdata_test::in_child;
using memdata_test::lock_of;
using memdata_test::read;
using memdata_test::scratch;
using memdata_test::wait_for;
using memdata_test::write;
using ::testing::HasSubstr;

namespace {

TEST(LockFile, names_and_life) {
    const std::string file = scratch("life.h5");
    const fs::path folder = fs::path(file).parent_path();
    {
        md::LockFile lock(file);
        EXPECT_EQ(lock.temporary(), folder / ".life.h5");
        EXPECT_EQ(lock.lock(), folder / ".life.h5.lock");
        EXPECT_THAT(read(lock.lock()), HasSubstr("\"pid\":" + std::to_string(getpid())));
        write(lock.temporary(), "new");
        lock.commit(true);
        EXPECT_FALSE(fs::exists(lock.lock()));
    }
    EXPECT_EQ(read(file), "new");
    EXPECT_FALSE(fs::exists(folder / ".life.h5"));
}

TEST(LockFile, given_back_without_commit) {
    const std::string file = scratch("dropped.h5");
    write(file, "old");
    std::string temporary;
    {
        const md::LockFile lock(file);
        temporary = lock.temporary();
        write(temporary, "half");
    }
    EXPECT_EQ(read(file), "old");
    EXPECT_FALSE(fs::exists(temporary));
    {
        const md::LockFile again(file, {.preserve = true});
        write(again.temporary(), "half");
    }
    EXPECT_EQ(read(temporary), "half");
}

TEST(LockFile, holder_is_named) {
    const std::string file = scratch("held.h5");
    const md::LockFile lock(file);
    try {
        const md::LockFile second(file);
        FAIL() << "two holders";
    } catch (const md::LockError& error) {
        EXPECT_THAT(error.what(), HasSubstr("pid " + std::to_string(getpid())));
        EXPECT_THAT(error.what(), HasSubstr(lock.lock()));
        EXPECT_THAT(error.holder(), HasSubstr("host "));
        EXPECT_EQ(error.file(), file);
    }
}

TEST(LockFile, no_replace) {
    const std::string file = scratch("exists.h5");
    md::LockFile lock(file);
    write(lock.temporary(), "new");
    write(file, "meanwhile");
    EXPECT_THROW(lock.commit(false, false), md::IoError);
    EXPECT_EQ(read(file), "meanwhile");
}

TEST(LockFile, permissions_and_links_survive) {
    const std::string file = scratch("real.h5");
    const std::string link = scratch("link.h5");
    write(file, "old");
    fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
    fs::create_symlink(file, link);
    md::LockFile lock(link);
    write(lock.temporary(), "new");
    lock.commit(false);
    EXPECT_TRUE(fs::is_symlink(link));
    EXPECT_EQ(read(file), "new");
    EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST(LockFile, who_broke_a_lock_writes_alone) {
    const std::string file = scratch("broken.h5");
    write(file, "old");
    std::optional<md::LockFile> first(file);
    write(first->temporary(), "first");
    const int open_in_first = open(first->temporary().c_str(), O_WRONLY | O_CLOEXEC);
    md::LockFile second(file, {.break_lock = true});
    write(second.temporary(), "second");
    EXPECT_EQ(pwrite(open_in_first, "FIRST", 5, 0), 5);
    close(open_in_first);
    try {
        first->commit(true);
        ADD_FAILURE() << "committed";
    } catch (const md::LockError& error) {
        EXPECT_THAT(error.what(), HasSubstr("its lock was broken"));
        EXPECT_THAT(error.holder(), HasSubstr("pid " + std::to_string(getpid())));
    }
    first.reset();
    EXPECT_EQ(read(file), "old");
    EXPECT_TRUE(fs::exists(second.lock()));
    EXPECT_EQ(read(second.temporary()), "second");
    second.commit(true);
    EXPECT_EQ(read(file), "second");
}

TEST(LockFile, somebody_removed_the_lock) {
    const std::string file = scratch("removed.h5");
    {
        md::LockFile lock(file);
        write(lock.temporary(), "new");
        fs::remove(lock.lock());
        lock.commit(false);
    }
    EXPECT_EQ(read(file), "new");
    md::LockFile late(file);
    write(late.temporary(), "late");
    fs::remove(late.lock());
    {
        md::LockFile other(file);
        write(other.temporary(), "other");
        other.commit(false);
    }
    EXPECT_THROW(late.commit(false), md::IoError);
    EXPECT_EQ(read(file), "other");
}

/// Rank 0 is dead, others of its job may take a moment longer.
TEST(LockFile, what_the_dead_still_write_goes_nowhere) {
    const std::string file = scratch("survivors.h5");
    wait_for(in_child([&] { write((new md::LockFile(file))->temporary(), "half"); }));
    const int survivor = open((fs::path(file).parent_path() / ".survivors.h5").c_str(), O_WRONLY | O_CLOEXEC);
    ASSERT_GE(survivor, 0);
    md::LockFile lock(file);
    EXPECT_FALSE(fs::exists(lock.temporary()));
    write(lock.temporary(), "new");
    EXPECT_EQ(pwrite(survivor, "HALF AND MORE", 13, 0), 13);
    close(survivor);
    lock.commit(false);
    EXPECT_EQ(read(file), "new");
}

/// Nothing but the lock and the temporary file is left, the next one takes over, and then there is only the file.
TEST(LockFile, killed_at_any_moment) {
    const fs::path folder = fs::path(scratch("killed/x")).parent_path();
    fs::remove_all(folder);
    fs::create_directories(folder);
    const std::string file = folder / "k.h5";
    const auto names = [&] {
        std::set<std::string> found;
        for (const auto& entry : fs::directory_iterator(folder)) {
            found.insert(entry.path().filename());
        }
        return found;
    };
    std::mt19937 random(7);
    int held = 0;
    for (int kill_number = 0; kill_number < 200; ++kill_number) {
        const pid_t child = in_child([&] {
            for (;;) {
                md::LockFile lock(file);
                write(lock.temporary(), "whole");
                lock.commit(false);
            }
        });
        usleep(static_cast<useconds_t>(random() % 3000));
        kill(child, SIGKILL);
        waitpid(child, nullptr, 0);
        held += fs::exists(lock_of(file)) ? 1 : 0;
        for (const std::string& name : names()) {
            EXPECT_TRUE(name == "k.h5" || name == ".k.h5" || name == ".k.h5.lock") << name;
        }
        md::LockFile next(file);
        write(next.temporary(), "whole");
        next.commit(false);
        EXPECT_EQ(read(file), "whole");
        EXPECT_EQ(names(), std::set<std::string>{"k.h5"});
    }
    EXPECT_GT(held, 0);
}

/// Shared by forked processes.
struct Shared {
    std::atomic<int> holders{0};
    std::atomic<int> collisions{0};
    std::atomic<int> won{0};
};

/// Eight processes fight for one lock; every third win ends in sudden death, lock held.
TEST(LockFile, one_winner_at_a_time) {
    void* memory = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(memory, MAP_FAILED);
    auto* shared = new (memory) Shared;
    const std::string file = scratch("race.h5");
    constexpr int rounds = 30;
    constexpr int processes = 8;
    for (int round = 0; round < rounds; ++round) {
        std::vector<pid_t> children;
        for (int process = 0; process < processes; ++process) {
            children.push_back(in_child([&] {
                for (int attempt = 0; attempt < 20; ++attempt) {
                    try {
                        auto* lock = new md::LockFile(file);
                        const int before = shared->holders.fetch_add(1);
                        shared->collisions += before == 0 ? 0 : 1;
                        usleep(200);
                        shared->holders.fetch_sub(1);
                        if (shared->won.fetch_add(1) % 3 == 0) {
                            _exit(0);
                        }
                        delete lock;
                    } catch (const md::LockError&) {
                        usleep(100);
                    }
                }
            }));
        }
        for (const pid_t child : children) {
            wait_for(child);
        }
    }
    EXPECT_EQ(shared->collisions, 0);
    EXPECT_GT(shared->won, rounds);
    munmap(memory, sizeof(Shared));
}

}  // namespace
