// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// What this stack is known to write wrongly, done through memdata: nothing may be wrong. Each case is a race or a
// limit elsewhere, so each runs many times.
#include <gtest/gtest.h>
#include <hdf5.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <numeric>
#include <string>
#include <vector>

#include "expect_on_all.hpp"
#include "memdata/memdata.hpp"
#include "scratch.hpp"

namespace md = memdata;

namespace {

/// MEMDATA_HAZARD_FILES: a race may spare 40 files by luck, hardly 400.
int number_of_files() {
    const char* const text = std::getenv("MEMDATA_HAZARD_FILES");
    return text == nullptr ? 3 : std::atoi(text);
}

/// In one piece, in small chunks, and in filtered ones.
std::vector<md::Storage> storages_for(const md::Shape& shape) {
    if (shape.elements() == 0) {
        return {{}};
    }
    const std::vector<md::Index> chunks{std::min<md::Index>(shape[0], 2), std::min<md::Index>(shape[1], 3)};
    return {{}, {.chunks = chunks}, {.chunks = chunks, .filters = {md::Shuffle{}, md::Deflate{1}}}};
}

const std::vector<std::pair<std::string, md::TransferWay>> ways{{"automatic", md::TransferWay::automatic},
                                                                {"direct", md::TransferWay::direct},
                                                                {"exchange", md::TransferWay::exchange},
                                                                {"hdf5", md::TransferWay::hdf5}};

/// What HDF5 alone, without MPI, finds in the dataset "d" of a file.
std::vector<std::int32_t> read_alone(const std::string& file, md::Index elements) {
    std::vector<std::int32_t> values(static_cast<std::size_t>(elements), -1);
    const hid_t id = H5Fopen(file.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
    const hid_t dataset = H5Dopen2(id, "d", H5P_DEFAULT);
    H5Dread(dataset, H5T_NATIVE_INT32, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
    H5Dclose(dataset);
    H5Fclose(id);
    return values;
}

class Hazard : public ::testing::Test {
protected:
    md::Communicator world;
    std::string file = memdata_test::scratch("hazard.h5");
    md::SaveOptions options{.sync = false};

    /// Saves number_of_files() small integer datasets on `comm`, and looks what is in each on rank 0; how many are
    /// wrong, there or when loaded?
    int wrong_files(const md::Communicator& comm, const md::Shape& shape, int axis, const md::Storage& storage) {
        int wrong = 0;
        for (int k = 0; k < number_of_files(); ++k) {
            const auto expected = [&](md::Index place) { return static_cast<std::int32_t>(place) + 1 + k; };
            auto array = md::MPIArray::zeros<std::int32_t>(comm, shape, md::Axis{axis});
            auto view = array.local<std::int32_t, 2>();
            for (auto [i, row] : array.indices(md::Axis{0})) {
                for (auto [j, column] : array.indices(md::Axis{1})) {
                    view(i, j) = expected(row * shape[1] + column);
                }
            }
            md::MemGroup tree(comm);
            tree.create_dataset("d", std::move(array), storage);
            md::save(tree, file, options);
            bool good = true;
            if (comm.rank() == 0) {
                const std::vector<std::int32_t> values = read_alone(file, shape.elements());
                for (std::size_t i = 0; i < values.size(); ++i) {
                    good = good && values[i] == expected(static_cast<md::Index>(i));
                }
            }
            md::LoadOptions load_options;
            load_options.transfer = options.transfer;
            const md::MemGroup loaded = md::load(comm, file, load_options);
            good = good && loaded.dataset("d").local() == tree.dataset("d").local();
            wrong += good ? 0 : 1;
            comm.barrier();
            if (comm.rank() == 0) {
                std::filesystem::remove(file);  // replacing a file is slow on a busy disk
            }
        }
        return wrong;
    }

    /// All ways of transfer, all storages.
    void expect_no_wrong_files(const md::Communicator& comm, const md::Shape& shape, int axis) {
        for (const auto& [name, way] : ways) {
            options.transfer.way = way;
            for (const md::Storage& storage : storages_for(shape)) {
                EXPECT_EQ(wrong_files(comm, shape, axis, storage), 0) << name << ", " << to_string(storage);
            }
        }
        options.transfer.way = md::TransferWay::automatic;
    }
};

/// open-mpi/ompi#12718: ompio takes its aggregators from a communicator's topology, and then rewrites small gaps.
class HazardTopology : public Hazard {
protected:
    /// Makes one of the communicators that have a topology, and frees it in the end.
    void with(const std::function<void(MPI_Comm*)>& make, const std::function<void(const md::Communicator&)>& test) {
        MPI_Comm comm = MPI_COMM_NULL;
        make(&comm);
        test(md::Communicator(comm, boost::mpi::comm_attach));
        MPI_Comm_free(&comm);
    }
    void cartesian(MPI_Comm* comm) const {
        const int dims[2] = {world.size(), 1};
        const int periods[2] = {0, 0};
        MPI_Cart_create(world, 2, dims, periods, 0, comm);
    }
    /// A ring.
    void graph(MPI_Comm* comm) const {
        std::vector<int> index(static_cast<std::size_t>(world.size()));
        std::iota(index.begin(), index.end(), 1);
        std::vector<int> edges = index;
        edges.back() = 0;
        MPI_Graph_create(world, world.size(), index.data(), edges.data(), 0, comm);
    }
    void distributed_graph(MPI_Comm* comm) const {
        const int from = (world.rank() + world.size() - 1) % world.size();
        const int to = (world.rank() + 1) % world.size();
        const int weight = 1;
        MPI_Dist_graph_create_adjacent(world, 1, &from, &weight, 1, &to, &weight, MPI_INFO_NULL, 0, comm);
    }
};

TEST_F(HazardTopology, cartesian_communicator) {
    with([&](MPI_Comm* comm) { cartesian(comm); },
         [&](const md::Communicator& comm) {
             for (const int axis : {0, 1}) {
                 expect_no_wrong_files(comm, {5, 7}, axis);
             }
             expect_no_wrong_files(comm, {40, 41}, 0);  // the largest that was seen to go wrong
         });
}

/// A dup keeps the topology.
TEST_F(HazardTopology, dup_of_a_cartesian_communicator) {
    with([&](MPI_Comm* comm) { cartesian(comm); },
         [&](const md::Communicator& grid) {
             with([&](MPI_Comm* comm) { MPI_Comm_dup(grid, comm); },
                  [&](const md::Communicator& comm) {
                      expect_no_wrong_files(comm, {5, 7}, 0);
                  });
         });
}

TEST_F(HazardTopology, graph_communicators) {
    with([&](MPI_Comm* comm) { graph(comm); },
         [&](const md::Communicator& comm) {
             expect_no_wrong_files(comm, {5, 7}, 0);
         });
    with([&](MPI_Comm* comm) { distributed_graph(comm); },
         [&](const md::Communicator& comm) {
             expect_no_wrong_files(comm, {5, 7}, 0);
         });
}

/// In memory files go wrong more often: there is nothing to wait for.
TEST_F(HazardTopology, cartesian_communicator_in_memory) {
    struct statfs status {};
    constexpr long tmpfs = 0x01021994;
    const std::string folder = "/dev/shm";
    if (statfs(folder.c_str(), &status) != 0 || status.f_type != tmpfs || access(folder.c_str(), W_OK) != 0) {
        GTEST_SKIP() << folder << " is no tmpfs to write to";
    }
    int process = static_cast<int>(getpid());
    MPI_Bcast(&process, 1, MPI_INT, 0, world);
    file = folder + "/memdata_hazard_" + std::to_string(process) + ".h5";
    with([&](MPI_Comm* comm) { cartesian(comm); },
         [&](const md::Communicator& comm) {
             expect_no_wrong_files(comm, {5, 7}, 0);
         });
}

/// What the hint cb_nodes does to ompio: it is refused there, and where it is not, it does no harm.
TEST_F(Hazard, many_aggregators_by_a_hint) {
    options.transfer.mpi_info["cb_nodes"] = "3";
    if (md::backend(world).component == "ompio") {
        md::MemGroup tree(world);
        tree.create_dataset("d", md::MPIArray::zeros<std::int32_t>(world, {24, 31}, md::Axis{0}));
        EXPECT_THROW_ON_ALL(world, md::save(tree, file, options), md::ArgumentError, "ompi#12718");
        EXPECT_ON_ALL(world, !std::filesystem::exists(file));
        return;
    }
    for (const int axis : {0, 1}) {
        expect_no_wrong_files(world, {24, 31}, axis);
    }
}

/// The same by a parameter of Open MPI (OMPI_MCA_io_ompio_num_aggregators, set by ctest), which memdata cannot refuse.
TEST_F(Hazard, many_aggregators) {
    for (const int axis : {0, 1}) {
        expect_no_wrong_files(world, {24, 31}, axis);
    }
}

/// 0.2: without the cure ompio may write wrong data.
TEST_F(Hazard, the_cure_is_in_force) {
    const md::Backend backend = md::backend(world);
    EXPECT_EQ(backend.cure,
              backend.component == "ompio" ? "fbtl_posix_read_datasieving=0, fbtl_posix_write_datasieving=0" : "");
    md::MemGroup tree(world);
    tree.create_dataset("d", md::MPIArray::zeros<std::int32_t>(world, {24, 31}, md::Axis{0}));
    EXPECT_ON_ALL(world, md::save(tree, file, options).backend.cure == backend.cure);  // what a run reports
}

/// Ranks without elements take part in every collective call.
TEST_F(Hazard, empty_ranks) {
    expect_no_wrong_files(world, {1, 7}, 0);
    expect_no_wrong_files(world, {3, 2}, 1);
    expect_no_wrong_files(world, {world.size() / 2 + 1, 5}, 0);  // half of them
    expect_no_wrong_files(world, {0, 5}, 0);
}

/// romio321 crashes above 2 GiB a rank and call: rounds. Here they are of 1 KiB, so that every transfer has many.
TEST_F(Hazard, many_rounds) {
    for (const int axis : {0, 1}) {
        for (const md::Storage& storage :
             {md::Storage{}, md::Storage{.chunks = {7, 16}},
              md::Storage{.chunks = {7, 16}, .filters = {md::Shuffle{}, md::Deflate{1}}}}) {
            options.transfer.round_bytes = 1024;
            options.transfer.way = md::TransferWay::direct;
            auto array = md::MPIArray::zeros<double>(world, {50, 40}, md::Axis{axis});
            for (double& x : array.local().span<double>()) {
                x = world.rank() + 1;
            }
            md::MemGroup tree(world);
            const md::MPIArray copy = array.clone();
            tree.create_dataset("d", std::move(array), storage);
            md::save(tree, file, options);
            md::LoadOptions load_options;
            load_options.transfer = options.transfer;
            const md::MemGroup read = md::load(world, file, load_options);
            EXPECT_ON_ALL(world, read.dataset("d").local() == copy.local());
        }
    }
}

}  // namespace
