// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "io/merge_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "h5/attributes.hpp"
#include "h5/filters.hpp"
#include "h5/links.hpp"
#include "h5/space.hpp"
#include "h5/types.hpp"
#include "memdata/base/error.hpp"
#include "memdata/base/path.hpp"

namespace memdata::io {

namespace {

/// The first attribute that does not fit into an object header of the oldest format.
std::optional<std::string> large_attribute(const MemNode& node) {
    for (const auto& [name, value] : node.attrs()) {
        if (h5::needs_dense_storage(value)) {
            return name;
        }
    }
    return std::nullopt;
}

bool is_oldest_format(hid_t object, const ErrorContext& context) {
    return h5::object_info(object, context, H5O_INFO_HDR).hdr.version < 2;
}

bool same_type(hid_t dataset, const MemDataset& source, const ErrorContext& context) {
    const h5::Type there(h5::check(H5Dget_type(dataset), "H5Dget_type", context));
    const h5::Type wanted = h5::make_type(source.file_dtype());
    return H5Tequal(there.get(), wanted.get()) > 0;
}

bool same_space(hid_t dataset, const MemDataset& source, const ErrorContext& context) {
    const h5::Space space(h5::check(H5Dget_space(dataset), "H5Dget_space", context));
    if (H5Sget_simple_extent_type(space.get()) == H5S_NULL || source.storage().null_space) {
        return H5Sget_simple_extent_type(space.get()) == H5S_NULL && source.storage().null_space;
    }
    return h5::read_shape(space.get(), [&] { return context.path; }) == source.shape();
}

/// Is the dataset in one piece of this file, for rank 0 (common) or for all ranks to write into?
bool same_contiguous(hid_t dataset, hid_t list, const MemDataset& source, const ErrorContext& context) {
    const H5D_layout_t layout = h5::check(H5Pget_layout(list), "H5Pget_layout", context);
    if (!is_written_by_all(source) || source.shape().elements() == 0) {
        return layout == H5D_COMPACT || (layout == H5D_CONTIGUOUS &&
                                         h5::check(H5Pget_external_count(list), "H5Pget_external_count", context) == 0);
    }
    const auto bytes = static_cast<hsize_t>(source.shape().bytes(source.dtype().itemsize()));
    return layout == H5D_CONTIGUOUS && h5::check(H5Pget_external_count(list), "H5Pget_external_count", context) == 0 &&
           H5Dget_storage_size(dataset) == bytes;
}

bool same_chunks(hid_t list, const MemDataset& source, const ErrorContext& context) {
    if (h5::check(H5Pget_layout(list), "H5Pget_layout", context) != H5D_CHUNKED) {
        return false;
    }
    const Shape& shape = source.shape();
    std::vector<hsize_t> chunks(static_cast<std::size_t>(shape.ndim()));
    h5::check(H5Pget_chunk(list, shape.ndim(), chunks.data()), "H5Pget_chunk", context);
    const Storage wanted = source.storage_on_disk();
    const bool by_all = is_written_by_all(source);
    for (std::size_t axis = 0; axis < chunks.size(); ++axis) {
        // Of a resizable dataset, whose chunks may be larger than it is, load() tells what is inside. Only without
        // elements can a tree ask for more.
        const auto chunk = static_cast<Index>(chunks[axis]);
        const Index inside = std::min(chunk, std::max<Index>(1, shape[static_cast<int>(axis)]));
        if (wanted.chunks[axis] != inside && wanted.chunks[axis] != chunk) {
            return false;
        }
    }
    unsigned chunk_options = 0;  // of those, ours have none
    h5::check(H5Pget_chunk_opts(list, &chunk_options), "H5Pget_chunk_opts", context);
    return h5::read_filters(list, context) == wanted.filters && !(by_all && chunk_options != 0);
}

/// Can the dataset of the file take the elements of this one as it is?
bool can_take(hid_t dataset, const MemDataset& source, const ErrorContext& context) {
    if (large_attribute(source) && is_oldest_format(dataset, context)) {
        return false;
    }
    if (!same_type(dataset, source, context) || !same_space(dataset, source, context)) {
        return false;
    }
    const h5::PropertyList list(h5::check(H5Dget_create_plist(dataset), "H5Dget_create_plist", context));
    return source.storage_on_disk().chunks.empty() ? same_contiguous(dataset, list.get(), source, context)
                                                   : same_chunks(list.get(), source, context);
}

class Planner {
public:
    Planner(const SerialFile& file, TransferWay way) : file_(file), way_(way) {}

