// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// A save that stalls, for watch_test.sh. Usage:
//   slow_save FILE SECONDS [bar=off] [watchdog=T] [abort] [stop=RANK]
// Rank 0 sleeps in the middle of the data. With stop=, that rank stops itself (SIGSTOP) before the save.
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include "memdata/memdata.hpp"

namespace md = memdata;

int main(int argc, char** argv) {
    const md::Environment environment(argc, argv);
    const md::Communicator world;
    if (argc < 3) {
        std::fprintf(stderr, "usage: slow_save FILE SECONDS [bar=off] [watchdog=T] [abort] [stop=RANK]\n");
        return 2;
    }
    const double seconds = std::atof(argv[2]);
    md::SaveOptions options{.sync = false};
    options.transfer.way = md::TransferWay::direct;  // one dataset after the other
    for (int i = 3; i < argc; ++i) {
        const std::string argument = argv[i];
        if (argument == "bar=off") {
            options.transfer.progress_bar = false;
        } else if (argument.starts_with("watchdog=")) {
            options.transfer.watchdog.seconds = std::atof(argv[i] + 9);
        } else if (argument == "abort") {
            options.transfer.watchdog.abort = true;
        } else if (argument == "stop=" + std::to_string(world.rank())) {
            std::raise(SIGSTOP);
        }
    }
    bool slept = false;
    options.transfer.progress = [&](const md::Progress& progress) {
        if (progress.dataset == "/second" && !slept) {
            slept = true;
            std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
        }
    };
    md::MemGroup tree(world);
    for (const char* name : {"first", "second"}) {
        tree.create_dataset(name, md::MPIArray::full<double>(world, {512, 128}, md::Axis{0}, 1));
    }
    const md::TransferStatistics statistics = md::save(tree, argv[1], options);
    if (world.rank() == 0) {
        std::printf("%s\n", to_string(statistics).c_str());
    }
    return 0;
}
