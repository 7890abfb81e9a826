// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "memdata/memdata.hpp"

// Every element type, in every storage, in every place. Paths say what they hold, "/storage/place/number of the type";
// matrix_truth.py knows the same list.
namespace memdata_test {

struct Case {
    std::string path;
    memdata::Dtype dtype;
    memdata::Shape shape;
    memdata::Placement placement;
    memdata::Storage storage;
    /// Part of the message, where the contract refuses the case.
    std::optional<std::string> refused = std::nullopt;

    /// Uneven for every second case.
    [[nodiscard]] memdata::Partition partition(int ranks) const;
    /// Are the elements in the file less than those in memory?
    [[nodiscard]] bool is_cut() const { return storage.conversion == memdata::Conversion::lossy; }
    /// The type after loading without conversion.
    [[nodiscard]] memdata::Dtype loaded_dtype() const { return storage.file_dtype.value_or(dtype).native(); }
};

std::vector<Case> matrix_cases();

}  // namespace memdata_test
