// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "io/live_state.hpp"
#include "io/ticker.hpp"
#include "memdata/io/progress.hpp"

namespace memdata::io {

/// Reports on stderr, from a thread of its own, when a phase of a transfer lasts too long.
class StallReporter {
public:
    /// `state` must outlive it; options.seconds > 0.
    StallReporter(const LiveState& state, const Watchdog& options, int rank);

private:
    void look();

    const LiveState& state_;
    Watchdog options_;
    std::string who_;
    double next_report_;
    Ticker ticker_;  // the last: its thread uses the others
};

}  // namespace memdata::io
