// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// The choice of the MPI-IO backend. A process decides once, so this program has one test that goes through it in
// order; MEMDATA_BACKEND is not set for it.
#include <gtest/gtest.h>
#include <mpi.h>

#include <algorithm>
#include <cstdlib>

#include "expect_on_all.hpp"
#include "memdata/memdata.hpp"
#include "scratch.hpp"

namespace md = memdata;

namespace {

TEST(Backend, chosen_verified_and_not_too_late) {
    const md::Communicator world;
    int level_before = 0;
    MPI_Query_thread(&level_before);
    const std::vector<std::string> installed = md::installed_backends();
    ASSERT_NE(std::ranges::find(installed, "ompio"), installed.end());
    ASSERT_GE(installed.size(), 2U);

    EXPECT_THROW_ON_ALL(world, md::select_backend(world, "lustre"), md::BackendError, "ompio");
    setenv("MEMDATA_BACKEND", "nonsense", 1);
    EXPECT_THROW_ON_ALL(world, static_cast<void>(md::backend(world)), md::BackendError, "'nonsense'");
    unsetenv("MEMDATA_BACKEND");
    if (world.size() > 1) {
        const bool odd = world.rank() == world.size() - 1;
        EXPECT_THROW_ON_ALL(world, md::select_backend(world, odd ? "romio" : "ompio"), md::MismatchError,
                            "the MPI-IO backend");
    }

    // As often as one likes before the first file.
    md::select_backend(world, "ompio");
    EXPECT_ON_ALL(world, md::backend(world).component == "ompio");
    EXPECT_ON_ALL(world, md::backend(world).cure == "fbtl_posix_read_datasieving=0, fbtl_posix_write_datasieving=0");
    md::select_backend(world, "romio");
    EXPECT_ON_ALL(world, md::backend(world).component.starts_with("romio"));
    EXPECT_ON_ALL(world, md::backend(world).cure.empty());

    md::MemGroup tree(world);
    tree.create_dataset("data", md::MPIArray::full<int>(world, {10}, md::Axis{0}, 3));
    md::save(tree, memdata_test::scratch("first.h5"), {.sync = false});

    md::select_backend(world, "romio");  // what is in force may be asked for again
    EXPECT_THROW_ON_ALL(world, md::select_backend(world, "ompio"), md::BackendError, "too late");
    EXPECT_THROW_ON_ALL(world, md::select_backend(world, "ompio"), md::BackendError, "romio");
    md::save(tree, memdata_test::scratch("second.h5"), {.sync = false});
    EXPECT_ON_ALL(world, md::backend(world).component.starts_with("romio"));

    int level_after = 0;
    MPI_Query_thread(&level_after);
    EXPECT_EQ(level_after, level_before) << "MPI_T must not change the thread level";
}

}  // namespace
