// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Reads what 01_simulate wrote, distributed in another way and on any other number of ranks, checks it against the
// simulation's own results, and draws it:
//     mpirun -n 3 02_analyse heat.h5 heat.png

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/mpi/collectives.hpp>
#include <cmath>
#include <cstdio>
#include <functional>
#include <memdata/memdata.hpp>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "png.hpp"

namespace md = memdata;
namespace mpi = boost::mpi;

namespace {

/// Prints the result of a check once; the answer is the same on all ranks, that of rank 0.
bool passes(const md::Communicator& world, const std::string& what, double difference, double tolerance) {
    bool good = difference <= tolerance;  // NaN is not
    mpi::broadcast(world, good, 0);
    if (world.rank() == 0) {
        const char* verdict = good ? "PASS" : "FAIL";
        fmt::print("{}: {}\n      off by {:.1e} in sum, at most {:.1e} is allowed\n", verdict, what, difference,
                   tolerance);
        std::fflush(stdout);
    }
    return good;
}

/// The sums of the rows of a matrix whose columns are distributed: every rank adds its own, then all together.
std::vector<double> row_sums(const md::MPIArray& matrix) {
    const auto t = matrix.local<double, 2>();
    std::vector<double> own(static_cast<std::size_t>(t.extent(0)));
    for (md::Index row = 0; row < t.extent(0); ++row) {
        const double* first = t.data() + row * t.stride(0);
        own[static_cast<std::size_t>(row)] = std::accumulate(first, first + t.extent(1), 0.0);
    }
    std::vector<double> sums(own.size());
    mpi::all_reduce(matrix.comm(), own.data(), static_cast<int>(own.size()), sums.data(), std::plus<double>());
    return sums;
}

/// Every second row, the columns distributed: their means are those that the simulation found.
bool check_row_means(const md::Communicator& world, const std::string& file) {
    const md::Selection every_second = md::Selection{}.on(md::Axis{0}, md::slice(0, std::nullopt, 2));
    const md::MemGroup root = md::load(world, file,
                                       {.select = {{"/temperature", every_second}, {"/checks/row_mean", every_second}},
                                        .distribute = {{"/temperature", md::Axis{1}}}});
    const md::MPIArray& temperature = root.dataset("temperature").distributed();
    const std::vector<double> sums = row_sums(temperature);
    const auto means = root.dataset("checks/row_mean").local<double, 1>();
    if (means.extent(0) != temperature.shape()[0]) {
        throw md::ShapeError("there are not as many row means as rows", {.path = "/checks/row_mean"});
    }
    double difference = 0;
    double sum = 0;
    for (md::Index row = 0; row < means.extent(0); ++row) {
        const double mean = sums[static_cast<std::size_t>(row)] / static_cast<double>(temperature.shape()[1]);
        difference += std::abs(mean - means(row));
        sum += std::abs(mean);
    }
    return passes(world, fmt::format("means of every 2nd row, from {}", to_string(temperature.distribution())),
                  difference, 1e-12 * sum);
}

/// The middle half of the columns, distributed over the rows as the file says, is the same as in the whole.
bool check_window(const md::MPIArray& whole, const std::string& file) {
    const md::Index first = whole.shape()[1] / 4;
    const md::Selection middle = md::Selection{}.on(md::Axis{1}, md::slice(first, whole.shape()[1] - first));
    const md::MemGroup root = md::load(whole.comm(), file, {.select = {{"/temperature", middle}}});
    const md::MPIArray& window = root.dataset("temperature").distributed();
    const std::optional<md::Array> all = whole.gather();
    const std::optional<md::Array> part = window.gather();
    double difference = 0;
    if (all && part) {  // on rank 0
        const auto t = part->view<double, 2>();
        const auto t_all = all->view<double, 2>();
        for (md::Index row = 0; row < t.extent(0); ++row) {
            for (md::Index column = 0; column < t.extent(1); ++column) {
                difference += std::abs(t(row, column) - t_all(row, first + column));
            }
        }
    }
    return passes(whole.comm(), fmt::format("a window of columns, {}", to_string(window.distribution())), difference,
                  0);
}

/// The heat in the whole plate is what the simulation counted.
bool check_heat(const md::MPIArray& whole, const md::MemAttrs& checks) {
    const std::vector<double> sums = row_sums(whole);
    const double kelvin = std::accumulate(sums.begin(), sums.end(), 0.0);
    const double heat = kelvin * checks.at("joule_per_kelvin").as<double>();
    const double expected = checks.at("total_heat").as<double>();
    return passes(whole.comm(), fmt::format("{:.2f} J of heat, from {}", heat, to_string(whole.distribution())),
                  std::abs(heat - expected), 1e-12 * std::abs(expected));
}

void draw(const md::MPIArray& temperature, const std::string& file) {
    const std::optional<md::Array> all = temperature.gather();
    // One rank can fail here; agree() lets all of them know.
    md::agree(temperature.comm(), "drawing", [&] {
        if (all) {
            const auto t = all->span<double>();
            const double hottest = t.empty() ? 0 : *std::ranges::max_element(t);
            png::write(file, all->view<double, 2>(), 0, hottest);
            fmt::print("drew {}: black is 0, pale yellow {:.1f} degrees\n", file, hottest);
        }
    });
}

bool run(const md::Communicator& world, const std::string& input, const std::string& picture) {
    bool good = check_row_means(world, input);
    const md::MemGroup root = md::load(world, input, {.distribute = {{"/temperature", md::Axis{1}}}});
    const md::MPIArray& temperature = root.dataset("temperature").distributed();
    good = check_heat(temperature, root.group("checks").attrs()) && good;
    good = check_window(temperature, input) && good;
    if (!picture.empty()) {
        draw(temperature, picture);
    }
    return good;
}

}  // namespace

int main(int argc, char** argv) {
    md::Environment env(argc, argv);
    md::Communicator world;
    std::string input;
    std::string picture;
    CLI::App app("Checks and draws what 01_simulate wrote.");
    app.add_option("input", input, "the file of 01_simulate")->required();
    app.add_option("picture", picture, "the PNG file to write");
    try {
        app.parse(argc, argv);
        return run(world, input, picture) ? 0 : 1;
    } catch (const CLI::ParseError& error) {
        return world.rank() == 0 ? app.exit(error) : error.get_exit_code();
    } catch (const md::Error& error) {  // the same on all ranks
        if (world.rank() == 0) {
            fmt::print(stderr, "02_analyse: {}\n", error.what());
        }
        return 1;
    }
}
