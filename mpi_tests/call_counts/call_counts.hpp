// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

// Counts the calls that a program makes to MPI (by MPI's profiling interface) and to the file system (by functions that
// stand in front of the C library's), in whatever shared library they are made. A program that links
// memdata_call_counts counts always; what one step costs is a difference of two counts.
//
// Not seen: what MPI does inside a call. Open MPI's I/O components use its inner functions or the PMPI_ ones, so the
// messages of a collective MPI_File_open or MPI_File_write_at_all do not count. Nor are files that are mapped.
namespace memdata_test {

/// How a call costs.
enum class CallKind {
    collective,  // all ranks of a communicator, MPI_File_open and the like included
    message,     // point to point
    file_mpi,    // access of one rank, by MPI-IO
    open,        // of a watched file
    read,
    write,
    metadata,  // other calls with the name or descriptor of a watched file
};

enum class Call : std::size_t {
#define CALL(name, kind) name,
#include "counted_calls.def"
#undef CALL
    number
};
constexpr std::size_t number_of_calls = static_cast<std::size_t>(Call::number);

/// Of one call, or the sum of several. Bytes are those that this rank hands over to others, of a broadcast or a
/// reduction those of the buffer; of an access to the file those that were asked for.
struct CallCount {
    std::int64_t calls = 0;
    std::int64_t bytes = 0;
};

struct CallCounts {
    std::array<CallCount, number_of_calls> counts{};

    [[nodiscard]] const CallCount& of(Call call) const { return counts[static_cast<std::size_t>(call)]; }
    [[nodiscard]] CallCount of(CallKind kind) const;
    /// What was called at all.
    [[nodiscard]] std::map<std::string, CallCount> by_name(CallKind kind) const;
    /// What was counted since `before`.
    [[nodiscard]] CallCounts since(const CallCounts& before) const;
};

/// What this process has called so far.
[[nodiscard]] CallCounts calls_so_far();

/// From now on the file of this name (its last part) is watched, together with the temporary file and the lock that
/// save() makes for it.
void watch_file(const std::string& file);

void count_call(Call call, std::int64_t bytes = 0) noexcept;

}  // namespace memdata_test
