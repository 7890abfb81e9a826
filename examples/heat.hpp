// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The physics of 01_simulate: heat spreads in a copper plate (Fourier's equation, explicit steps, five-point
// stencil). The rows of the plate are distributed over the ranks.
#pragma once

#include <mpi.h>

#include <algorithm>
#include <boost/mpi/collectives.hpp>
#include <boost/mpi/operations.hpp>
#include <cmath>
#include <memdata/memdata.hpp>
#include <numeric>
#include <vector>

namespace heat {

constexpr double cell = 1e-3;                                // m: side of a cell, and thickness of the plate
constexpr double diffusivity = 1.11e-4;                      // m2/s
constexpr double capacity = 3.45e6;                          // J/(m3 K)
constexpr double number = 0.2;                               // diffusivity * step / cell^2; stable up to 0.25
constexpr double step = number * cell * cell / diffusivity;  // s
constexpr double joule_per_kelvin = capacity / 1e9;          // of one cell: 1 mm3

/// In degrees: a ring around a disc, and three discs more. u and v run from 0 to 1 along a row and a column.
inline double initial_temperature(double u, double v) {
    const auto distance = [&](double u0, double v0) { return std::hypot((u - u0) * 4 / 3, v - v0); };
    const bool ring = std::abs(distance(0.35, 0.50) - 0.33) < 0.05;
    if (ring || distance(0.80, 0.27) < 0.15) {
        return 100;
    }
    if (distance(0.35, 0.50) < 0.12 || distance(0.72, 0.68) < 0.06) {
        return 80;
    }
    return distance(0.87, 0.78) < 0.10 ? 60 : 0;
}

/// Fills the block of every rank.
inline void initialise(memdata::MPIArray& field) {
    const auto t = field.local<double, 2>();
    const auto ny = static_cast<double>(field.shape()[0]);
    const auto nx = static_cast<double>(field.shape()[1]);
    for (const auto [row, y] : field.indices(memdata::Axis{0})) {
        const bool edge = y == 0 || y == field.shape()[0] - 1;
        for (memdata::Index x = 1; x < t.extent(1) - 1 && !edge; ++x) {
            t(row, x) = initial_temperature((static_cast<double>(x) + 0.5) / nx, (static_cast<double>(y) + 0.5) / ny);
        }
    }
}

/// The rows just above and below this rank's block, from the neighbours.
struct Halo {
    std::vector<double> above, below;

    explicit Halo(memdata::Index columns) : above(static_cast<std::size_t>(columns)), below(above) {}

    void exchange(const memdata::MPIArray& field) {
        const auto [start, stop] = field.local_bounds();
        if (start == stop) {
            return;  // more ranks than rows: no rows, no neighbours
        }
        const memdata::Partition& rows = field.distribution().partition();
        const int up = start > 0 ? rows.owner(start - 1) : MPI_PROC_NULL;
        const int down = stop < rows.extent() ? rows.owner(stop) : MPI_PROC_NULL;
        const auto t = field.local<double, 2>();
        const double* first = &t(0, 0);
        const double* last = &t(t.extent(0) - 1, 0);
        const int n = static_cast<int>(t.extent(1));
        MPI_Comm comm = field.comm();
        MPI_Sendrecv(first, n, MPI_DOUBLE, up, 0, below.data(), n, MPI_DOUBLE, down, 0, comm, MPI_STATUS_IGNORE);
        MPI_Sendrecv(last, n, MPI_DOUBLE, down, 0, above.data(), n, MPI_DOUBLE, up, 0, comm, MPI_STATUS_IGNORE);
    }
};

/// One step from `now` to `next`. The outermost cells, the cold edge of the plate, stay as they are.
inline void advance(const memdata::MPIArray& now, memdata::MPIArray& next, const Halo& halo) {
    const auto t = now.local<double, 2>();
    const auto result = next.local<double, 2>();
    for (const auto [row, y] : now.indices(memdata::Axis{0})) {
        if (y == 0 || y == now.shape()[0] - 1) {
            continue;
        }
        const double* here = &t(row, 0);
        const double* above = row > 0 ? &t(row - 1, 0) : halo.above.data();
        const double* below = row < t.extent(0) - 1 ? &t(row + 1, 0) : halo.below.data();
        double* out = &result(row, 0);
        for (memdata::Index x = 1; x < t.extent(1) - 1; ++x) {
            out[x] = here[x] + number * (above[x] + below[x] + here[x - 1] + here[x + 1] - 4 * here[x]);
        }
    }
}

/// The mean of every row, the same on all ranks: each computes those of its own rows. Collective.
inline memdata::Array row_means(const memdata::MPIArray& field) {
    auto means = memdata::MPIArray::zeros<double>(field.comm(), {field.shape()[0]}, memdata::Axis{0});
    const auto t = field.local<double, 2>();
    const auto mean = means.local<double, 1>();
    for (memdata::Index row = 0; row < t.extent(0); ++row) {
        const double* first = &t(row, 0);
        mean(row) = std::accumulate(first, first + t.extent(1), 0.0) / static_cast<double>(t.extent(1));
    }
    return means.allgather();
}

/// The heat in the plate, in J, from the means of its rows: the same bits on any number of ranks.
inline double total(const memdata::Array& means, memdata::Index columns) {
    const auto m = means.span<double>();
    return std::accumulate(m.begin(), m.end(), 0.0) * static_cast<double>(columns) * joule_per_kelvin;
}

/// The highest temperature, the same on all ranks. Collective.
inline double hottest(const memdata::MPIArray& field) {
    double own = 0;
    for (const double t : field.local().span<double>()) {
        own = std::max(own, t);
    }
    return boost::mpi::all_reduce(field.comm(), own, boost::mpi::maximum<double>());
}

}  // namespace heat
