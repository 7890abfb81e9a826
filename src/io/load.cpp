// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <vector>

#include "array/block_copy.hpp"
#include "h5/call.hpp"
#include "h5/elements.hpp"
#include "io/contiguous_transfer.hpp"
#include "io/converted_for.hpp"
#include "io/dataset_transfer.hpp"
#include "io/load_plan.hpp"
#include "io/monitor.hpp"
#include "io/parallel_file.hpp"
#include "io/same_options.hpp"
#include "io/staged_transfer.hpp"
#include "io/structure.hpp"
#include "memdata/base/error.hpp"
#include "memdata/io/backend.hpp"
#include "memdata/io/save_load.hpp"
#include "memdata/mpi/agreement.hpp"
#include "mpi/large_count.hpp"
#include "mpi/serialize.hpp"

namespace boost::serialization {

template <class Archive>
void serialize(Archive& ar, memdata::io::ChunkLayout& chunks, unsigned) {
    ar& chunks.extents& chunks.filters& chunks.partial_chunks_are_plain& chunks.fill& chunks.places;
}

template <class Archive>
void serialize(Archive& ar, memdata::io::FileNode& node, unsigned) {
    int axis = node.axis.value_or(-1);
    ar& node.path& node.in_file& node.is_group& node.attrs& node.dtype& node.shape& node.storage& axis& node
        .wrong_hint& node.offset& node.has_holes& node.is_virtual& node.is_odd& node.filter_names& node.chunks;
    node.axis = axis < 0 ? std::nullopt : std::optional(axis);
}

}  // namespace boost::serialization

namespace memdata {

namespace {

/// Datasets that rank 0 reads for all: common ones, and strings, which only a serial driver can read.
bool is_read_by_rank_0(const io::PlannedDataset& dataset) { return !dataset.axis || !dataset.node->dtype.is_trivial(); }

/// What rank 0 tells the others in one broadcast: the structure, and the data that are small.
struct Contents {
    std::vector<io::FileNode> nodes;
    std::map<std::string, Array> small;

