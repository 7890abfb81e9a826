// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

#include "io/structure.hpp"
#include "memdata/base/selection.hpp"

namespace memdata::io {

/// What becomes of a dataset of the file: the same on every rank.
struct PlannedDataset {
    const FileNode* node;
    ResolvedSelection selection;
    bool is_whole;            ///< the selection takes everything, in order
    std::optional<int> axis;  ///< distributed over it; else common
    Dtype dtype;              ///< in memory; native
    Conversion conversion;    ///< from the file's
    Storage storage;          ///< the hint that it gets: the file's as far as it fits what is taken, or the options'

    [[nodiscard]] bool is_converted() const { return dtype != node->dtype; }
};

/// Applies the options to the datasets of a file. Throws PathError for options that name what is no dataset of
/// the file, ArgumentError for selections, axes and storages that do not fit, DtypeError for conversions that cannot
/// be, IoError when this process lacks a filter of data that are to be read.
[[nodiscard]] std::vector<PlannedDataset> plan_load(const std::vector<FileNode>& nodes, const LoadOptions& options);

}  // namespace memdata::io
