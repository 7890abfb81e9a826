// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// MPI_Info hints, cures by version, file systems: the tables, and what save makes of them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <sstream>

#include "expect_on_all.hpp"
#include "io/cures.hpp"
#include "io/file_system.hpp"
#include "io/mpi_info.hpp"
#include "memdata/memdata.hpp"
#include "scratch.hpp"

namespace md = memdata;
namespace io = memdata::io;

namespace {

constexpr std::int64_t nfs = 0x6969;
constexpr std::int64_t lustre = 0x0BD00BD0;
constexpr std::int64_t gpfs = 0x47504653;

md::MemGroup make_tree(const md::Communicator& world) {
    md::MemGroup tree(world);
    tree.create_dataset("data", md::MPIArray::full<int>(world, {10, 3}, md::Axis{0}, 3));
    return tree;
}

md::TransferStatistics save_with(const md::Communicator& world, const md::TransferOptions& transfer) {
    return md::save(make_tree(world), memdata_test::scratch("hints.h5"), {.sync = false, .transfer = transfer});
}

/// What rank 0 prints on stderr while `body` runs.
template <class F>
std::string printed(const md::Communicator& world, F&& body) {
    if (world.rank() == 0) {
        testing::internal::CaptureStderr();
    }
    body();
    return world.rank() == 0 ? testing::internal::GetCapturedStderr() : "";
}

int count(const std::string& text, const std::string& part) {
    int n = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
        ++n;
    }
    return n;
}

void expect_refused(const io::Hints& hints, const std::string& component, const std::string& file_system,
                    const std::string& reason) {
    try {
        io::check_hints(hints, component, file_system);
        ADD_FAILURE() << hints.begin()->first << " is not refused";
    } catch (const md::ArgumentError& error) {
        EXPECT_NE(std::string(error.what()).find(reason), std::string::npos) << error.what();
    }
}

TEST(Hints, harmful_and_impossible_ones_are_refused_with_the_reason) {
    expect_refused({{"cb_nodes", "3"}}, "ompio", "ext4", "ompi#12718");
    EXPECT_NO_THROW(io::check_hints({{"cb_nodes", "3"}}, "romio321", "ext4"));
    expect_refused({{"romio_no_indep_rw", "true"}}, "romio321", "ext4", "hdf5#2434");
    expect_refused({{"romio_no_indep_rw", "TRUE"}}, "ompio", "ext4", "hdf5#2434");
    EXPECT_NO_THROW(io::check_hints({{"romio_no_indep_rw", "false"}}, "romio321", "ext4"));
    for (const char* value : {"enable", "automatic"}) {
        for (const char* file_system : {"lustre", "nfs", "unknown (0x1)", "unknown"}) {
            expect_refused({{"romio_ds_write", value}}, "romio321", file_system, "locks");
        }
        EXPECT_NO_THROW(io::check_hints({{"romio_ds_write", value}}, "romio321", "ext4"));
    }
    EXPECT_NO_THROW(io::check_hints({{"romio_ds_write", "disable"}}, "romio321", "lustre"));

    for (const char* number : {"", "many", "0", "-3", "4k", "3.5", "99999999999999999999999"}) {
        expect_refused({{"cb_buffer_size", number}}, "romio321", "ext4", "cb_buffer_size");
        expect_refused({{"cb_buffer_size", number}}, "ompio", "ext4", "cb_buffer_size");
    }
    EXPECT_NO_THROW(io::check_hints({{"cb_buffer_size", "4194304"}}, "ompio", "ext4"));
    expect_refused({{"", "x"}}, "ompio", "ext4", "name");
    expect_refused({{std::string(MPI_MAX_INFO_KEY, 'k'), "x"}}, "ompio", "ext4", "name");
    expect_refused({{"key", std::string(MPI_MAX_INFO_VAL, 'v')}}, "ompio", "ext4", "value");
    expect_refused({{"key", std::string("a\0b", 3)}}, "ompio", "ext4", "value");
    // The longest that MPI takes go through.
    const io::Hints longest{{std::string(MPI_MAX_INFO_KEY - 1, 'k'), std::string(MPI_MAX_INFO_VAL - 1, 'v')}};
    EXPECT_NO_THROW(io::check_hints(longest, "ompio", "ext4"));
    EXPECT_NO_THROW(static_cast<void>(io::make_info(longest, "ompio")));
}

