// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "memdata/base/attributes.hpp"

namespace memdata {

class MemGroup;
class MemDataset;

/// What a group and a dataset have in common: a name, a place in a tree, attributes.
class MemNode {
public:
    // A node does not move: its group and its name belong to it. MemGroup moves what a group holds.
    MemNode(const MemNode&) = delete;
    MemNode& operator=(const MemNode&) = delete;
    virtual ~MemNode() = default;

    /// The last name of path(); "/" for the root.
    [[nodiscard]] std::string name() const;
    /// From the root: "/index_map/freq".
    [[nodiscard]] std::string path() const;
    /// The group that owns this node; the root's is the root itself.
    [[nodiscard]] MemGroup& parent();
    [[nodiscard]] const MemGroup& parent() const;
    /// The group that owns the whole tree (caput's `file`).
    [[nodiscard]] MemGroup& root();
    [[nodiscard]] const MemGroup& root() const;

    [[nodiscard]] MemAttrs& attrs() noexcept { return attrs_; }
    [[nodiscard]] const MemAttrs& attrs() const noexcept { return attrs_; }

    [[nodiscard]] bool is_group() const noexcept { return is_group_; }
    [[nodiscard]] bool is_dataset() const noexcept { return !is_group_; }
    /// Throw PathError when the node is of the other kind.
    [[nodiscard]] MemGroup& as_group();
    [[nodiscard]] const MemGroup& as_group() const;
    [[nodiscard]] MemDataset& as_dataset();
    [[nodiscard]] const MemDataset& as_dataset() const;

private:
    friend class MemGroup;
    friend class MemDataset;
    MemNode(bool is_group, MemGroup* parent, std::string name)
        : is_group_(is_group), parent_(parent), name_(std::move(name)) {}

    bool is_group_;
    MemGroup* parent_;  // null for a root
    std::string name_;
    MemAttrs attrs_;
};

}  // namespace memdata
