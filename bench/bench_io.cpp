// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// save() and load() against the plain ways to move the same bytes, all in one run on one file system.
//   mpirun -n 4 bench_io [--dirs DIR,DIR] [--cases large,tree] [--mib 512,2048] [--axes 0,1,2] [--runs 5] [--quick]
// A JSON line a result: bench, case, op, axis, backend, np, bytes, objects, file_system, cache, method, median_s,
// minimum_s, mb_per_s, ratio; shape, filters, level and ratio_compressed where there are such.
#include <CLI/CLI.hpp>
#include <set>

#include "io_chunked.hpp"
#include "io_common.hpp"
#include "io_folder.hpp"
#include "io_large.hpp"
#include "io_tree.hpp"

namespace md = memdata;

namespace {

struct Entry {
    const char* name;
    void (*run)(const bench::Setup&);
    bench::Needs (*needs)(const bench::Setup&);
};

bench::Needs tree_needs(const bench::Setup& /*setup*/) { return {.files = md::Index{32} << 20}; }

constexpr Entry entries[] = {
    {"large", bench::large, bench::large_needs},
    {"synced", bench::synced, bench::synced_needs},
    {"tree", bench::tree, tree_needs},
    {"chunked", bench::chunked, bench::chunked_needs},
    {"filtered", bench::filtered, bench::filtered_needs},
    {"common", bench::common, bench::common_needs},
};

struct Options {
    std::vector<std::string> folders = {"."};
    std::vector<std::string> cases;  // empty: all
    bench::Setup setup;

    [[nodiscard]] bool wants(const std::string& name) const {
        return cases.empty() || std::ranges::find(cases, name) != cases.end();
    }
};

void add_options(CLI::App& app, Options& options) {
    std::set<std::string> names;
    for (const Entry& entry : entries) {
        names.insert(entry.name);
    }
    app.add_option("--dirs", options.folders, "where to write; a folder of the benchmark's own in each, removed later")
        ->check(CLI::ExistingDirectory)
        ->delimiter(',')
        ->capture_default_str();
    app.add_option("--cases", options.cases, "what to run (default: all)")->check(CLI::IsMember(names))->delimiter(',');
    app.add_option("--mib", options.setup.mib, "sizes of the large dataset in MiB (default: 512, 2048)")
        ->check(CLI::Range(1, 1 << 14))
        ->delimiter(',');
    app.add_option("--axes", options.setup.axes, "axes to distribute over")
        ->check(CLI::Range(0, 2))
        ->delimiter(',')
        ->capture_default_str();
    app.add_option("--runs", options.setup.runs, "runs of which the median is told (default: 5)")
        ->check(CLI::Range(1, 100));
    app.add_flag("--quick", options.setup.quick, "64 MiB, 3 runs where nothing else is said, smaller other cases");
}

/// Before hours of work end for want of room.
void check_needs(const Options& options) {
    const bench::Setup& setup = options.setup;
    if (std::ranges::min(setup.mib) < setup.world.size() && (options.wants("large") || options.wants("synced"))) {
        throw bench::Refused("--mib: every rank needs a MiB at least");
    }
    for (const std::string& folder : options.folders) {
        for (const Entry& entry : entries) {
            if (options.wants(entry.name)) {
                bench::require(setup.world, folder, entry.name, entry.needs(setup));
            }
        }
    }
}

void run(const Options& options) {
    check_needs(options);
    static_cast<void>(md::backend(options.setup.world));  // before MPI-IO opens a file
    for (const std::string& folder : options.folders) {
        const bench::ScratchFolder scratch(options.setup.world, folder);
        bench::Setup setup = options.setup;
        setup.folder = scratch.path();
        setup.file_system = bench::file_system_of(folder);
        for (const Entry& entry : entries) {
            if (options.wants(entry.name)) {
                entry.run(setup);
            }
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    bench::remove_folders_on_signals();
    const md::Environment environment(argc, argv);
    Options options;
    CLI::App app("save() and load() against MPI-IO, POSIX and plain HDF5; one JSON line a result", "bench_io");
    options.setup.mib.clear();
    options.setup.runs = 0;
    add_options(app, options);
    CLI11_PARSE(app, argc, argv);
    if (options.setup.mib.empty()) {
        options.setup.mib = options.setup.quick ? std::vector<md::Index>{64} : std::vector<md::Index>{512, 2048};
    }
    if (options.setup.runs == 0) {
        options.setup.runs = options.setup.quick ? 3 : 5;
    }
    try {
        run(options);
    } catch (const bench::Refused& refusal) {
        if (options.setup.world.rank() == 0) {
            fmt::print(stderr, "bench_io: {}\n", refusal.what());
        }
        return 2;
    } catch (...) {
        throw;  // so that the folders go before the job ends
    }
    return 0;
}
