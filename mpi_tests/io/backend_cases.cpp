// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// What the environment and the launcher choose, for backend_test.sh: prints backend() before a save and the statistics'
// after it, or the exception. Usage: backend_cases FILE. With MEMDATA_TEST_ALONE set, rank 0 saves alone before.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "memdata/memdata.hpp"

namespace md = memdata;

int main(int argc, char** argv) {
    const md::Environment environment(argc, argv);
    const md::Communicator world;
    if (std::getenv("MEMDATA_TEST_ALONE") != nullptr && world.rank() == 0) {
        md::MemGroup tree;
        tree.create_dataset("data", md::Array::zeros<int>({10}));
        md::save(tree, std::string(argv[1]) + ".alone", {.sync = false});
    }
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
