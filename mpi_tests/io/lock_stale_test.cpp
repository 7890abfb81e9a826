// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// Which locks are stale, and are taken over, and which are not. Runs without MPI.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <sstream>
#include <vector>

#include "lock_helpers.hpp"
#include "memdata/base/error.hpp"
#include "memdata/io/lock_file.hpp"
#include "scratch.hpp"

namespace md = memdata;
namespace fs = std::filesystem;
using memdata_test::in_child;
using memdata_test::lock_of;
using memdata_test::lock_of_the_dead;
using memdata_test::read;
using memdata_test::scratch;
using memdata_test::wait_for;
using memdata_test::with;
using memdata_test::write;
using ::testing::HasSubstr;

namespace {

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
    const std::string lock = lock_of(file);
    write(lock, with(read(lock), "pid", "1"));  // alive, but it started at another time
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

TEST(LockFile, clocks_do_not_matter) {
    const std::string file = scratch("clocks.h5");
    const std::string lock = lock_of(file);
    const std::string dead = lock_of_the_dead(file);
    std::string alive;
    {
        const md::LockFile held(file, {.break_lock = true});
        alive = with(read(lock), "pid", std::to_string(getppid()));  // of another process than this
    }
    const std::string start = read("/proc/" + std::to_string(getppid()) + "/stat");
    std::istringstream fields(start.substr(start.rfind(')') + 1));
    std::string ticks;
    for (int number = 3; number <= 22; ++number) {
        fields >> ticks;
    }
    alive = with(alive, "start_ticks", ticks);
    for (const char* time : {"1970-01-01T00:00:00Z", "2399-12-31T23:59:59Z", "yesterday", ""}) {
        const std::string quoted = "\"" + std::string(time) + "\"";
        for (const std::time_t modified : {std::time_t{1}, std::time_t{4000000000}}) {
            const std::array<timespec, 2> times{{{modified, 0}, {modified, 0}}};
            write(lock, with(dead, "time", quoted));
            ASSERT_EQ(utimensat(AT_FDCWD, lock.c_str(), times.data(), 0), 0);
            EXPECT_NO_THROW(md::LockFile{file}) << time;
            write(lock, with(alive, "time", quoted));
            ASSERT_EQ(utimensat(AT_FDCWD, lock.c_str(), times.data(), 0), 0);
            EXPECT_THROW(md::LockFile{file}, md::LockError) << time;
            write(lock, with(with(dead, "time", quoted), "host", "\"elsewhere\""));
            ASSERT_EQ(utimensat(AT_FDCWD, lock.c_str(), times.data(), 0), 0);
            EXPECT_THROW(md::LockFile{file}, md::LockError) << time;
        }
    }
    fs::remove(lock);
}

TEST(LockFile, of_other_boots_and_namespaces_nothing_is_known) {
    const std::string file = scratch("namespaces.h5");
    const std::string dead = lock_of_the_dead(file);
    for (const char* field : {"host", "boot", "pid_namespace", "time_namespace"}) {
        write(lock_of(file), with(dead, field, "\"another\""));
        EXPECT_THROW(md::LockFile{file}, md::LockError) << field;
    }
    write(lock_of(file), dead);
    EXPECT_NO_THROW(md::LockFile{file});
}

/// The folder could not be written for a while, say.
TEST(LockFile, one_that_this_process_could_not_remove) {
    const std::string file = scratch("own.h5");
    std::string text;
    {
        const md::LockFile lock(file);
        text = read(lock.lock());
        EXPECT_THROW(md::LockFile{file}, md::LockError);
    }
    write(lock_of(file), text);
    EXPECT_NO_THROW(md::LockFile{file});
    EXPECT_FALSE(fs::exists(lock_of(file)));
}

TEST(LockFile, a_process_stopped_while_judging_is_not_waited_for) {
    const std::string file = scratch("judged.h5");
    lock_of_the_dead(file);
    const int judge = open(lock_of(file).c_str(), O_RDONLY | O_CLOEXEC);
    ASSERT_EQ(flock(judge, LOCK_EX), 0);
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_THROW(md::LockFile{file}, md::LockError);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
    close(judge);
    EXPECT_NO_THROW(md::LockFile{file});
}

TEST(LockFile, the_draft_of_a_dead_holder_is_removed) {
    const std::string file = scratch("draft.h5");
    const std::string dead = lock_of_the_dead(file);
    const auto at = dead.find("\"pid\":") + 6;
    std::array<char, 256> host{};
    gethostname(host.data(), host.size() - 1);
    const std::string draft = lock_of(file) + "." + host.data() + "." + dead.substr(at, dead.find(',', at) - at);
    write(draft, dead);
    EXPECT_NO_THROW(md::LockFile{file});
    EXPECT_FALSE(fs::exists(draft));
}

/// ompio's, over several hosts.
TEST(LockFile, what_mpi_io_left_beside_the_temporary_file_is_removed) {
    const std::string file = scratch("side.h5");
    const std::string temporary = fs::path(file).parent_path() / ".side.h5";
    lock_of_the_dead(file);
    write(temporary, "half");
    const std::string left = temporary + "-2284388353-81.lock";
    const std::vector<std::string> others{temporary + "-note.lock", temporary + "2-1-2.lock", temporary + "-1-2"};
    for (const std::string& name : others) {
        write(name, "1");
    }
    write(left, "1");
    EXPECT_NO_THROW(md::LockFile{file});
    EXPECT_FALSE(fs::exists(left));
    for (const std::string& name : others) {
        EXPECT_TRUE(fs::exists(name)) << name;
    }
}

/// On many clusters /proc is mounted so that one does not see other users' processes: they are alive all the same.
TEST(LockFile, a_holder_that_is_hidden_is_alive) {
    if (geteuid() != 0) {
        GTEST_SKIP() << "only root can be two users";
    }
    const std::string file = scratch("hidden/hidden.h5");
    fs::create_directories(fs::path(file).parent_path());
    fs::permissions(fs::path(file).parent_path(), fs::perms::all);
    const md::LockFile lock(file);
    constexpr int cannot = 77;
    const pid_t child = fork();
    if (child == 0) {
        const bool hidden = unshare(CLONE_NEWNS) == 0 && mount("", "/", "", MS_REC | MS_PRIVATE, nullptr) == 0 &&
                            mount("proc", "/proc", "proc", 0, "hidepid=2") == 0 && setgroups(0, nullptr) == 0 &&
                            setegid(65534) == 0 && seteuid(65534) == 0 &&
                            faccessat(AT_FDCWD, fs::path(file).parent_path().c_str(), W_OK, AT_EACCESS) == 0;
        if (!hidden || fs::exists("/proc/" + std::to_string(getppid()) + "/stat")) {
            _exit(cannot);
        }
        try {
            const md::LockFile second(file);
        } catch (const md::LockError&) {
            _exit(0);
        } catch (...) {
            _exit(2);
        }
        _exit(1);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status));
    if (WEXITSTATUS(status) == cannot) {
        GTEST_SKIP() << "processes cannot be hidden here";
    }
    EXPECT_EQ(WEXITSTATUS(status), 0) << "1: it was taken over";
}

}  // namespace
