// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "io/monitor.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "memdata/base/error.hpp"
#include "memdata/mpi/agreement.hpp"
#include "mpi/call.hpp"
#include "mpi/hash.hpp"
#include "mpi/same.hpp"

namespace memdata::io {

namespace {

constexpr double seconds_between_calls = 0.1;

using Time = std::chrono::steady_clock::time_point;

double seconds_between(Time start, Time end) { return std::chrono::duration<double>(end - start).count(); }

template <class T>
void reduce(const Communicator& comm, std::vector<T>& values, MPI_Datatype type, MPI_Op operation) {
    mpi::check(MPI_Allreduce(MPI_IN_PLACE, values.data(), static_cast<int>(values.size()), type, operation, comm),
               "MPI_Allreduce");
}

}  // namespace

Monitor::Monitor(const Communicator& comm, std::string_view operation, const std::string& file,
                 const TransferOptions& options) noexcept
    : comm_(comm) {
    statistics_.ranks = comm.size();
    guarded([&] {
        statistics_.operation = operation;
        statistics_.file = file;
        live_.begin(operation, file);
        start_watching(options);
    });
}

void Monitor::found(const Backend& backend, const std::string& file_system) noexcept {
    guarded([&] {
        statistics_.backend = backend;
        statistics_.file_system = file_system;
    });
}

void Monitor::start_watching(const TransferOptions& options) {
    if (comm_.rank() == 0) {
        callback_ = options.progress;
        if (options.progress_bar && ProgressBar::is_wanted()) {
            bar_ = std::make_unique<ProgressBar>(live_);
        }
    }
    if (options.watchdog.seconds > 0 && options.watchdog.seconds <= 1e9) {  // others are refused later
        watchdog_ = std::make_unique<StallReporter>(live_, options.watchdog, comm_.rank());
    }
}

/// Every moment belongs to one phase: what is before the first one, to that.
void Monitor::end_phase() {
    const Clock::time_point now = Clock::now();
    if (!statistics_.phases.empty()) {
        statistics_.phases.back().seconds = seconds_between(phase_start_, now);
        phase_start_ = now;
    }
}

void Monitor::phase(std::string_view name) noexcept {
    guarded([&] {
        end_phase();
        statistics_.phases.push_back({std::string(name), 0});
        live_.phase(name);
        tell(true);
    });
}

void Monitor::dataset(const std::string& path) noexcept {
    guarded([&] {
        live_.dataset(path);
        tell(true);
    });
}

void Monitor::expect(Index bytes) noexcept {
    guarded([&] {
        live_.expect(bytes);
        tell(false);
    });
}

/// Not too often, unless something new begins or all is done.
void Monitor::tell(bool always) {
    if (!callback_ || failure_) {
        return;
    }
    const Progress progress = live_.progress();
    const bool is_done = progress.total > 0 && progress.bytes == progress.total;
    if (!always && !is_done && seconds_between(last_call_, Clock::now()) < seconds_between_calls) {
        return;
    }
    last_call_ = Clock::now();
    callback_(progress);
}

void Monitor::check() const {
    if (failure_) {
        std::rethrow_exception(failure_);
    }
}

std::size_t Monitor::entry(const std::string& path, Route route) {
    const auto [place, is_new] = places_.emplace(path, statistics_.datasets.size());
    if (is_new) {
        statistics_.datasets.emplace_back().path = path;
        calls_.emplace_back();
    }
    statistics_.datasets[place->second].route = route;
    return place->second;
}

void Monitor::moved(const std::string& path, Route route, Index bytes) noexcept {
    guarded([&] {
        statistics_.datasets[entry(path, route)].bytes += bytes;
        live_.advance(bytes);
        tell(false);
    });
}

void Monitor::called_hdf5(const std::string& path, const h5::TransferReport& report) noexcept {
    guarded([&] {
        const std::size_t index = entry(path, Route::hdf5);
        ++statistics_.datasets[index].calls;
        Calls& calls = calls_[index];
        calls.collective += report.is_collective() ? 1 : 0;
        calls.report.local_causes |= report.local_causes;
        calls.report.global_causes |= report.global_causes;
        calls.report.io_mode |= report.io_mode;
    });
}

/// A rank that was told of other things than the others is a defect of memdata; here it must not become a hang.
void Monitor::check_alike() {
    const bool alike = mpi::agree_alike(comm_, "watching the transfer", [&] {
        check();
        Index calls = 0;
        for (const DatasetTransfer& dataset : statistics_.datasets) {
            calls += dataset.calls;
        }
        make_room();
        const std::array<Index, 3> told{static_cast<Index>(statistics_.phases.size()),
                                        static_cast<Index>(statistics_.datasets.size()), calls};
        return mpi::hash(std::as_bytes(std::span(told)));
    });
    if (!alike) {
        throw Error("the ranks went through different steps of a transfer: this is a defect of memdata");
    }
}

void Monitor::make_room() {
    reduced_.seconds.resize(1 + statistics_.phases.size());
    reduced_.numbers.reserve(2 * calls_.size());
    for (std::size_t i = 0; i < calls_.size(); ++i) {
        if (statistics_.datasets[i].calls > 0) {
            reduced_.called.push_back(i);
        }
    }
    reduced_.bits.reserve(2 * reduced_.called.size());
    reduced_.ranks.reserve(h5::cause_bits * reduced_.called.size());
    reduced_.after.reserve(h5::cause_bits * reduced_.called.size());
}

void Monitor::reduce_numbers() {
    std::vector<Index>& numbers = reduced_.numbers;
    for (std::size_t i = 0; i < calls_.size(); ++i) {
        numbers.push_back(statistics_.datasets[i].bytes);
        numbers.push_back(-calls_[i].collective);  // the fewest
    }
    reduce(comm_, numbers, MPI_INT64_T, MPI_MAX);
    for (std::size_t i = 0; i < calls_.size(); ++i) {
        DatasetTransfer& dataset = statistics_.datasets[i];
        dataset.bytes = numbers[2 * i];
        dataset.collective_calls = -numbers[2 * i + 1];
        statistics_.bytes += dataset.bytes;
    }
}

void Monitor::reduce_causes() {
    const std::vector<std::size_t>& called = reduced_.called;
    std::vector<std::uint32_t>& bits = reduced_.bits;
    std::vector<Index>& ranks = reduced_.ranks;
    std::vector<Index>& after = reduced_.after;
    if (called.empty()) {
        return;
    }
    for (const std::size_t i : called) {
        bits.push_back(calls_[i].report.io_mode);
        bits.push_back(calls_[i].report.global_causes | calls_[i].report.local_causes);
    }
    reduce(comm_, bits, MPI_UINT32_T, MPI_BOR);
    const auto for_each_cause = [&](auto&& f) {
        for (std::size_t k = 0; k < called.size(); ++k) {
            for (int bit = 0; bit < h5::cause_bits; ++bit) {
                if (((bits[2 * k + 1] >> bit) & 1U) != 0) {
                    f(called[k], bit);
                }
            }
        }
    };
    for_each_cause([&](std::size_t dataset, int bit) {
        const bool mine = ((calls_[dataset].report.local_causes >> bit) & 1U) != 0;
        ranks.push_back(mine ? 1 : 0);
        after.push_back(mine ? comm_.size() - comm_.rank() : 0);
    });
    if (!ranks.empty()) {
        reduce(comm_, ranks, MPI_INT64_T, MPI_SUM);
        reduce(comm_, after, MPI_INT64_T, MPI_MAX);
    }
    agree(comm_, "describing how HDF5 moved the data", [&] {
        for (std::size_t k = 0; k < called.size(); ++k) {
            statistics_.datasets[called[k]].io_mode = h5::describe_io_mode(bits[2 * k]);
        }
        std::size_t next = 0;
        for_each_cause([&](std::size_t dataset, int bit) {
            statistics_.datasets[dataset].causes.push_back(
                {h5::describe_cause(bit), static_cast<int>(ranks[next]), comm_.size() - static_cast<int>(after[next])});
            ++next;
        });
    });
}

void Monitor::settle() {
    check_alike();
    reduce_numbers();
    reduce_causes();
}

TransferStatistics Monitor::finish() noexcept {
    watchdog_.reset();
    bar_.reset();
    end_phase();
    std::vector<double>& seconds = reduced_.seconds;
    seconds.front() = seconds_between(start_, phase_start_);
    std::ranges::transform(statistics_.phases, seconds.begin() + 1, &TransferPhase::seconds);
    reduce(comm_, seconds, MPI_DOUBLE, MPI_MAX);
    statistics_.seconds = seconds.front();
    for (std::size_t i = 0; i < statistics_.phases.size(); ++i) {
        statistics_.phases[i].seconds = seconds[i + 1];
    }
    return std::move(statistics_);
}

Index payload_bytes(const Array& array) {
    if (array.dtype().is_trivial()) {
        return array.bytes();
    }
    Index bytes = 0;
    const auto* strings = reinterpret_cast<const std::string*>(array.data());
    for (Index i = 0; i < array.shape().elements(); ++i) {
        bytes += static_cast<Index>(strings[i].size());
    }
    return bytes;
}

}  // namespace memdata::io
