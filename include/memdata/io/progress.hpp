// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <string>

#include "memdata/base/shape.hpp"

namespace memdata {

/// How far a save or load is, as rank 0 sees it.
struct Progress {
    std::string operation = {};  ///< "save", "load"
    std::string file = {};
    std::string phase = {};    ///< "structure", "opening", "data", ... as in TransferStatistics
    std::string dataset = {};  ///< the one that is being moved, or empty
    Index bytes = 0;           ///< payload of all ranks that has been moved
    Index total = 0;           ///< 0 while it is not known yet
    double seconds = 0;        ///< since the call
};

/// Called on rank 0 alone, in the thread that called save() or load(): when a phase or dataset begins, some ten times
/// a second while data move, and when all have been moved. It must not communicate. What it throws ends the transfer
/// at the next step that the ranks take together: all of them throw it, as agree() does, and save() leaves the old
/// file as it was. It is called no more then.
using ProgressCallback = std::function<void(const Progress&)>;

/// Looks after a transfer that does not end: a thread on every rank (it makes no MPI calls).
struct Watchdog {
    /// 0: none. When a phase lasts longer, the rank says so on stderr, once every so many seconds: rank, host,
    /// process, phase, dataset, for how long, and for how long nothing has moved.
    double seconds = 0;
    /// After the first line end the process (exit status 1), so that the launcher ends the job. What is left behind
    /// is what a killed job leaves: the old file, and a lock that the next save takes over.
    bool abort = false;
};

}  // namespace memdata
