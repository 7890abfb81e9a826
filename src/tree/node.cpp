// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/tree/node.hpp"

#include <fmt/format.h>

#include "memdata/base/error.hpp"
#include "memdata/base/path.hpp"
#include "memdata/tree/mem_group.hpp"

namespace memdata {

std::string MemNode::name() const { return parent_ == nullptr ? "/" : name_; }

std::string MemNode::path() const { return parent_ == nullptr ? "/" : path::join(parent_->path(), name_); }

MemGroup& MemNode::parent() { return parent_ == nullptr ? as_group() : *parent_; }
const MemGroup& MemNode::parent() const { return parent_ == nullptr ? as_group() : *parent_; }

MemGroup& MemNode::root() { return const_cast<MemGroup&>(std::as_const(*this).root()); }
const MemGroup& MemNode::root() const {
    const MemNode* node = this;
    while (node->parent_ != nullptr) {
        node = node->parent_;
    }
    return node->as_group();
}

MemGroup& MemNode::as_group() { return const_cast<MemGroup&>(std::as_const(*this).as_group()); }
const MemGroup& MemNode::as_group() const {
    if (!is_group_) {
        throw PathError(fmt::format("'{}' is a dataset, not a group", path()), {.path = path()});
    }
    return static_cast<const MemGroup&>(*this);
}

MemDataset& MemNode::as_dataset() { return const_cast<MemDataset&>(std::as_const(*this).as_dataset()); }
const MemDataset& MemNode::as_dataset() const {
    if (is_group_) {
        throw PathError(fmt::format("'{}' is a group, not a dataset", path()), {.path = path()});
    }
    return static_cast<const MemDataset&>(*this);
}

}  // namespace memdata
