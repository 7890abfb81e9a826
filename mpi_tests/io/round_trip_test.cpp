// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// What is saved comes back in every way of transfer, on other numbers of ranks; every type in every storage is in
// matrix_test.cpp.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>

#include "expect_on_all.hpp"
#include "formula.hpp"
#include "mpi/node.hpp"
#include "scratch.hpp"

namespace md = memdata;
using memdata_test::check;
using memdata_test::create;
using memdata_test::scratch;

namespace {

/// Extents that no number of ranks but 1 divides evenly on every axis.
const std::vector<md::Shape> shapes = {{37}, {11, 6}, {5, 7, 4}, {3, 4, 2, 5}};

const std::vector<md::TransferWay> ways = {md::TransferWay::automatic, md::TransferWay::direct,
                                           md::TransferWay::exchange};

std::vector<md::Storage> chunked_storages(const md::Shape& shape) {
    std::vector<md::Index> whole(shape.begin(), shape.end());  // a chunk a stripe of axis 0
    whole[0] = 1;
    std::vector<md::Index> straddling(shape.begin(), shape.end());  // divides nothing
    for (md::Index& extent : straddling) {
        extent = std::max<md::Index>(1, extent * 2 / 3);
    }
    return {{.chunks = whole},
            {.chunks = straddling},
            {.chunks = straddling, .filters = {md::Shuffle{}, md::Deflate{6}}},
            {.chunks = straddling, .filters = {md::Fletcher32{}}}};
}

/// Every placement of a shape: over each axis, and common.
std::vector<md::Placement> placements(const md::Shape& shape) {
    std::vector<md::Placement> result = {std::nullopt};
    for (int axis = 0; axis < shape.ndim(); ++axis) {
        result.emplace_back(md::Axis{axis});
    }
    return result;
}

md::TransferOptions transfer(md::TransferWay way, md::Index round_bytes = md::Index{1} << 30) {
    return {.way = way, .round_bytes = round_bytes};
}

/// Where every dataset goes when it is loaded over the axis after its own.
std::map<std::string, md::Placement> moved(const md::MemGroup& tree) {
    std::map<std::string, md::Placement> result;
    tree.visit([&](const md::MemNode& node) {
        if (!node.is_dataset() || node.as_dataset().shape().is_scalar()) {
            return;
        }
        const md::MemDataset& dataset = node.as_dataset();
        const int next = dataset.is_common() ? 0 : dataset.distributed().axis() + 1;
        const bool to_common = next == dataset.shape().ndim();
        result[node.path()] = to_common ? md::Placement() : md::Placement(md::Axis{next});
    });
    return result;
}

/// What is wrong with a tree loaded from `saved`, apart from its distribution.
std::string check_loaded(const md::MemGroup& saved, const md::MemGroup& loaded) {
    std::string wrong;
    std::size_t nodes = 0;
    saved.visit([&](const md::MemNode& node) {
        ++nodes;
        const auto found = loaded.get(node.path());
        if (!wrong.empty() || !found || found->get().is_group() != node.is_group()) {
            wrong = wrong.empty() ? node.path() + " is missing or of another kind" : wrong;
        } else if (found->get().attrs() != node.attrs()) {
            wrong = node.path() + " has other attributes";
        } else if (node.is_dataset()) {
            const md::MemDataset& dataset = found->get().as_dataset();
            const bool empty = dataset.shape().elements() == 0;  // loses its chunks
            if (dataset.dtype() != node.as_dataset().dtype()) {
                wrong = node.path() + " has dtype " + to_string(dataset.dtype());
            } else if (dataset.shape() != node.as_dataset().shape()) {
                wrong = node.path() + " has shape " + to_string(dataset.shape());
            } else if (!empty && dataset.storage() != node.as_dataset().storage()) {
                wrong = node.path() + " has storage " + to_string(dataset.storage());
            } else {
                wrong = check(dataset);
            }
        }
    });
    loaded.visit([&](const md::MemNode&) { --nodes; });
    return wrong.empty() && nodes != 0 ? "there are other nodes" : wrong;
}

class RoundTrip : public ::testing::Test {
protected:
    md::Communicator world;
    std::string file = scratch("round_trip.h5");

