// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "h5/call.hpp"
#include "h5/elements.hpp"
#include "io/contiguous_transfer.hpp"
#include "io/converted_for.hpp"
#include "io/dataset_transfer.hpp"
#include "io/load_plan.hpp"
#include "io/monitor.hpp"
#include "io/parallel_file.hpp"
#include "io/round_memory.hpp"
#include "io/same_file.hpp"
#include "io/same_options.hpp"
#include "io/serial_load.hpp"
#include "io/staged_transfer.hpp"
#include "io/structure_archive.hpp"
#include "io/turn.hpp"
#include "io/warn_once.hpp"
#include "memdata/base/error.hpp"
#include "memdata/io/backend.hpp"
#include "memdata/io/save_load.hpp"
#include "memdata/mpi/agreement.hpp"
#include "mpi/large_count.hpp"
#include "mpi/node_memory.hpp"

namespace boost::serialization {

template <class Archive>
void serialize(Archive& ar, memdata::io::SerialData& data, unsigned) {
    ar& data.chunks& data.small;  // what is large goes by itself
}

}  // namespace boost::serialization

namespace memdata {

namespace {

/// The memory that a load will take, by the plan, in bytes.
struct Wanted {
    double mine = 0;
    double everywhere = 0;
    double largest = -1;
    double staging = 0;
    std::string operation = {};

