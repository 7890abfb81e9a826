// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// What save and load cost in calls, on however many ranks and with however many objects.
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <functional>
#include <vector>

#include "call_counts.hpp"
#include "expect_on_all.hpp"
#include "memdata/memdata.hpp"
#include "mpi/node.hpp"
#include "scratch.hpp"

namespace md = memdata;
using memdata_test::Call;
using memdata_test::CallCounts;
using memdata_test::CallKind;

namespace {

CallCounts counted(const std::function<void()>& run) {
    const CallCounts before = memdata_test::calls_so_far();
    run();
    return memdata_test::calls_so_far().since(before);
}

std::int64_t largest(const md::Communicator& world, std::int64_t mine) {
    MPI_Allreduce(MPI_IN_PLACE, &mine, 1, MPI_INT64_T, MPI_MAX, world);
    return mine;
}

std::int64_t sum(const md::Communicator& world, std::int64_t mine) {
    MPI_Allreduce(MPI_IN_PLACE, &mine, 1, MPI_INT64_T, MPI_SUM, world);
    return mine;
}

/// Bytes of a dataset of contiguous_tree(), and how many pieces of it each rank has in the file when it lies over
/// axis 1.
constexpr md::Index rows = 16;
constexpr md::Index columns = 16;
constexpr md::Index dataset_bytes = rows * columns * 8;

/// Datasets over axes 0 and 1, with attributes and common data between them. All bytes go in one round of an exchange.
md::MemGroup contiguous_tree(const md::Communicator& world, int objects) {
    md::MemGroup tree(world);
    for (int i = 0; i < objects; ++i) {
        tree.create_dataset(fmt::format("d{}", i),
                            md::MPIArray::full<double>(world, {rows, columns}, md::Axis{i % 2}, i))
            .attrs()["number"] = md::AttrValue(i);
        if (i % 10 == 0) {
            tree.create_dataset(fmt::format("c{}", i), md::Array(std::vector<double>(20, i)));
        }
    }
    return tree;
}

struct Costs {
    CallCounts save;
    CallCounts load;
};

/// Of this rank.
Costs costs_of(const md::Communicator& world, const md::MemGroup& tree) {
    const std::string file = memdata_test::scratch("cost.h5");
    memdata_test::watch_file(file);
    const CallCounts saving = counted([&] { md::save(tree, file); });
    return {saving, counted([&] { const md::MemGroup loaded = md::load(world, file); })};
}

/// Collective calls as text, with their numbers.
std::string collectives(const CallCounts& counts) {
    std::string text;
    for (const auto& [name, count] : counts.by_name(CallKind::collective)) {
        text += fmt::format("{} {}\n", name, count.calls);
    }
    return text;
}

class Cost : public ::testing::Test {
protected:
    /// A backend is chosen, a communicator looked at and a plug-in loaded once: what is counted comes later.
    static void SetUpTestSuite() {
        const md::Communicator world;
        costs_of(world, contiguous_tree(world, 10));
    }

