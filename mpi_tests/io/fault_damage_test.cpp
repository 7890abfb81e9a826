// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// Files with damaged chunks, and values that do not convert: the same exception on all ranks, and nothing of HDF5's on
// stderr. HDF5 itself says where the chunks are, and puts wrong ones in.
#include <gtest/gtest.h>
#include <hdf5.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "expect_on_all.hpp"
#include "memdata/memdata.hpp"
#include "scratch.hpp"

namespace md = memdata;
using memdata_test::scratch;

namespace {

const md::Shape shape = {40, 30};
const std::vector<md::Index> chunks = {16, 16};
constexpr std::size_t chunk_bytes = 16 * 16 * 4;

struct Chunk {
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
};

class FaultDamage : public ::testing::Test {
protected:
    md::Communicator world;
    std::string good = scratch("good.h5");
    std::string file = scratch("damaged.h5");
    std::string bytes;  // of the good file
    bool last = world.rank() == world.size() - 1;

    void SetUp() override {
        testing::internal::CaptureStderr();
        md::MemGroup tree(world);
        const auto add = [&](const char* name, std::vector<md::Filter> filters) {
            auto array = md::MPIArray::zeros<std::int32_t>(world, shape, md::Axis{0});
            auto view = array.local<std::int32_t, 2>();
            for (auto [i, row] : array.indices(md::Axis{0})) {
                for (md::Index column = 0; column < shape[1]; ++column) {
                    view(i, column) = static_cast<std::int32_t>(row * row * 7919 + column * 31);
                }
            }
            tree.create_dataset(name, std::move(array), {.chunks = chunks, .filters = std::move(filters)});
        };
        add("plain", {});
        add("deflated", {md::Deflate{6}});
        add("shuffled", {md::Shuffle{}, md::Deflate{1}});
        add("checked", {md::Fletcher32{}});
        add("szipped", {md::Szip{}});
        md::save(tree, good, {.sync = false});
        std::ifstream in(good, std::ios::binary);
        bytes.assign(std::istreambuf_iterator<char>(in), {});
        world.barrier();
    }
    void TearDown() override {
        const std::string printed = testing::internal::GetCapturedStderr();
        EXPECT_EQ(printed.find("HDF5"), std::string::npos) << printed;
        std::fputs(printed.c_str(), stderr);
    }

    template <class F>
    void on_rank_0(F&& f) {
        if (world.rank() == 0) {
            f();
        }
        world.barrier();
    }
    /// The damaged file is the good one with these bytes at an offset.
    void damage(std::uint64_t offset, const std::string& with) {
        on_rank_0([&] {
            std::string damaged = bytes;
            damaged.replace(offset, with.size(), with);
            std::ofstream(file, std::ios::binary) << damaged;
        });
    }
    /// Calls f(dataset) on rank 0 for a dataset of a file that HDF5 has open.
    template <class F>
    void with_dataset(const std::string& of, const char* name, unsigned mode, F&& f) {
        on_rank_0([&] {
            const hid_t id = H5Fopen(of.c_str(), mode, H5P_DEFAULT);
            const hid_t dataset = H5Dopen2(id, name, H5P_DEFAULT);
            ASSERT_GE(dataset, 0);
            f(dataset);
            H5Dclose(dataset);
            H5Fclose(id);
        });
    }
    std::vector<Chunk> chunks_of(const char* name) {
        std::vector<Chunk> found;
        with_dataset(good, name, H5F_ACC_RDONLY, [&](hid_t dataset) {
            hsize_t count = 0;
            const hid_t space = H5Dget_space(dataset);
            H5Dget_num_chunks(dataset, space, &count);
            for (hsize_t i = 0; i < count; ++i) {
                std::array<hsize_t, 2> start{};
                unsigned skipped = 0;
                haddr_t offset = 0;
                hsize_t size = 0;
                H5Dget_chunk_info(dataset, space, i, start.data(), &skipped, &offset, &size);
                found.push_back({offset, size});
            }
            H5Sclose(space);
        });
        std::uint64_t count = found.size();
        MPI_Bcast(&count, 1, MPI_UINT64_T, 0, world);
        found.resize(count);
        MPI_Bcast(found.data(), static_cast<int>(2 * count), MPI_UINT64_T, 0, world);
        EXPECT_EQ(count, 6);
        return found;
    }
    /// The damaged file is the good one with another chunk, as stored, in the dataset's first place.
    void put_chunk(const char* name, const std::string& stored, unsigned skipped) {
        damage(0, "");
        with_dataset(file, name, H5F_ACC_RDWR, [&](hid_t dataset) {
            const std::array<hsize_t, 2> start{};
            ASSERT_GE(H5Dwrite_chunk(dataset, H5P_DEFAULT, skipped, start.data(), stored.size(), stored.data()), 0);
        });
    }

