// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/io/dataset_io.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "h5/call.hpp"
#include "io/same_options.hpp"
#include "io/structure.hpp"
#include "io/turn.hpp"
#include "memdata/base/error.hpp"
#include "memdata/base/path.hpp"
#include "memdata/io/save_load.hpp"
#include "memdata/mpi/agreement.hpp"
#include "mpi/large_count.hpp"
#include "mpi/serialize.hpp"

namespace memdata {

namespace {

/// An absolute path that can name a dataset.
std::string dataset_path(const std::string& path) {
    std::string whole = path::join("/", path::normalise(path));
    if (whole == "/") {
        throw ArgumentError(fmt::format("'{}' names no dataset", path), {.path = path});
    }
    return whole;
}

/// The dataset in the file, whose elements are not read. PathError when there is none. On rank 0.
io::FileNode find_dataset(const std::string& file, const std::string& path) {
    const h5::QuietErrors quiet;
    for (io::FileNode& node : io::SerialFile(file).read_structure("/", {path})) {
        if (node.in_file == path && !node.is_group) {
            return std::move(node);
        }
    }
    throw PathError(fmt::format("'{}' is a group of file '{}', not a dataset", path, file),
                    {.path = path, .file = file});
}

/// The same elements, not copied where they can be wrapped. Saving only reads them.
Array borrowed(const Array& data) {
    return data.dtype().is_trivial() ? Array::wrap(data.dtype(), data.shape(), const_cast<std::byte*>(data.data()))
                                     : data.clone();
}
MPIArray borrowed(const MPIArray& data) { return {data.comm(), data.distribution(), borrowed(data.local())}; }

/// The storage that a dataset of the file has, where an update can keep it; else the default.
template <class Data>
Storage storage_in_file(const Communicator& comm, const Data& data, const std::string& file, const std::string& path) {
    return mpi::broadcast_result(comm, "looking for a dataset", 0, [&] {
        try {
            std::error_code unknown;  // of which save() will speak
            if (std::filesystem::exists(file, unknown)) {
                io::FileNode node = find_dataset(file, path);
                if (node.dtype == data.dtype() && node.shape == data.shape()) {
                    return std::move(node.storage);
                }
            }
        } catch (const PathError&) {
            // Not there. (Whatever keeps it from being read for a moment must not cost it its chunks.)
        } catch (const FormatError&) {
            // Damaged: save() will see, and say, what matters.
        } catch (const DtypeError&) {
            // Of a type that memdata does not know, which gives way.
        }
        return Storage{};
    });
}

template <class Data>
void save_one(const Communicator& comm, const Data& data, const std::string& file, const std::string& path,
              const DatasetSettings& settings, const SaveOptions& options) {
    const io::Turn turn("save_dataset", file);
    const bool keeps_storage = options.if_exists == IfExists::update && !settings.storage;
    io::same_options(comm, turn, [&] {
        io::OptionValues values = io::describe(file, options);
        values["the path of save_dataset"] = path;
        values["the storage of save_dataset"] = std::string(settings.storage ? "given" : "not given");
        return values;
    });
    Storage storage;
    std::string in_file;
    const std::string whole = agree(comm, "checking a path", [&] {
        storage = settings.storage.value_or(Storage{});
        std::string checked = dataset_path(path);
        in_file = path::join(path::join("/", options.into), checked.substr(1));
        return checked;
    });
    if (keeps_storage) {
        storage = storage_in_file(comm, data, file, in_file);
    }
    const MemGroup tree = agree(comm, "checking a dataset", [&] {
        MemGroup made(comm);
        made.create_dataset(whole, borrowed(data), std::move(storage)).attrs() = settings.attrs;
        return made;
    });
    save(tree, file, options);
}

/// Before load(), which would call them something else.
void same_arguments(const Communicator& comm, const io::Turn& turn, const std::string& function,
                    const std::string& file, const std::string& path, Placement placement,
                    const DatasetLoadOptions& options) {
    io::same_options(comm, turn, [&] {
        io::OptionValues values{{"the file name", file}, {"option select", io::describe(options.select)}};
        values[fmt::format("the path of {}", function)] = path;
        values[fmt::format("the axis of {}", function)] = placement ? std::to_string(placement->value) : "none";
        io::describe(values, options.transfer);
        return values;
    });
}

/// The dataset's whole path, and what load() is to do for it alone.
struct OneDataset {
    std::string path;
    LoadOptions options;
};

/// Collective on comm.
OneDataset one_dataset(const Communicator& comm, const std::string& path, Placement placement,
                       const DatasetLoadOptions& options) {
    return agree(comm, "checking a path", [&] {
        const std::string whole = dataset_path(path);
        return OneDataset{whole,
                          {.only = {whole},
                           .select = {{whole, options.select}},
                           .distribute = {{whole, placement}},
                           .hints = false,
                           .transfer = options.transfer}};
    });
}

}  // namespace

void save_dataset(const MPIArray& data, const std::string& file, const std::string& path,
                  const DatasetSettings& settings, const SaveOptions& options) {
    save_one(data.comm(), data, file, path, settings, options);
}

void save_dataset(const Communicator& comm, const Array& data, const std::string& file, const std::string& path,
                  const DatasetSettings& settings, const SaveOptions& options) {
    save_one(comm, data, file, path, settings, options);
}

MPIArray load_dataset(const Communicator& comm, const std::string& file, const std::string& path, Axis axis,
                      const DatasetLoadOptions& options) {
    const io::Turn turn("load_dataset", file);
    same_arguments(comm, turn, "load_dataset", file, path, axis, options);
    const OneDataset one = one_dataset(comm, path, axis, options);
    MemGroup tree = load(comm, file, one.options);
    return agree(comm, "taking the dataset", [&] { return std::move(tree.dataset(one.path).distributed()); });
}

MPIArray load_dataset(const Communicator& comm, const std::string& file, const std::string& path,
                      const DatasetLoadOptions& options) {
    const io::Turn turn("load_dataset", file);
    same_arguments(comm, turn, "load_dataset", file, path, std::nullopt, options);
    const int axis = mpi::broadcast_result(comm, "looking for the axis of a dataset", 0, [&] {
        const io::FileNode node = find_dataset(file, dataset_path(path));
        if (!node.wrong_hint.empty()) {
            throw FormatError(node.wrong_hint, {.path = path, .file = file});
        }
        if (!node.axis) {
            throw ArgumentError(fmt::format("file '{}' does not say over which axis to distribute '{}': name one, "
                                            "or take it whole by load_common",
                                            file, path),
                                {.path = path, .file = file});
        }
        return *node.axis;
    });
    return load_dataset(comm, file, path, Axis{axis}, options);
}

Array load_common(const Communicator& comm, const std::string& file, const std::string& path,
                  const DatasetLoadOptions& options) {
    const io::Turn turn("load_common", file);
    same_arguments(comm, turn, "load_common", file, path, std::nullopt, options);
    const OneDataset one = one_dataset(comm, path, std::nullopt, options);
    MemGroup tree = load(comm, file, one.options);
    return agree(comm, "taking the dataset", [&] { return std::move(tree.dataset(one.path).common()); });
}

}  // namespace memdata
