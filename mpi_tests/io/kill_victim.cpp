// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// One half of the kill test (kill_test.sh): checks what is left by the one before it, then saves generation after
// generation until it is killed. Usage: kill_victim save|update FILE PIDFOLDER | kill_victim check FILE
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>

#include "fault_tree.hpp"

namespace md = memdata;

namespace {

/// For ever; says on rank 0 when the first file is complete.
void save_for_ever(const md::Communicator& world, const std::string& file, const std::string& folder,
                   md::IfExists if_exists) {
    std::ofstream(folder + "/" + std::to_string(world.rank())) << getpid() << '\n';
    for (int generation = 1;; ++generation) {
        md::save(memdata_test::make_tree(world, generation), file, {.if_exists = if_exists});
        if (world.rank() == 0 && generation == 1) {
            std::ofstream(folder + "/ready") << "1\n";
        }
    }
}

/// Is the file whole? Does the next save succeed, in spite of the lock that the dead left?
int check(const md::Communicator& world, const std::string& file) {
    const md::MemGroup tree = md::load(world, file);
    const int generation = tree.attrs().at("generation").as<int>();
    const std::string wrong = memdata_test::check_tree(tree, generation);
    if (!wrong.empty()) {
        std::fprintf(stderr, "rank %d: generation %d: %s\n", world.rank(), generation, wrong.c_str());
        return 1;
    }
    md::save(memdata_test::make_tree(world, 0), file);
    return memdata_test::check_tree(md::load(world, file), 0).empty() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    const md::Environment environment(argc, argv);
    const md::Communicator world;
    const std::string mode = argc > 2 ? argv[1] : "";
    if ((mode == "save" || mode == "update") && argc == 4) {
        int is_there = world.rank() == 0 && access(argv[2], F_OK) == 0 ? 1 : 0;
        MPI_Bcast(&is_there, 1, MPI_INT, 0, world);
        if (is_there != 0 && check(world, argv[2]) != 0) {
            return 1;
        }
        save_for_ever(world, argv[2], argv[3], mode == "save" ? md::IfExists::replace : md::IfExists::update);
    }
    if (mode == "check" && argc == 3) {
        return check(world, argv[2]);
    }
    std::fprintf(stderr, "usage: kill_victim save|update FILE PIDFOLDER | kill_victim check FILE\n");
    return 2;
}
