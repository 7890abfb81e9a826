// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/tree/mem_group.hpp"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "base/join.hpp"
#include "memdata/base/error.hpp"
#include "memdata/base/path.hpp"

namespace memdata {

MemGroup::MemGroup() : MemNode(true, nullptr, "") {}
MemGroup::MemGroup(const Communicator& comm) : MemNode(true, nullptr, ""), comm_(comm) {}
MemGroup::MemGroup(MemGroup* parent, std::string name) : MemNode(true, parent, std::move(name)) {}
MemGroup::~MemGroup() = default;

MemGroup::MemGroup(MemGroup&& other) noexcept
    : MemNode(true, nullptr, ""), comm_(other.root().comm_), children_(std::exchange(other.children_, {})) {
    attrs_ = std::exchange(other.attrs_, {});
    adopt_children();
}

MemGroup& MemGroup::operator=(MemGroup&& other) {
    if (this != &other) {
        if (parent_ == nullptr) {
            comm_ = other.root().comm_;
        } else {
            check_can_take(other);
        }
        attrs_ = std::exchange(other.attrs_, {});
        // Held until the end: `other` may lie below this group.
        auto old = std::exchange(children_, std::exchange(other.children_, {}));
        adopt_children();
    }
    return *this;
}

void MemGroup::check_can_take(const MemGroup& other) const {
    for (const MemGroup* above = this; above->parent_ != nullptr; above = above->parent_) {
        if (above->parent_ == &other) {
            throw ArgumentError(
                fmt::format("'{}' cannot be moved into '{}', which is a part of it", other.path(), path()),
                {.path = path()});
        }
    }
    const std::size_t above = other.parent_ == nullptr ? 1 : other.path().size() + 1;
    other.visit([&](const MemNode& node) {
        if (node.is_dataset() && node.as_dataset().is_distributed()) {
            check_communicator(path::join(path(), node.path().substr(above)), node.as_dataset().distributed());
        }
    });
}

void MemGroup::check_communicator(const std::string& whole, const MPIArray& array) const {
    if (!has_communicator()) {
        throw ArgumentError(fmt::format("'{}': a distributed dataset needs a tree with a communicator: make the "
                                        "root with MemGroup(comm)",
                                        whole),
                            {.path = whole});
    }
    if (!congruent(comm(), array.comm())) {
        throw ArgumentError(fmt::format("'{}': the array's communicator ({} ranks) is not congruent with the tree's "
                                        "({} ranks): the same ranks in the same order are needed",
                                        whole, array.comm().size(), comm().size()),
                            {.path = whole});
    }
}

void MemGroup::adopt_children() noexcept {
    for (auto& [name, node] : children_) {
        node->parent_ = this;
    }
}

bool MemGroup::has_communicator() const noexcept { return root().comm_.has_value(); }

const Communicator& MemGroup::comm() const {
    const MemGroup& top = root();
    if (!top.comm_) {
        throw ArgumentError("the tree has no communicator: make its root with MemGroup(comm)", {.path = path()});
    }
    return *top.comm_;
}

const MemNode* MemGroup::find(std::string_view path) const {
    const MemNode* node = path::is_absolute(path) ? &root() : this;
    for (const std::string& name : path::split(path)) {
        if (!node->is_group()) {
            return nullptr;
        }
        const auto& children = node->as_group().children_;
        const auto found = children.find(name);
        if (found == children.end()) {
            return nullptr;
        }
        node = found->second.get();
    }
    return node;
}

std::string MemGroup::why_missing(const std::string& whole) const {
    const MemNode* node = &root();
    for (const std::string& name : path::split(whole)) {
        if (node->is_dataset()) {
            return fmt::format("'{}' is a dataset", node->path());
        }
        const auto& children = node->as_group().children_;
        const auto found = children.find(name);
        if (found == children.end()) {
            return fmt::format("'{}' has no '{}'", node->path(), name);
        }
        node = found->second.get();
    }
    return "";
}

bool MemGroup::contains(std::string_view path) const { return find(path) != nullptr; }
bool MemGroup::is_group(std::string_view path) const {
    const MemNode* node = find(path);
    return node != nullptr && node->is_group();
}
bool MemGroup::is_dataset(std::string_view path) const {
    const MemNode* node = find(path);
    return node != nullptr && node->is_dataset();
}

std::optional<std::reference_wrapper<MemNode>> MemGroup::get(std::string_view path) {
    const MemNode* node = find(path);
    return node == nullptr ? std::nullopt : std::optional(std::ref(const_cast<MemNode&>(*node)));
}
std::optional<std::reference_wrapper<const MemNode>> MemGroup::get(std::string_view path) const {
    const MemNode* node = find(path);
    return node == nullptr ? std::nullopt : std::optional(std::cref(*node));
}

MemNode& MemGroup::operator[](std::string_view path) { return const_cast<MemNode&>(std::as_const(*this)[path]); }
const MemNode& MemGroup::operator[](std::string_view path) const {
    const MemNode* node = find(path);
    if (node == nullptr) {
        const std::string whole = path::join(this->path(), path);
        throw PathError(fmt::format("there is no '{}' in the tree: {}", whole, why_missing(whole)), {.path = whole});
    }
    return *node;
}

MemGroup& MemGroup::group(std::string_view path) { return (*this)[path].as_group(); }
const MemGroup& MemGroup::group(std::string_view path) const { return (*this)[path].as_group(); }
MemDataset& MemGroup::dataset(std::string_view path) { return (*this)[path].as_dataset(); }
const MemDataset& MemGroup::dataset(std::string_view path) const { return (*this)[path].as_dataset(); }

void MemGroup::visit(const std::function<void(MemNode&)>& f) {
    for (MemNode& node : children()) {
        f(node);
        if (node.is_group()) {
            node.as_group().visit(f);
        }
    }
}
void MemGroup::visit(const std::function<void(const MemNode&)>& f) const {
    for (const MemNode& node : children()) {
        f(node);
        if (node.is_group()) {
            node.as_group().visit(f);
        }
    }
}

MemGroup& MemGroup::require_group(std::string_view path) { return require_groups(path, path::split(path)); }

MemGroup& MemGroup::require_groups(std::string_view path, const std::vector<std::string>& names) {
    MemGroup* group = path::is_absolute(path) ? &root() : this;
    for (const std::string& name : names) {
        const auto found = group->children_.find(name);
        if (found == group->children_.end()) {
            std::unique_ptr<MemNode> made(new MemGroup(group, name));
            group = &group->children_.emplace(name, std::move(made)).first->second->as_group();
        } else if (found->second->is_group()) {
            group = &found->second->as_group();
        } else {  // nothing was made yet: below what is new there are no datasets
            const std::string in_the_way = found->second->path();
            const std::string whole = (path::is_absolute(path) ? "/" : this->path() + "/") + detail::join(names, "/");
            throw PathError(fmt::format("cannot make the group '{}': '{}' is a dataset, not a group",
                                        path::normalise(whole), in_the_way),
                            {.path = in_the_way});
        }
    }
    return *group;
}

MemGroup& MemGroup::create_group(std::string_view path) {
    auto [group, name] = place_for(path);
    std::unique_ptr<MemNode> made(new MemGroup(&group, name));
    return group.children_.emplace(std::move(name), std::move(made)).first->second->as_group();
}

void MemGroup::check_free(std::string_view path) const {
    if (const MemNode* node = find(path)) {
        const std::string whole = node->path();
        throw PathError(fmt::format("'{}' exists already, as a {}", whole, node->is_group() ? "group" : "dataset"),
                        {.path = whole});
    }
}

std::pair<MemGroup&, std::string> MemGroup::place_for(std::string_view path) {
    check_free(path);
    std::vector<std::string> names = path::split(path);  // not empty: that would be this group
    std::string name = std::move(names.back());
    names.pop_back();
    return {require_groups(path, names), std::move(name)};
}

MemDataset& MemGroup::insert(std::string_view path, MemDataset::Data data, Storage storage) {
    // Everything that can fail comes before the first change.
    const std::string whole = path::join(this->path(), path);
    const auto* distributed = std::get_if<MPIArray>(&data);
    if (distributed != nullptr) {
        check_communicator(whole, *distributed);
        storage.check(distributed->dtype(), distributed->shape(), whole, true);
    } else {
        const Array& common = std::get<Array>(data);
        storage.check(common.dtype(), common.shape(), whole);
    }
    auto [group, name] = place_for(path);
    std::unique_ptr<MemNode> made(new MemDataset(&group, name, std::move(data), std::move(storage)));
    return group.children_.emplace(std::move(name), std::move(made)).first->second->as_dataset();
}

template <class F>
auto MemGroup::named(std::string_view path, F&& make) const {
    try {
        return make();
    } catch (const Error& error) {
        ErrorContext context = error.context();
        context.path = path::join(this->path(), path);
        throw_error(error.kind(), fmt::format("'{}': {}", context.path, error.what()), context);
    }
}

MemDataset& MemGroup::create_dataset(std::string_view path, Array data, Storage storage) {
    return insert(path, std::move(data), std::move(storage));
}
MemDataset& MemGroup::create_dataset(std::string_view path, MPIArray data, Storage storage) {
    return insert(path, std::move(data), std::move(storage));
}
MemDataset& MemGroup::create_dataset(std::string_view path, const Dtype& dtype, const Shape& shape, Storage storage) {
    check_free(path);
    return insert(path, named(path, [&] { return Array::zeros(dtype, shape); }), std::move(storage));
}
MemDataset& MemGroup::create_dataset(std::string_view path, const Dtype& dtype, const Shape& shape, Axis axis,
                                     Storage storage) {
    check_free(path);
    return insert(path, named(path, [&] { return MPIArray::zeros(comm(), dtype, shape, axis); }), std::move(storage));
}

const MemDataset& MemGroup::check_required(std::string_view path, const Dtype& dtype, const Shape& shape) const {
    const MemDataset& found = dataset(path);
    if (found.dtype() != dtype) {
        throw DtypeError(
            fmt::format("'{}' exists with dtype {}, not {}", found.path(), to_string(found.dtype()), to_string(dtype)),
            {.path = found.path(), .dtype = to_string(found.dtype())});
    }
    if (found.shape() != shape) {
        throw ShapeError(
            fmt::format("'{}' exists with shape {}, not {}", found.path(), to_string(found.shape()), to_string(shape)),
            {.path = found.path()});
    }
    return found;
}

MemDataset& MemGroup::require_dataset(std::string_view path, const Dtype& dtype, const Shape& shape) {
    if (!contains(path)) {
        return create_dataset(path, dtype, shape);
    }
    static_cast<void>(check_required(path, dtype, shape).common());
    return dataset(path);
}

MemDataset& MemGroup::require_dataset(std::string_view path, const Dtype& dtype, const Shape& shape, Axis axis) {
    if (!contains(path)) {
        return create_dataset(path, dtype, shape, axis);
    }
    const MPIArray& array = check_required(path, dtype, shape).distributed();
    const int wanted = named(path, [&] { return shape.resolve(axis); });
    if (array.axis() != wanted) {
        const std::string whole = path::join(this->path(), path);
        throw PathError(
            fmt::format("'{}' exists, distributed over axis {}, not {}: redistribute it", whole, array.axis(), wanted),
            {.path = whole, .axis = array.axis()});
    }
    return dataset(path);
}

void MemGroup::erase(std::string_view path) {
    if (path::split(path).empty() && !path::is_absolute(path)) {
        throw PathError(fmt::format("erase: an empty path names nothing below '{}'", this->path()),
                        {.path = this->path()});
    }
    MemNode& node = (*this)[path];
    if (node.parent_ == nullptr) {
        throw PathError("the root cannot be erased", {.path = "/"});
    }
    node.parent_->children_.erase(node.parent_->children_.find(node.name_));
}

}  // namespace memdata
