// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "io/load_plan.hpp"

#include <fmt/format.h>

#include <map>

#include "base/element_converter.hpp"
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
            values_.insert_or_assign(path::join("/", path::normalise(path)), value);
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

}  // namespace

std::vector<PlannedDataset> plan_load(const std::vector<FileNode>& nodes, const LoadOptions& options) {
    ByPath<Selection> selections(options.select, "select");
    ByPath<Placement> placements(options.distribute, "distribute");
    ByPath<ConvertTo> conversions(options.convert, "convert");
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
                               .conversion = Conversion::exact};
        const Selection selection = selections.take(node.path).value_or(Selection{});
        dataset.selection = about(node.path, [&] { return selection.resolve(node.shape); });
        dataset.is_whole = dataset.selection.is_all_of(node.shape);
        if (const auto placement = placements.take(node.path)) {
            if (*placement) {
                dataset.axis = about(node.path, [&] { return node.shape.resolve(**placement); });
            }
        } else if (options.hints) {
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
        planned.push_back(std::move(dataset));
    }
    selections.check_all_taken();
    placements.check_all_taken();
    conversions.check_all_taken();
    return planned;
}

}  // namespace memdata::io
