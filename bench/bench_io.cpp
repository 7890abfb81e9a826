// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// save() and load() against the plain ways to move the same bytes, all in one run on one file system.
//   mpirun -n 4 bench_io [--mib 512] [--runs 5] [--quick] [DIR]
// A JSON line a result: bench, case, op, axis, backend, np, bytes, objects, method, median_s, mb_per_s.
#include <CLI/CLI.hpp>

#include "io_chunked.hpp"
#include "io_large.hpp"
#include "io_tree.hpp"

namespace md = memdata;

int main(int argc, char** argv) {
    const md::Environment environment(argc, argv);
    bench::Setup setup;
    bool quick = false;
    CLI::App app("save() and load() against MPI-IO, POSIX and plain HDF5; one JSON line a result", "bench_io");
    app.add_option("DIR", setup.folder, "where to write (removed afterwards)")->check(CLI::ExistingDirectory);
    app.add_option("--mib", setup.mib, "size of the large dataset in MiB")
        ->check(CLI::Range(1, 1 << 14))
        ->capture_default_str();
    app.add_option("--runs", setup.runs, "runs of which the median is told")
        ->check(CLI::Range(1, 100))
        ->capture_default_str();
    app.add_flag("--quick", quick, "64 MiB, 3 runs");
    CLI11_PARSE(app, argc, argv);
    if (quick) {
        setup.mib = 64;
        setup.runs = 3;
    }
    bench::large(setup);
    bench::tree(setup);
    bench::chunked(setup);
    bench::filtered(setup);
    return 0;
}
