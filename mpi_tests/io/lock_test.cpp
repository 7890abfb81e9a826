// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// The lock file among processes: one winner, the holder named, stale locks taken over. Runs without MPI.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <new>
#include <vector>

#include "memdata/base/error.hpp"
#include "memdata/io/lock_file.hpp"
#include "scratch.hpp"

namespace md = memdata;
namespace fs = std::filesystem;
using memdata_test::scratch;
using ::testing::HasSubstr;

namespace {

/// Runs f in a child process; returns its pid. The child ends without cleaning up, as if killed.
template <class F>
pid_t in_child(F&& f) {
    const pid_t pid = fork();
    if (pid == 0) {
        f();
        _exit(0);
    }
    return pid;
}

void wait_for(pid_t pid) {
    int status = 0;
    ASSERT_EQ(waitpid(pid, &status, 0), pid);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

std::string read(const std::string& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
}

void write(const std::string& file, const std::string& text) { std::ofstream(file) << text; }

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

TEST(LockFile, stale_lock_is_taken_over) {
    const std::string file = scratch("stale.h5");
    wait_for(in_child([&] { new md::LockFile(file); }));
    ASSERT_TRUE(fs::exists(fs::path(file).parent_path() / ".stale.h5.lock"));
    md::LockFile lock(file);
    write(lock.temporary(), "new");
    lock.commit(false);
    EXPECT_EQ(read(file), "new");
}

TEST(LockFile, a_pid_used_again_is_not_the_holder) {
    const std::string file = scratch("reused.h5");
    wait_for(in_child([&] { new md::LockFile(file); }));
    const std::string lock = fs::path(file).parent_path() / ".reused.h5.lock";
    std::string text = read(lock);
    const auto at = text.find("\"pid\":") + 6;
    text.replace(at, text.find(',', at) - at, "1");  // alive, but it started at another time
    write(lock, text);
    EXPECT_NO_THROW(md::LockFile{file});
}

TEST(LockFile, locks_that_cannot_be_judged_stay) {
    const std::string file = scratch("elsewhere.h5");
    const std::string lock = fs::path(file).parent_path() / ".elsewhere.h5.lock";
    for (const std::string text :
         {R"({"host": "elsewhere", "pid": 1, "boot": "x", "job": "77", "time": "2024-01-01T00:00:00Z"})", "", "[1, 2",
          "{\"pid\": \"many\"}"}) {
        write(lock, text);
        EXPECT_THROW(md::LockFile{file}, md::LockError) << text;
        EXPECT_EQ(read(lock), text);
    }
    write(lock, R"({"host": "elsewhere", "pid": 1, "job": "77", "time": "2024-01-01T00:00:00Z"})");
    try {
        const md::LockFile second(file);
        FAIL();
    } catch (const md::LockError& error) {
        EXPECT_THAT(error.what(), HasSubstr("host elsewhere, pid 1, job 77, since 2024-01-01T00:00:00Z"));
    }
    EXPECT_NO_THROW(md::LockFile(file, {.break_lock = true}));
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
