// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/base/path.hpp"

#include "expect.hpp"

namespace memdata {
namespace {

using Names = std::vector<std::string>;

TEST(Path, Splits) {
    EXPECT_EQ(path::split("/a//b/"), (Names{"a", "b"}));
    EXPECT_EQ(path::split("/"), Names{});
    EXPECT_EQ(path::split(""), Names{});
    EXPECT_EQ(path::split("."), Names{});
    EXPECT_EQ(path::split("./a/./b/."), (Names{"a", "b"}));
    EXPECT_EQ(path::split("a/../b"), (Names{"a", "..", "b"}));  // no parent links in HDF5
    EXPECT_EQ(path::split("..."), Names{"..."});
    EXPECT_EQ(path::split(".hidden"), Names{".hidden"});
    EXPECT_EQ(path::split(" a / b "), (Names{" a ", " b "}));
    EXPECT_EQ(path::split("/größe/日"), (Names{"größe", "日"}));
    EXPECT_EQ(path::split("a\\b"), Names{"a\\b"});
}

TEST(Path, ZeroByteIsAnError) {
    const std::string bad("/a\0b", 4);
    EXPECT_THROW((void)path::split(bad), PathError);
    EXPECT_THROW((void)path::join(bad, "c"), PathError);
    EXPECT_THROW((void)path::join("/a", bad), PathError);
    EXPECT_THROW((void)path::normalise(bad), PathError);
    EXPECT_THROW((void)path::parent(bad), PathError);
    EXPECT_THROW((void)path::name(bad), PathError);
}

TEST(Path, Joins) {
    EXPECT_EQ(path::join("/a", "b/c"), "/a/b/c");
    EXPECT_EQ(path::join("/a/", "b/"), "/a/b");
    EXPECT_EQ(path::join("/", "b"), "/b");
    EXPECT_EQ(path::join("", "b"), "b");
    EXPECT_EQ(path::join("a", ""), "a");
    EXPECT_EQ(path::join("/", ""), "/");
    EXPECT_EQ(path::join("", ""), "");
    EXPECT_EQ(path::join("/a", "/b"), "/b");
    EXPECT_EQ(path::join("a", "//"), "/");
}

TEST(Path, Normalises) {
    EXPECT_EQ(path::normalise("a//b/"), "a/b");
    EXPECT_EQ(path::normalise("///"), "/");
    EXPECT_EQ(path::normalise("//a"), "/a");
    EXPECT_EQ(path::normalise("/."), "/");
    EXPECT_EQ(path::normalise("./"), "");
    EXPECT_EQ(path::normalise(""), "");
    for (const char* p : {"a//b/", "///", "/a/./b", "", "a", ".."}) {
        EXPECT_EQ(path::normalise(path::normalise(p)), path::normalise(p));
    }
}

TEST(Path, ParentAndName) {
    EXPECT_EQ(path::parent("/a/b"), "/a");
    EXPECT_EQ(path::parent("/a"), "/");
    EXPECT_EQ(path::parent("/"), "/");
    EXPECT_EQ(path::parent("a"), "");
    EXPECT_EQ(path::parent("a/b/"), "a");
    EXPECT_EQ(path::parent(""), "");
    EXPECT_EQ(path::name("/a/b/"), "b");
    EXPECT_EQ(path::name("/"), "");
    EXPECT_EQ(path::name("a"), "a");
    for (const char* p : {"/a/b/c", "/a", "x/y", "x"}) {
        EXPECT_EQ(path::join(path::parent(p), path::name(p)), p);
    }
    EXPECT_TRUE(path::is_absolute("/"));
    EXPECT_FALSE(path::is_absolute("a/"));
    EXPECT_FALSE(path::is_absolute(""));
}

}  // namespace
}  // namespace memdata