    template <class Archive>
    void serialize(Archive& ar, unsigned) {
        ar& nodes;
        std::size_t count = small.size();
        ar& count;
        if constexpr (Archive::is_saving::value) {
            for (auto& [path, array] : small) {
                ar << path << array;
            }
        } else {
            for (std::size_t i = 0; i < count; ++i) {
                std::string path;
                ar >> path;
                ar >> small[path];
            }
        }
    }
};

constexpr Index small_dataset = Index{64} << 10;
constexpr Index small_datasets = Index{4} << 20;

/// Predicts what this rank will hold; throws MemoryError when the machine has less.
void check_memory(const std::vector<io::PlannedDataset>& datasets, const Communicator& comm) {
    const double memory = static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
    double wanted = 0;
    for (const io::PlannedDataset& dataset : datasets) {
        const Shape shape = dataset.selection.shape();
        const Shape mine =
            dataset.axis ? Distribution(shape, Axis{*dataset.axis}, comm.size()).local_shape(comm.rank()) : shape;
        wanted += static_cast<double>(mine.elements()) * static_cast<double>(dataset.dtype.itemsize());
        if (wanted > memory) {
            throw MemoryError(
                fmt::format("'{}' of shape {}: with it a rank would hold {:.1f} GiB, the machine has {:.1f} GiB",
                            dataset.node->path, to_string(shape), wanted / 0x1p30, memory / 0x1p30),
                {.path = dataset.node->path});
        }
    }
}

/// Rank 0: reads structure and common data. Small ones go into `contents`, large ones into `large`.
io::FileIdentity read_serially(const Communicator& comm, const std::string& file, const LoadOptions& options,
                               Contents& contents, std::map<std::string, Array>& large) {
    io::SerialFile in(file);
    contents.nodes = in.read_structure(options.from, options.only);
    const std::vector<io::PlannedDataset> datasets = io::plan_load(contents.nodes, options);
    check_memory(datasets, comm);
    Index total = 0;
    for (const io::PlannedDataset& dataset : datasets) {
        if (!is_read_by_rank_0(dataset)) {
            if (!dataset.node->chunks.extents.empty() && dataset.selection.shape().elements() > 0) {
                in.locate_chunks(const_cast<io::FileNode&>(*dataset.node));
            }
            continue;
        }
        Array data = in.read(*dataset.node, dataset.selection);
        if (dataset.is_converted()) {
            data = io::converted_for(dataset.node->path, data, dataset.dtype, dataset.conversion);
        }
        const bool is_small = data.bytes() <= small_dataset && total + data.bytes() <= small_datasets;
        total += is_small ? data.bytes() : 0;
        const bool is_wanted_by_all = !data.dtype().is_trivial() || dataset.axis;  // only common bytes are sent later
        auto& there = is_small || is_wanted_by_all ? contents.small : large;
        there.emplace(dataset.node->path, std::move(data));
    }
    return in.identity();
}

/// A dataset of the plan in the tree, as far as it is known without the parallel file.
Array take_serial_data(std::map<std::string, Array>& from, const io::PlannedDataset& dataset) {
    const auto found = from.find(dataset.node->path);
    return found != from.end() ? std::move(found->second)
                               : Array::uninitialized(dataset.dtype, dataset.selection.shape());
}

MemGroup build_tree(const Communicator& comm, const Contents& contents, const std::vector<io::PlannedDataset>& datasets,
                    std::map<std::string, Array>& serial) {
    MemGroup tree(comm);
    for (const io::FileNode& node : contents.nodes) {
        if (node.is_group) {
            tree.require_group(node.path).attrs() = node.attrs;
        }
    }
    for (const io::PlannedDataset& dataset : datasets) {
        const std::string& path = dataset.node->path;
        Storage storage = dataset.storage;
        const auto insert = [&]() -> MemDataset& {
            if (!dataset.axis) {
                return tree.create_dataset(path, take_serial_data(serial, dataset), std::move(storage));
            }
            const Shape shape = dataset.selection.shape();
            if (!dataset.node->dtype.is_trivial()) {
                return tree.create_dataset(
                    path, MPIArray::from_common(comm, take_serial_data(serial, dataset), Axis{*dataset.axis}),
                    std::move(storage));
            }
            return tree.create_dataset(
                path,
                MPIArray::uninitialized(comm, dataset.dtype, Distribution(shape, Axis{*dataset.axis}, comm.size())),
                std::move(storage));
        };
        insert().attrs() = dataset.node->attrs;
    }
    return tree;
}

/// Tells what there is to be moved, and what rank 0 has read already.
void record_serial_data(const Contents& contents, const std::vector<io::PlannedDataset>& datasets,
                        io::Monitor& monitor) {
    Index total = 0;
    for (const io::PlannedDataset& dataset : datasets) {
        const auto small = contents.small.find(dataset.node->path);
        const Index bytes = small != contents.small.end() ? io::payload_bytes(small->second)
                                                          : dataset.selection.shape().bytes(dataset.dtype.itemsize());
        total += bytes;
        if (is_read_by_rank_0(dataset)) {
            monitor.moved(dataset.node->path, Route::rank_0, bytes);
        }
    }
    monitor.expect(total);
}

/// A dataset that memdata itself cannot just copy from its place in one piece of the file.
io::StagedDataset staged(const io::PlannedDataset& dataset, MPIArray& array) {
    const io::FileNode& node = *dataset.node;
    return {.path = node.path,
            .dtype = dataset.dtype,
            .file_dtype = node.file_dtype(),
            .conversion = dataset.conversion,
            .file_shape = node.shape,
            .selection = dataset.selection,
            .distribution = array.distribution(),
            .chunks = node.chunks.extents,
            .file_offset = node.offset,
            .places = node.chunks.places,
            .filters = node.chunks.filters,
            .partial_chunks_are_plain = node.chunks.partial_chunks_are_plain,
            .fill = node.chunks.fill,
            .local = array.local().data()};
}

/// Parallel HDF5 does not read virtual datasets: every rank opens the file by itself and reads its part.
void read_virtual(const Communicator& comm, const std::string& file, const io::FileIdentity& identity, MemGroup& tree,
                  const std::vector<const io::PlannedDataset*>& datasets, const LoadOptions& options,
                  io::Monitor& monitor) {
    monitor.phase("virtual data");
    std::optional<io::SerialFile> mine;
    agree(comm, "opening the file on every rank", [&] { mine.emplace(file); });
    agree(comm, "checking that the file is the same", [&] {
        if (comm.rank() == 0) {
            io::check_unchanged(file, identity);
        }
    });
    for (const io::PlannedDataset* dataset : datasets) {
        io::read_dataset(mine->id(), dataset->node->in_file, dataset->selection, dataset->node->file_dtype(),
                         dataset->conversion, io::Reading::serial, tree.dataset(dataset->node->path).distributed(),
                         options.transfer, monitor);
    }
}

void read_in_parallel(const Communicator& comm, const std::string& file, const io::FileIdentity& identity,
                      MemGroup& tree, const std::vector<io::PlannedDataset>& datasets, const LoadOptions& options,
                      io::Monitor& monitor) {
    std::vector<io::ContiguousBlock> blocks;
    std::vector<io::StagedDataset> stages;
    std::vector<const io::PlannedDataset*> others;
    std::vector<const io::PlannedDataset*> virtuals;
    const TransferWay way = options.transfer.way;
    agree(comm, "preparing to read", [&] {
        for (const io::PlannedDataset& dataset : datasets) {
            if (is_read_by_rank_0(dataset) || dataset.selection.shape().elements() == 0) {
                continue;
            }
            const io::FileNode& node = *dataset.node;
            MPIArray& array = tree.dataset(node.path).distributed();
            if (node.is_virtual) {
                virtuals.push_back(&dataset);
            } else if (way == TransferWay::hdf5 || node.is_odd ||
                       (node.offset == io::no_offset && node.chunks.extents.empty())) {
                others.push_back(&dataset);
            } else if (dataset.is_whole && node.offset != io::no_offset && node.file_dtype() == dataset.dtype) {
                blocks.push_back(
                    {node.path, node.offset, array.distribution(), array.dtype().itemsize(), array.local().data()});
            } else {
                stages.push_back(staged(dataset, array));
            }
        }
    });
    if (!virtuals.empty()) {
        read_virtual(comm, file, identity, tree, virtuals, options, monitor);
    }
    if (blocks.empty() && stages.empty() && others.empty()) {
        return;
    }
    const auto read = [&](const io::ParallelFile& parallel) {
        // All ranks have it open; when it is still the one whose structure was read, it was so at every open.
        agree(comm, "checking that the file is the same", [&] {
            if (comm.rank() == 0) {
                io::check_unchanged(file, identity);
            }
        });
        const io::FileAccess access(parallel.mpi_file(), options.transfer.round_bytes, file);
        io::transfer_contiguous(comm, access, io::Direction::read, blocks, way, monitor);
        io::read_staged(comm, access, stages, monitor);
        for (const io::PlannedDataset* dataset : others) {
            io::read_dataset(
                parallel.id(), dataset->node->in_file, dataset->selection, dataset->node->file_dtype(),
                dataset->conversion,
                dataset->node->has_holes || dataset->node->is_odd ? io::Reading::independent : io::Reading::collective,
                tree.dataset(dataset->node->path).distributed(), options.transfer, monitor);
        }
    };
    io::with_parallel_file(comm, file, io::Opening::mpio, io::Direction::read, options.transfer, monitor, read);
    for (const io::ContiguousBlock& block : blocks) {
        h5::normalise_bools(tree.dataset(block.path).local());
    }
}

}  // namespace

MemGroup load(const Communicator& comm, const std::string& file, const LoadOptions& options,
              TransferStatistics* statistics) {
    const h5::QuietErrors quiet;
    io::Monitor monitor(comm, "load", file, options.transfer);
    monitor.phase("checking");
    io::same_options(comm, io::describe(file, options));
    io::prepare_transfer(comm, file, options.transfer, monitor);

    monitor.phase("structure");
    Contents contents;
    std::map<std::string, Array> large;
    io::FileIdentity identity;  // on rank 0
    agree(comm, "reading the structure of the file", [&] {
        if (comm.rank() == 0) {
            identity = read_serially(comm, file, options, contents, large);
        }
    });
    mpi::broadcast_value(comm, contents, 0);

    // Large common data are on rank 0 only; what came with the structure is everywhere.
    std::set<std::string> arrived;
    for (const auto& [path, data] : contents.small) {
        arrived.insert(path);
    }
    std::vector<io::PlannedDataset> datasets;
    MemGroup tree = agree(comm, "making room for the data", [&] {
        datasets = io::plan_load(contents.nodes, options);
        check_memory(datasets, comm);
        record_serial_data(contents, datasets, monitor);
        large.merge(contents.small);
        return build_tree(comm, contents, datasets, large);
    });
    for (const io::PlannedDataset& dataset : datasets) {
        if (!dataset.axis && !arrived.contains(dataset.node->path)) {
            Array& data = tree.dataset(dataset.node->path).common();
            mpi::broadcast(comm, data.data(), data.bytes(), 0);
        }
    }
    read_in_parallel(comm, file, identity, tree, datasets, options, monitor);
    const TransferStatistics result = monitor.finish();
    if (statistics != nullptr) {
        *statistics = result;
    }
    return tree;
}

}  // namespace memdata
