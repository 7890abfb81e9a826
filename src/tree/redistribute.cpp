// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <string>
#include <vector>

#include "memdata/array/redistribution.hpp"
#include "memdata/base/error.hpp"
#include "memdata/mpi/agreement.hpp"
#include "memdata/tree/dataset.hpp"
#include "memdata/tree/mem_group.hpp"

// Redistribution of datasets: what MPIArray does, with paths in its errors.
namespace memdata {

namespace {

struct Wanted {
    MemDataset* dataset;
    Axis axis;
};

[[noreturn]] void throw_with_path(const Error& error, const std::string& whose, const std::string& path) {
    ErrorContext context = error.context();
    context.path = path;
    throw_error(error.kind(), fmt::format("{}: {}", whose, error.what()), context);
}

/// `find` gives this rank's datasets; all of `comm` take part.
template <class F>
void redistribute_datasets(const Communicator& comm, F&& find) {
    std::vector<std::string> paths;
    const std::vector<Wanted> wanted = agree(comm, "finding the datasets to redistribute", [&] {
        std::vector<Wanted> found = find();
        for (const auto& [dataset, axis] : found) {
            static_cast<void>(dataset->distributed());
            paths.push_back(dataset->path());
        }
        return found;
    });
    const std::string names =
        agree(comm, "naming the datasets to redistribute", [&] { return fmt::format("{}", fmt::join(paths, ", ")); });
    same_on_all_ranks(comm, "the dataset to redistribute", names);
    const std::vector<Redistribution> changes = agree(comm, "choosing the axis of redistribute", [&] {
        std::vector<Redistribution> result;
        for (const auto& [dataset, axis] : wanted) {
            try {
                result.push_back({&dataset->distributed(), Distribution(dataset->shape(), axis, comm.size())});
            } catch (const Error& error) {
                throw_with_path(error, fmt::format("dataset '{}'", dataset->path()), dataset->path());
            }
        }
        return result;
    });
    try {
        memdata::redistribute(changes);
    } catch (const Error& error) {
        throw_with_path(error, fmt::format("dataset '{}'", fmt::join(paths, "', '")),
                        paths.size() == 1 ? paths.front() : std::string());
    }
}

}  // namespace

void MemDataset::redistribute(Axis axis) {
    if (!root().has_communicator()) {  // then all datasets are common, on every rank
        static_cast<void>(distributed());
    }
    redistribute_datasets(root().comm(), [&] { return std::vector{Wanted{this, axis}}; });
}

void MemGroup::redistribute(const std::map<std::string, Axis>& axes) {
    if (!root().has_communicator()) {
        throw ArgumentError(
            "a tree without a communicator has nothing to redistribute: make the root with MemGroup(comm)",
            {.path = path()});
    }
    redistribute_datasets(root().comm(), [&] {
        std::vector<Wanted> found;
        for (const auto& [name, axis] : axes) {
            found.push_back({&dataset(name), axis});
        }
        return found;
    });
}

}  // namespace memdata
