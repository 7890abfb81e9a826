// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// Redistribution of a float64 array against a plain copy of the local block (the bound) and the other ways to do it,
// all in one run. A JSON line a result on stdout, a table on stderr. Two states of memory: "reused" targets were
// written before, "fresh" ones are allocated inside the timed region.
#include <CLI/CLI.hpp>
#include <cstring>
#include <map>
#include <optional>

#include "harness.hpp"
#include "redistribute_peers.hpp"

namespace md = memdata;

namespace {

struct Options {
    std::vector<md::Index> mib{64, 512, 2048};
    int runs = 5;
    bool quick = false;
    std::string only;
};

struct Case {
    std::string name;
    md::Shape shape;
    int from;
    int to;
};

/// The cases of one size. Inner runs are what lies together on both sides.
std::vector<Case> cases_of(md::Index mib, int ranks) {
    const md::Index elements = mib * 131072;
    const md::Index side = mib >= 2048 ? 16384 : mib >= 512 ? 8192 : 2048;
    const md::Index depth = mib >= 2048 ? 512 : mib >= 512 ? 256 : 128;
    std::vector<Case> cases{{"2d", {side, elements / side}, 0, 1}};
    for (const auto& [from, to] : {std::pair{0, 1}, {0, 2}, {1, 2}, {2, 0}}) {
        cases.push_back({"3d", {depth, 512, elements / depth / 512}, from, to});
    }
    for (const md::Index run : {8, 64, 4096}) {
        const md::Index columns = run / 8 * ranks;
        cases.push_back({fmt::format("run_{}", run), {elements / columns, columns}, 0, 1});
    }
    return cases;
}

double element(md::Index number) { return static_cast<double>(number % 1000003) + 0.5; }

md::Index global_number(const md::MPIArray& array, md::Index local) {
    const md::Shape& block = array.local_shape();
    md::Index number = 0;
    md::Index rest = local;
    md::Index weight = 1;
    for (int axis = array.ndim() - 1; axis >= 0; --axis) {
        const md::Index i = rest % block[axis] + (axis == array.axis() ? array.local_bounds().start : 0);
        rest /= block[axis];
        number += i * weight;
        weight *= array.shape()[axis];
    }
    return number;
}

/// Some elements are what they should be; a benchmark of wrong results is worth nothing.
void check(const md::MPIArray& array, const std::string& method) {
    const auto data = array.local().span<double>();
    const auto size = static_cast<md::Index>(data.size());
    const md::Index step = std::max(md::Index{1}, size / 9973);
    bool right = true;
    for (md::Index i = 0; i < size; i += step) {
        right = right && data[static_cast<std::size_t>(i)] == element(global_number(array, i));
    }
    md::agree(array.comm(), "checking a benchmark's result", [&] {
        if (!right) {
            throw md::Error(method + " gives a wrong result");
        }
    });
}

class Benchmark {
public:
    Benchmark(const md::Communicator& world, const Options& options) : world_(world), options_(options) {}

    void run(const Case& which) {
        const md::Distribution from(which.shape, md::Axis{which.from}, world_.size());
        const md::Distribution to(which.shape, md::Axis{which.to}, world_.size());
        md::MPIArray source = md::MPIArray::uninitialized(world_, md::dtype_of<double>(), from);
        const auto data = source.local().span<double>();
        for (std::size_t i = 0; i < data.size(); ++i) {
            data[i] = element(global_number(source, static_cast<md::Index>(i)));
        }
        // FFTW's default split is by equal blocks, and it has no other pair of axes.
        std::optional<Fftw> fftw;
        if (which.from == 0 && which.to == 1 && which.shape[0] % world_.size() == 0 &&
            which.shape[1] % world_.size() == 0) {
            fftw.emplace(world_, source, to);
        }
        for (const bool fresh : {false, true}) {
            in_state(which, source, to, fresh, fftw ? &*fftw : nullptr);
        }
    }

private:
    using Spare = std::optional<md::Array>;

    /// FFTW's plan, and the copy of the source that it may overwrite.
    struct Fftw {
        Fftw(const md::Communicator& world, const md::MPIArray& source, const md::Distribution& to)
            : input(source.local().clone()) {
            md::Array output = md::Array::uninitialized(source.dtype(), to.local_shape(world.rank()));
            plan.emplace(world, source.shape(), input.span<double>().data(), output.span<double>().data());
        }
        md::Array input;
        std::optional<bench::FftwTranspose> plan;
    };

