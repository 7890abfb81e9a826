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
#include "h5/chunk_index.hpp"
#include "h5/file_driver.hpp"
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

/// Where the elements of a distributed dataset go.
struct DatasetPlace {
    std::uint64_t offset = no_offset;         ///< of its first byte, when they are in one piece
    std::vector<Index> extents = {};          ///< of a chunk in the file; none: it is not chunked
    std::vector<h5::ChunkPlace> chunks = {};  ///< by number; none yet when they go through filters
    std::string filters = {};                 ///< the property list (h5::encode_properties); empty: no filters
    std::vector<std::byte> fill = {};         ///< the element that chunks hold beyond the edge; none: zeros
};

/// Do all ranks write it? Common datasets, and variable strings, are rank 0's.
[[nodiscard]] bool is_written_by_all(const MemDataset& dataset);

/// Where a node of the tree that is saved lies in the file.
[[nodiscard]] std::string path_in_file(const MemGroup& tree, const MemNode& node, const SaveOptions& options);

struct MergePlan;

/// A file in the making, on rank 0: the whole tree, but without the data of distributed datasets, for which room is
/// made.
class NewFile {
public:
    /// Distributed variable strings come whole in `strings`, by path. With a `merge`, `file` is a copy of the old one,
    /// into which the tree is merged.
    NewFile(const MemGroup& tree, const std::string& file, const SaveOptions& options,
            const std::map<std::string, Array>& strings, const MergePlan* merge = nullptr);
    NewFile(const NewFile&) = delete;
    NewFile& operator=(const NewFile&) = delete;

    /// Of every distributed dataset in the order of visit().
    [[nodiscard]] const std::vector<DatasetPlace>& places() const noexcept { return places_; }
    /// Are there chunks that go through filters, and so have no place yet?
    [[nodiscard]] bool has_filtered() const noexcept { return !filtered_.empty(); }
    /// Makes room for a filtered chunk of such a dataset.
    [[nodiscard]] h5::ChunkPlace place_chunk(std::size_t dataset, const std::vector<Index>& start, std::uint32_t bytes,
                                             std::uint32_t skipped);
    /// Throws IoError when anything could not be written.
    void close();

private:
    class Writer;

    std::string name_;
    h5::FileDriver driver_;
    h5::File file_;
    std::vector<DatasetPlace> places_;
    std::map<std::size_t, std::pair<std::string, h5::Dataset>> filtered_;  // by number: path, open dataset
};

/// How a chunked dataset lies in the file.
struct ChunkLayout {
    std::vector<Index> extents = {};          ///< of a chunk; none: it is not chunked
    std::string filters = {};                 ///< the property list (h5::encode_properties); empty: no filters
    bool partial_chunks_are_plain = false;    ///< chunks that reach over the edge do not go through the filters
    std::vector<std::byte> fill = {};         ///< an element of what was never written
    std::vector<h5::ChunkPlace> places = {};  ///< of SerialFile::locate_chunks()
};

/// A node of a file as read by rank 0 and sent to the others.
struct FileNode {
    std::string path = {};     ///< in the tree
    std::string in_file = {};  ///< in the file
    bool is_group = false;
    MemAttrs attrs = {};                         ///< without hints
    std::vector<std::string> left_out = {};      ///< attributes that no tree has; known to rank 0 only
    Dtype dtype = {};                            ///< native
    Shape shape = {};                            ///< in the file
    Storage storage = {};                        ///< the byte order too
    std::optional<int> axis = {};                ///< hinted; checked
    std::string wrong_hint = {};                 ///< what to say to whoever wants to follow the hints
    std::uint64_t offset = no_offset;            ///< of its bytes, when they are in one piece
    bool has_holes = false;                      ///< parts that were never written: their elements are the fill value
    bool is_virtual = false;                     ///< parts of other datasets, which only a serial driver reads
    bool is_odd = false;                         ///< stored as a type of which only HDF5 makes file_dtype()
    std::vector<std::string> filter_names = {};  ///< of storage.filters, as the file spells them
    ChunkLayout chunks = {};                     ///< when it is chunked

    [[nodiscard]] Dtype file_dtype() const { return storage.file_dtype.value_or(dtype); }
};

/// Takes the hints out of the attributes of a dataset. Wrong ones are an error only for those who follow them: else the
/// data could not be loaded in any way.
void take_hints(FileNode& node, const std::string& file);

/// An HDF5 file that rank 0 has open for reading.
class SerialFile {
public:
    /// Throws IoError or FormatError with a reason that a user understands.
    explicit SerialFile(const std::string& file);
    [[nodiscard]] hid_t id() const noexcept { return file_.get(); }
    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    /// The file as it was when it was opened.
    [[nodiscard]] const FileIdentity& identity() const noexcept { return identity_; }
    /// The tree below the group `from`, or `only` these paths of it (see LoadOptions); a group before what is in it;
    /// the first node is the root. Throws FormatError or DtypeError, naming the path, and PathError for paths that are
    /// not there.
    [[nodiscard]] std::vector<FileNode> read_structure(const std::string& from = "/",
                                                       const std::vector<std::string>& only = {}) const;
    /// Throws FormatError when a dataset claims to have so many chunks where `selection` takes something that the file
    /// cannot hold them, and that nobody would wait until each was looked for.
    void check_chunk_count(const FileNode& node, const ResolvedSelection& selection) const;
    /// node.chunks with all that is needed to read what `selection` takes of the dataset: the places are those of its
    /// ChunkGrid.
    [[nodiscard]] ChunkLayout locate_chunks(const FileNode& node, const ResolvedSelection& selection);
    /// What `selection` takes of a dataset.
    [[nodiscard]] Array read(const FileNode& node, const ResolvedSelection& selection) const;

private:
    /// Of a dataset in one piece.
    [[nodiscard]] Array read_bytes(const FileNode& node) const;
    [[nodiscard]] Array read_by_hdf5(const FileNode& node, const ResolvedSelection& selection) const;
    [[nodiscard]] h5::ChunkPlace find_chunk(hid_t dataset, const std::string& path, const std::vector<Index>& start);
    [[nodiscard]] ChunkLayout find_chunks(const FileNode& node, const ResolvedSelection& selection);
    [[nodiscard]] std::vector<FileNode> read_nodes(const std::string& from, const std::vector<std::string>& only) const;
    /// What `read` returns, unless the system could not read the file: HDF5 may take that for what it is not, a link
    /// that leads nowhere, say, or damage. Throws IoError then.
    template <class F>
    auto checked(F&& read) const {
        try {
            auto result = read();
            driver_.check(name_, "reading");
            return result;
        } catch (const Error&) {
            driver_.check(name_, "reading");
            throw;
        }
    }

    std::string name_;
    FileIdentity identity_;
    Descriptor descriptor_;
    h5::FileDriver driver_;
    h5::File file_;
};

}  // namespace memdata::io