    [[nodiscard]] std::vector<md::Placement> placements() const { return {std::nullopt, md::Axis{0}, md::Axis{1}}; }
    template <class Exception>
    void expect_error(const char* name, const std::string& message) {
        for (const md::Placement& placement : placements()) {
            md::TransferStatistics statistics;
            const md::LoadOptions options{.only = {name}, .distribute = {{name, placement}}};
            EXPECT_THROW_ON_ALL(world, static_cast<void>(md::load(world, file, options, &statistics)), Exception,
                                message);
            EXPECT_ON_ALL(world, statistics.operation.empty() && statistics.datasets.empty());
        }
        // What is not damaged can be had.
        const char* other = std::string(name) == "plain" ? "deflated" : "plain";
        EXPECT_ON_ALL(world, md::load_common(world, file, other) == md::load_common(world, good, other));
    }
};

TEST_F(FaultDamage, flipped_bytes) {
    for (const char* name : {"deflated", "shuffled", "checked"}) {
        const Chunk chunk = chunks_of(name).back();
        const std::uint64_t at = chunk.offset + chunk.bytes / 2;
        damage(at, std::string(1, static_cast<char>(bytes[at] ^ 0x10)));
        expect_error<md::FormatError>(name, "' is damaged: the filters of its chunk of " + std::to_string(chunk.bytes) +
                                                " bytes at offset " + std::to_string(chunk.offset) +
                                                " cannot be undone");
    }
    const Chunk chunk = chunks_of("checked").front();
    damage(chunk.offset + chunk.bytes - 1, "x");  // the checksum itself
    expect_error<md::FormatError>("checked", "Fletcher32 checksum");
}

/// HDF5 1.10.8 takes what lies behind for data, or crashes.
TEST_F(FaultDamage, chunks_of_another_size) {
    const std::string more(2 * chunk_bytes, 'm');
    for (const std::size_t size : {std::size_t{1}, chunk_bytes - 1, 2 * chunk_bytes}) {
        const char* name = size == 1 ? "deflated" : "shuffled";
        put_chunk(name, more.substr(0, size), 3);  // no filter was applied
        expect_error<md::FormatError>(name, std::to_string(size) + " bytes cannot be");
    }
    // What deflate made of a smaller chunk.
    const std::vector<md::Index> half = {8, 16};
    const std::string smaller = scratch("smaller.h5");
    md::MemGroup tree(world);
    tree.create_dataset("deflated", md::MPIArray::full<std::int32_t>(world, {8, 16}, md::Axis{0}, 3),
                        {.chunks = half, .filters = {md::Deflate{6}}});
    md::save(tree, smaller, {.sync = false});
    std::string stored;
    with_dataset(smaller, "deflated", H5F_ACC_RDONLY, [&](hid_t dataset) {
        const std::array<hsize_t, 2> start{};
        unsigned skipped = 0;
        hsize_t size = 0;
        H5Dget_chunk_storage_size(dataset, start.data(), &size);
        stored.resize(size);
        H5Dread_chunk(dataset, H5P_DEFAULT, start.data(), &skipped, stored.data());
    });
    put_chunk("deflated", stored, 0);
    expect_error<md::FormatError>("deflated", std::to_string(chunk_bytes / 2) + " bytes cannot be");
    // Too short for a checksum.
    put_chunk("checked", "abc", 0);
    expect_error<md::FormatError>("checked", "3 bytes cannot be");
}

/// HDF5 divides by zero.
TEST_F(FaultDamage, pixels_of_szip) {
    const std::string options("\x08\0\0\0\x20\0\0\0", 8);  // pixels a block, bits a pixel
    const std::size_t at = bytes.find(options);
    ASSERT_TRUE(at != std::string::npos && bytes.find(options, at + 1) == std::string::npos);
    for (const char* pixels : {"\0", "\x07", "\x40"}) {
        damage(at, std::string(pixels, 1));
        expect_error<md::FormatError>("szipped", "'/szipped'");
        expect_error<md::FormatError>("szipped", "the pixels a block of szip");
    }
}

/// Where our checks find no room, we do not read without them.
TEST_F(FaultDamage, more_filters_than_can_be_checked) {
    damage(0, "");
    on_rank_0([&] {
        const hid_t id = H5Fopen(file.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
        const hid_t list = H5Pcreate(H5P_DATASET_CREATE);
        const std::array<hsize_t, 1> extents = {100000};
        H5Pset_chunk(list, 1, extents.data());
        for (int i = 0; i < 32; ++i) {
            H5Pset_shuffle(list);
        }
        const hid_t space = H5Screate_simple(1, extents.data(), nullptr);
        const hid_t dataset = H5Dcreate2(id, "many", H5T_NATIVE_INT8, space, H5P_DEFAULT, list, H5P_DEFAULT);
        const std::array<hsize_t, 1> start{};
        ASSERT_GE(H5Dwrite_chunk(dataset, H5P_DEFAULT, ~0U, start.data(), 11, "some of it"), 0);
        H5Dclose(dataset);
        H5Sclose(space);
        H5Pclose(list);
        H5Fclose(id);
    });
    for (const md::Placement& placement : {md::Placement(), md::Placement(md::Axis{0})}) {
        const md::LoadOptions options{.only = {"many"}, .distribute = {{"many", placement}}};
        EXPECT_THROW_ON_ALL(world, static_cast<void>(md::load(world, file, options)), md::FormatError,
                            "'/many' in file");
        EXPECT_THROW_ON_ALL(world, static_cast<void>(md::load(world, file, options)), md::FormatError,
                            "32 filters are too many");
    }
}

std::string little_endian(std::uint64_t number) {
    std::string text(8, '\0');
    for (char& byte : text) {
        byte = static_cast<char>(number & 0xffU);
        number >>= 8U;
    }
    return text;
}

TEST_F(FaultDamage, the_index_of_the_chunks) {
    for (const char* name : {"plain", "deflated"}) {
        const Chunk chunk = chunks_of(name).front();
        const auto entry = bytes.find(little_endian(chunk.offset));
        ASSERT_NE(entry, std::string::npos);
        for (const std::uint64_t offset : {std::uint64_t{bytes.size()}, std::uint64_t{1} << 40U}) {
            damage(entry, little_endian(offset));
            expect_error<md::FormatError>(name, "addr overflow");
        }
        damage(bytes.rfind("TREE", entry), "EERT");
        expect_error<md::FormatError>(name, "wrong B-tree signature");
    }
}

/// Whatever becomes of the chunks: an error or elements, alike on all ranks, and those of a checksum are right.
TEST_F(FaultDamage, anywhere_in_the_chunks) {
    std::mt19937 random(20);
    const md::Array right = md::load_common(world, good, "checked");
    std::vector<Chunk> all;
    for (const char* name : {"deflated", "shuffled", "checked"}) {
        const std::vector<Chunk> found = chunks_of(name);
        all.insert(all.end(), found.begin(), found.end());
    }
    for (int i = 0; i < 6; ++i) {
        on_rank_0([&] {
            std::string damaged = bytes;
            for (const Chunk& chunk : all) {
                for (int n = 0; n < 1 + i / 2; ++n) {
                    damaged[chunk.offset + random() % chunk.bytes] = static_cast<char>(random());
                }
            }
            std::ofstream(file, std::ios::binary) << damaged;
        });
        for (const char* name : {"deflated", "shuffled", "checked"}) {
            std::string outcome;
            try {
                const md::MPIArray array = md::load_dataset(world, file, name, md::Axis{i % 2});
                outcome = array.allgather() == right ? "right" : "wrong";
            } catch (const md::FormatError& error) {
                outcome = error.what();
            }
            md::same_on_all_ranks(world, "what became of it", outcome);
            EXPECT_NE(outcome, "wrong") << name;  // deflate has a checksum, too
        }
    }
}

// --- values that do not convert -------------------------------------------------------------------------------------

/// One element of one rank, the last, is too large.
TEST_F(FaultDamage, one_value_that_does_not_convert) {
    auto array = md::MPIArray::full<std::int32_t>(world, shape, md::Axis{0}, 7);
    if (auto local = array.local<std::int32_t, 2>(); last && local.extent(0) > 0) {
        local(local.extent(0) - 1, 29) = 1000;
    }
    const std::string old_bytes = bytes;
    const std::vector<md::Storage> storages = {
        {}, {.chunks = chunks}, {.chunks = chunks, .filters = {md::Shuffle{}, md::Deflate{1}}}};
    for (const auto way : {md::TransferWay::automatic, md::TransferWay::hdf5}) {
        for (md::Storage storage : storages) {
            if (way == md::TransferWay::hdf5 && !storage.filters.empty()) {
                continue;
            }
            storage.file_dtype = md::TypeKind::int8;
            md::SaveOptions options{.sync = false};
            options.transfer.way = way;
            for (const auto if_exists : {md::IfExists::replace, md::IfExists::update}) {
                options.if_exists = if_exists;
                EXPECT_THROW_ON_ALL(world, save_dataset(array, good, "x", {.storage = storage}, options),
                                    md::DtypeError, "1000");
            }
            const md::Array whole = array.allgather();
            EXPECT_THROW_ON_ALL(world, save_dataset(world, whole, good, "x", {.storage = storage}, options),
                                md::DtypeError, "'/x'");
            std::ifstream in(good, std::ios::binary);
            EXPECT_ON_ALL(world, std::string(std::istreambuf_iterator<char>(in), {}) == old_bytes);
            EXPECT_ON_ALL(world, !std::filesystem::exists(scratch(".good.h5")));
            world.barrier();
            md::SaveOptions fine{.sync = false};
            storage.file_dtype.reset();
            save_dataset(array, file, "x", {.storage = storage}, fine);
            for (const md::Placement& placement : placements()) {
                md::LoadOptions load{.distribute = {{"x", placement}}, .convert = {{"x", {md::TypeKind::int8}}}};
                load.transfer.way = way;
                EXPECT_THROW_ON_ALL(world, static_cast<void>(md::load(world, file, load)), md::DtypeError, "'/x'");
                load.select["x"] = md::Selection{}.on(md::Axis{1}, md::slice(29));  // without the large one
                EXPECT_ON_ALL(world, md::load(world, file, load).dataset("x").dtype() == md::TypeKind::int8);
            }
        }
    }
}

}  // namespace
