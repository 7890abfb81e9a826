// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <boost/range/adaptor/map.hpp>
#include <boost/range/adaptor/transformed.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "memdata/tree/dataset.hpp"

namespace memdata {

/// A group: named groups and datasets, in the order of their names, and attributes. A tree is owned by its root;
/// references to nodes stay good until the node is erased or the tree destroyed (moving the root moves only the
/// root). Paths are POSIX-like, relative to this group or absolute from the root; "//" and a trailing "/" are
/// tolerated. Nothing here communicates: the same calls are made on every rank, and save() compares the trees.
class MemGroup final : public MemNode {
public:
    /// A tree of common datasets, without a communicator.
    MemGroup();
    /// A tree that can hold distributed datasets on comm.
    explicit MemGroup(const Communicator& comm);
    /// The moved-from group is an empty root with the same communicator. A group that has a parent leaves it as
    /// an empty group.
    MemGroup(MemGroup&& other) noexcept;
    /// What was in this group is destroyed. A root takes over the communicator too; a group with a parent throws
    /// ArgumentError, with nothing changed, when it is a part of `other`, or for distributed datasets that do not
    /// fit its tree's communicator.
    MemGroup& operator=(MemGroup&& other);
    ~MemGroup() override;

    [[nodiscard]] bool has_communicator() const noexcept;
    /// Throws ArgumentError when the tree has none.
    [[nodiscard]] const Communicator& comm() const;

    // --- what is there ---------------------------------------------------------------------------------------
    [[nodiscard]] std::size_t size() const noexcept { return children_.size(); }
    [[nodiscard]] bool empty() const noexcept { return children_.empty(); }
    /// The direct children as MemNode&, by name.
    [[nodiscard]] auto children() {
        return children_ | boost::adaptors::map_values |
               boost::adaptors::transformed([](const std::unique_ptr<MemNode>& node) -> MemNode& { return *node; });
    }
    [[nodiscard]] auto children() const {
        return children_ | boost::adaptors::map_values |
               boost::adaptors::transformed(
                   [](const std::unique_ptr<MemNode>& node) -> const MemNode& { return *node; });
    }
    [[nodiscard]] bool contains(std::string_view path) const;
    [[nodiscard]] bool is_group(std::string_view path) const;
    [[nodiscard]] bool is_dataset(std::string_view path) const;
    using MemNode::is_dataset;
    using MemNode::is_group;

    /// The node at a path, if there is one.
    [[nodiscard]] std::optional<std::reference_wrapper<MemNode>> get(std::string_view path);
    [[nodiscard]] std::optional<std::reference_wrapper<const MemNode>> get(std::string_view path) const;
    /// The node at a path; PathError when there is none, or (group, dataset) when it is of the other kind.
    [[nodiscard]] MemNode& operator[](std::string_view path);
    [[nodiscard]] const MemNode& operator[](std::string_view path) const;
    [[nodiscard]] MemGroup& group(std::string_view path);
    [[nodiscard]] const MemGroup& group(std::string_view path) const;
    [[nodiscard]] MemDataset& dataset(std::string_view path);
    [[nodiscard]] const MemDataset& dataset(std::string_view path) const;

    /// Calls f(node) for every node below this one, a group before its children. f must not erase nodes.
    void visit(const std::function<void(MemNode&)>& f);
    void visit(const std::function<void(const MemNode&)>& f) const;

    // --- making and removing ---------------------------------------------------------------------------------
    /// Makes the group and those on the way. Throws PathError when it exists or a dataset is in the way.
    MemGroup& create_group(std::string_view path);
    /// The same, but an existing group is fine.
    MemGroup& require_group(std::string_view path);

    /// Takes over a common array. Groups on the way are made. Throws PathError when the path exists or a dataset
    /// is in the way, ArgumentError when the storage does not fit the array.
    MemDataset& create_dataset(std::string_view path, Array data, Storage storage = {});
    /// Takes over a distributed array. Also throws ArgumentError when the tree has no communicator, or one that
    /// is not congruent with the array's.
    MemDataset& create_dataset(std::string_view path, MPIArray data, Storage storage = {});
    /// Zeros, common.
    MemDataset& create_dataset(std::string_view path, const Dtype& dtype, const Shape& shape, Storage storage = {});
    /// Zeros, distributed over an axis of the tree's communicator.
    MemDataset& create_dataset(std::string_view path, const Dtype& dtype, const Shape& shape, Axis axis,
                               Storage storage = {});

    /// The existing dataset, or a new one of zeros. Throws DtypeError or ShapeError when an existing one has
    /// another dtype or shape, PathError when it is distributed otherwise (or not at all).
    MemDataset& require_dataset(std::string_view path, const Dtype& dtype, const Shape& shape);
    MemDataset& require_dataset(std::string_view path, const Dtype& dtype, const Shape& shape, Axis axis);

    /// Distributes datasets, by path, over other axes, all of them in one exchange:
    ///     root.redistribute({{"vis", Axis{2}}, {"weight", Axis{2}}});
    /// Errors as MPIArray::redistribute, and PathError for a common dataset or none. Collective on the tree's
    /// communicator.
    void redistribute(const std::map<std::string, Axis>& axes);

    /// Removes a node and all below it; PathError when there is none, for "/" and for "".
    void erase(std::string_view path);

private:
    friend class MemNode;
    MemGroup(MemGroup* parent, std::string name);
    void adopt_children() noexcept;
    void check_can_take(const MemGroup& other) const;
    void check_communicator(const std::string& whole, const MPIArray& array) const;
    [[nodiscard]] const MemNode* find(std::string_view path) const;
    [[nodiscard]] std::string why_missing(const std::string& whole) const;
    void check_free(std::string_view path) const;
    /// What `make` returns; errors of it name the path.
    template <class F>
    auto named(std::string_view path, F&& make) const;
    /// Makes the groups above the last name of `path`; returns the group that is to hold it, and that name.
    std::pair<MemGroup&, std::string> place_for(std::string_view path);
    /// The groups `names` below this one or, when `path` is absolute, the root; made as needed.
    MemGroup& require_groups(std::string_view path, const std::vector<std::string>& names);
    MemDataset& insert(std::string_view path, MemDataset::Data data, Storage storage);
    const MemDataset& check_required(std::string_view path, const Dtype& dtype, const Shape& shape) const;

    std::optional<Communicator> comm_;  // of a root
    std::map<std::string, std::unique_ptr<MemNode>, std::less<>> children_;
};

}  // namespace memdata
