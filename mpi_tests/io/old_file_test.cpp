// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// The file that an update starts from: its locks, its copy, what happens to it meanwhile. Runs without MPI.
#include "io/old_file.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "memdata/base/error.hpp"
#include "scratch.hpp"

namespace md = memdata;
namespace fs = std::filesystem;
using md::io::OldFile;

namespace {

class OldFileTest : public ::testing::Test {
protected:
    std::string file = memdata_test::scratch("old.h5");
    void SetUp() override { std::ofstream(file) << "old"; }
    void TearDown() override { fs::remove(file); }
};

TEST_F(OldFileTest, changes_are_noticed) {
    {
        const OldFile old(file);
        EXPECT_NO_THROW(old.check_unchanged());
        std::ofstream(file, std::ios::app) << "more";
        EXPECT_THROW(old.check_unchanged(), md::IoError);
    }
    const OldFile old(file);
    fs::copy_file(file, file + "2");
    fs::rename(file + "2", file);
    EXPECT_THROW(old.check_unchanged(), md::IoError);
    fs::remove(file);
    EXPECT_THROW(old.check_unchanged(), md::IoError);
}

TEST_F(OldFileTest, readers_are_let_in_writers_are_not) {
    const OldFile old(file);
    const int descriptor = open(file.c_str(), O_RDONLY | O_CLOEXEC);
    EXPECT_EQ(flock(descriptor, LOCK_SH | LOCK_NB), 0);
    EXPECT_NE(flock(descriptor, LOCK_EX | LOCK_NB), 0);
    EXPECT_THROW(OldFile{file}, md::LockError);
    close(descriptor);
}

TEST_F(OldFileTest, no_regular_file) {
    const std::string pipe = memdata_test::scratch("pipe.h5");
    ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
    EXPECT_THROW(OldFile{pipe}, md::IoError);
    EXPECT_THROW(OldFile{pipe + "x"}, md::IoError);
    fs::remove(pipe);
}

TEST_F(OldFileTest, holes_are_copied_as_holes) {
    std::ofstream(file) << "begin";
    fs::resize_file(file, 1 << 25);
    {
        std::fstream out(file);
        out.seekp(1 << 24);
        out << "middle";
    }
    fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
    const std::string copy = file + ".copy";
    OldFile(file).copy_to(copy);
    EXPECT_EQ(fs::file_size(copy), fs::file_size(file));
    struct stat status {};
    ASSERT_EQ(stat(copy.c_str(), &status), 0);
    EXPECT_LT(status.st_blocks * 512, 1 << 20);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
    std::ifstream a(file);
    std::ifstream b(copy);
    EXPECT_TRUE(std::equal(std::istreambuf_iterator<char>(a), {}, std::istreambuf_iterator<char>(b), {}));
    fs::remove(copy);
}

}  // namespace
