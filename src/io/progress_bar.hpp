// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "io/live_state.hpp"
#include "io/ticker.hpp"

namespace memdata::io {

/// A line on the terminal that follows a transfer, from a thread of its own, and is wiped at the end. It appears
/// after a second.
class ProgressBar {
public:
    /// Does stderr reach a terminal, by itself or through the mpirun that started this process (whose stderr is a
    /// pipe to the processes), and has MEMDATA_PROGRESS not said 0?
    [[nodiscard]] static bool is_wanted();

    /// `state` must outlive it.
    explicit ProgressBar(const LiveState& state);
    ProgressBar(const ProgressBar&) = delete;
    ProgressBar& operator=(const ProgressBar&) = delete;
    ~ProgressBar();

private:
    void draw();

    const LiveState& state_;
    bool drawn_ = false;
    Ticker ticker_;  // the last: its thread uses the others
};

/// The line, at most `width` characters: "save sim.h5: data /vis [====>    ] 45 % of 2.7 GiB, 560.0 MiB/s, 0:12".
[[nodiscard]] std::string progress_line(const Progress& progress, int width);

}  // namespace memdata::io
