// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <vector>

#include "base/fault_point.hpp"
#include "h5/call.hpp"
#include "h5/filters.hpp"
#include "io/contiguous_transfer.hpp"
#include "io/dataset_transfer.hpp"
#include "io/made_file.hpp"
#include "io/merge_plan.hpp"
#include "io/monitor.hpp"
#include "io/old_file.hpp"
#include "io/parallel_file.hpp"
#include "io/posix.hpp"
#include "io/same_file.hpp"
#include "io/same_options.hpp"
#include "io/staged_transfer.hpp"
#include "io/structure_archive.hpp"
#include "io/turn.hpp"
#include "memdata/base/error.hpp"
#include "memdata/io/backend.hpp"
#include "memdata/io/lock_file.hpp"
#include "memdata/io/save_load.hpp"
#include "memdata/mpi/agreement.hpp"
#include "memdata/tree/same_tree.hpp"
#include "mpi/large_count.hpp"

namespace memdata {

namespace {

/// What all ranks are told of the file that rank 0 has made.
struct Made {
    std::string temporary;  ///< its name until it is complete
    std::string lock;
    std::vector<io::DatasetPlace> places;

    template <class Archive>
    void serialize(Archive& ar, unsigned) {
        ar& temporary& lock& places;
    }
};

/// Without a communicator of the tree nobody may have thought of MPI, which would end the program on the spot.
void check_mpi() {
    int initialized = 0;
    MPI_Initialized(&initialized);
    if (initialized == 0) {
        throw Error("save() needs MPI: make an md::Environment first in main");
    }
}

/// What would make the last step fail, told before the first.
/// Is there a file of that name?
bool check_target(const std::string& file, const SaveOptions& options) {
    struct stat status {};
    if (const std::string folder = io::folder_of(file); stat(folder.c_str(), &status) != 0) {
        throw io::system_error(fmt::format("saving '{}': its folder", file), folder);
    }
    if (stat(file.c_str(), &status) != 0) {
        if (errno != ENOENT) {
            throw io::system_error("saving to", file);
        }
        return false;
    }
    if (S_ISDIR(status.st_mode)) {
        throw IoError(fmt::format("saving to '{}': it is a directory", file), {.file = file});
    }
    if (options.if_exists == IfExists::fail) {
        throw IoError(fmt::format("saving to '{}': it exists, and if_exists is 'fail'", file), {.file = file});
    }
    return true;
}

/// Every rank has to have the filters: all of them write.
void check_filters(const MemGroup& tree, TransferWay way) {
    tree.visit([way](const MemNode& node) {
        if (node.is_group() || node.as_dataset().storage().filters.empty()) {
            return;
        }
        const MemDataset& dataset = node.as_dataset();
        const Storage storage = dataset.storage_on_disk();
        // The chunks may have been chosen just now.
        storage.check(dataset.dtype(), dataset.shape(), dataset.path(), dataset.is_distributed());
        h5::check_can_write(storage, dataset.file_dtype(), dataset.path());
        if (way == TransferWay::hdf5 && dataset.is_distributed()) {
            h5::check_can_write_in_parallel(storage.filters, dataset.path());
        }
    });
}

/// On rank 0: the copy of an old file that a tree is merged into, while nobody else writes the old one.
class Update {
public:
    /// Throws, before the copy is made, when the tree does not go with the file.
    Update(const MemGroup& tree, const std::string& file, const std::string& copy, const SaveOptions& options)
        : old_(file), plan_(io::plan_merge(tree, io::SerialFile(file), options)) {
        old_.copy_to(copy);
    }
    [[nodiscard]] const io::MergePlan& plan() const noexcept { return plan_; }
    void check_unchanged() const { old_.check_unchanged(); }

private:
    io::OldFile old_;
    io::MergePlan plan_;
};

std::vector<const MemDataset*> distributed_datasets(const MemGroup& tree) {
    std::vector<const MemDataset*> found;
    tree.visit([&](const MemNode& node) {
        if (node.is_dataset() && node.as_dataset().is_distributed()) {
            found.push_back(&node.as_dataset());
        }
    });
    return found;
}

/// Rank 0 alone can write variable strings.
std::map<std::string, Array> gather_string_datasets(const Communicator& comm,
                                                    const std::vector<const MemDataset*>& datasets) {
    std::map<std::string, Array> gathered;
    std::vector<std::pair<const MemDataset*, Array*>> wanted;
    agree(comm, "preparing to gather strings", [&] {
        for (const MemDataset* dataset : datasets) {
            if (!dataset->dtype().is_trivial()) {
                wanted.emplace_back(dataset, &gathered[dataset->path()]);
            }
        }
    });
    for (const auto& [dataset, whole] : wanted) {
        if (std::optional<Array> there = dataset->distributed().gather(0)) {
            *whole = std::move(*there);
        }
    }
    return gathered;
}

/// Bytes that HDF5 itself may yet add to the file: what filters make of data is at most a little more than these.
std::uint64_t filtered_bytes(const std::vector<const MemDataset*>& datasets) {
    Index bytes = 0;
    for (const MemDataset* dataset : datasets) {
        bytes += dataset->storage().filters.empty() ? 0 : dataset->shape().bytes(dataset->dtype().itemsize());
    }
    return static_cast<std::uint64_t>(bytes + bytes / 64);
}

/// Parallel HDF5 does not survive a full disk: ranks hang in its collective calls, or crash at exit. So the room for
/// what it will write is there before it starts. (What goes past it fails well.)
void reserve_room_for_hdf5(const std::vector<const MemDataset*>& datasets, const std::string& file) {
    io::reserve_space(file, std::filesystem::file_size(file) + filtered_bytes(datasets));
}

/// What all ranks write, by the way that it goes.
struct Outgoing {
    std::vector<io::ContiguousBlock> blocks;
    std::vector<io::StagedDataset> staged;
    std::vector<std::size_t> numbers;  // of the staged ones, among the distributed datasets
    struct ByHdf5 {
        std::string path;
        const MPIArray* array;
        Storage storage;
    };
    std::vector<ByHdf5> by_hdf5;