    void in_state(const Case& which, md::MPIArray& source, const md::Distribution& to, bool fresh, Fftw* fftw) {
        const md::Distribution& from = source.distribution();
        const md::Shape from_block = from.local_shape(world_.rank());
        const md::Shape to_block = to.local_shape(world_.rank());
        const md::Dtype dtype = source.dtype();
        double* const in = source.local().span<double>().data();
        Spare target;
        Spare copy;
        Spare send;
        Spare receive;
        // Reused memory is allocated and written here, fresh memory in the timed region.
        const auto provide = [&](Spare& spare, const md::Shape& shape) {
            if (!spare) {
                spare = md::Array::uninitialized(dtype, shape);
            }
            return spare->span<double>().data();
        };
        const auto prepare = [&] {
            for (Spare* spare : {&target, &copy, &send, &receive}) {
                if (fresh) {
                    spare->reset();
                }
            }
        };
        const auto bytes = static_cast<std::size_t>(source.local().bytes());
        const md::RedistributionPlan plan(world_, from, to, sizeof(double));
        const bench::Side give(from, to, world_.rank());
        const bench::Side take(to, from, world_.rank());
        std::vector<bench::Method> methods{
            {"memcpy", [&] { std::memcpy(provide(copy, from_block), in, bytes); }},
            {"memdata_plan",
             [&] {
                 plan.execute(reinterpret_cast<const std::byte*>(in),
                              reinterpret_cast<std::byte*>(provide(target, to_block)));
             }},
            {"memdata_once",
             [&] {
                 if (fresh) {
                     target = std::move(source.redistributed(to).local());
                     return;
                 }
                 const md::RedistributionPlan once(world_, from, to, sizeof(double));
                 once.execute(reinterpret_cast<const std::byte*>(in),
                              reinterpret_cast<std::byte*>(provide(target, to_block)));
             }},
            {"alltoallw", [&] { bench::alltoallw(world_, give, take, in, provide(target, to_block)); }},
            {"alltoallv",
             [&] {
                 double* const out = provide(target, to_block);
                 bench::alltoallv(world_, give, take, in, out, give.is_packed() ? nullptr : provide(send, from_block),
                                  take.is_packed() ? nullptr : provide(receive, to_block));
             }},
            {"sendrecv", [&] { bench::sendrecv(world_, give, take, in, provide(target, to_block)); }}};
        // In place the old block is used up, so that there is only one state of memory; it is told beside "fresh".
        std::optional<md::MPIArray> array;
        const auto clone = [&] {
            prepare();
            array.reset();
            array.emplace(source.clone());
        };
        if (fresh) {
            methods.push_back({"memdata_in_place",
                               [&] {
                                   array->redistribute(to);
                                   target = std::move(array->local());
                               },
                               clone});
        }
        if (fftw != nullptr) {
            methods.push_back(
                {"fftw", [&] { fftw->plan->run(fftw->input.span<double>().data(), provide(target, to_block)); }});
        }
        for (bench::Method& method : methods) {
            if (!method.prepare) {
                method.prepare = prepare;
            }
        }
        for (const bench::Method& method : methods) {  // warms up, too
            method.prepare();
            method.run();
            if (method.name != "memcpy") {
                md::MPIArray result(world_, to, std::move(*target));
                check(result, method.name);
                target = std::move(result.local());
                std::memset(target->data(), 0, static_cast<std::size_t>(target->bytes()));
            }
        }
        report(which, methods, fresh, bench::medians(world_, methods, options_.runs, 0));
    }

    void report(const Case& which, const std::vector<bench::Method>& methods, bool fresh,
                const std::vector<double>& medians) const {
        if (world_.rank() != 0) {
            return;
        }
        const auto bytes = static_cast<double>(which.shape.bytes(sizeof(double)));
        const std::string shape = fmt::format("{}", fmt::join(which.shape, "x"));
        fmt::print(stderr, "{:9} {:16} {}->{} {:7}", which.name, shape, which.from, which.to,
                   fresh ? "fresh" : "reused");
        for (std::size_t m = 0; m < methods.size(); ++m) {
            fmt::print(
                "{{\"bench\": \"redistribute\", \"case\": \"{}\", \"shape\": [{}], \"dtype\": \"float64\", \"axes\": "
                "\"{}->{}\", \"np\": {}, \"bytes\": {:.0f}, \"memory\": \"{}\", \"method\": \"{}\", \"median_s\": "
                "{:.5f}, \"gb_per_s\": {:.2f}, \"ratio_to_memcpy\": {:.3f}}}\n",
                which.name, fmt::join(which.shape, ", "), which.from, which.to, world_.size(), bytes,
                fresh ? "fresh" : "reused", methods[m].name, medians[m], bytes / 1e9 / medians[m],
                medians[0] / medians[m]);
            fmt::print(stderr, " {} {:.4f} ({:.2f})", methods[m].name, medians[m], medians[0] / medians[m]);
        }
        fmt::print(stderr, "\n");
        std::fflush(stdout);
    }

    md::Communicator world_;
    Options options_;
};

}  // namespace

int main(int argc, char** argv) {
    const md::Environment environment(argc, argv);
    Options options;
    CLI::App app("Redistribution against memcpy, MPI and FFTW; JSON lines on stdout, a table on stderr",
                 "bench_redistribute");
    app.add_option("--mib", options.mib, "sizes of the array in MiB")->capture_default_str()->delimiter(',');
    app.add_option("--runs", options.runs, "runs of which the median is told")
        ->check(CLI::Range(1, 100))
        ->capture_default_str();
    app.add_option("--case", options.only, "only cases whose name begins with this");
    app.add_flag("--quick", options.quick, "512 MiB, 3 runs");
    CLI11_PARSE(app, argc, argv);
    if (options.quick) {
        options.mib = {512};
        options.runs = 3;
    }
    const md::Communicator world;
    for (const md::Index mib : options.mib) {
        for (const Case& which : cases_of(mib, world.size())) {
            if (which.name.starts_with(options.only)) {
                Benchmark(world, options).run(which);
            }
        }
    }
    return 0;
}