    void save(const md::MemGroup& tree, const md::TransferOptions& options) {
        md::save(tree, file, {.sync = false, .transfer = options});
    }
    /// Distributed as the hints say.
    void expect_as_saved(const md::MemGroup& tree, const md::TransferOptions& options) {
        const md::MemGroup loaded = md::load(world, file, {.transfer = options});
        EXPECT_ON_ALL(world, check_loaded(tree, loaded) == "") << check_loaded(tree, loaded);
        std::string other;
        tree.visit([&](const md::MemNode& node) {
            if (node.is_dataset()) {
                const md::MemDataset& was = node.as_dataset();
                const md::MemDataset& is = loaded.dataset(node.path());
                if (was.is_common() != is.is_common() ||
                    (is.is_distributed() &&
                     is.distributed().distribution() !=
                         md::Distribution(was.shape(), md::Axis{was.distributed().axis()}, world.size()))) {
                    other = node.path();
                }
            }
        });
        EXPECT_ON_ALL(world, other == "") << other;
    }
    /// Distributed over another axis.
    void expect_moved(const md::MemGroup& tree, const md::TransferOptions& options) {
        const auto where = moved(tree);
        const md::MemGroup loaded = md::load(world, file, {.distribute = where, .transfer = options});
        EXPECT_ON_ALL(world, check_loaded(tree, loaded) == "") << check_loaded(tree, loaded);
        EXPECT_ON_ALL(world, std::ranges::all_of(where, [&](const auto& item) {
                          return loaded.dataset(item.first).is_distributed() == item.second.has_value();
                      }));
    }
    /// On the first `ranks` ranks only, and on the others among themselves, at the same time.
    void expect_on_part(const md::MemGroup& tree, int ranks) {
        const md::Communicator part = world.split(world.rank() < ranks ? 0 : 1);
        const md::MemGroup loaded = md::load(part, file);
        EXPECT_ON_ALL(world, check_loaded(tree, loaded) == "") << check_loaded(tree, loaded);
    }
};

/// One wrong byte anywhere on any rank, or the data of another dataset, is seen: the tests below can fail.
TEST_F(RoundTrip, what_is_wrong_is_seen) {
    for (const md::Dtype& dtype : memdata_test::element_types()) {
        md::MemGroup tree(world);
        md::MemDataset& dataset = create(tree, "d", dtype, {16, 3}, md::Axis{0});
        EXPECT_ON_ALL(world, check(dataset) == "") << to_string(dtype);
        EXPECT_ON_ALL(world, check(dataset, dataset.shape(), memdata_test::all_indices({16, 3}), "/e") != "");
        if (dtype.is_trivial()) {
            const md::Index first_of_last = dataset.local().bytes() - static_cast<md::Index>(dtype.itemsize());
            dataset.local().data()[first_of_last] ^= std::byte{1};
        } else {
            dataset.local().span<std::string>().back() += 'x';
        }
        EXPECT_ON_ALL(world, check(dataset) != "") << to_string(dtype);
    }
}

md::MemGroup contiguous_tree(const md::Communicator& comm) {
    md::MemGroup tree(comm);
    const std::vector<md::Dtype> types = memdata_test::element_types();
    for (std::size_t t = 0; t < types.size(); ++t) {
        for (const md::Shape& shape : shapes) {
            for (const md::Placement& placement : placements(shape)) {
                create(tree,
                       "type_" + std::to_string(t) + "/" + std::to_string(shape.ndim()) + "d_" +
                           (placement ? std::to_string(placement->value) : "common"),
                       types[t], shape, placement);
            }
        }
    }
    return tree;
}

TEST_F(RoundTrip, every_type_shape_and_axis_in_one_piece) {
    const md::MemGroup tree = contiguous_tree(world);
    for (const md::TransferWay way : ways) {
        for (const md::Index round_bytes : {md::Index{1024}, md::Index{1} << 30}) {
            save(tree, transfer(way, round_bytes));
            expect_as_saved(tree, transfer(way, round_bytes));
        }
        expect_moved(tree, transfer(way));
    }
}

/// The data pass through the exchange in several rounds: 256 KiB a rank in memory that the ranks share, else 8 MiB.
md::MemGroup many_rounds_tree(const md::Communicator& comm) {
    md::MemGroup tree(comm);
    create(tree, "small/first", md::TypeKind::int16, {5, 41}, md::Axis{1});
    create(tree, "columns", md::TypeKind::complex128, {1001, 2003}, md::Axis{1});
    create(tree, "small/between", md::TypeKind::int8, {3}, md::Axis{0});
    create(tree, "rows", md::TypeKind::float64, {2003, 61}, md::Axis{0});
    std::vector<md::Index> counts(static_cast<std::size_t>(comm.size()), 0);
    counts.back() = 2003;  // all of it one rank's
    create(tree, "last", md::TypeKind::float64, {51, 2003}, md::Axis{1}, {}, md::Partition::from_counts(counts));
    return tree;
}

TEST_F(RoundTrip, an_exchange_in_many_rounds) {
    const md::MemGroup tree = many_rounds_tree(world);
    save(tree, transfer(md::TransferWay::exchange));
    expect_as_saved(tree, transfer(md::TransferWay::exchange));
    expect_moved(tree, transfer(md::TransferWay::exchange));
}

/// One or two ranks a host: the exchange goes by messages.
class RoundTripOnHosts : public RoundTrip, public ::testing::WithParamInterface<int> {
protected:
    RoundTripOnHosts() {
        md::mpi::NodeTest::most_ranks = GetParam();
        world = world.split(0);
        static_cast<void>(md::mpi::Node::of(world));
        md::mpi::NodeTest::most_ranks = 0;
    }
};

TEST_P(RoundTripOnHosts, an_exchange_by_messages) {
    for (const auto make : {contiguous_tree, many_rounds_tree}) {
        const md::MemGroup tree = make(world);
        save(tree, transfer(md::TransferWay::exchange));
        expect_as_saved(tree, transfer(md::TransferWay::exchange));
        expect_moved(tree, transfer(md::TransferWay::exchange));
    }
}

INSTANTIATE_TEST_SUITE_P(RanksOfAHost, RoundTripOnHosts, ::testing::Values(1, 2));

/// Larger, so that rounds of 1 KiB cut every dataset, and ranks share chunks across rounds.
TEST_F(RoundTrip, every_axis_in_chunks_in_many_rounds) {
    md::MemGroup tree(world);
    for (const md::Shape& shape : std::vector<md::Shape>{{1500}, {61, 23}, {19, 11, 9}}) {
        const std::vector<md::Storage> storages = chunked_storages(shape);
        for (std::size_t s = 0; s < storages.size(); ++s) {
            md::Storage storage = storages[s];
            for (md::Index& extent : storage.chunks) {
                extent = s == 0 ? extent : std::max<md::Index>(1, extent / 4);
            }
            if (shape.ndim() == 1) {
                storage.chunks = {md::Index{64}};
            }
            for (const md::Placement& placement : placements(shape)) {
                create(tree,
                       "storage_" + std::to_string(s) + "/" + std::to_string(shape.ndim()) + "d_" +
                           (placement ? std::to_string(placement->value) : "common"),
                       md::TypeKind::float64, shape, placement, storage);
            }
        }
    }
    save(tree, transfer(md::TransferWay::automatic, 1024));
    expect_as_saved(tree, transfer(md::TransferWay::automatic, 1024));
    expect_moved(tree, {});
}

/// Axes of no, one and few elements, blocks of any size, big-endian files, strings over the ranks.
md::MemGroup uneven_tree(const md::Communicator& comm) {
    md::MemGroup tree(comm);
    const int last = comm.size() - 1;
    const auto counts = [&](auto&& count_of) {
        std::vector<md::Index> all;
        for (int rank = 0; rank <= last; ++rank) {
            all.push_back(count_of(rank));
        }
        return md::Partition::from_counts(std::move(all));
    };
    const std::vector<std::pair<std::string, md::Partition>> splits = {
        {"all_on_last", counts([&](int rank) { return md::Index{rank == last ? 9 : 0}; })},
        {"all_on_first", counts([](int rank) { return md::Index{rank == 0 ? 9 : 0}; })},
        {"growing", counts([](int rank) { return md::Index{rank * rank + 3}; })},
        {"every_other", counts([](int rank) { return md::Index{rank % 2 == 0 ? 3 : 0}; })}};
    for (const auto& [name, split] : splits) {
        for (int axis = 0; axis < 2; ++axis) {
            const md::Shape shape = axis == 0 ? md::Shape{split.extent(), 5} : md::Shape{5, split.extent()};
            const std::string path = name + "/" + std::to_string(axis);
            create(tree, path, md::TypeKind::float64, shape, md::Axis{axis}, {}, split);
            create(tree, path + "_chunks", md::TypeKind::int16, shape, md::Axis{axis}, {.chunks = {2, 2}}, split);
            create(tree, path + "_packed", md::TypeKind::complex64, shape, md::Axis{axis},
                   {.chunks = {3, 2}, .filters = {md::Deflate{1}, md::Fletcher32{}}}, split);
            create(tree, path + "_big", md::TypeKind::int32, shape, md::Axis{axis},
                   {.file_dtype = md::Dtype(md::TypeKind::int32).with_byte_order(md::ByteOrder::big)}, split);
            create(tree, path + "_text", md::TypeKind::variable_string, shape, md::Axis{axis}, {}, split);
        }
    }
    for (const md::Shape& shape : std::vector<md::Shape>{{0}, {1}, {2, 3}, {3, 0}, {0, 4, 2}, {1, 1, 1, 1}}) {
        for (const md::Placement& placement : placements(shape)) {
            const std::string path = "short/" + to_string(shape) + (placement ? std::to_string(placement->value) : "");
            create(tree, path, memdata_test::compound_type(), shape, placement);
            create(tree, path + "text", md::TypeKind::variable_string, shape, placement);
            create(tree, path + "chunks", md::TypeKind::boolean, shape, placement,
                   {.chunks = std::vector<md::Index>(static_cast<std::size_t>(shape.ndim()), 1),
                    .filters = {md::Deflate{1}}});
        }
    }
    const std::vector<md::Dtype> types = memdata_test::element_types();
    for (std::size_t t = 0; t < types.size(); ++t) {
        create(tree, "scalars/" + std::to_string(t), types[t], md::Shape{});
    }
    create(tree, "big/compound", memdata_test::compound_type(), {7, 5}, md::Axis{1},
           {.chunks = {3, 5}, .file_dtype = memdata_test::compound_type().with_byte_order(md::ByteOrder::big)});
    create(tree, "big/common", md::TypeKind::complex128, {7, 5}, {},
           {.file_dtype = md::Dtype(md::TypeKind::complex128).with_byte_order(md::ByteOrder::big)});
    return tree;
}

TEST_F(RoundTrip, uneven_blocks_and_short_axes) {
    const md::MemGroup tree = uneven_tree(world);
    for (const md::TransferWay way : ways) {
        save(tree, transfer(way));
        expect_as_saved(tree, transfer(way));
    }
    save(tree, transfer(md::TransferWay::exchange, 1024));
    expect_moved(tree, transfer(md::TransferWay::exchange, 1024));
}

TEST_F(RoundTrip, read_by_any_number_of_ranks) {
    const md::MemGroup tree = uneven_tree(world);
    save(tree, {});
    for (int ranks = 1; ranks <= world.size(); ++ranks) {
        expect_on_part(tree, ranks);
    }
}

TEST_F(RoundTrip, two_halves_save_their_own_files) {
    const md::Communicator half = world.split(world.rank() % 2);
    const md::MemGroup tree = uneven_tree(half);
    const std::string mine = scratch("half_" + std::to_string(world.rank() % 2) + ".h5");
    md::save(tree, mine, {.sync = false});
    const md::MemGroup loaded = md::load(half, mine);
    EXPECT_ON_ALL(world, check_loaded(tree, loaded) == "") << check_loaded(tree, loaded);
}

/// Runs long enough for direct transfer, a dataset in several rounds of the exchange, many datasets in one.
TEST_F(RoundTrip, megabytes) {
    md::MemGroup tree(world);
    create(tree, "rows", md::TypeKind::float64, {301, 1009}, md::Axis{0});
    create(tree, "columns", md::TypeKind::float32, {301, 1009}, md::Axis{1});
    create(tree, "pixels", md::TypeKind::uint8, {301, 257, 3}, md::Axis{2});
    create(tree, "common", md::TypeKind::int64, {50000});
    create(tree, "text", md::TypeKind::variable_string, {5000});
    for (const md::TransferWay way : ways) {
        save(tree, transfer(way));
        expect_as_saved(tree, transfer(way));
    }
    expect_moved(tree, {});
}

/// What special numbers hold must come back bit for bit.
TEST_F(RoundTrip, not_a_number_and_its_friends) {
    const std::vector<std::uint64_t> bits = {0x7FF8000000000001, 0xFFF0000000000000, 0x7FF0000000000000,
                                             0x8000000000000000, 0x0000000000000001, 0x7FF4000000000000};
    md::MemGroup tree(world);
    for (const bool chunked : {false, true}) {
        md::MPIArray array = md::MPIArray::zeros<double>(world, {12}, md::Axis{0});
        for (auto [local, global] : array.indices(md::Axis{0})) {
            std::memcpy(array.local().data() + 8 * local, &bits[static_cast<std::size_t>(global % 6)], 8);
        }
        tree.create_dataset(chunked ? "chunked" : "plain", std::move(array),
                            chunked ? md::Storage{.chunks = {5}} : md::Storage{});
    }
    save(tree, {});
    const md::MemGroup loaded = md::load(world, file);
    for (const char* name : {"plain", "chunked"}) {
        const md::MPIArray& array = loaded.dataset(name).distributed();
        bool good = true;
        for (auto [local, global] : array.indices(md::Axis{0})) {
            good = good &&
                   std::memcmp(array.local().data() + 8 * local, &bits[static_cast<std::size_t>(global % 6)], 8) == 0;
        }
        EXPECT_ON_ALL(world, good);
    }
}

/// The third edition replaces the second; no trace of either is left.
TEST_F(RoundTrip, replaced_again_and_again) {
    for (int edition = 0; edition < 3; ++edition) {
        md::MemGroup tree(world);
        create(tree, "edition_" + std::to_string(edition), md::TypeKind::float32, {9 - edition, 4}, md::Axis{0});
        tree.attrs()["edition"] = edition;
        save(tree, {});
        expect_as_saved(tree, {});
    }
}

TEST_F(RoundTrip, without_a_communicator_or_on_one_rank) {
    md::MemGroup tree;
    create(tree, "group/alone", md::TypeKind::float64, {4, 3});
    const std::string mine = scratch("alone_" + std::to_string(world.rank()) + ".h5");
    md::save(tree, mine, {.sync = false});
    const md::MemGroup loaded = md::load(md::Communicator(MPI_COMM_SELF, boost::mpi::comm_attach), mine,
                                         {.distribute = {{"group/alone", md::Axis{-1}}}});
    EXPECT_ON_ALL(world, check_loaded(tree, loaded) == "");
    EXPECT_ON_ALL(world, loaded.dataset("group/alone").distributed().axis() == 1);
}

}  // namespace
