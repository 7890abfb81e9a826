// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// The damaged files that the test damage_probe left in MEMDATA_DAMAGE_FOLDER, with several ranks: what becomes of each
// is the same on all of them. Left out is what is known by now to crash libhdf5, which no process survives.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "damage_outcome.hpp"
#include "expect_on_all.hpp"
#include "memdata/memdata.hpp"
#include "scratch.hpp"

namespace md = memdata;
namespace fs = std::filesystem;
using namespace memdata_test;

namespace {

/// A file for these ranks alone: others may be at the same one.
std::string take(const md::Communicator& world, const std::string& from, const std::string& file) {
    const std::string own = scratch(file);
    if (world.rank() == 0) {
        std::error_code failed;  // links in circles
        if (fs::is_regular_file(from, failed)) {
            fs::copy_file(from, own, fs::copy_options::overwrite_existing);
        } else if (fs::is_symlink(from, failed)) {
            fs::copy_symlink(from, own, failed);
        } else if (fs::is_fifo(from, failed)) {
            mkfifo(own.c_str(), 0600);
        }
    }
    world.barrier();
    return own;
}

TEST(Damage, the_same_on_all_ranks) {
    const md::Communicator world;
    const char* folder = std::getenv("MEMDATA_DAMAGE_FOLDER");
    ASSERT_NE(folder, nullptr) << "run it by ctest, behind damage_probe";
    std::ifstream list(std::string(folder) + "/files.txt");
    ASSERT_TRUE(list) << folder;
    limit_memory();
    std::map<std::string, int> kinds;
    int files = 0;
    for (std::string file, operations; std::getline(list, file, '\t') && std::getline(list, operations); ++files) {
        const std::string own = take(world, std::string(folder) + "/files/" + file, file);
        for (const char operation : operations) {
            SCOPED_TRACE(file + ", operation " + operation);
            alarm(60);  // ends the job, and says so
            const auto began = std::chrono::steady_clock::now();
            const std::string outcome = try_operation(world, operation, own);
            EXPECT_NO_THROW(md::same_on_all_ranks(world, "what became of it", outcome));
            EXPECT_FALSE(outcome.starts_with("bad: ")) << outcome;
            EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(30));
            ++kinds[outcome.substr(0, outcome.find_first_of(": "))];
        }
        alarm(0);
        if (world.rank() == 0) {
            fs::remove(own);
        }
        world.barrier();
    }
    EXPECT_GT(files, 100);
    if (world.rank() == 0) {
        std::cout << files << " files";
        for (const auto& [kind, count] : kinds) {
            std::cout << ", " << kind << ": " << count;
        }
        std::cout << '\n';
    }
}

}  // namespace
