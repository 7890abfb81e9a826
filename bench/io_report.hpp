// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness.hpp"

// What the cases of bench_io share: where they write, and what they tell.
namespace bench {

struct Setup {
    memdata::Communicator world = {};
    std::string folder = ".";
    std::string file_system = "disk";  ///< "disk" or "tmpfs"
    std::vector<memdata::Index> mib = {512};
    std::vector<int> axes = {0, 1, 2};
    int runs = 5;
    bool quick = false;

    /// The file that a method writes and reads.
    [[nodiscard]] std::string file(const std::string& method) const { return folder + "/" + method; }
    /// Removes it, where it is. Collective.
    void remove(const std::string& method) const;
    /// Has the user asked for this axis?
    [[nodiscard]] bool wants(int axis) const;
};

/// What a case needs at most, of all ranks.
struct Needs {
    memdata::Index files = 0;
    memdata::Index memory = 0;  ///< beyond the files, which should stay in memory, too
};

/// One thing that several methods do.
struct Case {
    std::string name = {};
    std::string op = {};                          ///< "save", "load"
    std::optional<int> axis = {};                 ///< over which the data are distributed; none: common data
    memdata::Index bytes = 0;                     ///< of all ranks
    int objects = 1;                              ///< datasets
    std::string cache = "warm";                   ///< state of the page cache before each run: "warm", "dropped"
    std::vector<memdata::Index> shape = {};       ///< of the one dataset
    std::function<std::string()> more = nullptr;  ///< further fields of JSON, known after the runs; asked on rank 0
};

/// Runs the methods in turn and prints a JSON line for each, with its `ratio`: the best other method's median over its
/// own. Names that begin with "memdata" are no others to memdata. Collective.
void measure(const Setup& setup, const Case& which, const std::vector<Method>& methods);

/// Throws on all ranks unless what `method` brought was right on all. Collective.
void expect_right(const Setup& setup, const std::string& method, bool right);

}  // namespace bench
