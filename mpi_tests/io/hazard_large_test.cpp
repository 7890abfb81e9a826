// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// More than 2 GiB a rank over either axis (romio321 crashes there when asked in one call), each way of transfer, what
// is in the file read by HDF5 alone. Needs 12 GiB of memory and 6 GiB of disk: labels "large" and "nightly", run by
// mpi_tests/run.sh --all.
#include <gtest/gtest.h>
#include <hdf5.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string>
#include <tuple>
#include <vector>

#include "expect_on_all.hpp"
#include "memdata/memdata.hpp"
#include "scratch.hpp"

namespace md = memdata;

namespace {

constexpr md::Index side = 18400;  // 2.7 GB, 2.5 GiB, a rank

class HazardLarge : public ::testing::TestWithParam<std::tuple<int, md::TransferWay, bool>> {
protected:
    md::Communicator world;
    const int axis = std::get<0>(GetParam());
    const bool is_chunked = std::get<2>(GetParam());
    const md::Shape shape{side * world.size(), side};
    std::string file = memdata_test::scratch("large.h5");

    static double expected(md::Index row, md::Index column) { return static_cast<double>(row * side + column); }

    /// HDF5 without MPI, some rows at a time.
    bool is_right_in_the_file() const {
        constexpr md::Index rows = 800;
        const hid_t id = H5Fopen(file.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
        const hid_t dataset = H5Dopen2(id, "d", H5P_DEFAULT);
        const hid_t space = H5Dget_space(dataset);
        std::vector<double> part(static_cast<std::size_t>(rows * side));
        bool good = true;
        for (md::Index first = 0; first < shape[0] && good; first += rows) {
            const md::Index number = std::min(rows, shape[0] - first);
            const std::array<hsize_t, 2> start{static_cast<hsize_t>(first), 0};
            const std::array<hsize_t, 2> count{static_cast<hsize_t>(number), static_cast<hsize_t>(side)};
            H5Sselect_hyperslab(space, H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr);
            const hid_t memory = H5Screate_simple(2, count.data(), nullptr);
            good = H5Dread(dataset, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, part.data()) >= 0;
            H5Sclose(memory);
            for (md::Index i = 0; i < number * side && good; ++i) {
                good = part[static_cast<std::size_t>(i)] == expected(first + i / side, i % side);
            }
        }
        H5Sclose(space);
        H5Dclose(dataset);
        H5Fclose(id);
        return good;
    }

    bool is_right(const md::MPIArray& array) const {
        const auto view = array.local<double, 2>();
        bool good = array.axis() == axis;
        for (auto [i, row] : array.indices(md::Axis{0})) {
            for (auto [j, column] : array.indices(md::Axis{1})) {
                good = good && view(i, j) == expected(row, column);
            }
        }
        return good;
    }

    void TearDown() override {
        world.barrier();
        if (world.rank() == 0) {
            std::filesystem::remove(file);
        }
    }
};

TEST_P(HazardLarge, beyond_2_gib_a_rank) {
    md::TransferOptions transfer;
    transfer.way = std::get<1>(GetParam());
    {
        auto array = md::MPIArray::uninitialized(world, md::dtype_of<double>(),
                                                 md::Distribution(shape, md::Axis{axis}, world.size()));
        EXPECT_ON_ALL(world, array.local().bytes() > md::Index{5} << 29);
        auto view = array.local<double, 2>();
        for (auto [i, row] : array.indices(md::Axis{0})) {
            for (auto [j, column] : array.indices(md::Axis{1})) {
                view(i, j) = expected(row, column);
            }
        }
        md::MemGroup tree(world);
        tree.create_dataset("d", std::move(array), is_chunked ? md::Storage{.chunks = {1000, 1000}} : md::Storage{});
        md::save(tree, file, {.sync = false, .transfer = transfer});
    }
    EXPECT_ON_ALL(world, world.rank() != 0 || is_right_in_the_file());
    const md::MemGroup read = md::load(world, file, {.transfer = transfer});
    EXPECT_ON_ALL(world, is_right(read.dataset("d").distributed()));
}

std::string name_of(const ::testing::TestParamInfo<HazardLarge::ParamType>& test) {
    const auto [axis, way, is_chunked] = test.param;
    const std::array<std::string, 4> ways{"automatic", "direct", "exchange", "hdf5"};
    return "axis_" + std::to_string(axis) + "_" + ways.at(static_cast<std::size_t>(way)) +
           (is_chunked ? "_in_chunks" : "");
}

using md::TransferWay;
INSTANTIATE_TEST_SUITE_P(Contiguous, HazardLarge,
                         ::testing::Combine(::testing::Values(0, 1),
                                            ::testing::Values(TransferWay::automatic, TransferWay::direct,
                                                              TransferWay::exchange, TransferWay::hdf5),
                                            ::testing::Values(false)),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Chunked, HazardLarge,
                         ::testing::Combine(::testing::Values(0, 1), ::testing::Values(TransferWay::automatic),
                                            ::testing::Values(true)),
                         name_of);

}  // namespace
