// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <string_view>

#include "memdata/io/progress.hpp"

namespace memdata::io {

/// Where a running transfer is: set by the thread that does it, looked at by others.
class LiveState {
public:
    LiveState() = default;
    /// What is going on, and with which file; once, before all else.
    void begin(std::string_view operation, const std::string& file);

    void phase(std::string_view name);
    void dataset(const std::string& path);
    void expect(Index total);
    void advance(Index bytes);

    [[nodiscard]] Progress progress() const;
    /// Seconds in the present phase, and since anything happened.
    struct Times {
        double in_phase;
        double idle;
    };
    [[nodiscard]] Times times() const;

private:
    using Clock = std::chrono::steady_clock;

    mutable std::mutex mutex_;
    Progress progress_;
    Clock::time_point start_ = Clock::now();
    Clock::time_point phase_start_ = start_;
    Clock::time_point last_event_ = start_;
};

}  // namespace memdata::io
