// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace memdata_test {

/// A file that somebody made on purpose: every structure in it is well formed, what it says is absurd.
struct Crafted {
    std::string name;
    std::function<void(const std::string& file)> make;
    /// Does it take seconds?
    [[nodiscard]] bool is_slow() const;
};

/// Wrong hints, absurd shapes, chunks and types, links in circles, deep and wide trees, huge attributes and names.
std::vector<Crafted> crafted_files();

/// The part of them that is about types, attributes and text.
void add_crafted_types(std::vector<Crafted>& files);

}  // namespace memdata_test
