// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "memdata/io/lock_file.hpp"

// What the tests of the lock file have in common.
namespace memdata_test {

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

inline void wait_for(pid_t pid) {
    int status = 0;
    ASSERT_EQ(waitpid(pid, &status, 0), pid);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

inline std::string read(const std::string& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
}

inline void write(const std::string& file, const std::string& text) { std::ofstream(file) << text; }

inline std::string lock_of(const std::string& file) {
    const std::filesystem::path path(file);
    return path.parent_path() / ("." + path.filename().string() + ".lock");
}

/// The text of a lock with another value in one of its fields.
inline std::string with(std::string text, const std::string& field, const std::string& value) {
    const auto at = text.find("\"" + field + "\":") + field.size() + 3;
    return text.replace(at, text.find_first_of(",}", at) - at, value);
}

/// The lock of a process that died with it.
inline std::string lock_of_the_dead(const std::string& file) {
    wait_for(in_child([&] { new memdata::LockFile(file); }));
    return read(lock_of(file));
}

}  // namespace memdata_test
