// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <vector>

#include "h5/chunk_codec.hpp"
#include "io/chunk_grid.hpp"
#include "io/direction.hpp"
#include "io/file_access.hpp"
#include "io/staging_plan.hpp"

namespace memdata::io {

/// A unit in the memory of the rank that stages it: elements of the type in memory, a row-major array.
struct Stage {
    Unit unit{};
    StagingPlan::Grid::Place place = {};
    Shape extents = {};
    /// By axis: the file's index of the array's first element, where the array is a whole chunk.
    std::vector<std::optional<Index>> base = {};
    std::vector<std::byte> bytes = {};
};

/// Moves units between stages and the file, for one rank alone.
class UnitStore {
public:
    UnitStore(const std::vector<StagedDataset>& datasets, const StagingPlan& plan, Direction direction,
              const FileAccess& file);

    /// A unit's geometry; no bytes yet.
    [[nodiscard]] Stage geometry(const Unit& unit) const;
    /// Room for its elements; what lies beyond the dataset's edge is zero until it is in the type of the file.
    void allocate(Stage& stage) const;

    /// From the file. Throws IoError, FormatError (damaged chunks), DtypeError (values that do not convert).
    void read(Stage& stage);

    /// Brings the elements into the type of the file; a unit without filters is then written.
    void write_plain(Stage& stage);
    /// The same through the filters, not yet written; `skipped` tells the filters that were not applied.
    [[nodiscard]] std::vector<std::byte> encode(Stage& stage, std::uint32_t& skipped);
    /// Writes what encode() returned.
    void write_encoded(std::size_t dataset, const std::vector<std::byte>& encoded, const h5::ChunkPlace& place) const;

private:
    struct Region;
    [[nodiscard]] h5::ChunkCodec& codec(std::size_t dataset);
    [[nodiscard]] const h5::ChunkPlace& place(const Stage& stage) const;
    [[nodiscard]] bool is_partial(const Stage& stage) const;
    [[nodiscard]] Region region(const Stage& stage) const;
    void read_filtered(Stage& stage, const h5::ChunkPlace& place, std::byte* elements);
    void read_plain(const Stage& stage, std::byte* elements) const;
    /// Where the stage's elements are in the type of the file: in its own memory when only the byte order differs.
    [[nodiscard]] std::vector<std::byte>& in_file_type(Stage& stage);
    /// The indices in the file of the element at a position in the stage.
    [[nodiscard]] std::vector<Index> indices_in_file(const Stage& stage, Index position) const;
    /// Converts the elements of a stage that are the dataset's. Throws DtypeError for the first that is not exact.
    void convert(const Stage& stage, const Dtype& from, const std::byte* source, const Dtype& to,
                 std::byte* target) const;
    void from_file_type(Stage& stage);
    [[nodiscard]] const std::vector<std::byte>& to_file_type(Stage& stage);
    /// The fill value, in the type of the file, for what a whole chunk has beyond the dataset's edge.
    void fill_beyond_edge(const Stage& stage, std::byte* elements) const;

    const std::vector<StagedDataset>& datasets_;
    const StagingPlan& plan_;
    Direction direction_;
    const FileAccess& file_;
    std::vector<ChunkGrid> grids_;         // by dataset
    std::optional<h5::ChunkCodec> codec_;  // of one dataset at a time: it takes memory
    std::size_t codec_dataset_ = 0;
    std::vector<std::byte> stored_;  // a chunk as read
    std::vector<std::byte> in_file_type_;
};

/// The start of a chunk, from the windows that lie in it.
[[nodiscard]] std::vector<Index> chunk_start(const StagedDataset& dataset, const std::vector<Window>& windows);

}  // namespace memdata::io