    md::Communicator world;
};

/// One counter stands for all that work in the same way. That plug-ins of MPI-IO and HDF5 are seen is a matter of
/// linking: were they not, the other tests would find too little to complain of.
TEST_F(Cost, calls_are_counted_wherever_they_are_made) {
    const std::string file = memdata_test::scratch("counted.h5");
    memdata_test::watch_file(file);
    std::array<char, 1000> bytes{};
    const CallCounts posix = counted([&] {
        const int mine = open((file + fmt::format(".rank{}", world.rank())).c_str(), O_CREAT | O_RDWR, 0666);
        const int other = open(memdata_test::scratch("other").c_str(), O_CREAT | O_RDWR, 0666);
        EXPECT_EQ(write(other, bytes.data(), 10), 10);
        close(mine);
        close(other);
    });
    EXPECT_EQ(posix.of(CallKind::open).calls, 1);
    EXPECT_EQ(posix.of(Call::side_open).calls, 1);
    EXPECT_EQ(posix.of(CallKind::write).calls, 0);

    const std::vector<int> counts(static_cast<std::size_t>(world.size()), 2);
    const std::vector<int> starts(counts.size(), 0);
    const CallCounts mpi = counted([&] {
        MPI_File handle = MPI_FILE_NULL;
        MPI_File_open(world, file.c_str(), MPI_MODE_CREATE | MPI_MODE_RDWR, MPI_INFO_NULL, &handle);
        MPI_File_write_at(handle, world.rank() * 1000, bytes.data(), 1000, MPI_CHAR, MPI_STATUS_IGNORE);
        MPI_File_read_at(handle, world.rank() * 1000, bytes.data(), 500, MPI_CHAR, MPI_STATUS_IGNORE);
        MPI_File_close(&handle);
        std::vector<std::int64_t> in(2 * counts.size());
        const std::array<std::int64_t, 2> out{};
        std::vector<int> places;
        for (int rank = 0; rank < world.size(); ++rank) {
            places.push_back(2 * rank);
        }
        MPI_Alltoallv(out.data(), counts.data(), starts.data(), MPI_INT64_T, in.data(), counts.data(), places.data(),
                      MPI_INT64_T, world);
    });
    EXPECT_EQ(collectives(mpi), "MPI_Alltoallv 1\nMPI_File_close 1\nMPI_File_open 1\n");
    EXPECT_EQ(mpi.of(Call::MPI_Alltoallv).bytes, 16 * (world.size() - 1));
    EXPECT_EQ(mpi.of(CallKind::file_mpi).calls, 2);
    EXPECT_EQ(mpi.of(CallKind::file_mpi).bytes, 1500);
    EXPECT_GE(mpi.of(Call::open).calls, 1);  // ROMIO's rank 0 opens it once more to make it
    EXPECT_EQ(mpi.of(Call::write).bytes, 1000);
    EXPECT_EQ(mpi.of(Call::read).bytes, 500);

    const CallCounts hdf5 = counted([&] {
        md::MemGroup tree(world);
        tree.create_dataset("d", md::MPIArray::full<double>(world, {8, 8}, md::Axis{0}, 1));
        md::save(tree, file, {.transfer = {.way = md::TransferWay::hdf5}});
    });
    EXPECT_EQ(hdf5.of(Call::MPI_File_open).calls, 1);
    EXPECT_GE(hdf5.of(Call::MPI_File_set_view).calls, 1);
}

void check_collectives(const md::Communicator& comm) {
    std::vector<Costs> costs;
    for (const int objects : {10, 100, 1000}) {
        costs.push_back(costs_of(comm, contiguous_tree(comm, objects)));
        md::same_on_all_ranks(comm, "the collective calls of save", collectives(costs.back().save));
        md::same_on_all_ranks(comm, "the collective calls of load", collectives(costs.back().load));
    }
    // What rank 0 tells of the file, once in save() and twice in load(), needs two calls more when it is not small.
    constexpr int told = 4;
    for (const Costs& cost : costs) {
        EXPECT_NEAR(static_cast<double>(cost.save.of(CallKind::collective).calls),
                    static_cast<double>(costs.front().save.of(CallKind::collective).calls), told)
            << collectives(cost.save);
        EXPECT_NEAR(static_cast<double>(cost.load.of(CallKind::collective).calls),
                    static_cast<double>(costs.front().load.of(CallKind::collective).calls), told)
            << collectives(cost.load);
        EXPECT_EQ(cost.save.of(CallKind::message).calls, 0);
        EXPECT_EQ(cost.load.of(CallKind::message).calls, 0);
    }
}

TEST_F(Cost, collective_calls_do_not_grow_with_the_number_of_objects) { check_collectives(world); }

TEST_F(Cost, nor_do_they_when_every_rank_has_a_host_of_its_own) {
    md::mpi::NodeTest::most_ranks = 1;
    const md::Communicator apart(world, boost::mpi::comm_duplicate);
    costs_of(apart, contiguous_tree(apart, 10));  // which looks for the host's ranks
    check_collectives(apart);
    md::mpi::NodeTest::most_ranks = 0;
}

TEST_F(Cost, opens_grow_neither_with_objects_nor_with_ranks) {
    // The numbers hold on any number of ranks. What rank 0 does alone is the structure of the file, and the last flush.
    constexpr std::int64_t most = 2;
    constexpr std::int64_t more_on_rank_0 = 3;
    std::vector<Costs> costs;
    for (const int objects : {10, 1000}) {
        costs.push_back(costs_of(world, contiguous_tree(world, objects)));
    }
    EXPECT_EQ(costs.back().load.of(Call::MPI_File_open).calls, 0);
    EXPECT_LE(costs.back().load.of(Call::open).calls, 1 + (world.rank() == 0 ? more_on_rank_0 : 0));
    for (const CallCounts Costs::*step : {&Costs::save, &Costs::load}) {
        const std::int64_t mine = (costs.front().*step).of(Call::open).calls;
        EXPECT_EQ((costs.back().*step).of(Call::open).calls, mine);
        EXPECT_LE(mine, most + (world.rank() == 0 ? more_on_rank_0 : 0));
        EXPECT_GE(mine, 1);
        // Rank 0 looks whose it is by now before the file gets its name, and before it gives the lock back.
        EXPECT_LE((costs.back().*step).of(Call::lock_open).calls, world.rank() == 0 ? 3 : 1);
    }
}

TEST_F(Cost, common_data_go_through_the_file_system_once) {
    constexpr std::int64_t bytes = std::int64_t{64} << 20;
    const std::string file = memdata_test::scratch("common.h5");
    memdata_test::watch_file(file);
    CallCounts save;
    {
        md::MemGroup tree(world);
        tree.create_dataset("table", md::Array(std::vector<double>(bytes / 8, 1.5)));
        save = counted([&] { md::save(tree, file); });
    }
    const CallCounts load = counted([&] {
        const md::MemGroup tree = md::load(world, file);
        EXPECT_EQ(tree.dataset("table").common().span<double>().back(), 1.5);
    });
    EXPECT_ON_ALL(world, sum(world, save.of(CallKind::write).bytes) >= bytes);
    EXPECT_ON_ALL(world, sum(world, save.of(CallKind::write).bytes) <= bytes + bytes / 10);
    EXPECT_ON_ALL(world, sum(world, load.of(CallKind::read).bytes) >= bytes);
    EXPECT_ON_ALL(world, sum(world, load.of(CallKind::read).bytes) <= bytes + bytes / 10);
}

/// Data over axis 1 are `rows` pieces a rank and dataset, but no dataset is accessed piece by piece; and nothing is
/// read to be written again.
TEST_F(Cost, accesses_grow_with_datasets_at_most_and_not_with_their_pieces) {
    constexpr int objects = 1000;
    constexpr std::int64_t structure = 32;  // accesses of other things, by a rank that is not 0
    const Costs cost = costs_of(world, contiguous_tree(world, objects));
    if (world.rank() > 0) {
        EXPECT_LE(cost.save.of(CallKind::write).calls, objects + structure);
        EXPECT_LE(cost.load.of(CallKind::read).calls, objects + structure);
        EXPECT_LE(cost.save.of(CallKind::read).bytes, 64 << 10);
    }
    EXPECT_EQ(cost.load.of(CallKind::write).calls, 0);
    const std::int64_t data = objects * dataset_bytes;
    const std::int64_t written = sum(world, cost.save.of(CallKind::write).bytes);
    const std::int64_t read = sum(world, cost.load.of(CallKind::read).bytes);
    constexpr std::int64_t most_structure = objects * 2048;  // headers, attributes, B-trees, read more than once
    EXPECT_GE(written, data);
    EXPECT_LE(written, data + most_structure);
    EXPECT_GE(read, data);
    EXPECT_LE(read, data + most_structure);
    EXPECT_LE(largest(world, cost.save.of(CallKind::file_mpi).calls), objects + structure);
    EXPECT_LE(largest(world, cost.load.of(CallKind::file_mpi).calls), objects + structure);
}

TEST_F(Cost, datasets_side_by_side_in_the_file_are_accessed_together) {
    if (world.size() == 1) {
        GTEST_SKIP() << "one rank alone exchanges nothing: it accesses dataset by dataset";
    }
    constexpr int objects = 1000;
    md::MemGroup tree(world);
    for (int i = 0; i < objects; ++i) {
        tree.create_dataset(fmt::format("d{}", i),
                            md::MPIArray::full<double>(world, {rows, columns}, md::Axis{i % 2}, i));
    }
    const Costs cost = costs_of(world, tree);
    constexpr std::int64_t rounds = 16;  // of 256 KiB a rank or more; HDF5 may leave a gap now and then
    EXPECT_LE(largest(world, cost.save.of(CallKind::file_mpi).calls), rounds);
    EXPECT_LE(largest(world, cost.load.of(CallKind::file_mpi).calls), rounds);
    EXPECT_GE(largest(world, cost.save.of(CallKind::file_mpi).calls), 1);
}

/// For cost_strace.sh, which compares with what strace sees.
TEST_F(Cost, counts_for_strace) {
    const char* file = std::getenv("MEMDATA_STRACE_FILE");
    if (file == nullptr) {
        GTEST_SKIP() << "MEMDATA_STRACE_FILE is not set";
    }
    memdata_test::watch_file(file);
    const CallCounts counts = counted([&] {
        md::save(contiguous_tree(world, 50), file);
        const md::MemGroup loaded = md::load(world, file);
    });
    for (int rank = 0; rank < world.size(); ++rank) {
        world.barrier();
        if (rank == world.rank()) {
            fmt::print("\ncounted rank {} open {} lock {} read {} write {}\n", rank, counts.of(Call::open).calls,
                       counts.of(Call::lock_open).calls, counts.of(Call::read).calls, counts.of(Call::write).calls);
            std::fflush(stdout);
        }
    }
}

}  // namespace
