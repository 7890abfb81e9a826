// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// What this stack is known to write wrongly, done through memdata: nothing may be wrong. Each case is a race or a
// limit elsewhere, so each runs many times.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "expect_on_all.hpp"
#include "memdata/memdata.hpp"
#include "scratch.hpp"

namespace md = memdata;

namespace {

class Hazard : public ::testing::Test {
protected:
    md::Communicator world;

    /// Saves `files` small integer datasets on `comm`, reads each back on rank 0 alone; how many are wrong?
    int wrong_files(const md::Communicator& comm, const md::Shape& shape, int axis, const md::Storage& storage,
                    int files) {
        const std::string file = memdata_test::scratch("hazard.h5");
        int wrong = 0;
        for (int k = 0; k < files; ++k) {
            auto array = md::MPIArray::zeros<std::int32_t>(comm, shape, md::Axis{axis});
            auto view = array.local<std::int32_t, 2>();
            for (auto [i, row] : array.indices(md::Axis{0})) {
                for (auto [j, column] : array.indices(md::Axis{1})) {
                    view(i, j) = static_cast<std::int32_t>(row * shape[1] + column) + 1 + k;
                }
            }
            md::MemGroup tree(comm);
            tree.create_dataset("d", std::move(array), storage);
            md::save(tree, file, {.sync = false});
            if (comm.rank() == 0) {
                const md::MemGroup read =
                    md::load(md::Communicator(MPI_COMM_SELF, boost::mpi::comm_attach), file, {.hints = false});
                const auto values = read.dataset("d").common().span<std::int32_t>();
                bool good = true;
                for (std::size_t i = 0; i < values.size(); ++i) {
                    good = good && values[i] == static_cast<std::int32_t>(i) + 1 + k;
                }
                wrong += good ? 0 : 1;
            }
            comm.barrier();
        }
        return wrong;
    }
};

/// open-mpi/ompi#12718: ompio takes its aggregators from a Cartesian communicator, and then rewrites small gaps.
TEST_F(Hazard, cartesian_communicator) {
    const int dims[2] = {world.size(), 1};
    const int periods[2] = {0, 0};
    MPI_Comm grid = MPI_COMM_NULL;
    MPI_Cart_create(world, 2, dims, periods, 0, &grid);
    {
        const md::Communicator cartesian(grid, boost::mpi::comm_attach);
        EXPECT_EQ(wrong_files(cartesian, {5, 7}, 0, {}, 400), 0);
        EXPECT_EQ(wrong_files(cartesian, {5, 7}, 0, {.chunks = {2, 3}}, 400), 0);
        EXPECT_EQ(wrong_files(cartesian, {5, 7}, 0, {.chunks = {2, 3}, .filters = {md::Deflate{1}}}, 100), 0);
    }
    MPI_Comm_free(&grid);
}

TEST_F(Hazard, many_aggregators) {
    EXPECT_EQ(wrong_files(world, {24, 31}, 1, {}, 100), 0);
    EXPECT_EQ(wrong_files(world, {24, 31}, 1, {.chunks = {5, 4}}, 400), 0);
}

TEST_F(Hazard, the_cure_is_in_force) {
    const md::Backend backend = md::backend(world);
    EXPECT_EQ(backend.cure,
              backend.component == "ompio" ? "fbtl_posix_read_datasieving=0, fbtl_posix_write_datasieving=0" : "");
}

/// Ranks without elements take part in every collective call.
TEST_F(Hazard, empty_ranks) {
    for (const md::Storage& storage :
         {md::Storage{}, md::Storage{.chunks = {1, 2}}, md::Storage{.chunks = {1, 7}, .filters = {md::Deflate{1}}}}) {
        EXPECT_EQ(wrong_files(world, {1, 7}, 0, storage, 20), 0);
        EXPECT_EQ(wrong_files(world, {3, 2}, 1, {}, 20), 0);
    }
}

/// romio321 crashes above 2 GiB a rank and call: rounds. Here they are of 1 KiB, so that every transfer has many.
TEST_F(Hazard, many_rounds) {
    const std::string file = memdata_test::scratch("rounds.h5");
    for (const int axis : {0, 1}) {
        for (const md::Storage& storage :
             {md::Storage{}, md::Storage{.chunks = {7, 16}},
              md::Storage{.chunks = {7, 16}, .filters = {md::Shuffle{}, md::Deflate{1}}}}) {
            md::SaveOptions options;
            options.transfer.round_bytes = 1024;
            options.transfer.way = md::TransferWay::direct;
            options.sync = false;
            auto array = md::MPIArray::zeros<double>(world, {50, 40}, md::Axis{axis});
            for (double& x : array.local().span<double>()) {
                x = world.rank() + 1;
            }
            md::MemGroup tree(world);
            const md::MPIArray copy = array.clone();
            tree.create_dataset("d", std::move(array), storage);
            md::save(tree, file, options);
            md::LoadOptions load_options;
            load_options.transfer.round_bytes = 1024;
            load_options.transfer.way = md::TransferWay::direct;
            const md::MemGroup read = md::load(world, file, load_options);
            EXPECT_ON_ALL(world, read.dataset("d").local() == copy.local());
        }
    }
}

}  // namespace
