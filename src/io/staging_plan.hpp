// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "h5/chunk_index.hpp"
#include "io/axis_map.hpp"
#include "memdata/array/distribution.hpp"
#include "memdata/base/convert.hpp"
#include "memdata/base/dtype.hpp"
#include "memdata/base/selection.hpp"

namespace memdata::io {

/// A distributed dataset that is moved by way of stages: what is where in the file, and which part of it in memory.
struct StagedDataset {
    std::string path;
    Dtype dtype;                                ///< in memory
    Dtype file_dtype;                           ///< in the file
    Conversion conversion = Conversion::exact;  ///< between the two
    Shape file_shape;
    ResolvedSelection selection;              ///< of the file's dataset
    Distribution distribution;                ///< of what is selected
    std::vector<Index> chunks = {};           ///< none: contiguous
    std::uint64_t file_offset = 0;            ///< of a contiguous one
    std::vector<h5::ChunkPlace> places = {};  ///< by ChunkGrid's number; unknown yet when it is filtered and written
    std::string filters = {};                 ///< its property list (h5::encode_properties); empty: no filters
    bool partial_chunks_are_plain = false;    ///< chunks that reach over the edge do not go through the filters
    std::vector<std::byte> fill = {};         ///< the element, as in the file, of chunks that are not there, and beyond
                                              ///< the edge of those that are written (none: zero)
    std::byte* local = nullptr;               ///< this rank's block; only read from when writing

    [[nodiscard]] bool is_filtered() const noexcept { return !filters.empty(); }
};

/// A part of a dataset that one rank, its stager, reads or writes as a whole.
struct Unit {
    std::size_t dataset;
    Index number;  ///< in the dataset's row-major grid of units
    int stager;
};

/// Which rank stages what, and when: computed alike on every rank.
///
/// A unit is a chunk that goes through filters; of other data, a part of at most 4 MiB that does not cross the edge of
/// a chunk. It is staged by one of the ranks that own elements of it, in turn. Rounds are such that a rank stages, and
/// as an owner exchanges with other stagers, at most round_memory bytes of them (or one unit).
class StagingPlan {
public:
    StagingPlan(const std::vector<StagedDataset>& datasets, int ranks);

    /// One dataset cut into units: a grid of windows.
    struct Grid {
        std::vector<AxisMap> maps;
        std::vector<std::vector<Window>> windows;
        std::vector<std::vector<std::pair<int, Index>>> ranks;  ///< of each window on the distributed axis, with counts

        /// The window of a unit on every axis, and its number on the distributed axis.
        struct Place {
            std::vector<Window> windows;
            std::size_t distributed;
        };
        [[nodiscard]] Place place(Index number, int axis) const;
        /// Do several ranks own elements of that unit?
        [[nodiscard]] bool has_many_owners(Index number, int axis) const noexcept;
        [[nodiscard]] Index size() const noexcept;
    };
    [[nodiscard]] const Grid& grid(std::size_t dataset) const { return grids_[dataset]; }

    /// The units of each round.
    [[nodiscard]] const std::vector<std::vector<Unit>>& rounds() const noexcept { return rounds_; }

private:
    void make_rounds(const std::vector<StagedDataset>& datasets, int ranks);

    std::vector<Grid> grids_;
    std::vector<std::vector<Unit>> rounds_;
};

}  // namespace memdata::io
