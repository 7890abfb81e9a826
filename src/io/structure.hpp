// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "h5/call.hpp"
#include "io/posix.hpp"
#include "memdata/io/options.hpp"
#include "memdata/tree/mem_group.hpp"

// What rank 0 does with a file alone: the tree, attributes and common data, through HDF5's serial driver.
namespace memdata::io {

/// caput's attributes that say how a file is distributed.
inline constexpr const char* file_hint = "__memh5_distributed_file";
inline constexpr const char* dataset_hint = "__memh5_distributed_dset";
inline constexpr const char* axis_hint = "__memh5_distributed_axis";
[[nodiscard]] bool is_hint(const std::string& attribute);

/// A dataset that is not in one piece of the file, or has no room there yet.
inline constexpr std::uint64_t no_offset = std::numeric_limits<std::uint64_t>::max();

/// Do the bytes of this array go to the file as they are, in one piece? Otherwise HDF5 writes them.
[[nodiscard]] bool is_contiguous_on_disk(const MemDataset& dataset);

/// Creates `file` with the whole tree, but without the data of distributed datasets, for which room is made.
/// Distributed variable strings come whole in `strings`, by path. Returns for every distributed dataset, in the
/// order of visit(), where its bytes go (no_offset: through HDF5, or nowhere).
[[nodiscard]] std::vector<std::uint64_t> write_structure(const MemGroup& tree, const std::string& file,
                                                         const SaveOptions& options,
                                                         const std::map<std::string, Array>& strings);

/// A node of a file as read by rank 0 and sent to the others.
struct FileNode {
    std::string path = {};
    bool is_group = false;
    MemAttrs attrs = {};                         ///< without hints
    Dtype dtype = {};                            ///< native
    Shape shape = {};                            ///< in the file
    Storage storage = {};                        ///< the byte order too
    std::optional<int> axis = {};                ///< hinted; checked
    std::uint64_t offset = no_offset;            ///< of its bytes, when they are in one piece
    std::vector<std::string> filter_names = {};  ///< of storage.filters, as the file spells them
    bool has_holes = false;                      ///< parts that were never written: their elements are the fill value

    [[nodiscard]] Dtype file_dtype() const { return storage.file_dtype.value_or(dtype); }
};

/// An HDF5 file that rank 0 has open for reading.
class SerialFile {
public:
    /// Throws IoError or FormatError with a reason that a user understands.
    explicit SerialFile(const std::string& file);
    /// The file as it was when it was opened.
    [[nodiscard]] const FileIdentity& identity() const noexcept { return identity_; }
    /// The whole tree, a group before what is in it; the first node is the root. Throws FormatError or DtypeError,
    /// naming the path.
    [[nodiscard]] std::vector<FileNode> read_structure() const;
    /// What `selection` takes of a dataset.
    [[nodiscard]] Array read(const FileNode& node, const ResolvedSelection& selection) const;

private:
    std::string name_;
    FileIdentity identity_;
    h5::File file_;
};

}  // namespace memdata::io
