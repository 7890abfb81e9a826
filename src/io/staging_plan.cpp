// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "io/staging_plan.hpp"

#include <algorithm>
#include <numeric>

#include "io/round_memory.hpp"

namespace memdata::io {

namespace {

/// Of data without filters, a unit has at most this many bytes.
constexpr Index most_unit_bytes = Index{4} << 20;

/// How many indices of each axis a unit takes at most: whole inner axes, part of one, single indices of the outer ones.
std::vector<Index> unit_extents(const StagedDataset& dataset, const std::vector<AxisMap>& maps) {
    std::vector<Index> extents(maps.size());
    Index bytes = static_cast<Index>(std::max(dataset.dtype.itemsize(), dataset.file_dtype.itemsize()));
    for (std::size_t axis = maps.size(); axis-- > 0;) {
        const Index whole = dataset.chunks.empty() ? maps[axis].size() : dataset.chunks[axis];
        extents[axis] =
            dataset.is_filtered() ? whole : std::clamp<Index>(most_unit_bytes / bytes, 1, std::max<Index>(1, whole));
        bytes *= extents[axis];
    }
    return extents;
}

StagingPlan::Grid cut(const StagedDataset& dataset) {
    StagingPlan::Grid grid;
    for (const AxisIndices& axis : dataset.selection.axes) {
        grid.maps.emplace_back(axis);
    }
    const std::vector<Index> extents = unit_extents(dataset, grid.maps);
    for (std::size_t axis = 0; axis < grid.maps.size(); ++axis) {
        grid.windows.push_back(
            grid.maps[axis].windows(dataset.chunks.empty() ? 0 : dataset.chunks[axis], extents[axis]));
    }
    const auto distributed = static_cast<std::size_t>(dataset.distribution.axis());
    for (const Window& window : grid.windows[distributed]) {
        grid.ranks.push_back(grid.maps[distributed].ranks(window, dataset.distribution.partition()));
    }
    return grid;
}

}  // namespace

StagingPlan::Grid::Place StagingPlan::Grid::place(Index number, int axis) const {
    Place result{std::vector<Window>(windows.size()), 0};
    for (std::size_t a = windows.size(); a-- > 0;) {
        const auto extent = static_cast<Index>(windows[a].size());
        const auto at = static_cast<std::size_t>(number % extent);
        result.windows[a] = windows[a][at];
        result.distributed = static_cast<int>(a) == axis ? at : result.distributed;
        number /= extent;
    }
    return result;
}

bool StagingPlan::Grid::has_many_owners(Index number, int axis) const noexcept {
    const auto distributed = static_cast<std::size_t>(axis);
    for (std::size_t a = windows.size(); a-- > distributed + 1;) {
        number /= static_cast<Index>(windows[a].size());
    }
    return ranks[static_cast<std::size_t>(number) % windows[distributed].size()].size() > 1;
}

Index StagingPlan::Grid::size() const noexcept {
    return std::accumulate(windows.begin(), windows.end(), Index{1},
                           [](Index product, const auto& axis) { return product * static_cast<Index>(axis.size()); });
}

StagingPlan::StagingPlan(const std::vector<StagedDataset>& datasets, int ranks) {
    for (const StagedDataset& dataset : datasets) {
        grids_.push_back(cut(dataset));
    }
    make_rounds(datasets, ranks);
}

void StagingPlan::make_rounds(const std::vector<StagedDataset>& datasets, int ranks) {
    // Every rank's units in the order of the file.
    std::vector<std::vector<Unit>> queues(static_cast<std::size_t>(ranks));
    for (std::size_t d = 0; d < datasets.size(); ++d) {
        const Grid& grid = grids_[d];
        const int axis = datasets[d].distribution.axis();
        // A unit's number without its place on the distributed axis: turns are taken along the other axes.
        Index inner = 1;
        for (std::size_t a = static_cast<std::size_t>(axis) + 1; a < grid.windows.size(); ++a) {
            inner *= static_cast<Index>(grid.windows[a].size());
        }
        const auto along = static_cast<Index>(grid.windows[static_cast<std::size_t>(axis)].size());
        for (Index number = 0; number < grid.size(); ++number) {
            const auto& owners = grid.ranks[static_cast<std::size_t>(number / inner % along)];
            const Index turn = number / inner / along * inner + number % inner;
            const int stager = owners[static_cast<std::size_t>(turn) % owners.size()].first;
            queues[static_cast<std::size_t>(stager)].push_back({d, number, stager});
        }
    }
    // The next unit of every rank in turn, until somebody's memory is used up.
    std::vector<std::size_t> next(queues.size(), 0);
    std::vector<Index> staged(queues.size(), 0);
    std::vector<Index> owned(queues.size(), 0);
    rounds_.emplace_back();
    for (bool any = true; any;) {
        any = false;
        for (std::size_t rank = 0; rank < queues.size(); ++rank) {
            if (next[rank] == queues[rank].size()) {
                continue;
            }
            any = true;
            const Unit unit = queues[rank][next[rank]++];
            const StagedDataset& dataset = datasets[unit.dataset];
            const Grid& grid = grids_[unit.dataset];
            const Grid::Place place = grid.place(unit.number, dataset.distribution.axis());
            Index others = static_cast<Index>(dataset.dtype.itemsize());  // bytes of one index of the distributed axis
            for (std::size_t a = 0; a < grid.maps.size(); ++a) {
                others *=
                    static_cast<int>(a) == dataset.distribution.axis() ? 1 : grid.maps[a].positions(place.windows[a]);
            }
            Index bytes = dataset.is_filtered() ? Shape(dataset.chunks).bytes(dataset.file_dtype.itemsize()) : 0;
            bool fits = true;
            std::vector<std::pair<int, Index>> sent;  // by the other owners
            for (const auto& [owner, count] : grid.ranks[place.distributed]) {
                bytes += dataset.is_filtered() ? 0 : others * count;
                if (owner != unit.stager) {
                    sent.emplace_back(owner, others * count);
                    fits = fits && owned[static_cast<std::size_t>(owner)] + sent.back().second <= round_memory;
                }
            }
            if ((!fits || staged[rank] + bytes > round_memory) && !rounds_.back().empty()) {
                rounds_.emplace_back();
                std::ranges::fill(staged, 0);
                std::ranges::fill(owned, 0);
            }
            rounds_.back().push_back(unit);
            staged[rank] += bytes;
            for (const auto& [owner, sent_bytes] : sent) {
                owned[static_cast<std::size_t>(owner)] += sent_bytes;
            }
        }
    }
    if (rounds_.back().empty()) {
        rounds_.pop_back();
    }
}

}  // namespace memdata::io
