// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause

// Tests that fail, each in its own way; check_failure.cmake runs them on 3 ranks one by one and
// looks at what is printed. DISABLED_ is not used: the script names the test it wants.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <hdf5.h>
#include <mpi.h>
#include <unistd.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

#include "expect_on_all.hpp"
#include "memdata/mpi/communicator.hpp"
#include "mpi/node.hpp"
#include "scratch.hpp"

namespace {

int rank() {
    int value = 0;
    MPI_Comm_rank(MPI_COMM_WORLD, &value);
    return value;
}

// One rank fails and all go on.
TEST(Failing, one_rank) { EXPECT_NE(rank(), 1) << "text of the failure"; }

TEST(Failing, all_ranks) { EXPECT_LT(rank(), 0); }

TEST(Failing, expect_on_all) { EXPECT_ON_ALL(MPI_COMM_WORLD, rank() != 2) << "more text"; }

TEST(Failing, expect_throw) {
    EXPECT_THROW_ON_ALL(MPI_COMM_WORLD, if (rank() != 1) throw std::runtime_error("bad axis"), std::runtime_error,
                        "axis");
}

// One rank leaves while the others wait for it in a collective call.
TEST(Failing, throw_one_rank) {
    if (rank() == 1) throw std::runtime_error("thrown by one rank");
    MPI_Barrier(MPI_COMM_WORLD);
}

// One rank leaves one of everything behind, two of one kind; and some that it gives back, which are not told of.
TEST(Failing, leaks) {
    if (rank() != 1) return;
    static std::string buffer(8, ' ');  // for messages that never come
    MPI_Comm comm = MPI_COMM_NULL;
    MPI_Comm_dup(MPI_COMM_SELF, &comm);
    for (int i = 0; i < 3; ++i) {
        MPI_Datatype type = MPI_DATATYPE_NULL;
        MPI_Type_contiguous(3, MPI_INT, &type);
        if (i == 1) MPI_Type_free(&type);
    }
    MPI_Group group = MPI_GROUP_NULL;
    MPI_Comm_group(comm, &group);
    MPI_Info info = MPI_INFO_NULL;
    MPI_Info_create(&info);
    MPI_Request request = MPI_REQUEST_NULL;
    MPI_Irecv(buffer.data(), 1, MPI_CHAR, 0, 1, comm, &request);
    MPI_Request answered = MPI_REQUEST_NULL;
    MPI_Irecv(buffer.data() + 1, 1, MPI_CHAR, 0, 2, comm, &answered);
    MPI_Send(buffer.data() + 2, 1, MPI_CHAR, 0, 2, comm);
    MPI_Wait(&answered, MPI_STATUS_IGNORE);
    MPI_Win window = MPI_WIN_NULL;
    void* memory = nullptr;
    MPI_Win_allocate_shared(8, 1, MPI_INFO_NULL, comm, &memory, &window);
    const std::string path = memdata_test::scratch("left_open");
    MPI_File file = MPI_FILE_NULL;
    MPI_File_open(comm, path.c_str(), MPI_MODE_CREATE | MPI_MODE_RDWR, MPI_INFO_NULL, &file);
    H5Screate(H5S_SCALAR);
    // The node outlives its communicator.
    MPI_Comm gone = MPI_COMM_NULL;
    MPI_Comm_dup(MPI_COMM_SELF, &gone);
    static const auto node = memdata::mpi::Node::of(memdata::Communicator(gone, boost::mpi::comm_attach));
    MPI_Comm_free(&gone);
    std::thread([] { std::this_thread::sleep_for(std::chrono::minutes(10)); }).detach();
}

// Nobody comes back.
TEST(Failing, hang) {
    for (;;) std::this_thread::sleep_for(std::chrono::seconds(1));
}

}  // namespace