    Outgoing(const MemGroup& tree, const std::vector<const MemDataset*>& datasets,
             const std::vector<io::DatasetPlace>& places, const SaveOptions& options) {
        for (std::size_t i = 0; i < datasets.size(); ++i) {
            const MemDataset& dataset = *datasets[i];
            if (!dataset.dtype().is_trivial() || dataset.shape().elements() == 0) {
                continue;
            }
            const std::string path = io::path_in_file(tree, dataset, options);
            auto* local = const_cast<std::byte*>(dataset.local().data());
            if (options.transfer.way == TransferWay::hdf5) {
                by_hdf5.push_back({path, &dataset.distributed(), dataset.storage_on_disk()});
            } else if (places[i].offset != io::no_offset && dataset.file_dtype() == dataset.dtype()) {
                blocks.push_back(
                    {path, places[i].offset, dataset.distributed().distribution(), dataset.dtype().itemsize(), local});
            } else {
                staged.push_back({.path = path,
                                  .dtype = dataset.dtype(),
                                  .file_dtype = dataset.file_dtype(),
                                  .conversion = dataset.storage().conversion,
                                  .file_shape = dataset.shape(),
                                  .selection = Selection{}.resolve(dataset.shape()),
                                  .distribution = dataset.distributed().distribution(),
                                  .chunks = places[i].extents,
                                  .file_offset = places[i].offset,
                                  .places = places[i].chunks,
                                  .filters = places[i].filters,
                                  .fill = places[i].fill,
                                  .local = local});
                numbers.push_back(i);
            }
        }
    }
    [[nodiscard]] bool empty() const noexcept { return blocks.empty() && staged.empty() && by_hdf5.empty(); }
};

/// `made` is the file on rank 0: still open when there are filtered chunks, whose room it makes.
void write_data(const Communicator& comm, const std::string& file, const Outgoing& outgoing, io::NewFile* made,
                const SaveOptions& options, const Backend& backend, io::Monitor& monitor) {
    if (outgoing.empty()) {
        return;
    }
    const auto place_chunk = [&](std::size_t dataset, const std::vector<Index>& start, std::uint32_t bytes,
                                 std::uint32_t skipped) {
        return made->place_chunk(outgoing.numbers[dataset], start, bytes, skipped);
    };
    const auto write = [&](const io::ParallelFile& parallel) {
        const io::FileAccess access(parallel.mpi_file(), options.transfer.round_bytes, file);
        io::transfer_contiguous(comm, access, io::Direction::write, outgoing.blocks, options.transfer.way, monitor);
        io::write_staged(comm, access, outgoing.staged, place_chunk, monitor);
        for (const auto& [path, array, storage] : outgoing.by_hdf5) {
            io::write_dataset(parallel.id(), path, *array, storage, options.transfer, monitor);
        }
        if (options.sync) {  // every host its own data; rank 0 the rest, at the end
            monitor.phase("flushing");
            agree(comm, "flushing to the device", [&] {
                const int code = MPI_File_sync(parallel.mpi_file());  // collective with HDF5: before anything can fail
                mpi::check(code, "MPI_File_sync", {.file = file});
            });
        }
    };
    io::with_parallel_file(comm, file, outgoing.by_hdf5.empty() ? io::Opening::mpi_io : io::Opening::mpio,
                           io::Direction::write, options.transfer, backend, monitor, write);
}

/// Tells what there is to be moved, and what rank 0 has written already, together with the structure.
void record_serial_data(const MemGroup& tree, const std::map<std::string, Array>& strings, io::Monitor& monitor) {
    Index total = 0;
    const auto record = [&](const std::string& path, Index bytes) {
        monitor.moved(path, Route::rank_0, bytes);
        total += bytes;
    };
    tree.visit([&](const MemNode& node) {
        if (!node.is_dataset()) {
            return;
        }
        const MemDataset& dataset = node.as_dataset();
        if (dataset.is_common()) {
            record(dataset.path(), io::payload_bytes(dataset.common()));
        } else if (!dataset.dtype().is_trivial()) {
            record(dataset.path(), io::payload_bytes(strings.at(dataset.path())));  // nothing but on rank 0
        } else {
            total += dataset.shape().bytes(dataset.dtype().itemsize());
        }
    });
    monitor.expect(total);
}

}  // namespace

TransferStatistics save(const MemGroup& tree, const std::string& file, const SaveOptions& options) {
    check_mpi();
    const io::Turn turn("save", file);
    const Communicator comm =
        tree.has_communicator() ? tree.comm() : Communicator(MPI_COMM_SELF, boost::mpi::comm_attach);
    io::Monitor monitor(comm, "save", file, options.transfer);
    monitor.phase("checking");
    io::same_options(comm, turn, [&] { return io::describe(file, options); });
    const h5::QuietErrors quiet;
    const Backend& backend = io::prepare_transfer(comm, file, options.transfer, monitor);
    check_same_tree(comm, tree, options.compare_common_data);
    const std::vector<const MemDataset*> datasets = agree(comm, "checking filters", [&] {
        check_filters(tree, options.transfer.way);
        return distributed_datasets(tree);
    });
    monitor.phase("structure");
    const std::map<std::string, Array> strings = gather_string_datasets(comm, datasets);
    // On rank 0; its destructor takes back whatever a failure leaves behind.
    std::unique_ptr<LockFile> lock;
    std::unique_ptr<Update> update;
    std::unique_ptr<io::NewFile> made;
    std::unique_ptr<io::MadeFile> watched;
    const bool by_hdf5 = options.transfer.way == TransferWay::hdf5;
    const Made told = mpi::broadcast_result(comm, "writing the structure of the file", 0, [&] {
        const bool is_there = check_target(file, options);
        lock = std::make_unique<LockFile>(
            file, LockFile::Options{.preserve = options.preserve, .break_lock = options.break_lock});
        if (options.if_exists == IfExists::update && is_there) {
            update = std::make_unique<Update>(tree, file, lock->temporary(), options);
        }
        faults::point("making the new file");
        made = std::make_unique<io::NewFile>(tree, lock->temporary(), options, strings,
                                             update ? &update->plan() : nullptr);
        std::vector<io::DatasetPlace> places = made->places();
        if (!made->has_filtered()) {
            made->close();
            made.reset();
        }
        if (by_hdf5) {
            reserve_room_for_hdf5(datasets, lock->temporary());
        }
        watched = std::make_unique<io::MadeFile>(lock->temporary(), made == nullptr && !by_hdf5);
        return Made{lock->temporary(), lock->lock(), std::move(places)};
    });
    const Outgoing outgoing = agree(comm, "preparing to write", [&] {
        record_serial_data(tree, strings, monitor);
        return Outgoing(tree, datasets, told.places, options);
    });
    if (!outgoing.empty()) {
        // The lock is this save's own; a temporary file may be another's that was left behind.
        io::open_same_file(comm, told.lock);
    }
    write_data(comm, told.temporary, outgoing, made.get(), options, backend, monitor);
    monitor.phase("renaming");
    monitor.settle();  // nothing may fail on another rank once rank 0 has given the file its name
    agree(comm, "giving the file its name", [&] {
        if (lock) {
            if (made) {
                made->close();
            }
            if (by_hdf5) {
                io::release_space(told.temporary);
            }
            if (update) {
                update->check_unchanged();
            }
            watched->check();
            lock->commit(options.sync, options.if_exists == IfExists::replace || update != nullptr);
        }
    });
    return monitor.finish();
}

}  // namespace memdata
