// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "memdata/base/shape.hpp"
#include "memdata/io/backend.hpp"

namespace memdata {

/// Who moved the bytes of a dataset between memory and file in the end.
enum class Route {
    rank_0,    ///< rank 0 alone, with a serial driver: common data and elements of variable length
    direct,    ///< every rank its own pieces, by independent MPI-IO
    exchange,  ///< every rank large pieces, by independent MPI-IO; memdata passed the bytes between the ranks
    hdf5,      ///< HDF5's own parallel transfer: DatasetTransfer says whether it was collective
    serial,    ///< every rank its own part, with a serial driver: virtual datasets, which parallel HDF5 does not read
};

/// A step of a transfer. All ranks go through the same ones.
struct TransferPhase {
    std::string name = {};
    double seconds = 0;  ///< the longest over the ranks
};

/// Why calls of HDF5 were not collective, as it says itself (H5Pget_mpio_no_collective_cause).
struct NotCollective {
    std::string cause = {};
    int ranks = 0;       ///< how many ranks it comes from; on the others HDF5 gave in to them
    int first_rank = 0;  ///< the first of these
};

/// One dataset's part in a transfer.
struct DatasetTransfer {
    std::string path = {};
    Route route = Route::rank_0;
    Index bytes = 0;             ///< of all ranks; of strings of variable length their characters
    Index calls = 0;             ///< of HDF5's parallel transfer, on every rank; 0 for the other routes
    Index collective_calls = 0;  ///< those that were collective on every rank
    std::string io_mode = {};    ///< what HDF5 did: "contiguous collective", "chunk collective", ...
    std::vector<NotCollective> causes = {};
};

/// What save() and load() did; the same on all ranks.
struct TransferStatistics {
    std::string operation = {};  ///< "save", "load"
    std::string file = {};
    int ranks = 0;
    Backend backend = {};
    std::string file_system = {};  ///< "ext4", "nfs", "lustre", ...; of the file's folder, as rank 0 sees it
    Index bytes = 0;               ///< payload of all ranks: the elements, without attributes and what HDF5 adds
    double seconds = 0;            ///< from the call to its end, the longest over the ranks
    std::vector<TransferPhase> phases = {};
    std::vector<DatasetTransfer> datasets = {};

    /// Payload a second, in bytes; 0 when nothing took any time.
    [[nodiscard]] double rate() const noexcept { return seconds > 0 ? static_cast<double>(bytes) / seconds : 0; }
    /// Was every call of HDF5's parallel transfer collective? (Also true when there was none.)
    [[nodiscard]] bool all_collective() const noexcept;
};

/// "direct", "exchange", "HDF5", "serial", "rank 0".
[[nodiscard]] const char* to_string(Route route) noexcept;

/// A few lines for a person; the datasets are summed up by route, and those that were not collective are named.
[[nodiscard]] std::string to_string(const TransferStatistics& statistics);
std::ostream& operator<<(std::ostream& out, const TransferStatistics& statistics);

}  // namespace memdata
