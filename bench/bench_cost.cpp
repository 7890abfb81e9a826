// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// What save() and load() cost in calls: to MPI, and to the file system, of the rank that makes the most of them.
//   mpirun -n 4 bench_cost [--layout contiguous] [--most 10000] [--runs 5] [--apart] [--memory] [--quick] [DIR]
// A JSON line a result: bench, op, backend, np, objects, layout, bytes (of data), by_call, median_s, ...
#include <malloc.h>

#include <CLI/CLI.hpp>
#include <any>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>

#include "call_counts.hpp"
#include "harness.hpp"
#include "mpi/node.hpp"

namespace md = memdata;
using memdata_test::Call;
using memdata_test::CallCounts;
using memdata_test::CallKind;

namespace {

struct Setup {
    md::Communicator world;
    std::string folder = ".";
    int most = 10000;
    int runs = 5;
    bool apart = false;

    [[nodiscard]] std::string file() const { return folder + "/bench_cost.h5"; }
};

/// What lies in the file, by number of objects.
using MakeTree = std::function<md::MemGroup(const Setup&, int)>;

constexpr md::Index columns = 64;

/// Half over axis 0, half over axis 1; every rank has a part of each.
md::MemGroup contiguous(const Setup& setup, int objects) {
    md::MemGroup tree(setup.world);
    for (int i = 0; i < objects; ++i) {
        tree.create_dataset(fmt::format("d{}", i),
                            md::MPIArray::full<double>(setup.world, {16, columns}, md::Axis{i % 2}, i));
    }
    return tree;
}

/// Half over axis 0, half over axis 1, in pieces so large that every rank accesses its own.
md::MemGroup direct(const Setup& setup, int objects) {
    md::MemGroup tree(setup.world);
    for (int i = 0; i < objects; ++i) {
        const md::Index each = setup.world.size();
        const md::Shape shape = i % 2 == 0 ? md::Shape{each * 128, columns} : md::Shape{2, each * 128 * columns};
        tree.create_dataset(fmt::format("d{}", i), md::MPIArray::full<double>(setup.world, shape, md::Axis{i % 2}, i));
    }
    return tree;
}

/// As contiguous(), in chunks.
md::MemGroup chunked(const Setup& setup, int objects) {
    md::MemGroup tree(setup.world);
    for (int i = 0; i < objects; ++i) {
        tree.create_dataset(fmt::format("d{}", i),
                            md::MPIArray::full<double>(setup.world, {16, columns}, md::Axis{i % 2}, i),
                            {.chunks = {4, columns}});
    }
    return tree;
}

/// Groups of five datasets with five attributes each, of which every other one is common.
md::MemGroup mixed(const Setup& setup, int objects) {
    md::MemGroup tree(setup.world);
    for (int i = 0; i < objects; ++i) {
        md::MemGroup& group = tree.require_group(fmt::format("g{}", i / 5));
        const std::string name = fmt::format("d{}", i % 5);
        md::MemDataset& dataset =
            i % 2 == 0
                ? group.create_dataset(name, md::MPIArray::full<double>(setup.world, {16, columns}, md::Axis{0}, i))
                : group.create_dataset(name, md::Array(std::vector<double>(100, i)));
        for (int a = 0; a < 5; ++a) {
            dataset.attrs()[fmt::format("a{}", a)] = md::AttrValue(i + a);
        }
    }
    return tree;
}

md::Index bytes_of(const md::MemGroup& tree) {
    md::Index bytes = 0;
    tree.visit([&](const md::MemNode& node) {
        if (node.is_dataset()) {
            bytes += node.as_dataset().shape().bytes(node.as_dataset().dtype().itemsize());
        }
    });
    return bytes;
}

CallCounts reduced(const md::Communicator& comm, const CallCounts& mine, MPI_Op operation) {
    static_assert(sizeof(memdata_test::CallCount) == 2 * sizeof(std::int64_t));
    CallCounts result = mine;
    MPI_Allreduce(MPI_IN_PLACE, result.counts.data(), static_cast<int>(2 * result.counts.size()), MPI_INT64_T,
                  operation, comm);
    return result;
}

/// {"MPI_Allreduce": [calls, bytes], ...}
std::string by_name(const CallCounts& counts, std::initializer_list<CallKind> kinds) {
    std::string text;
    for (const CallKind kind : kinds) {
        for (const auto& [name, count] : counts.by_name(kind)) {
            text += fmt::format("{}\"{}\": [{}, {}]", text.empty() ? "" : ", ", name, count.calls, count.bytes);
        }
    }
    return "{" + text + "}";
}

/// Runs it `runs` times; the calls are those of the last.
void measure(const Setup& setup, const std::string& layout, const std::string& op, int objects, md::Index bytes,
             const std::function<void()>& run) {
    std::vector<double> times;
    CallCounts mine;
    for (int i = 0; i < setup.runs + 1; ++i) {  // the first one chooses the backend
        CallCounts before;
        CallCounts after;
        const double time = bench::seconds(setup.world, [&] {
            before = memdata_test::calls_so_far();
            run();
            after = memdata_test::calls_so_far();
        });
        mine = after.since(before);
        if (i > 0) {
            times.push_back(time);
        }
    }
    const std::string backend = md::backend(setup.world).component;  // collective
    const CallCounts most = reduced(setup.world, mine, MPI_MAX);
    const CallCounts all = reduced(setup.world, mine, MPI_SUM);
    if (setup.world.rank() == 0) {
        fmt::print(
            "{{\"bench\": \"cost\", \"op\": \"{}\", \"backend\": \"{}\", \"np\": {}, \"hosts\": {}, \"objects\": {}, "
            "\"layout\": \"{}\", \"bytes\": {}, \"collectives\": {}, \"p2p\": {}, \"opens\": {}, \"opens_lock\": {}, "
            "\"opens_side\": {}, "
            "\"opens_all_ranks\": {}, \"reads\": {}, \"writes\": {}, \"reads_all_ranks\": {}, "
            "\"writes_all_ranks\": {}, \"bytes_read_all_ranks\": {}, \"bytes_written_all_ranks\": {}, "
            "\"bytes_sent\": {}, \"by_call\": {}, \"median_s\": {:.5f}}}\n",
            op, backend, setup.world.size(), setup.apart ? setup.world.size() : 1, objects, layout, bytes,
            most.of(CallKind::collective).calls, most.of(CallKind::message).calls, most.of(Call::open).calls,
            most.of(Call::lock_open).calls, most.of(Call::side_open).calls, all.of(Call::open).calls,
            most.of(Call::read).calls, most.of(Call::write).calls, all.of(Call::read).calls, all.of(Call::write).calls,
            all.of(Call::read).bytes, all.of(Call::write).bytes,
            most.of(CallKind::collective).bytes + most.of(CallKind::message).bytes,
            by_name(most, {CallKind::collective, CallKind::message, CallKind::file_mpi, CallKind::metadata}),
            bench::median(times));
    }
    std::fflush(stdout);
}

void run(const Setup& setup, const std::string& layout, const MakeTree& make, int objects) {
    const md::MemGroup tree = make(setup, objects);
    measure(setup, layout, "save", objects, bytes_of(tree), [&] { md::save(tree, setup.file()); });
    measure(setup, layout, "load", objects, bytes_of(tree),
            [&] { const md::MemGroup loaded = md::load(setup.world, setup.file()); });
    if (setup.world.rank() == 0) {
        std::filesystem::remove(setup.file());
    }
}

/// A number in /proc/self/status, in bytes.
md::Index status(const std::string& key) {
    std::ifstream in("/proc/self/status");
    for (std::string word; in >> word;) {
        if (md::Index kibibytes = 0; word == key + ":" && in >> kibibytes) {
            return kibibytes * 1024;
        }
    }
    throw std::runtime_error("/proc/self/status lacks " + key);
}

/// Memory that the last rank takes while `run` runs, beyond what it has before; and still has afterwards.
void measure_memory(const Setup& setup, const std::string& op, const std::string& of, int number,
                    const std::function<std::any()>& run) {
    malloc_trim(0);
    if (!(std::ofstream("/proc/self/clear_refs") << 5 << std::flush)) {  // the peak is now
        throw std::runtime_error("cannot reset the peak of memory");
    }
    const md::Index before = status("VmRSS");
    const std::any result = run();
    const md::Index peak = status("VmHWM") - before;
    malloc_trim(0);
    if (setup.world.rank() == setup.world.size() - 1) {
        fmt::print(
            "{{\"bench\": \"cost_memory\", \"op\": \"{}\", \"of\": \"{}\", \"np\": {}, \"number\": {}, "
            "\"peak_bytes\": {}, \"kept_bytes\": {}}}\n",
            op, of, setup.world.size(), number, peak, status("VmRSS") - before);
        std::fflush(stdout);
    }
    setup.world.barrier();
}

/// So many tiny datasets, or one of so many tiny chunks.
void run_memory(const Setup& setup, const std::string& of, int number) {
    {
        md::MemGroup tree(setup.world);
        if (of == "chunks") {
            tree.create_dataset("d", md::MPIArray::full<double>(setup.world, {number, 1}, md::Axis{0}, 1),
                                {.chunks = {1, 1}});
        }
        for (int i = 0; of == "objects" && i < number; ++i) {
            tree.create_dataset(fmt::format("d{}", i), md::MPIArray::full<double>(setup.world, {4, 4}, md::Axis{0}, i));
        }
        measure_memory(setup, "save", of, number, [&] { return std::any(md::save(tree, setup.file()).seconds); });
    }
    measure_memory(setup, "load", of, number,
                   [&] { return std::any(std::make_shared<md::MemGroup>(md::load(setup.world, setup.file()))); });
    if (setup.world.rank() == 0) {
        std::filesystem::remove(setup.file());
    }
}

struct Layout {
    std::string name;
    MakeTree make;
    int most;  // objects
};
const std::vector<Layout> layouts{{"contiguous", contiguous, 1000000},
                                  {"direct", direct, 100},
                                  {"tree", mixed, 1000000},
                                  {"chunked", chunked, 1000000}};

}  // namespace

