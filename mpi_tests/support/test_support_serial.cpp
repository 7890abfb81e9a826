// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "scratch.hpp"

namespace {

TEST(Scratch, IsTheFolderCtestNames) {
    const char* folder = std::getenv("MEMDATA_TEST_DIR");
    if (folder == nullptr) GTEST_SKIP() << "not run by ctest";
    const std::string path = memdata_test::scratch("file");
    EXPECT_EQ(path, std::string(folder) + "/file");
    EXPECT_FALSE(std::ifstream(path).good()) << "left over from an earlier run";
    std::ofstream(path) << "text";
    EXPECT_TRUE(std::ifstream(path).good());
}

}  // namespace