TEST(Hints, those_that_do_nothing_are_told) {
    const auto told = [](const std::string& key, const std::string& component) {
        const std::vector<std::string> lines = io::useless_hints({{key, "1"}}, component);
        return lines.empty() ? "" : lines.front();
    };
    EXPECT_EQ(told("cb_buffer_size", "ompio"), "");
    EXPECT_EQ(told("romio_cb_write", "romio321"), "");
    EXPECT_EQ(told("romio_cb_write", "romio341"), "");
    EXPECT_NE(told("romio_cb_write", "ompio").find("not known to ompio"), std::string::npos);
    EXPECT_NE(told("cb_nods", "romio321").find("'cb_nods' is not known to romio321"), std::string::npos);
    EXPECT_NE(told("striping_factor", "romio321").find("ompi#10132"), std::string::npos);
    EXPECT_EQ(told("cb_nods", ""), "") << "another MPI";
}

TEST(Hints, of_memdata_for_romio) {
    const auto value = [](const io::Hints& hints, const std::string& component) {
        const memdata::mpi::Info info = io::make_info(hints, component);
        std::array<char, MPI_MAX_INFO_VAL + 1> text{};
        int found = 0;
        MPI_Info_get(info.get(), "romio_ds_write", MPI_MAX_INFO_VAL, text.data(), &found);
        return found != 0 ? std::string(text.data()) : "none";
    };
    EXPECT_EQ(value({}, "romio321"), "disable");
    EXPECT_EQ(value({{"romio_ds_write", "automatic"}}, "romio321"), "automatic");
    EXPECT_EQ(value({}, "ompio"), "none");
}

TEST(Hints, in_a_save) {
    const md::Communicator world;
    const std::string first = printed(world, [&] { save_with(world, {.mpi_info = {{"cb_nods", "3"}}}); });
    const std::string second = printed(world, [&] { save_with(world, {.mpi_info = {{"cb_nods", "4"}}}); });
    if (world.rank() == 0) {
        EXPECT_EQ(count(first, "memdata: the MPI_Info key 'cb_nods' is not known"), 1) << first;
        EXPECT_EQ(count(second, "cb_nods"), 0) << "twice: " << second;
    }
    EXPECT_THROW_ON_ALL(world, save_with(world, {.mpi_info = {{"cb_buffer_size", "none"}}}), md::ArgumentError,
                        "cb_buffer_size");
    if (world.size() > 1) {
        const bool last = world.rank() == world.size() - 1;
        EXPECT_THROW_ON_ALL(world, save_with(world, {.mpi_info = {{"cb_buffer_size", last ? "8192" : "4096"}}}),
                            md::MismatchError, "option transfer.mpi_info[\"cb_buffer_size\"] must be the same");
        const io::Hints none;
        EXPECT_THROW_ON_ALL(world, save_with(world, {.mpi_info = last ? none : io::Hints{{"cb_buffer_size", "8192"}}}),
                            md::MismatchError, "\"not given\" on rank " + std::to_string(world.size() - 1));
        EXPECT_THROW_ON_ALL(world, save_with(world, {.mpi_info = last ? io::Hints{{"other", "1"}} : none}),
                            md::MismatchError, "option transfer.mpi_info[\"other\"]");
        EXPECT_THROW_ON_ALL(world, save_with(world, {.round_bytes = last ? 4096 : 8192}), md::MismatchError,
                            "option transfer.round_bytes");
        EXPECT_THROW_ON_ALL(world, save_with(world, {.watchdog = {.seconds = last ? 10.0 : 20.0}}), md::MismatchError,
                            "option transfer.watchdog.seconds");
        EXPECT_THROW_ON_ALL(world,
                            save_with(world, {.way = last ? md::TransferWay::direct : md::TransferWay::exchange}),
                            md::MismatchError, "option transfer.way");
        EXPECT_NO_THROW(save_with(world, {.progress_bar = last}));
    }
}

