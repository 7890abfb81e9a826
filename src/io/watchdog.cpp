// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "io/watchdog.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace memdata::io {

namespace {

/// Looks so often that it is late by a tenth of the limit at most.
std::chrono::duration<double> interval(double limit) {
    return std::chrono::duration<double>(std::clamp(limit / 10, 0.01, 1.0));
}

/// One write, so that the lines of the ranks do not mix.
void print_line(std::string text) {
    text += '\n';
    [[maybe_unused]] const auto written = write(STDERR_FILENO, text.data(), text.size());
}

std::string host_name() {
    std::array<char, 256> name{};
    gethostname(name.data(), name.size() - 1);
    return name.data();
}

}  // namespace

StallReporter::StallReporter(const LiveState& state, const Watchdog& options, int rank)
    : state_(state),
      options_(options),
      who_(fmt::format("rank {} (host {}, process {})", rank, host_name(), getpid())),
      next_report_(options.seconds),
      ticker_(interval(options.seconds), [this] { look(); }) {}

void StallReporter::look() {
    const auto [in_phase, idle] = state_.times();
    if (in_phase < options_.seconds) {
        next_report_ = options_.seconds;  // a new phase
        return;
    }
    if (in_phase < next_report_) {
        return;
    }
    next_report_ = in_phase + options_.seconds;
    const Progress at = state_.progress();
    print_line(fmt::format("memdata: {} has been in phase '{}' of {} '{}'{} for {:.1f} s; nothing moved for {:.1f} s",
                           who_, at.phase, at.operation, at.file,
                           at.dataset.empty() ? "" : fmt::format(", dataset '{}',", at.dataset), in_phase, idle));
    if (options_.abort) {
        // The other ranks are about to say where they are, too: the launcher must not end them before.
        std::this_thread::sleep_for(std::chrono::duration<double>(std::min(1.0, options_.seconds)));
        if (state_.times().in_phase < options_.seconds) {
            return;  // it went on
        }
        print_line(fmt::format("memdata: {} ends the job: the watchdog's limit is {:.1f} s", who_, options_.seconds));
        _exit(1);
    }
}

}  // namespace memdata::io
