// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "h5/transfer_report.hpp"
#include "io/live_state.hpp"
#include "io/progress_bar.hpp"
#include "io/watchdog.hpp"
#include "memdata/base/array.hpp"
#include "memdata/io/options.hpp"
#include "memdata/io/statistics.hpp"
#include "memdata/mpi/communicator.hpp"

namespace memdata::io {

/// Follows one save or load, for the statistics, the progress callback and bar, and the watchdog. Made and finished
/// by save() and load(); whoever moves data tells it what happens. Only what is said to be collective communicates; the
/// rest is cheap, and is called by the thread that made it. It is told between collective calls, where one rank must
/// not leave alone: so it does not throw but in check() and settle().
class Monitor {
public:
    Monitor(const Communicator& comm, std::string_view operation, const std::string& file,
            const TransferOptions& options) noexcept;
    Monitor(const Monitor&) = delete;
    Monitor& operator=(const Monitor&) = delete;

    /// What is in force, once it is known.
    void found(const Backend& backend, const std::string& file_system) noexcept;
    /// A step begins, and the one before ends. The same names in the same order on all ranks.
    void phase(std::string_view name) noexcept;

    /// What this rank now works at, for those who watch it.
    void dataset(const std::string& path) noexcept;
    /// All that there is to be moved, and has been moved already, for those who watch.
    void expect(Index bytes) noexcept;
    /// Throws what went wrong on this rank beside the transfer: the exception of the progress callback, a watchdog
    /// without a thread, no memory for the statistics. To be called by all ranks, within an agree() that they come to
    /// anyway.
    void check() const;

    /// So many bytes of a dataset, counted over all ranks, have gone this route: adds up. All ranks tell of the same
    /// datasets and routes in the same order; of the bytes the largest number counts. Best called often, as the data
    /// move: this is what progress is measured by.
    void moved(const std::string& path, Route route, Index bytes) noexcept;
    /// HDF5 did a part of a dataset's parallel transfer. All ranks tell of the same calls.
    void called_hdf5(const std::string& path, const h5::TransferReport& report) noexcept;

    /// Puts together what the ranks were told; the last phase has begun, and nothing more will be moved. Throws on all
    /// what check() would throw on one: so it comes before a step that cannot be taken back. Collective on comm.
    void settle();
    /// After settle(): ends the last phase. The same on all ranks; takes no memory, and does not fail. Collective on
    /// comm.
    [[nodiscard]] TransferStatistics finish() noexcept;

private:
    using Clock = std::chrono::steady_clock;

    struct Calls {  // of HDF5, for one dataset, on this rank
        Index collective = 0;
        h5::TransferReport report;
    };
    /// Runs f; what it throws is for check(). After that nothing more is noted: it may have been in the middle of it.
    template <class F>
    void guarded(F&& f) noexcept {
        if (failure_) {
            return;
        }
        try {
            f();
        } catch (...) {
            failure_ = std::current_exception();
        }
    }
    void start_watching(const TransferOptions& options);
    void end_phase();
    void tell(bool always);
    [[nodiscard]] std::size_t entry(const std::string& path, Route route);
    void check_alike();
    void make_room();
    void reduce_numbers();
    void reduce_causes();

    Communicator comm_;
    TransferStatistics statistics_;
    std::unordered_map<std::string, std::size_t> places_;  // of paths in statistics_.datasets
    std::vector<Calls> calls_;                             // beside statistics_.datasets
    /// What is reduced over the ranks, with room made while one rank could still tell the others that it has none.
    struct Reduced {
        std::vector<double> seconds = {};      // of all, and of the phases
        std::vector<Index> numbers = {};       // two of each dataset
        std::vector<std::size_t> called = {};  // the datasets that HDF5 transferred
        std::vector<std::uint32_t> bits = {};  // of each of them io mode and causes
        std::vector<Index> ranks = {};         // that gave a cause
        std::vector<Index> after = {};         // the first of them, as the largest number of ranks after it
    } reduced_;
    Clock::time_point start_ = Clock::now();
    Clock::time_point phase_start_ = start_;

    LiveState live_;
    ProgressCallback callback_;   // on rank 0
    std::exception_ptr failure_;  // see check()
    Clock::time_point last_call_ = start_;
    std::unique_ptr<ProgressBar> bar_;
    std::unique_ptr<StallReporter> watchdog_;
};

/// What statistics count of an array: its bytes; of elements of variable length what they hold.
[[nodiscard]] Index payload_bytes(const Array& array);

}  // namespace memdata::io
