// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "io/load_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>

#include "base/element_converter.hpp"
#include "h5/filters.hpp"
#include "memdata/base/error.hpp"
#include "memdata/base/path.hpp"

namespace memdata::io {

namespace {

/// Options by path, as the file spells paths. Each is to be used up; what is left names no dataset.
template <class T>
class ByPath {
public:
    ByPath(const std::map<std::string, T>& options, const char* what) : what_(what) {
        for (const auto& [path, value] : options) {
            const std::string whole = path::join("/", path::normalise(path));
            if (!values_.emplace(whole, value).second) {
                throw ArgumentError(fmt::format("option '{}' names '{}' twice", what_, whole), {.path = whole});
            }
        }
    }
    [[nodiscard]] std::optional<T> take(const std::string& path) {
        const auto found = values_.extract(path);
        return found.empty() ? std::nullopt : std::optional<T>(found.mapped());
    }
    void check_all_taken() const {
        if (!values_.empty()) {
            const std::string& path = values_.begin()->first;
            throw PathError(fmt::format("option '{}' names '{}', which is no dataset of the file", what_, path),
                            {.path = path});
        }
    }

private:
    std::map<std::string, T> values_;
    const char* what_;
};

/// Runs f; an error gets the path of the dataset that it is about.
template <class F>
auto about(const std::string& path, F&& f) {
    try {
        return f();
    } catch (const Error& error) {
        ErrorContext context = error.context();
        context.path = path;
        throw_error(error.kind(), fmt::format("'{}': {}", path, error.what()), context);
    }
}

/// The file's storage as far as it fits what was taken of the dataset.
Storage fitting(const PlannedDataset& dataset, const Shape& shape) {
    Storage storage = dataset.node->storage;
    if (dataset.is_converted()) {
        storage.file_dtype.reset();
    }
    for (std::size_t axis = 0; axis < storage.chunks.size(); ++axis) {
        Index& chunk = storage.chunks[axis];
        chunk = std::min(chunk, std::max<Index>(1, shape[static_cast<int>(axis)]));
    }
    std::erase_if(storage.filters, [&](const Filter& filter) {
        try {
            Storage{.chunks = storage.chunks, .filters = {filter}, .file_dtype = storage.file_dtype}.check(
                dataset.dtype, shape, "");
            return false;
        } catch (const ArgumentError&) {
            return true;  // szip, for which chunks can become too small
        }
    });
    return storage;
}

/// Options of HDF5's filters that these do not check themselves, but crash on.
void check_filter_options(const FileNode& node) {
    Storage storage{.chunks = node.chunks.extents};
    std::ranges::copy_if(node.storage.filters, std::back_inserter(storage.filters), [](const Filter& filter) {
        return filter.id == H5Z_FILTER_SZIP || filter.id == H5Z_FILTER_NBIT || filter.id == H5Z_FILTER_SCALEOFFSET;
    });
    if (storage.filters.empty() || !node.dtype.is_trivial()) {
        return;
    }
    try {
        storage.check(node.file_dtype(), Shape(storage.chunks), fmt::format("'{}'", node.path));
    } catch (const ArgumentError& error) {
        throw FormatError(fmt::format("{}: the file is damaged, no such dataset can be made. Load the rest with "
                                      "LoadOptions::only, or take another copy",
                                      error.what()),
                          {.path = node.path});
    }
}

}  // namespace

std::vector<PlannedDataset> plan_load(const std::vector<FileNode>& nodes, const LoadOptions& options) {
    ByPath<Selection> selections(options.select, "select");
    ByPath<Placement> placements(options.distribute, "distribute");
    ByPath<ConvertTo> conversions(options.convert, "convert");
    ByPath<Storage> storages(options.storage, "storage");
    std::vector<PlannedDataset> planned;
    for (const FileNode& node : nodes) {
        if (node.is_group) {
            continue;
        }
        PlannedDataset dataset{.node = &node,
                               .selection = {},
                               .is_whole = true,
                               .axis = {},
                               .dtype = node.dtype,
                               .conversion = Conversion::exact,
                               .storage = {}};
        const Selection selection = selections.take(node.path).value_or(Selection{});
        dataset.selection = about(node.path, [&] { return selection.resolve(node.shape); });
        dataset.is_whole = dataset.selection.is_all_of(node.shape);
        const Shape shape = dataset.selection.shape();
        if (shape.elements() > 0) {
            h5::check_can_read(node.storage.filters, node.filter_names, node.path);
            check_filter_options(node);
        }
        if (const auto placement = placements.take(node.path)) {
            if (*placement) {
                dataset.axis = about(node.path, [&] { return node.shape.resolve(**placement); });
            }
        } else if (options.hints) {
            if (!node.wrong_hint.empty()) {
                throw FormatError(node.wrong_hint, {.path = node.path});
            }
            dataset.axis = node.axis;
        }
        if (dataset.axis && node.storage.null_space) {
            throw ArgumentError(
                fmt::format("'{}' has a null dataspace, without elements: it cannot be distributed", node.path),
                {.path = node.path});
        }
        if (const auto wanted = conversions.take(node.path)) {
            about(node.path, [&] { detail::check_convertible(node.dtype, wanted->dtype, wanted->how); });
            dataset.dtype = wanted->dtype.native();
            dataset.conversion = wanted->how;
        }
        if (auto storage = storages.take(node.path)) {
            storage->check(dataset.dtype, shape, fmt::format("option 'storage' for '{}'", node.path),
                           dataset.axis.has_value());
            dataset.storage = std::move(*storage);
        } else {
            dataset.storage = fitting(dataset, shape);
        }
        planned.push_back(std::move(dataset));
    }
    storages.check_all_taken();
    selections.check_all_taken();
    placements.check_all_taken();
    conversions.check_all_taken();
    return planned;
}

}  // namespace memdata::io
