// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <functional>
#include <string>

namespace memdata_test {

/// Where a child process is; the parent sees it, too.
struct Step {
    std::size_t number = 0;
};
Step& shared_step();

/// How a child process ended.
struct Death {
    bool happened = false;
    std::string how;          // "signal 11", "time limit"
    std::string where;        // the first frame that is not the C library's
    bool in_libhdf5 = false;  // is that frame in libhdf5, or in what it calls to undo filters?
};

/// Runs `body` in a child process that has MPI, by itself, until it returns or the process dies. What it prints goes to
/// `log`, with a backtrace when it crashes. An exception counts as a death, too.
Death run_child(const std::string& log, const std::function<void()>& body);

/// In a child: it dies unless this is called again within so many seconds; 0: no limit.
void limit_time(unsigned seconds);

}  // namespace memdata_test