    [[nodiscard]] MergePlan plan(const MemGroup& tree, const std::string& into) && {
        ErrorContext context{.path = "/", .file = file_.name()};
        std::optional<h5::Object> group(
            h5::Object(h5::check(H5Oopen(file_.id(), "/", H5P_DEFAULT), "H5Oopen", context)));
        for (const std::string& name : path::split(into)) {
            context.path = path::join(context.path, name);
            group = h5::open_object(group->get(), name, context);
            if (!group) {
                return {};  // all of it is new
            }
            check_kind(group->get(), H5O_TYPE_GROUP, context);
        }
        look_at_group(group->get(), tree, context);
        MergePlan plan;
        for (const auto& [address, path] : candidates_) {
            if (datasets_.at(address) == 1) {
                plan.overwritten.insert(path);
            }
        }
        return plan;
    }

private:
    void check_kind(hid_t object, H5O_type_t wanted, const ErrorContext& context) const {
        const H5O_type_t there = h5::object_info(object, context).type;
        if (there != wanted) {
            const auto name = [](H5O_type_t type) {
                return type == H5O_TYPE_GROUP ? "group" : type == H5O_TYPE_DATASET ? "dataset" : "named type";
            };
            throw PathError(fmt::format("'{}' is to be a {}, but it is a {} in file '{}': save it under another name, "
                                        "or replace the file",
                                        context.path, name(wanted), name(there), context.file),
                            context);
        }
    }

    void look_at_group(hid_t group, const MemGroup& source, const ErrorContext& context) {
        const auto [same, is_new] = groups_.emplace(h5::object_info(group, context).addr, context.path);
        if (!is_new) {
            throw PathError(fmt::format("'{}' and '{}' are two groups of the tree, but one in file '{}', by a link: "
                                        "leave one of them out",
                                        same->second, context.path, context.file),
                            context);
        }
        if (const auto name = large_attribute(source); name && is_oldest_format(group, context)) {
            throw ArgumentError(
                fmt::format("attribute '{}' of '{}' is larger than 64 kB, which the format of this group "
                            "in file '{}' cannot hold: make it a dataset, or replace the file",
                            *name, context.path, context.file),
                context);
        }
        for (const MemNode& child : source.children()) {
            const ErrorContext here{.path = path::join(context.path, child.name()), .file = context.file};
            const std::optional<h5::Object> object = h5::open_object(group, child.name(), here);
            if (!object) {
                continue;
            }
            check_kind(object->get(), child.is_group() ? H5O_TYPE_GROUP : H5O_TYPE_DATASET, here);
            if (child.is_group()) {
                look_at_group(object->get(), child.as_group(), here);
                continue;
            }
            const haddr_t address = h5::object_info(object->get(), here).addr;
            ++datasets_[address];
            // Of HDF5's collective calls it is not known what they do to chunks that are there already.
            const bool by_hdf5 = way_ == TransferWay::hdf5 && !child.as_dataset().storage_on_disk().chunks.empty();
            if (!by_hdf5 && can_take(object->get(), child.as_dataset(), here)) {
                candidates_.emplace(address, here.path);
            }
        }
    }

    const SerialFile& file_;
    TransferWay way_;
    std::map<haddr_t, std::string> groups_;
    std::map<haddr_t, int> datasets_;  // how many datasets of the tree are this one
    std::map<haddr_t, std::string> candidates_;
};

}  // namespace

MergePlan plan_merge(const MemGroup& tree, const SerialFile& file, const SaveOptions& options) {
    return Planner(file, options.transfer.way).plan(tree, options.into);
}

}  // namespace memdata::io