    /// Enough to ask the node for; the same on all ranks.
    [[nodiscard]] bool is_much() const noexcept { return everywhere > 64 * 0x1p20; }
};

Wanted predict_memory(const Communicator& comm, const std::string& file,
                      const std::vector<io::PlannedDataset>& datasets) {
    Wanted sum;
    for (const io::PlannedDataset& dataset : datasets) {
        const Shape shape = dataset.selection.shape();
        const auto bytes_of = [&](const Shape& part) {
            return static_cast<double>(part.elements()) * static_cast<double>(dataset.dtype.itemsize());
        };
        const double whole = bytes_of(shape);
        const double copies = io::is_read_by_rank_0(dataset) ? comm.size() : 0;
        sum.mine += copies > 0 ? whole : 0;
        sum.everywhere += whole * copies;
        if (dataset.axis) {
            sum.mine += bytes_of(Distribution(shape, Axis{*dataset.axis}, comm.size()).local_shape(comm.rank()));
            sum.everywhere += whole;
        }
        const std::vector<Index>& chunk = dataset.node->chunks.extents;
        if (!chunk.empty() && !dataset.node->storage.filters.empty()) {  // as stored, in HDF5's hands, and undone
            sum.staging = std::max(sum.staging, 3 * bytes_of(Shape(chunk)));
        }
        if (whole > sum.largest) {
            sum.largest = whole;
            sum.operation = fmt::format("loading '{}' (most of it is '{}' of shape {})", file, dataset.node->path,
                                        to_string(shape));
        }
    }
    return sum;
}

/// Throws MemoryError on all ranks when that is more than their node has. Collective on comm.
void check_memory(const Communicator& comm, const Wanted& wanted) {
    constexpr double more_than_any_node = 0x1p50;
    constexpr double exchanged = 2 * static_cast<double>(io::round_memory);
    const double bytes = std::min(wanted.mine + wanted.staging + exchanged, more_than_any_node);
    mpi::check_node_memory(comm, static_cast<Index>(bytes), wanted.operation,
                           "use more nodes or fewer ranks a node, or load less at a time (LoadOptions::only, "
                           "select); what is common is on every rank, so distribute it");
}

/// What rank 0 has found out about the chunks of the file.
void take_layouts(std::vector<io::FileNode>& nodes, io::SerialData& read) {
    for (io::FileNode& node : nodes) {
        if (const auto found = read.chunks.find(node.path); found != read.chunks.end()) {
            node.chunks = std::move(found->second);
            node.has_holes =
                std::ranges::any_of(node.chunks.places, [](const auto& place) { return place.bytes == 0; });
        }
    }
}

/// A dataset of the plan in the tree, as far as it is known without the parallel file.
Array take_serial_data(std::map<std::string, Array>& from, const io::PlannedDataset& dataset) {
    const auto found = from.find(dataset.node->path);
    return found != from.end() ? std::move(found->second)
                               : Array::uninitialized(dataset.dtype, dataset.selection.shape());
}

/// Takes the attributes out of the nodes; `datasets` are those of the nodes that are no groups, in the same order.
MemGroup build_tree(const Communicator& comm, std::vector<io::FileNode>& nodes,
                    const std::vector<io::PlannedDataset>& datasets, std::map<std::string, Array>& serial) {
    MemGroup tree(comm);
    auto next = datasets.begin();
    for (io::FileNode& node : nodes) {
        const std::string& path = node.path;
        if (node.is_group) {
            tree.require_group(path).attrs() = std::move(node.attrs);
            continue;
        }
        const io::PlannedDataset& dataset = *next++;
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
        insert().attrs() = std::move(node.attrs);
    }
    return tree;
}

/// One line for a file, however many there are.
void warn_of_left_out(const Communicator& comm, const std::string& file, const std::vector<io::FileNode>& nodes) {
    std::vector<std::string> names;
    for (const io::FileNode& node : nodes) {
        names.insert(names.end(), node.left_out.begin(), node.left_out.end());
    }
    if (!names.empty()) {
        io::warn_once(comm, fmt::format("of file '{}', {} attribute(s) are not loaded, as they refer to objects of the "
                                        "file (dimension scales, say); the first is '{}'",
                                        file, names.size(), names.front()));
    }
}

/// Tells what there is to be moved, and what rank 0 has read already.
void record_serial_data(const io::SerialData& read, const std::vector<io::PlannedDataset>& datasets,
                        io::Monitor& monitor) {
    Index total = 0;
    for (const io::PlannedDataset& dataset : datasets) {
        const auto small = read.small.find(dataset.node->path);
        const Index bytes = small != read.small.end() ? io::payload_bytes(small->second)
                                                      : dataset.selection.shape().bytes(dataset.dtype.itemsize());
        total += bytes;
        if (io::is_read_by_rank_0(dataset)) {
            monitor.moved(dataset.node->path, Route::rank_0, bytes);
        }
    }
    monitor.expect(total);
}

/// Throws IoError on all ranks when the file, which all ranks have open by now, is not the one whose structure was
/// read: when it is, it was so at every open. Collective on comm.
void check_still_same(const Communicator& comm, const std::string& file, const io::FileIdentity& identity) {
    agree(comm, "checking that the file is the same", [&] {
        if (comm.rank() == 0) {
            io::check_unchanged(file, identity);
        }
    });
}

/// A dataset that HDF5 reads, and where to.
struct ByHdf5 {
    const io::PlannedDataset* dataset;
    MPIArray* array;
};

/// What only HDF5 can find or convert: every rank opens the file by itself and reads its part. Parallel HDF5 does not
/// read virtual datasets; and where opening or reading the file fails on one rank, it lets the others wait for ever.
void read_on_every_rank(const Communicator& comm, const std::string& file, const io::FileIdentity& identity,
                        const std::vector<ByHdf5>& datasets, const LoadOptions& options, io::Monitor& monitor) {
    monitor.phase("odd data");
    std::optional<io::SerialFile> mine;
    agree(comm, "opening the file on every rank", [&] { mine.emplace(file); });
    check_still_same(comm, file, identity);
    for (const auto& [dataset, array] : datasets) {
        io::read_dataset(mine->id(), dataset->node->in_file, dataset->selection, dataset->node->file_dtype(),
                         dataset->conversion, io::Reading::serial, *array, options.transfer, monitor);
    }
}

void read_in_parallel(const Communicator& comm, const std::string& file, const io::FileIdentity& identity,
                      MemGroup& tree, const std::vector<io::PlannedDataset>& datasets, const LoadOptions& options,
                      const Backend& backend, io::Monitor& monitor) {
    std::vector<io::ContiguousBlock> blocks;
    std::vector<io::StagedDataset> stages;
    std::vector<ByHdf5> others;
    std::map<std::string, MPIArray> fixed_strings;  // that become strings of any length: not while they are bytes
    std::vector<ByHdf5> odd;
    const TransferWay way = options.transfer.way;
    agree(comm, "preparing to read", [&] {
        for (const io::PlannedDataset& dataset : datasets) {
            if (io::is_read_by_rank_0(dataset) || dataset.selection.shape().elements() == 0) {
                continue;
            }
            const io::FileNode& node = *dataset.node;
            MPIArray& array = tree.dataset(node.path).distributed();
            const bool is_odd = node.is_odd || (node.offset == io::no_offset && node.chunks.extents.empty());
            if (node.is_virtual || (is_odd && way != TransferWay::hdf5)) {
                odd.push_back({&dataset, &array});
            } else if (way == TransferWay::hdf5) {
                others.push_back({&dataset, &array});
            } else if (dataset.is_whole && node.offset != io::no_offset && node.file_dtype() == dataset.dtype) {
                blocks.push_back(
                    {node.path, node.offset, array.distribution(), array.dtype().itemsize(), array.local().data()});
            } else if (!dataset.dtype.is_trivial()) {
                MPIArray& bytes =
                    fixed_strings.emplace(node.path, MPIArray::uninitialized(comm, node.dtype, array.distribution()))
                        .first->second;
                stages.push_back(
                    io::staged(dataset, node.chunks, bytes.dtype(), bytes.distribution(), bytes.local().data()));
            } else {
                stages.push_back(
                    io::staged(dataset, node.chunks, array.dtype(), array.distribution(), array.local().data()));
            }
        }
    });
    if (odd.empty() && blocks.empty() && stages.empty() && others.empty()) {
        return;
    }
    monitor.phase("opening");
    const io::Descriptor opened = io::open_same_file(comm, file);
    if (!odd.empty()) {
        read_on_every_rank(comm, file, identity, odd, options, monitor);
    }
    if (!blocks.empty() || !stages.empty()) {
        check_still_same(comm, file, identity);
        monitor.phase("data");
        const io::FileAccess access(opened, file);
        io::transfer_contiguous(comm, access, io::Direction::read, blocks, way, monitor);
        io::read_staged(comm, access, stages, monitor);
    }
    if (!others.empty()) {
        const auto read = [&](const io::ParallelFile& parallel) {
            check_still_same(comm, file, identity);
            for (const auto& [dataset, array] : others) {
                const io::FileNode& node = *dataset->node;
                io::read_dataset(parallel.id(), node.in_file, dataset->selection, node.file_dtype(),
                                 dataset->conversion,
                                 node.has_holes || node.is_odd ? io::Reading::independent : io::Reading::collective,
                                 *array, options.transfer, monitor);
            }
        };
        io::with_parallel_file(comm, file, io::Opening::mpio, io::Direction::read, options.transfer, backend, monitor,
                               read);
    }
    agree(comm, "converting what was read", [&] {
        if (comm.rank() == 0) {  // a file that was replaced is read to its end, one that was written into is none
            io::check_unchanged(opened, file, identity);
        }
        for (const auto& [path, bytes] : fixed_strings) {
            MPIArray& array = tree.dataset(path).distributed();
            array.local() = io::converted_for(path, bytes.local(), array.dtype(), Conversion::exact);
        }
        for (const io::ContiguousBlock& block : blocks) {
            h5::normalise_bools(tree.dataset(block.path).local());
        }
    });
}

/// What rank 0 reads alone.
struct Structure {
    std::vector<io::FileNode> nodes = {};
    std::vector<io::PlannedDataset> datasets = {};  ///< of the nodes
    io::FileIdentity identity = {};                 ///< of the file; on rank 0
    std::optional<io::SerialData> serial_data = {};
    std::string packed = {};  ///< serial data on other ranks than 0

