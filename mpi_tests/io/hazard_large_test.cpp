// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// More than 2 GiB a rank on either axis (romio321 crashes there when asked in one call). Needs 12 GiB of memory and
// 5 GiB of disk: label "large", run by mpi_tests/run.sh --all.
#include <gtest/gtest.h>

#include <filesystem>

#include "expect_on_all.hpp"
#include "memdata/memdata.hpp"
#include "scratch.hpp"

namespace md = memdata;

namespace {

TEST(HazardLarge, beyond_2_gib_a_rank) {
    const md::Communicator world;
    const md::Index side = 18000;  // 2.6 GB a rank on two ranks
    const std::string file = memdata_test::scratch("large.h5");
    for (const int axis : {0, 1}) {
        {
            auto array = md::MPIArray::uninitialized(
                world, md::dtype_of<double>(),
                md::Distribution({side * world.size(), side}, md::Axis{axis}, world.size()));
            auto view = array.local<double, 2>();
            for (auto [i, row] : array.indices(md::Axis{0})) {
                for (auto [j, column] : array.indices(md::Axis{1})) {
                    view(i, j) = static_cast<double>(row * side + column);
                }
            }
            md::MemGroup tree(world);
            tree.create_dataset("d", std::move(array));
            md::save(tree, file, {.sync = false});
        }
        const md::MemGroup read = md::load(world, file);
        const md::MPIArray& array = read.dataset("d").distributed();
        const auto view = array.local<double, 2>();
        bool good = true;
        for (auto [i, row] : array.indices(md::Axis{0})) {
            for (auto [j, column] : array.indices(md::Axis{1})) {
                good = good && view(i, j) == static_cast<double>(row * side + column);
            }
        }
        EXPECT_ON_ALL(world, good);
    }
    world.barrier();
    if (world.rank() == 0) {
        std::filesystem::remove(file);
    }
}

}  // namespace