int main(int argc, char** argv) {
    const md::Environment environment;
    Setup setup;
    bool quick = false;
    bool memory = false;
    std::string only;
    CLI::App app("Calls of save() and load() to MPI and the file system");
    app.add_option("--layout", only, "contiguous, direct, tree or chunked; all of them if not given")
        ->check(CLI::IsMember({"contiguous", "direct", "tree", "chunked"}));
    app.add_option("--most", setup.most, "objects of the largest tree")->check(CLI::Range(10, 1000000));
    app.add_option("--runs", setup.runs, "runs that count")->check(CLI::Range(1, 100));
    app.add_flag("--apart", setup.apart, "as if every rank were on a host of its own: nothing goes by shared memory");
    app.add_flag("--memory", memory, "instead: the memory that objects and chunks take; bench cost_memory");
    app.add_flag("--quick", quick, "at most 1000 objects, 3 runs");
    app.add_option("DIR", setup.folder, "where the files go")->check(CLI::ExistingDirectory);
    CLI11_PARSE(app, argc, argv);
    if (quick) {
        setup.most = std::min(setup.most, 1000);
        setup.runs = 3;
    }
    md::mpi::NodeTest::most_ranks = setup.apart ? 1 : 0;
    memdata_test::watch_file(setup.file());
    if (memory) {
        for (const int number : {10000, 40000}) {
            run_memory(setup, "objects", number);
            run_memory(setup, "chunks", 5 * number);
        }
        return 0;
    }
    for (const Layout& layout : layouts) {
        for (int objects = 10; objects <= std::min(setup.most, layout.most); objects *= 10) {
            if (only.empty() || only == layout.name) {
                run(setup, layout.name, layout.make, objects);
            }
        }
    }
    return 0;
}
