// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Element-wise work and sums against loops written by hand, on contiguous data: fresh results (their memory is touched
// for the first time by both) and in place.

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstring>

#include "harness.hpp"

namespace {

namespace md = memdata;
using md::Index;

struct Options {
    Index kib = 65536;
    int runs = 15;
};

/// Keeps a result from being optimised away.
volatile double sink = 0;

class Bench {
public:
    Bench(const md::Communicator& comm, const Options& options) : comm_(comm), options_(options) {
        x_ = md::Array::full<double>({count()}, 1.5);
        y_ = md::Array::full<double>({count()}, 0.5);
        z_ = md::Array::full<double>({count()}, 0.5);
        single_ = md::Array::full<float>({count()}, 0.5F);
    }

    void all() {
        const double a = scale;
        compare(
            "a*x+y", [&](auto* out, auto* x, auto* y, auto n) { loop_axpy(out, x, y, n, a); },
            [&] { return md::map([a](double x, double y) { return a * x + y; }, x_, y_); });
        compare(
            "sqrt", [](auto* out, auto* x, auto*, auto n) { loop_sqrt(out, x, n); },
            [&] { return md::map([](double x) { return std::sqrt(x); }, x_); });
        compare(
            "sqrt operator", [](auto* out, auto* x, auto*, auto n) { loop_sqrt(out, x, n); },
            [&] { return md::sqrt(x_); });
        compare(
            "x+y operator", [](auto* out, auto* x, auto* y, auto n) { loop_add(out, x, y, n); },
            [&] { return x_ + y_; });
        in_place(
            "a*x+y in place", [&](auto* out, auto* x, auto n) { loop_axpy(out, x, out, n, a); },
            [&] {
                md::map_into(
                    z_, [a](double x, double z) { return a * x + z; }, x_, z_);
            });
        in_place(
            "z+=x operator", [&](auto* out, auto* x, auto n) { loop_add(out, out, x, n); }, [&] { z_ += x_; });
        in_place(
            "z+=float32 operator",
            [&](auto* out, auto*, auto n) { loop_add_single(out, single_.span<float>().data(), n); },
            [&] { z_ += single_; });
        report("sum", {{"loop", [&] { sink = loop_sum(data(x_), size()); }},
                       {"memdata", [&] { sink = md::sum(x_).item<double>(); }}});
        const md::Array table = md::Array::full<double>({count() / 1000, 1000}, 1.0);
        report("sum over axis 0", {{"loop", [&] { sink = loop_columns(data(table), table.shape()[0]); }},
                                   {"memdata", [&] { sink = md::sum(table, md::Axis{0}).span<double>()[0]; }}});
        report("sum over axis 1", {{"loop", [&] { sink = loop_rows(data(table), table.shape()[0]); }},
                                   {"memdata", [&] { sink = md::sum(table, md::Axis{1}).span<double>()[0]; }}});
    }

private:
    static inline volatile double scale = 3.25;  // not known to the compiler

    [[nodiscard]] Index count() const { return options_.kib * 1024 / 8; }
    [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(count()); }
    static const double* data(const md::Array& array) { return array.span<double>().data(); }

    // By hand, with all that helps the compiler.
    static void loop_axpy(double* out, const double* x, const double* y, std::size_t n, double a) {
        for (std::size_t i = 0; i < n; ++i) {
            out[i] = a * x[i] + y[i];
        }
    }
    static void loop_add(double* out, const double* x, const double* y, std::size_t n) {
        for (std::size_t i = 0; i < n; ++i) {
            out[i] = x[i] + y[i];
        }
    }
    static void loop_add_single(double* out, const float* x, std::size_t n) {
        for (std::size_t i = 0; i < n; ++i) {
            out[i] += static_cast<double>(x[i]);
        }
    }
    static void loop_sqrt(double* __restrict out, const double* __restrict x, std::size_t n) {
        for (std::size_t i = 0; i < n; ++i) {
            out[i] = std::sqrt(x[i]);
        }
    }
    static double loop_sum(const double* x, std::size_t n) {
        double sum[8] = {};  // one chain of additions alone would wait for itself
        for (std::size_t i = 0; i + 8 <= n; i += 8) {
            for (std::size_t j = 0; j < 8; ++j) {
                sum[j] += x[i + j];
            }
        }
        return sum[0] + sum[1] + sum[2] + sum[3] + sum[4] + sum[5] + sum[6] + sum[7];
    }
    static double loop_columns(const double* x, Index rows) {
        std::vector<double> sum(1000, 0.0);
        for (Index r = 0; r < rows; ++r) {
            for (std::size_t c = 0; c < 1000; ++c) {
                sum[c] += x[static_cast<std::size_t>(r) * 1000 + c];
            }
        }
        return sum[0];
    }
    static double loop_rows(const double* x, Index rows) {
        std::vector<double> sum(static_cast<std::size_t>(rows));
        for (std::size_t r = 0; r < sum.size(); ++r) {
            sum[r] = loop_sum(x + r * 1000, 1000);
        }
        return sum[0];
    }

    template <class Loop, class Memdata>
    void compare(const std::string& name, Loop loop, Memdata memdata) {
        report(name, {{"loop",
                       [&, loop] {
                           md::Array out = md::Array::uninitialized(md::TypeKind::float64, {count()});
                           loop(out.span<double>().data(), data(x_), data(y_), size());
                           sink = out.span<double>()[0];
                       }},
                      {"memdata", [&, memdata] { sink = memdata().template span<double>()[0]; }}});
    }
    template <class Loop, class Memdata>
    void in_place(const std::string& name, Loop loop, Memdata memdata) {
        report(name, {{"loop", [&, loop] { loop(z_.span<double>().data(), data(x_), size()); }}, {"memdata", memdata}});
    }

    /// Small arrays many times over, so that a run takes a time that can be measured.
    void report(const std::string& name, const std::vector<bench::Method>& methods) {
        const Index repeats = std::max<Index>(1, 65536 / options_.kib);
        std::vector<bench::Method> repeated;
        for (const bench::Method& method : methods) {
            repeated.push_back({method.name, [repeats, run = method.run] {
                                    for (Index i = 0; i < repeats; ++i) {
                                        run();
                                    }
                                }});
        }
        const std::vector<double> times = bench::medians(comm_, repeated, options_.runs);
        for (std::size_t m = 0; m < methods.size() && comm_.rank() == 0; ++m) {
            fmt::print(
                "{{\"bench\":\"elementwise\",\"case\":\"{}\",\"method\":\"{}\",\"kib\":{},\"ranks\":{},\"median_s\":{:."
                "3e},"
                "\"ratio\":{:.3f}}}\n",
                name, methods[m].name, options_.kib, comm_.size(), times[m] / static_cast<double>(repeats),
                times[m] / times[0]);
        }
    }

    const md::Communicator& comm_;
    Options options_;
    md::Array x_;
    md::Array y_;
    md::Array z_;
    md::Array single_;
};

}  // namespace

int main(int argc, char** argv) {
    const md::Environment environment(argc, argv);
    const md::Communicator world;
    Options options;
    CLI::App app{"Element-wise work and sums against loops written by hand; one JSON line a result"};
    app.add_option("--kib", options.kib, "Size of an array on each rank")->check(CLI::Range(8, 1 << 24));
    app.add_option("--runs", options.runs, "Runs of each")->check(CLI::Range(1, 1000));
    bool quick = false;
    app.add_flag("--quick", quick, "5 runs");
    CLI11_PARSE(app, argc, argv);
    if (quick) {
        options.runs = 5;
    }
    Bench(world, options).all();
    return 0;
}