TEST(Cures, by_version) {
    using io::Version;
    EXPECT_EQ(io::parse_open_mpi_version("Open MPI v4.1.4, package: Debian OpenMPI, ident: 4.1.4"), (Version{4, 1, 4}));
    EXPECT_EQ(io::parse_open_mpi_version("Open MPI v5.0.10rc1"), (Version{5, 0, 10}));
    EXPECT_EQ(io::parse_open_mpi_version("MPICH Version: 4.0.2"), std::nullopt);
    EXPECT_EQ(io::parse_open_mpi_version(""), std::nullopt);
    const auto parameters = [](const std::optional<Version>& version) {
        std::string text;
        for (const io::Cure& cure : io::cures_for(version)) {
            text += std::string(text.empty() ? "" : " ") + std::string(cure.parameter);
        }
        return text;
    };
    const std::string read = "fbtl_posix_read_datasieving";
    const std::string write = "fbtl_posix_write_datasieving";
    EXPECT_EQ(parameters(Version{4, 0, 3}), read + " " + write);
    EXPECT_EQ(parameters(Version{4, 1, 4}), read + " " + write);
    EXPECT_EQ(parameters(Version{4, 1, 5}), write);
    EXPECT_EQ(parameters(Version{4, 1, 6}), write);
    EXPECT_EQ(parameters(Version{4, 1, 7}), "");
    EXPECT_EQ(parameters(Version{5, 0, 0}), write);
    EXPECT_EQ(parameters(Version{5, 0, 5}), write);
    EXPECT_EQ(parameters(Version{5, 0, 6}), "");
    EXPECT_EQ(parameters(std::nullopt), "");
}

TEST(FileSystem, is_recognised) {
    const std::string here = io::file_system_of(memdata_test::scratch("x"));
    EXPECT_NE(here, "unknown");
    EXPECT_EQ(io::file_system_of("/proc/x").substr(0, 9), "unknown (");
    EXPECT_EQ(io::file_system_of("/no/such/folder/x"), "unknown");
    EXPECT_EQ(io::file_system_of("/dev/shm/x"), "tmpfs");
    const io::AssumedFileSystem assumed(lustre);
    EXPECT_EQ(io::file_system_of(memdata_test::scratch("x")), "lustre");
}

TEST(FileSystem, dangers_have_cures) {
    const md::Backend ompio{.component = "ompio", .origin = "default", .cure = ""};
    const md::Backend romio{.component = "romio321", .origin = "default", .cure = ""};
    const auto names = [](const std::string& danger, const std::string& cure) {
        return danger.find(cure) != std::string::npos;
    };
    EXPECT_TRUE(names(io::danger_of("nfs", ompio), "MEMDATA_BACKEND=romio"));
    EXPECT_TRUE(names(io::danger_of("nfs", romio), "noac"));
    EXPECT_TRUE(names(io::danger_of("lustre", ompio), "MEMDATA_BACKEND=romio"));
    EXPECT_EQ(io::danger_of("lustre", romio), "");
    EXPECT_TRUE(names(io::danger_of("gpfs", ompio), "HDF5_USE_FILE_LOCKING=FALSE"));
    setenv("HDF5_USE_FILE_LOCKING", "FALSE", 1);
    EXPECT_EQ(io::danger_of("gpfs", ompio), "");
    unsetenv("HDF5_USE_FILE_LOCKING");
    EXPECT_EQ(io::danger_of("ext4", ompio), "");
}

TEST(FileSystem, dangers_are_named_once) {
    const md::Communicator world;
    for (const std::int64_t type : {nfs, gpfs, lustre}) {
        const io::AssumedFileSystem assumed(type);
        const std::string name = io::file_system_of(memdata_test::scratch("x"));
        const bool is_dangerous = !io::danger_of(name, md::backend(world)).empty();
        const std::string out = printed(world, [&] {
            for (int i = 0; i < 2; ++i) {
                EXPECT_EQ(save_with(world, {}).file_system, name);
                static_cast<void>(md::load(world, memdata_test::scratch("hints.h5")));
            }
        });
        if (world.rank() == 0) {
            EXPECT_EQ(count(out, "is on file system '" + name + "'"), is_dangerous ? 1 : 0) << out;
        }
    }
}

TEST(FileSystem, decides_on_hints) {
    const md::Communicator world;
    const io::AssumedFileSystem assumed(lustre);
    EXPECT_THROW_ON_ALL(world, save_with(world, {.mpi_info = {{"romio_ds_write", "enable"}}}), md::ArgumentError,
                        "lustre");
}

}  // namespace
