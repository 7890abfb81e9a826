// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/io/statistics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "io/describe_bytes.hpp"

namespace memdata {

namespace {

constexpr std::size_t shown_datasets = 10;

std::string describe_phases(const std::vector<TransferPhase>& phases) {
    std::string text;
    for (const TransferPhase& phase : phases) {
        text += fmt::format("{}{} {:.3f} s", text.empty() ? "" : ", ", phase.name, phase.seconds);
    }
    return text;
}

std::string describe_routes(const std::vector<DatasetTransfer>& datasets) {
    std::string text;
    for (const Route route : {Route::direct, Route::exchange, Route::hdf5, Route::serial, Route::rank_0}) {
        Index bytes = 0;
        Index count = 0;
        for (const DatasetTransfer& dataset : datasets) {
            if (dataset.route == route) {
                bytes += dataset.bytes;
                ++count;
            }
        }
        if (count > 0) {
            text += fmt::format("{}{} {} of {} dataset{}", text.empty() ? "" : ", ", to_string(route),
                                io::describe_bytes(bytes), count, count == 1 ? "" : "s");
        }
    }
    return text;
}

std::string describe_calls(const DatasetTransfer& dataset, int ranks) {
    std::string text = fmt::format("\n  '{}': {} of {} calls of HDF5 were not collective (its mode: {})", dataset.path,
                                   dataset.calls - dataset.collective_calls, dataset.calls, dataset.io_mode);
    for (const NotCollective& cause : dataset.causes) {
        text += fmt::format("\n    {}, says rank {}", cause.cause, cause.first_rank);
        if (cause.ranks > 1) {
            text += cause.ranks == ranks ? " and all others" : fmt::format(" and {} more", cause.ranks - 1);
        }
    }
    return text;
}

}  // namespace

bool TransferStatistics::all_collective() const noexcept {
    return std::ranges::all_of(
        datasets, [](const DatasetTransfer& dataset) { return dataset.calls == dataset.collective_calls; });
}

const char* to_string(Route route) noexcept {
    switch (route) {
        case Route::rank_0:
            return "rank 0";
        case Route::direct:
            return "direct";
        case Route::exchange:
            return "exchange";
        case Route::hdf5:
            return "HDF5";
        case Route::serial:
            return "serial";
    }
    return "?";
}

std::string to_string(const TransferStatistics& statistics) {
    std::string text = fmt::format(
        "{} '{}': {} on {} rank{} in {:.3f} s, {}/s\n  backend: {}\n  file system: {}\n  phases: {}",
        statistics.operation, statistics.file, io::describe_bytes(statistics.bytes), statistics.ranks,
        statistics.ranks == 1 ? "" : "s", statistics.seconds, io::describe_bytes(static_cast<Index>(statistics.rate())),
        to_string(statistics.backend), statistics.file_system, describe_phases(statistics.phases));
    if (!statistics.datasets.empty()) {
        text += "\n  data: " + describe_routes(statistics.datasets);
    }
    std::size_t count = 0;
    for (const DatasetTransfer& dataset : statistics.datasets) {
        if (dataset.calls != dataset.collective_calls && ++count <= shown_datasets) {
            text += describe_calls(dataset, statistics.ranks);
        }
    }
    if (count > shown_datasets) {
        text += fmt::format("\n  and {} datasets more that were not collective", count - shown_datasets);
    }
    return text;
}

std::ostream& operator<<(std::ostream& out, const TransferStatistics& statistics) {
    return out << to_string(statistics);
}

}  // namespace memdata
