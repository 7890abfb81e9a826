// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <vector>

#include "h5/call.hpp"
#include "h5/filters.hpp"
#include "io/contiguous_transfer.hpp"
#include "io/dataset_transfer.hpp"
#include "io/parallel_file.hpp"
#include "io/posix.hpp"
#include "io/structure.hpp"
#include "memdata/base/error.hpp"
#include "memdata/io/backend.hpp"
#include "memdata/io/lock_file.hpp"
#include "memdata/io/save_load.hpp"
#include "memdata/mpi/agreement.hpp"
#include "memdata/tree/same_tree.hpp"
#include "mpi/large_count.hpp"

namespace memdata {

namespace {

/// Without a communicator of the tree nobody may have thought of MPI, which would end the program on the spot.
void check_mpi() {
    int initialized = 0;
    MPI_Initialized(&initialized);
    if (initialized == 0) {
        throw Error("save() needs MPI: make an md::Environment first in main");
    }
}

std::string digest(const std::string& file, const SaveOptions& options) {
    std::string text =
        fmt::format("{}|{}|{}|{}|{}|{}|{}|{}|{}", file, static_cast<int>(options.if_exists), options.hints,
                    options.compare_common_data, options.sync, options.preserve, options.break_lock,
                    static_cast<int>(options.transfer.way), options.transfer.round_bytes);
    for (const auto& [key, value] : options.transfer.mpi_info) {
        text += fmt::format("|{}={}", key, value);
    }
    return text;
}

/// What would make the last step fail, told before the first.
void check_target(const std::string& file, const SaveOptions& options) {
    struct stat status {};
    if (const std::string folder = io::folder_of(file); stat(folder.c_str(), &status) != 0) {
        throw io::system_error(fmt::format("saving '{}': its folder", file), folder);
    }
    if (stat(file.c_str(), &status) != 0) {
        return;
    }
    if (S_ISDIR(status.st_mode)) {
        throw IoError(fmt::format("saving to '{}': it is a directory", file), {.file = file});
    }
    if (options.if_exists == IfExists::fail) {
        throw IoError(fmt::format("saving to '{}': it exists, and if_exists is 'fail'", file), {.file = file});
    }
}

/// Every rank has to have the filters: all of them write.
void check_filters(const MemGroup& tree) {
    tree.visit([](const MemNode& node) {
        if (node.is_dataset() && !node.as_dataset().storage().filters.empty()) {
            const MemDataset& dataset = node.as_dataset();
            const Storage storage = dataset.storage_on_disk();
            storage.check(dataset.dtype(), dataset.shape(),
                          dataset.path());  // the chunks may have been chosen just now
            h5::check_can_write(storage, storage.file_dtype.value_or(dataset.dtype()), dataset.path());
        }
    });
}

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
std::map<std::string, Array> gather_string_datasets(const std::vector<const MemDataset*>& datasets) {
    std::map<std::string, Array> gathered;
    for (const MemDataset* dataset : datasets) {
        if (!dataset->dtype().is_trivial()) {
            if (std::optional<Array> whole = dataset->distributed().gather(0)) {
                gathered.emplace(dataset->path(), std::move(*whole));
            }
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
/// what it will write is there before it starts. (Contiguous data go past it, and fail well.)
bool reserve_room_for_chunks(const std::vector<const MemDataset*>& datasets, const std::string& file) {
    const bool chunked = std::ranges::any_of(
        datasets, [](const MemDataset* dataset) { return !dataset->storage_on_disk().chunks.empty(); });
    if (chunked) {
        io::reserve_space(file, std::filesystem::file_size(file) + filtered_bytes(datasets));
    }
    return chunked;
}

void write_data(const Communicator& comm, const std::string& file, const std::vector<const MemDataset*>& datasets,
                const std::vector<std::uint64_t>& offsets, const SaveOptions& options) {
    std::vector<io::ContiguousBlock> blocks;
    std::vector<const MemDataset*> others;
    for (std::size_t i = 0; i < datasets.size(); ++i) {
        const MemDataset& dataset = *datasets[i];
        if (offsets[i] != io::no_offset) {
            blocks.push_back({dataset.path(), offsets[i], dataset.distributed().distribution(),
                              dataset.dtype().itemsize(), const_cast<std::byte*>(dataset.local().data())});
        } else if (dataset.dtype().is_trivial() && dataset.shape().elements() > 0) {
            others.push_back(&dataset);
        }
    }
    if (blocks.empty() && others.empty()) {
        return;
    }
    io::with_parallel_file(comm, file, io::Direction::write, options.transfer, [&](const io::ParallelFile& parallel) {
        io::transfer_contiguous(comm, parallel.mpi_file(), io::Direction::write, blocks, options.transfer, file);
        for (const MemDataset* dataset : others) {
            io::write_dataset(parallel.id(), dataset->path(), dataset->distributed(), dataset->storage_on_disk(),
                              options.transfer);
        }
        if (options.sync) {  // every host its own data; rank 0 the rest, at the end
            agree(comm, "flushing to the device",
                  [&] { mpi::check(MPI_File_sync(parallel.mpi_file()), "MPI_File_sync", {.file = file}); });
        }
    });
}

}  // namespace

void save(const MemGroup& tree, const std::string& file, const SaveOptions& options) {
    const h5::QuietErrors quiet;
    check_mpi();
    const Communicator comm =
        tree.has_communicator() ? tree.comm() : Communicator(MPI_COMM_SELF, boost::mpi::comm_attach);
    same_on_all_ranks(comm, "the file name or an option of save", digest(file, options));
    const Backend backend = memdata::backend(comm);
    agree(comm, "checking options", [&] { io::check_options(options.transfer, backend.component); });
    check_same_tree(comm, tree, options.compare_common_data);
    agree(comm, "checking filters", [&] { check_filters(tree); });

    const std::vector<const MemDataset*> datasets = distributed_datasets(tree);
    const std::map<std::string, Array> strings = gather_string_datasets(datasets);
    // On rank 0; its destructor takes back whatever a failure leaves behind.
    std::unique_ptr<LockFile> lock;
    std::vector<std::uint64_t> offsets;
    std::string temporary;
    bool reserved = false;
    agree(comm, "writing the structure of the file", [&] {
        if (comm.rank() == 0) {
            check_target(file, options);
            lock = std::make_unique<LockFile>(
                file, LockFile::Options{.preserve = options.preserve, .break_lock = options.break_lock});
            temporary = lock->temporary();
            offsets = io::write_structure(tree, temporary, options, strings);
            reserved = reserve_room_for_chunks(datasets, temporary);
        }
    });
    mpi::broadcast_value(comm, temporary, 0);
    mpi::broadcast_value(comm, offsets, 0);
    write_data(comm, temporary, datasets, offsets, options);
    agree(comm, "giving the file its name", [&] {
        if (lock) {
            if (reserved) {
                io::release_space(temporary);
            }
            lock->commit(options.sync, options.if_exists == IfExists::replace);
        }
    });
}

}  // namespace memdata
