// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "memdata/base/convert.hpp"
#include "memdata/base/selection.hpp"
#include "memdata/base/shape.hpp"
#include "memdata/base/storage.hpp"
#include "memdata/io/progress.hpp"

namespace memdata {

/// What save() does when the file exists.
enum class IfExists {
    replace,  ///< the old file stays complete until the new one is, then gives way (h5py's "w")
    fail,     ///< IoError, nothing is touched (h5py's "x")
    /// The tree is merged into the old contents (h5py's "a"), in a copy of the file that then takes its place; a file
    /// that is not there is made. See docs/saving-and-loading.md.
    update,
};

/// How distributed data travel between the ranks and the file.
enum class TransferWay {
    automatic,  ///< by the size of the pieces that are contiguous in the file
    direct,     ///< every rank reads and writes its own pieces; what is chunked or selected from is exchanged
    exchange,   ///< ranks exchange blocks, in bounded memory, so that each reads and writes large pieces
    hdf5,       ///< HDF5's collective H5Dread and H5Dwrite, dataset by dataset: to compare with
};

/// How data are moved; the same for save() and load().
struct TransferOptions {
    TransferWay way = TransferWay::automatic;
    /// At most this many bytes a rank in one call of MPI-IO: 1 KiB to 1 GiB (beyond 2 GiB romio321 crashes).
    Index round_bytes = Index{1} << 30;
    /// MPI_Info for the parallel open, which a load makes only with TransferWay::hdf5. Refused, with the reason, where
    /// they are known to harm: cb_nodes on ompio.
    std::map<std::string, std::string> mpi_info = {};
    /// Only rank 0's counts; the ranks need not have the same.
    ProgressCallback progress = {};
    /// Where stderr of rank 0 is a terminal, show a line there when a transfer lasts longer than a second. Off, too,
    /// with MEMDATA_PROGRESS=0 in the environment. Only rank 0's counts.
    bool progress_bar = true;
    Watchdog watchdog = {};
};

/// The same on all ranks, or save() throws MismatchError.
struct SaveOptions {
    IfExists if_exists = IfExists::replace;
    /// The group of the file that becomes the tree's root; made when it is not there, and those on the way.
    std::string into = "/";
    /// Write caput's attributes that say what is distributed, and over which axis.
    bool hints = true;
    /// Compare the contents of common datasets across ranks (by hash), besides structure and attributes.
    bool compare_common_data = true;
    /// Flush the data to the device before the file gets its name: it survives a power cut.
    bool sync = true;
    /// Leave the temporary file behind when saving fails.
    bool preserve = false;
    /// Take over a lock whatever its holder does: only when it is known to be dead (on another host, say).
    bool break_lock = false;
    TransferOptions transfer = {};
};

/// Where load() puts a dataset: distributed over an axis, or (nullopt) common.
using Placement = std::optional<Axis>;

/// The element type that load() gives a dataset, and how, by the rules of converted().
struct ConvertTo {
    Dtype dtype;
    Conversion how = Conversion::exact;
};

/// The same on all ranks, or load() throws MismatchError.
struct LoadOptions {
    /// The group of the file to load as a tree of its own: its root. Paths below are those of the tree.
    std::string from = "/";
    /// Paths of the datasets and groups to load; empty: all. The rest is not read, so nothing in it can fail; groups on
    /// the way come without attributes.
    std::vector<std::string> only = {};
    /// By path of the dataset: what to take of it. Default: all.
    std::map<std::string, Selection> select = {};
    /// By path of the dataset: where to put it, whatever the file says.
    std::map<std::string, Placement> distribute = {};
    /// By path of the dataset: its elements in memory. Default: those of the file, in the machine's byte order. What
    /// is selected must convert, not the rest. A dataset that is converted is saved as what it is then.
    std::map<std::string, ConvertTo> convert = {};
    /// By path of the dataset: how it is wished to lie on disk when it is saved, whatever it has in the file.
    std::map<std::string, Storage> storage = {};
    /// Follow caput's attributes in the file; else everything is common but for `distribute`.
    bool hints = true;
    TransferOptions transfer = {};
};

}  // namespace memdata
