// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A simulation that keeps what it computes in a tree and saves it; on any number of ranks:
//     mpirun -n 4 01_simulate heat.h5

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/mpi/collectives.hpp>
#include <chrono>
#include <cstdio>
#include <memdata/memdata.hpp>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "heat.hpp"

namespace md = memdata;
namespace mpi = boost::mpi;

namespace {

struct Options {
    std::string output;
    md::Index nx = 800;
    md::Index ny = 600;
    md::Index steps = 2500;
    bool check = false;
};

void print_progress(const md::MPIArray& field, md::Index step, md::Index steps) {
    const double hottest = heat::hottest(field);
    const double joule = heat::total(heat::row_means(field), field.shape()[1]);
    if (field.comm().rank() == 0) {
        fmt::print("  step {:>5} of {}, t = {:.2f} s: hottest {:6.2f} degrees, heat {:.2f} J\n", step, steps,
                   static_cast<double>(step) * heat::step, hottest, joule);
        std::fflush(stdout);
    }
}

/// The temperature after all steps, rows distributed over the ranks of `comm`. Collective on comm.
md::MPIArray simulate(const md::Communicator& comm, const Options& options, bool progress) {
    const auto plate = [&] { return md::MPIArray::zeros<double>(comm, {options.ny, options.nx}, md::Axis{0}); };
    md::MPIArray now = md::agree(comm, "making the plate", plate);
    md::MPIArray next = md::agree(comm, "making the plate", plate);
    heat::initialise(now);
    heat::Halo halo(options.nx);
    for (md::Index step = 0; step < options.steps; ++step) {
        if (progress && step % std::max<md::Index>(1, options.steps / 5) == 0) {
            print_progress(now, step, options.steps);
        }
        halo.exchange(now);
        heat::advance(now, next, halo);
        std::swap(now, next);
    }
    if (progress) {
        print_progress(now, options.steps, options.steps);
    }
    return now;
}

/// Where the middles of the cells are, in m.
md::Array coordinates(md::Index cells) {
    std::vector<double> middles(static_cast<std::size_t>(cells));
    std::iota(middles.begin(), middles.end(), 0.5);
    std::ranges::transform(middles, middles.begin(), [](double i) { return i * heat::cell; });
    return md::Array(middles);
}

/// The time of rank 0: attributes are the same on all ranks, or save() refuses them.
std::chrono::system_clock::time_point common_time(const md::Communicator& comm) {
    using Clock = std::chrono::system_clock;
    Clock::rep ticks = Clock::now().time_since_epoch().count();
    mpi::broadcast(comm, ticks, 0);
    return Clock::time_point(Clock::duration(ticks));
}

/// Rank 0 alone must find the same, bit for bit. Collective.
void check_against_serial(const md::MPIArray& field, const Options& options) {
    const double joule = heat::total(heat::row_means(field), options.nx);
    const std::optional<md::Array> whole = field.gather();
    md::agree(field.comm(), "comparing with one rank", [&] {
        if (whole) {  // on rank 0
            const md::MPIArray serial = simulate({MPI_COMM_SELF, mpi::comm_attach}, options, false);
            const double serial_joule = heat::total(heat::row_means(serial), options.nx);
            if (!(*whole == serial.local()) || joule != serial_joule) {
                throw md::Error(fmt::format("one rank alone finds another temperature, heat {} J", serial_joule));
            }
            fmt::print("PASS: one rank alone finds the same temperature, bit for bit, and {:.2f} J\n", serial_joule);
        }
    });
}

void run(const md::Communicator& world, const Options& options) {
    const bool talks = world.rank() == 0;
    if (talks) {
        fmt::print("copper plate of {} x {} cells, rows over {} ranks\n", options.nx, options.ny, world.size());
    }
    md::MemGroup root(world);
    root.attrs()["title"] = "Heat in a copper plate with a cold edge";
    root.attrs()["started"] = common_time(world);
    root.attrs()["parameters"] =
        md::AttrValue::json({{"grid", {{"nx", options.nx}, {"ny", options.ny}, {"cell", heat::cell}}},
                             {"copper", {{"diffusivity", heat::diffusivity}, {"heat_capacity", heat::capacity}}},
                             {"time", {{"steps", options.steps}, {"step", heat::step}}}});

    md::MPIArray field = simulate(world, options, true);
    if (options.check) {
        check_against_serial(field, options);
    }

    md::MemGroup& index_map = root.create_group("index_map");
    index_map.create_dataset("x", coordinates(options.nx)).attrs()["unit"] = "m";
    index_map.create_dataset("y", coordinates(options.ny)).attrs()["unit"] = "m";
    md::MemGroup& checks = root.create_group("checks");
    md::Array means = heat::row_means(field);
    checks.attrs()["total_heat"] = heat::total(means, options.nx);
    checks.create_dataset("row_mean", std::move(means)).attrs()["unit"] = "degree Celsius";
    checks.attrs()["joule_per_kelvin"] = heat::joule_per_kelvin;
    md::MemDataset& temperature = root.create_dataset("temperature", std::move(field));  // distributed
    temperature.attrs()["unit"] = "degree Celsius";
    temperature.attrs()["axis"] = std::vector<std::string>{"y", "x"};

    md::save(root, options.output);
    if (talks) {
        fmt::print("saved {}\n", options.output);
    }
}

}  // namespace

int main(int argc, char** argv) {
    md::Environment env(argc, argv);
    md::Communicator world;
    Options options;
    CLI::App app("Simulates heat in a copper plate and saves it as an HDF5 file.");
    app.add_option("output", options.output, "the file to write")->required();
    app.add_option("--nx", options.nx, "columns of cells")->check(CLI::Range(3, 100000))->capture_default_str();
    app.add_option("--ny", options.ny, "rows of cells")->check(CLI::Range(3, 100000))->capture_default_str();
    app.add_option("--steps", options.steps, "steps in time")->check(CLI::Range(0, 1000000000))->capture_default_str();
    app.add_flag("--check", options.check, "compare with the same simulation on one rank");
    try {
        app.parse(argc, argv);
        run(world, options);
    } catch (const CLI::ParseError& error) {
        return world.rank() == 0 ? app.exit(error) : error.get_exit_code();
    } catch (const md::Error& error) {  // the same on all ranks
        if (world.rank() == 0) {
            fmt::print(stderr, "01_simulate: {}\n", error.what());
        }
        return 1;
    }
    return 0;
}
