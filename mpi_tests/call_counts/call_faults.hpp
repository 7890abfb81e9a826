// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

// Lets calls to the file system fail: those that are made, by whatever library, with a file that watch_file() watches,
// its temporary file, its lock, or what MPI makes beside it.
namespace memdata_test {

/// What a call needs that may be short.
enum class Needs { nothing, room };

/// Which calls fail, of those that this process makes from now on.
struct FilePlan {
    enum class Kind {
        once,       ///< call number `number`, with `error`
        full,       ///< from call number `number` on, of those that need room, all that do, with `error`
        cut_short,  ///< call number `number`, of those that read or write, does about half of what it was asked for
    };
    Kind kind = Kind::once;
    std::int64_t number = 0;  ///< from 1; 0: calls are only counted
    int error = 0;
};
void arm_file_fault(const FilePlan& plan) noexcept;

/// What became of a plan.
struct FileFault {
    std::int64_t calls = 0;   ///< of those that the plan counts
    std::string struck = {};  ///< the function that failed first; empty: none
};
FileFault disarm_file_fault();

// For the functions that stand in front of the C library's.

/// The errno with which this call is to fail, or 0.
int fault_of(const char* name, Needs needs) noexcept;
/// Is this call, which reads or writes so many bytes, to do less?
bool is_cut_short(const char* name, std::size_t bytes) noexcept;

}  // namespace memdata_test
