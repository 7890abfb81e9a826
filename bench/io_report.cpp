// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "io_report.hpp"

#include <cstdio>
#include <filesystem>
#include <limits>

namespace md = memdata;

namespace bench {

namespace {

double best_other(const std::vector<Method>& methods, const std::vector<Times>& times, std::size_t mine) {
    const bool memdata = methods[mine].name.starts_with("memdata");
    double best = std::numeric_limits<double>::infinity();
    for (std::size_t m = 0; m < methods.size(); ++m) {
        if (m != mine && !(memdata && methods[m].name.starts_with("memdata"))) {
            best = std::min(best, times[m].median);
        }
    }
    return best;
}

}  // namespace

void Setup::remove(const std::string& method) const {
    world.barrier();
    if (world.rank() == 0) {
        std::filesystem::remove(file(method));
    }
    world.barrier();
}

bool Setup::wants(int axis) const { return std::ranges::find(axes, axis) != axes.end(); }

void measure(const Setup& setup, const Case& which, const std::vector<Method>& methods) {
    const std::vector<Times> times = bench::times(setup.world, methods, setup.runs);
    const std::string backend = md::backend(setup.world).component;  // collective
    if (setup.world.rank() != 0) {
        return;
    }
    const std::string axis = which.axis ? fmt::format("{}", *which.axis) : "null";
    const std::string shape = which.shape.empty() ? "" : fmt::format(", \"shape\": [{}]", fmt::join(which.shape, ", "));
    const std::string more = which.more ? ", " + which.more() : "";
    for (std::size_t m = 0; m < methods.size(); ++m) {
        const double ratio = best_other(methods, times, m) / times[m].median;
        fmt::print(
            "{{\"bench\": \"io\", \"case\": \"{}\", \"op\": \"{}\", \"axis\": {}, \"backend\": \"{}\", \"np\": {}, "
            "\"bytes\": {}, \"objects\": {}, \"file_system\": \"{}\", \"cache\": \"{}\", \"method\": \"{}\", "
            "\"median_s\": {:.6f}, \"minimum_s\": {:.6f}, \"mb_per_s\": {:.1f}, \"ratio\": {}{}{}}}\n",
            which.name, which.op, axis, backend, setup.world.size(), which.bytes, which.objects, setup.file_system,
            which.cache, methods[m].name, times[m].median, times[m].minimum,
            static_cast<double>(which.bytes) / 1e6 / times[m].median,
            methods.size() > 1 ? fmt::format("{:.3f}", ratio) : "null", shape, more);
    }
    std::fflush(stdout);
}

void expect_right(const Setup& setup, const std::string& method, bool right) {
    md::agree(setup.world, "checking what a benchmark moved", [&] {
        if (!right) {
            throw md::Error("wrong data: " + method);
        }
    });
}

}  // namespace bench
