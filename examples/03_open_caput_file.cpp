// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Opens any file of caput, h5py or memdata and prints its tree. With a second name: distributes what is distributed
// over another axis and back, and saves it all as it was.
//     mpirun -n 2 03_open_caput_file in.h5 [out.h5]

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memdata/memdata.hpp>
#include <string>

namespace md = memdata;

namespace {

/// Over the next axis, and back: every rank must hold the same bytes as before. Collective.
void try_next_axis(md::MemDataset& dataset) {
    const md::MPIArray& array = dataset.distributed();
    const md::Communicator& world = array.comm();
    const md::Distribution before = array.distribution();
    const md::Array bytes = md::agree(world, "copying", [&] { return dataset.local().clone(); });

    dataset.redistribute(md::Axis{(before.axis() + 1) % before.global_shape().ndim()});
    const md::Distribution other = array.distribution();
    dataset.redistribute(md::Axis{before.axis()});

    md::agree(world, "comparing", [&] {
        if (!(dataset.local() == bytes)) {
            throw md::Error("redistributing there and back changed " + dataset.path(), {.path = dataset.path()});
        }
    });
    if (world.rank() == 0) {
        fmt::print("{}: {}\n    -> axis {}, {} -> back: the same bytes\n", dataset.path(), to_string(before),
                   other.axis(), to_string(other.partition()));
    }
}

void run(const md::Communicator& world, const std::string& input, const std::string& output) {
    md::MemGroup root = md::load(world, input);
    if (world.rank() == 0) {
        fmt::print("{}", to_string(root));
    }
    if (output.empty()) {
        return;
    }
    root.visit([](md::MemNode& node) {
        if (node.is_dataset() && node.as_dataset().is_distributed() && node.as_dataset().shape().ndim() > 1) {
            try_next_axis(node.as_dataset());
        }
    });
    md::save(root, output);
    if (world.rank() == 0) {
        fmt::print("saved {}\n", output);
    }
}

}  // namespace

int main(int argc, char** argv) {
    md::Environment env(argc, argv);
    md::Communicator world;
    std::string input;
    std::string output;
    CLI::App app("Prints the tree of an HDF5 file; redistributes it and saves it again.");
    app.add_option("input", input, "a file of caput, h5py or memdata")->required();
    app.add_option("output", output, "the file to write");
    try {
        app.parse(argc, argv);
        run(world, input, output);
    } catch (const CLI::ParseError& error) {
        return world.rank() == 0 ? app.exit(error) : error.get_exit_code();
    } catch (const md::Error& error) {  // the same on all ranks
        if (world.rank() == 0) {
            fmt::print(stderr, "03_open_caput_file: {}\n", error.what());
        }
        return 1;
    }
    return 0;
}
