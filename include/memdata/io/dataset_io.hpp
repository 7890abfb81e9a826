// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>

#include "memdata/array/mpi_array.hpp"
#include "memdata/base/attributes.hpp"
#include "memdata/base/storage.hpp"
#include "memdata/io/options.hpp"

// One dataset to and from a file, without a tree: shorthands of save() and load(), with their guarantees and errors.
namespace memdata {

/// What goes to the file with the elements of a dataset. The same on all ranks.
struct DatasetSettings {
    /// How it lies on disk. Without it a dataset of the same dtype and shape that IfExists::update finds keeps what it
    /// has; any other is contiguous.
    std::optional<Storage> storage = std::nullopt;
    MemAttrs attrs = {};
};

/// Saves an array as the dataset `path` of a file; groups on the way are made. The elements are not copied, but for
/// strings of variable length. With {.if_exists = IfExists::update} it goes into the file that is there; the elements
/// of a dataset of the same dtype, shape and storage are replaced where they are, so its attributes, its other names
/// and all else stay.
///
/// Errors as save(); ArgumentError for a path that names no dataset, or a storage that does not fit. Collective on
/// data.comm().
void save_dataset(const MPIArray& data, const std::string& file, const std::string& path,
                  const DatasetSettings& settings = {}, const SaveOptions& options = {});
/// The same for an array that every rank has whole. Collective on comm.
void save_dataset(const Communicator& comm, const Array& data, const std::string& file, const std::string& path,
                  const DatasetSettings& settings = {}, const SaveOptions& options = {});

/// The same on all ranks.
struct DatasetLoadOptions {
    /// What to take of it. Default: all.
    Selection select = {};
    TransferOptions transfer = {};
};

/// Loads the dataset `path` of a file, distributed over an axis; nothing else of the file is read. (For its attributes
/// and storage, load() a tree of it with LoadOptions::only.)
///
/// Errors as load(); PathError when there is no such dataset, ArgumentError for the axis. Collective on comm.
[[nodiscard]] MPIArray load_dataset(const Communicator& comm, const std::string& file, const std::string& path,
                                    Axis axis, const DatasetLoadOptions& options = {});
/// The same over the axis that the file hints at; ArgumentError when it hints at none.
[[nodiscard]] MPIArray load_dataset(const Communicator& comm, const std::string& file, const std::string& path,
                                    const DatasetLoadOptions& options = {});
/// The same, whole on every rank, whatever the file hints at.
[[nodiscard]] Array load_common(const Communicator& comm, const std::string& file, const std::string& path,
                                const DatasetLoadOptions& options = {});

}  // namespace memdata