    [[nodiscard]] io::SerialData& take_serial_data(const Communicator& comm) {
        if (comm.rank() != 0) {
            mpi::unpack(std::move(packed), serial_data.emplace());
        }
        return *serial_data;
    }
};

/// Collective on comm.
Structure load_structure(const Communicator& comm, const std::string& file, const LoadOptions& options) {
    Structure result;
    std::optional<io::SerialFile> opened;  // on rank 0
    std::string packed = mpi::broadcast_bytes(comm, "reading the structure of the file", 0, [&] {
        opened.emplace(file);
        result.nodes = opened->read_structure(options.from, options.only);
        warn_of_left_out(comm, file, result.nodes);
        return comm.size() > 1 ? mpi::pack(result.nodes) : std::string();
    });
    const auto read_serial_data = [&] {
        result.serial_data = io::read_serially(*opened, result.datasets);
        result.identity = opened->identity();
        io::check_unchanged(file, result.identity);  // whoever opened it meanwhile, opened the same
        opened.reset();
    };
    const Wanted wanted = agree(comm, "applying the options to the file", [&] {
        if (comm.rank() != 0) {
            mpi::unpack(std::move(packed), result.nodes);
        }
        result.datasets = io::plan_load(result.nodes, options);
        Wanted predicted = predict_memory(comm, file, result.datasets);
        if (comm.rank() == 0 && !predicted.is_much()) {  // while the others unpack
            read_serial_data();
        }
        return predicted;
    });
    if (wanted.is_much()) {
        check_memory(comm, wanted);
    }
    result.packed = mpi::broadcast_bytes(comm, "reading common data", 0, [&] {
        if (!result.serial_data) {
            read_serial_data();
        }
        return comm.size() > 1 ? mpi::pack(*result.serial_data) : std::string();
    });
    return result;
}

}  // namespace

MemGroup load(const Communicator& comm, const std::string& file, const LoadOptions& options,
              TransferStatistics* statistics) {
    const io::Turn turn("load", file);
    io::Monitor monitor(comm, "load", file, options.transfer);
    monitor.phase("checking");
    io::same_options(comm, turn, [&] { return io::describe(file, options); });
    const h5::QuietErrors quiet;
    const Backend& backend = io::prepare_transfer(comm, file, options.transfer, monitor);

    monitor.phase("structure");
    Structure structure = load_structure(comm, file, options);
    std::vector<Array*> arriving;  // large common data, on rank 0 only yet
    MemGroup tree = agree(comm, "making room for the data", [&] {
        io::SerialData& read = structure.take_serial_data(comm);
        take_layouts(structure.nodes, read);
        record_serial_data(read, structure.datasets, monitor);
        std::set<std::string> arrived;
        for (const auto& [path, data] : read.small) {
            arrived.insert(path);
        }
        read.large.merge(read.small);
        MemGroup made = build_tree(comm, structure.nodes, structure.datasets, read.large);
        for (const io::PlannedDataset& dataset : structure.datasets) {
            if (!dataset.axis && !arrived.contains(dataset.node->path)) {
                arriving.push_back(&made.dataset(dataset.node->path).common());
            }
        }
        return made;
    });
    for (Array* array : arriving) {
        mpi::broadcast(comm, array->data(), array->bytes(), 0);
    }
    read_in_parallel(comm, file, structure.identity, tree, structure.datasets, options, backend, monitor);
    monitor.settle();
    TransferStatistics result = monitor.finish();
    if (statistics != nullptr) {
        *statistics = std::move(result);
    }
    return tree;
}

}  // namespace memdata
