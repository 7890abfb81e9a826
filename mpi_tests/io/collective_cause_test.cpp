// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// Every cause of a transfer of HDF5 that is not collective is provoked, with HDF5 itself, and found in the statistics.
// (Two causes cannot be: this HDF5 can write filtered data in parallel, and does find out what is possible.)
#include <gtest/gtest.h>
#include <hdf5.h>

#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "expect_on_all.hpp"
#include "h5/call.hpp"
#include "io/monitor.hpp"
#include "memdata/memdata.hpp"
#include "scratch.hpp"

namespace md = memdata;
namespace h5 = memdata::h5;

namespace {

constexpr hsize_t rows = 8;
constexpr hsize_t columns = 6;

/// How one write differs from a plain collective one.
struct Case {
    std::function<void(hid_t creation)> create = [](hid_t) {};
    std::function<void(hid_t transfer)> transfer = [](hid_t) {};
    std::function<void(hid_t memory, hid_t file, int rank)> select = [](hid_t, hid_t, int) {};
    hid_t memory_type = H5T_NATIVE_DOUBLE;
    bool null_space = false;
};

/// Each rank writes its rows of a dataset; what is reported of it.
md::DatasetTransfer write(const md::Communicator& world, const Case& what) {
    const h5::PropertyList access(h5::check(H5Pcreate(H5P_FILE_ACCESS), "H5Pcreate"));
    h5::check(H5Pset_fapl_mpio(access.get(), world, MPI_INFO_NULL), "H5Pset_fapl_mpio");
    const std::string name = memdata_test::scratch("cause.h5");
    const h5::File file(h5::check(H5Fcreate(name.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access.get()), "H5Fcreate"));
    const h5::PropertyList creation(h5::check(H5Pcreate(H5P_DATASET_CREATE), "H5Pcreate"));
    what.create(creation.get());
    const std::vector<hsize_t> extents{rows * static_cast<hsize_t>(world.size()), columns};
    const h5::Space space(what.null_space ? H5Screate(H5S_NULL) : H5Screate_simple(2, extents.data(), nullptr));
    const h5::Dataset dataset(
        h5::check(H5Dcreate2(file.get(), "d", H5T_NATIVE_DOUBLE, space.get(), H5P_DEFAULT, creation.get(), H5P_DEFAULT),
                  "H5Dcreate2"));
    const h5::PropertyList transfer(h5::check(H5Pcreate(H5P_DATASET_XFER), "H5Pcreate"));
    h5::check(H5Pset_dxpl_mpio(transfer.get(), H5FD_MPIO_COLLECTIVE), "H5Pset_dxpl_mpio");
    what.transfer(transfer.get());

    const std::vector<hsize_t> block{rows, columns};
    const std::vector<hsize_t> start{rows * static_cast<hsize_t>(world.rank()), 0};
    const h5::Space memory(what.null_space ? H5Screate(H5S_NULL) : H5Screate_simple(2, block.data(), nullptr));
    if (!what.null_space) {
        H5Sselect_hyperslab(space.get(), H5S_SELECT_SET, start.data(), nullptr, block.data(), nullptr);
    }
    what.select(memory.get(), space.get(), world.rank());
    const std::vector<double> data(rows * columns, 1.0);

    md::io::Monitor monitor(world, "test", name, {});
    h5::check(H5Dwrite(dataset.get(), what.memory_type, memory.get(), space.get(), transfer.get(), data.data()),
              "H5Dwrite");
    monitor.called_hdf5("/d", h5::read_report(transfer.get()));
    monitor.settle();
    return monitor.finish().datasets.at(0);
}

void expect_cause(const md::Communicator& world, const Case& what, const std::string& cause, int ranks,
                  int first_rank) {
    const md::DatasetTransfer transfer = write(world, what);
    EXPECT_EQ(transfer.calls, 1) << cause;
    EXPECT_EQ(transfer.collective_calls, 0) << cause;
    ASSERT_EQ(transfer.causes.size(), 1U) << cause;
    EXPECT_EQ(transfer.causes[0].cause, cause);
    EXPECT_EQ(transfer.causes[0].ranks, ranks) << cause;
    EXPECT_EQ(transfer.causes[0].first_rank, first_rank) << cause;
}

void expect_collective(const md::Communicator& world, const Case& what, const std::string& mode) {
    const md::DatasetTransfer transfer = write(world, what);
    EXPECT_EQ(transfer.collective_calls, transfer.calls) << mode;
    EXPECT_TRUE(transfer.causes.empty()) << transfer.causes.front().cause;
    EXPECT_EQ(transfer.io_mode, mode);
}

void chunked(hid_t creation) {
    const std::vector<hsize_t> chunk{rows / 2, columns};
    h5::check(H5Pset_chunk(creation, 2, chunk.data()), "H5Pset_chunk");
}
void deflated(hid_t creation) {
    chunked(creation);
    h5::check(H5Pset_deflate(creation, 1), "H5Pset_deflate");
}
void nothing_on_last_rank(hid_t memory, hid_t file, int rank) {
    int size = 0;
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    if (rank == size - 1) {
        H5Sselect_none(memory);
        H5Sselect_none(file);
    }
}
void points(hid_t memory, hid_t file, int rank) {
    const auto row = rows * static_cast<hsize_t>(rank);
    const std::vector<hsize_t> in_file{row, 0, row + 3, 2, row + 7, 5};
    const std::vector<hsize_t> in_memory{0, 0, 1, 1, 2, 2};
    h5::check(H5Sselect_elements(file, H5S_SELECT_SET, 3, in_file.data()), "H5Sselect_elements");
    h5::check(H5Sselect_elements(memory, H5S_SELECT_SET, 3, in_memory.data()), "H5Sselect_elements");
}

/// MPI's types are off for the whole process when this is set.
bool types_are_off() {
    const char* value = std::getenv("HDF5_MPI_OPT_TYPES");
    return value != nullptr && std::string(value) == "0";
}

TEST(CollectiveCause, none) {
    const md::Communicator world;
    if (types_are_off()) {
        GTEST_SKIP();
    }
    expect_collective(world, {}, "contiguous collective");
    expect_collective(world, {.select = nothing_on_last_rank}, "contiguous collective");
    expect_collective(world, {.select = points}, "contiguous collective");
    expect_collective(world, {.create = chunked}, "chunk collective");
    expect_collective(world, {.create = deflated}, "chunk collective");
    expect_collective(world, {.create = deflated, .select = nothing_on_last_rank}, "chunk collective");
}

TEST(CollectiveCause, each_is_reported) {
    const md::Communicator world;
    if (types_are_off()) {
        GTEST_SKIP();
    }
    const int all = world.size();
    const auto independent = [](hid_t transfer) { H5Pset_dxpl_mpio(transfer, H5FD_MPIO_INDEPENDENT); };
    expect_cause(world, {.transfer = independent}, "independent transfer was asked for", all, 0);
    expect_cause(world, {.create = chunked, .transfer = independent}, "independent transfer was asked for", all, 0);

    expect_cause(world, {.memory_type = H5T_NATIVE_FLOAT}, "the element type is converted", all, 0);
    expect_cause(world, {.create = chunked, .memory_type = H5T_NATIVE_FLOAT}, "the element type is converted", all, 0);
    const bool is_last = world.rank() == all - 1;
    expect_cause(world, {.memory_type = is_last ? H5T_NATIVE_FLOAT : H5T_NATIVE_DOUBLE},
                 "the element type is converted", 1, all - 1);

    const auto doubled = [](hid_t transfer) { H5Pset_data_transform(transfer, "2*x"); };
    expect_cause(world, {.transfer = doubled}, "a data transform is set", all, 0);

    const auto compact = [](hid_t creation) { H5Pset_layout(creation, H5D_COMPACT); };
    expect_cause(world, {.create = compact}, "the dataset is neither contiguous nor chunked", all, 0);

    expect_cause(world, {.null_space = true}, "a dataspace is neither simple nor scalar", all, 0);
}

TEST(CollectiveCause, chunks_that_hdf5_writes_alone_without_a_cause) {
    const md::Communicator world;
    if (types_are_off()) {
        GTEST_SKIP();
    }
    // Few ranks write each chunk: told to look at every chunk, HDF5 decides for independent access.
    const auto chunk_by_chunk = [](hid_t transfer) {
        H5Pset_dxpl_mpio_chunk_opt(transfer, H5FD_MPIO_CHUNK_MULTI_IO);
        H5Pset_dxpl_mpio_chunk_opt_ratio(transfer, 100);
    };
    const md::DatasetTransfer transfer = write(world, {.create = chunked, .transfer = chunk_by_chunk});
    EXPECT_TRUE(transfer.causes.empty());
    if (world.size() > 1) {
        EXPECT_EQ(transfer.io_mode, "chunk independent");
        EXPECT_EQ(transfer.collective_calls, 0);
    }
}

TEST(CollectiveCause, environment) {
    const md::Communicator world;
    if (!types_are_off()) {
        GTEST_SKIP();
    }
    expect_cause(world, {}, "the environment variable HDF5_MPI_OPT_TYPES is 0", world.size(), 0);
}

}  // namespace
