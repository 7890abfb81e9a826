// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// What the environment and the launcher choose, for backend_test.sh: prints backend() before a save and the statistics'
// after it, or the exception. Usage: backend_cases FILE
#include <cstdio>

#include "memdata/memdata.hpp"

namespace md = memdata;

int main(int argc, char** argv) {
    const md::Environment environment(argc, argv);
    const md::Communicator world;
    try {
        const std::string before = to_string(md::backend(world));
        md::MemGroup tree(world);
        tree.create_dataset("data", md::MPIArray::full<int>(world, {10}, md::Axis{0}, 3));
        const md::TransferStatistics statistics = md::save(tree, argc > 1 ? argv[1] : "x.h5", {.sync = false});
        std::printf("rank %d: %s\n", world.rank(), before.c_str());
        if (to_string(statistics.backend) != before) {
            std::printf("rank %d: it became %s\n", world.rank(), to_string(statistics.backend).c_str());
        }
    } catch (const md::BackendError& error) {
        std::printf("rank %d: BackendError: %s\n", world.rank(), error.what());
    }
    return 0;
}
