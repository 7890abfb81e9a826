// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause

#include "scratch.hpp"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace fs = std::filesystem;

namespace memdata_test {
namespace {

constexpr const char* marker = ".memdata_scratch";

fs::path scratch_folder() {
    if (const char* dir = std::getenv("MEMDATA_TEST_DIR"); dir != nullptr && *dir != '\0') return dir;
    return fs::temp_directory_path() / ("memdata_test-" + std::to_string(::getuid()));
}

}  // namespace

std::string scratch(const std::string& name) {
    const fs::path folder = scratch_folder();
    fs::create_directories(folder);
    return (folder / name).string();
}

std::string data_file(const std::string& name) {
    const char* dir = std::getenv("MEMDATA_TEST_DATA");
    if (dir == nullptr) throw std::runtime_error("MEMDATA_TEST_DATA is not set");
    return (fs::path(dir) / name).string();
}

void prepare_scratch() {
    const fs::path folder = scratch_folder();
    if (fs::exists(folder / marker)) fs::remove_all(folder);
    const bool ours = !fs::exists(folder) || fs::is_empty(folder);
    fs::create_directories(folder);
    if (ours) std::ofstream(folder / marker).flush();
}

}  // namespace memdata_test
