// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "h5/transfer_report.hpp"
#include "memdata/base/array.hpp"
#include "memdata/io/options.hpp"
#include "memdata/io/statistics.hpp"
#include "memdata/mpi/communicator.hpp"

namespace memdata::io {

/// Follows one save or load, for the statistics. Made and finished by save() and load(); whoever moves data tells it
/// what happens. Only what is said to be collective communicates; the rest is cheap.
class Monitor {
public:
    Monitor(const Communicator& comm, std::string_view operation, const std::string& file);
    Monitor(const Monitor&) = delete;
    Monitor& operator=(const Monitor&) = delete;

    /// The one in force, once it is known.
    void backend(const Backend& backend) { statistics_.backend = backend; }
    /// A step begins, and the one before ends. The same names in the same order on all ranks.
    void phase(std::string_view name);

    /// So many bytes of a dataset, counted over all ranks, have gone this route: adds up. All ranks tell of the same
    /// datasets and routes in the same order; of the bytes the largest number counts.
    void moved(const std::string& path, Route route, Index bytes);
    /// HDF5 did a part of a dataset's parallel transfer. All ranks tell of the same calls.
    void called_hdf5(const std::string& path, const h5::TransferReport& report);

    /// Ends the last phase. The same on all ranks. Collective on comm.
    [[nodiscard]] TransferStatistics finish();

private:
    using Clock = std::chrono::steady_clock;

    struct Calls {  // of HDF5, for one dataset, on this rank
        Index collective = 0;
        h5::TransferReport report;
    };
    [[nodiscard]] std::size_t entry(const std::string& path, Route route);
    void check_alike();
    void reduce_numbers();
    void reduce_causes();

    Communicator comm_;
    TransferStatistics statistics_;
    std::unordered_map<std::string, std::size_t> places_;  // of paths in statistics_.datasets
    std::vector<Calls> calls_;                             // beside statistics_.datasets
    Clock::time_point start_ = Clock::now();
    Clock::time_point phase_start_ = start_;
};

/// What statistics count of an array: its bytes; of elements of variable length what they hold.
[[nodiscard]] Index payload_bytes(const Array& array);

}  // namespace memdata::io
