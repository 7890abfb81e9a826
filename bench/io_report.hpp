// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "harness.hpp"

// What the cases of bench_io share: where they write, and what they tell.
namespace bench {

struct Setup {
    memdata::Communicator world = {};
    std::string folder = ".";
    memdata::Index mib = 512;
    int runs = 5;

    /// The file that a method writes and reads.
    [[nodiscard]] std::string file(const std::string& method) const { return folder + "/bench_io." + method; }
    /// Removes it, where it is. Collective.
    void remove(const std::string& method) const {
        world.barrier();
        if (world.rank() == 0) {
            std::filesystem::remove(file(method));
        }
        world.barrier();
    }
};

/// One thing that several methods do.
struct Case {
    std::string name = {};
    std::string op = {};       ///< "save", "load"
    int axis = 0;              ///< over which the data are distributed
    memdata::Index bytes = 0;  ///< of all ranks
    int objects = 1;           ///< datasets
};

/// Runs the methods in turn and prints a JSON line for each. The first one is memdata. Collective.
inline void measure(const Setup& setup, const Case& which, const std::vector<Method>& methods) {
    const std::vector<double> medians = bench::medians(setup.world, methods, setup.runs);
    const std::string backend = memdata::backend(setup.world).component;  // collective
    for (std::size_t m = 0; m < methods.size() && setup.world.rank() == 0; ++m) {
        fmt::print(
            "{{\"bench\": \"io\", \"case\": \"{}\", \"op\": \"{}\", \"axis\": {}, \"backend\": \"{}\", \"np\": {}, "
            "\"bytes\": {}, \"objects\": {}, \"method\": \"{}\", \"median_s\": {:.5f}, \"mb_per_s\": {:.1f}}}\n",
            which.name, which.op, which.axis, backend, setup.world.size(), which.bytes, which.objects, methods[m].name,
            medians[m], static_cast<double>(which.bytes) / 1e6 / medians[m]);
    }
    std::fflush(stdout);
}

}  // namespace bench
