// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <fmt/format.h>
#include <mpi.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "memdata/memdata.hpp"

// What all benchmarks share: the clock, the median, one JSON line a result.
namespace bench {

/// Seconds of `f` from barrier to barrier, of the slowest rank.
inline double seconds(const memdata::Communicator& comm, const std::function<void()>& f) {
    comm.barrier();
    const double start = MPI_Wtime();
    f();
    double mine = MPI_Wtime() - start;
    MPI_Allreduce(MPI_IN_PLACE, &mine, 1, MPI_DOUBLE, MPI_MAX, comm);
    return mine;
}

inline double median(std::vector<double> values) {
    std::ranges::sort(values);
    const std::size_t n = values.size();
    return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

/// One way to do one thing. `prepare` comes before every run and `check` after the first; neither is timed.
struct Method {
    std::string name;
    std::function<void()> run;
    std::function<void()> prepare = nullptr;
    std::function<void()> check = nullptr;
};

struct Times {
    double median;
    double minimum;
};

/// Runs the methods in turn, each time from the next one on (A B C, B C A, ...), so that a drift of the machine, and
/// what the one before leaves behind, hit all alike. The first `warm_up` runs do not count.
inline std::vector<Times> times(const memdata::Communicator& comm, const std::vector<Method>& methods, int runs,
                                int warm_up = 1) {
    std::vector<std::vector<double>> seen(methods.size());
    for (int run = 0; run < runs + warm_up; ++run) {
        for (std::size_t i = 0; i < methods.size(); ++i) {
            const std::size_t m = (i + static_cast<std::size_t>(run)) % methods.size();
            if (methods[m].prepare) {
                methods[m].prepare();
            }
            const double time = seconds(comm, methods[m].run);
            if (run >= warm_up) {
                seen[m].push_back(time);
            }
            if (run == 0 && methods[m].check) {
                methods[m].check();
            }
        }
    }
    std::vector<Times> result;
    for (auto& list : seen) {
        const double minimum = *std::ranges::min_element(list);
        result.push_back({median(std::move(list)), minimum});
    }
    return result;
}

/// Only the medians.
inline std::vector<double> medians(const memdata::Communicator& comm, const std::vector<Method>& methods, int runs,
                                   int warm_up = 1) {
    std::vector<double> result;
    for (const Times& each : times(comm, methods, runs, warm_up)) {
        result.push_back(each.median);
    }
    return result;
}

}  // namespace bench
