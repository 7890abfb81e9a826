// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// Saves and loads a small tree over and over: memory, descriptors, HDF5's ids and MPI's handles do not grow.
// MEMDATA_TEST_CYCLES says how often.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <hdf5.h>
#include <malloc.h>
#include <mpi.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "expect_on_all.hpp"
#include "fault_tree.hpp"
#include "memdata/memdata.hpp"
#include "scratch.hpp"

namespace md = memdata;
namespace fs = std::filesystem;
using memdata_test::check_tree;
using memdata_test::make_tree;

namespace {

/// What this process holds.
struct Held {
    double cycle = 0;
    double resident = 0;  ///< bytes of memory
    double heap = 0;      ///< bytes that malloc has given out
    long descriptors = 0;
    long hdf5_ids = 0;
    long mpi_handles = 0;
};

double resident_bytes() {
    std::ifstream in("/proc/self/statm");
    double pages = 0;
    in >> pages >> pages;
    return pages * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double heap_bytes() {
#if defined(__GLIBC_PREREQ) && __GLIBC_PREREQ(2, 33)
    const struct mallinfo2 info = mallinfo2();
    return static_cast<double>(info.uordblks) + static_cast<double>(info.hblkhd);
#else
    return 0;
#endif
}

long count_hdf5_ids() { return static_cast<long>(H5Fget_obj_count(static_cast<hid_t>(H5F_OBJ_ALL), H5F_OBJ_ALL)); }

/// The number that MPI gives the next handle of each kind: where they leak, it grows.
long next_mpi_handles() {
    MPI_Comm comm = MPI_COMM_NULL;
    MPI_Comm_dup(MPI_COMM_SELF, &comm);
    MPI_Group group = MPI_GROUP_NULL;
    MPI_Comm_group(comm, &group);
    MPI_Datatype type = MPI_DATATYPE_NULL;
    MPI_Type_contiguous(3, MPI_INT, &type);
    MPI_Info info = MPI_INFO_NULL;
    MPI_Info_create(&info);
    const long sum = static_cast<long>(MPI_Comm_c2f(comm)) + MPI_Type_c2f(type) + MPI_Info_c2f(info);
    MPI_Info_free(&info);
    MPI_Type_free(&type);
    MPI_Group_free(&group);
    MPI_Comm_free(&comm);
    return sum;
}

Held look(int cycle) {
    return {static_cast<double>(cycle),
            resident_bytes(),
            heap_bytes(),
            std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator{}),
            count_hdf5_ids(),
            next_mpi_handles()};
}

/// Bytes a cycle, by least squares.
double slope(const std::vector<Held>& samples, double Held::*what) {
    double cycles = 0;
    double values = 0;
    for (const Held& sample : samples) {
        cycles += sample.cycle / static_cast<double>(samples.size());
        values += sample.*what / static_cast<double>(samples.size());
    }
    double above = 0;
    double below = 0;
    for (const Held& sample : samples) {
        above += (sample.cycle - cycles) * (sample.*what - values);
        below += (sample.cycle - cycles) * (sample.cycle - cycles);
    }
    return above / below;
}

class Soak : public ::testing::Test {
protected:
    md::Environment environment;
    md::Communicator world;
    std::string file = memdata_test::scratch("soak.h5");

    /// Every tenth save is an update, every twentieth cycle has calls that fail.
    void run(int cycle) {
        md::SaveOptions options{.sync = false};
        options.if_exists = cycle % 10 == 5 ? md::IfExists::update : md::IfExists::replace;
        md::save(make_tree(world, cycle), file, options);
        const std::string wrong = check_tree(md::load(world, file), cycle);
        ASSERT_EQ(wrong, "") << "cycle " << cycle;
        if (cycle % 20 == 10) {
            EXPECT_THROW(static_cast<void>(md::load(world, file + ".absent")), md::IoError);
            EXPECT_THROW(static_cast<void>(md::load(world, file, {.only = {"absent"}})), md::PathError);
            EXPECT_THROW(md::save(make_tree(world, cycle), file, {.if_exists = md::IfExists::fail}), md::IoError);
        }
    }
};

TEST_F(Soak, nothing_grows) {
    const char* wanted = std::getenv("MEMDATA_TEST_CYCLES");
    const int cycles = wanted == nullptr ? 200 : std::max(100, std::atoi(wanted));
    const int warm_up = std::min(500, cycles / 2);
    constexpr int samples_wanted = 20;
    const int every = std::max(1, (cycles - warm_up) / samples_wanted);
    std::vector<Held> samples;
    for (int cycle = 1; cycle <= cycles; ++cycle) {
        run(cycle);
        if (cycle >= warm_up && (cycle - warm_up) % every == 0) {
            samples.push_back(look(cycle));
        }
    }
    const Held& first = samples.front();
    const Held& last = samples.back();
    const double resident = slope(samples, &Held::resident);
    const double heap = slope(samples, &Held::heap);
    for (int rank = 0; rank < world.size(); ++rank) {
        world.barrier();
        if (rank == world.rank()) {
            fmt::print(
                "rank {}: after {} cycles {:.1f} MiB resident, then {:+.1f} bytes a cycle ({:+.0f} KiB in {} "
                "cycles); heap {:.2f} MiB, {:+.1f} bytes a cycle; descriptors {} -> {}, HDF5 ids {} -> {}, "
                "next MPI handles {} -> {}\n",
                rank, warm_up, first.resident / 0x1p20, resident, (last.resident - first.resident) / 1024,
                cycles - warm_up, first.heap / 0x1p20, heap, first.descriptors, last.descriptors, first.hdf5_ids,
                last.hdf5_ids, first.mpi_handles, last.mpi_handles);
            std::fflush(stdout);
        }
    }
    EXPECT_EQ(last.descriptors, first.descriptors);
    EXPECT_EQ(last.hdf5_ids, first.hdf5_ids);
    EXPECT_EQ(last.mpi_handles, first.mpi_handles);
    constexpr double pages = 2 << 20;  // the allocator and MPI's buffers settle late
    constexpr double a_cycle = 64;
    EXPECT_LE(last.resident - first.resident, pages + a_cycle * cycles);
    EXPECT_LE(last.heap - first.heap, pages / 4 + a_cycle * cycles);
}

}  // namespace
