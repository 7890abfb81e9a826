// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <set>
#include <string>

#include "io/structure.hpp"

namespace memdata::io {

/// How a tree goes into a file that has something already.
struct MergePlan {
    /// Datasets, by their path in the file, that are overwritten where they are: type, shape and storage are those of
    /// the tree, there is room for every element, and no other dataset of the tree is the same one by a link. All
    /// other datasets of the tree are made anew.
    std::set<std::string> overwritten;
};

/// Compares a tree with the file that it will be merged into, on rank 0. Throws PathError for what cannot be merged:
/// a dataset in the place of a group or the reverse, a link to another file, two groups of the tree that are one in
/// the file; ArgumentError for an attribute that an object of the file cannot hold.
[[nodiscard]] MergePlan plan_merge(const MemGroup& tree, const SerialFile& file, const SaveOptions& options);

}  // namespace memdata::io
