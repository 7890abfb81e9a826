// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// On network file systems a file that gets its name too early is seen without its data (aspect#6276). The order has to
// be: every rank closes, rank 0 flushes the file, renames it, flushes the folder. Seen by functions that stand in front
// of the C library's and MPI's.
#undef _FORTIFY_SOURCE
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "expect_on_all.hpp"
#include "memdata/memdata.hpp"
#include "scratch.hpp"

namespace md = memdata;

namespace {

/// Of all processes of the machine: the ranks are on one.
std::int64_t now() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

struct Event {
    std::string what;
    std::int64_t time;
};
std::vector<Event>& events() {
    static std::vector<Event> instance;
    return instance;
}
bool is_recording = false;

void record(const char* what) {
    if (is_recording) {
        events().push_back({what, now()});
    }
}

}  // namespace

extern "C" int fsync(int file) {
    static auto* const next = reinterpret_cast<int (*)(int)>(dlsym(RTLD_NEXT, "fsync"));
    struct stat status {};
    const bool is_folder = fstat(file, &status) == 0 && S_ISDIR(status.st_mode);
    const int result = next(file);
    record(is_folder ? "folder flushed" : "file flushed");
    return result;
}

extern "C" int rename(const char* from, const char* to) noexcept {
    static auto* const next = reinterpret_cast<int (*)(const char*, const char*)>(dlsym(RTLD_NEXT, "rename"));
    record("renamed");
    return next(from, to);
}

extern "C" int live_MPI_File_close(MPI_File* file);  // which counts it (mpi_tests/support/live_mpi.cpp)
extern "C" int MPI_File_close(MPI_File* file) {
    const int result = live_MPI_File_close(file);
    record("closed");
    return result;
}

namespace {

class HazardOrder : public ::testing::TestWithParam<md::TransferWay> {};

TEST_P(HazardOrder, close_flush_rename_flush) {
    const md::Communicator world;
    const std::string file = memdata_test::scratch("order.h5");
    md::MemGroup tree(world);
    tree.create_dataset("d", md::MPIArray::full(world, {100, 30}, md::Axis{0}, 1.5));
    md::SaveOptions options;
    options.transfer.way = GetParam();
    events().clear();
    is_recording = true;
    md::save(tree, file, options);
    is_recording = false;

    std::int64_t closed = 0;
    std::vector<std::string> last;  // on rank 0, from the moment that it closed on
    std::vector<std::int64_t> times;
    for (const Event& event : events()) {
        if (event.what == "closed") {
            closed = event.time;
            last.clear();
            times.clear();
        } else {
            last.push_back(event.what);
            times.push_back(event.time);
        }
    }
    EXPECT_ON_ALL(world, closed > 0);
    MPI_Allreduce(MPI_IN_PLACE, &closed, 1, MPI_INT64_T, MPI_MAX, world);
    if (world.rank() == 0) {
        EXPECT_EQ(last, (std::vector<std::string>{"file flushed", "renamed", "folder flushed"}));
        EXPECT_TRUE(!times.empty() && closed < times.front()) << "flushed before all ranks had closed";
    } else {
        EXPECT_TRUE(last.empty()) << last.front() << " on another rank than 0";
    }
}

INSTANTIATE_TEST_SUITE_P(Ways, HazardOrder, ::testing::Values(md::TransferWay::automatic, md::TransferWay::hdf5));

}  // namespace
