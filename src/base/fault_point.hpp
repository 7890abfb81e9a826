// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <exception>
#include <string_view>

#ifdef MEMDATA_FAULT_POINTS
#include <map>
#include <string>
#endif

// Places at which a test lets something fail on one rank. Every step that the ranks agree on is one, by its name;
// others stand where rank 0 works alone, and where a rank is in the middle of something. Their names are in
// fault_points.def. Only in libraries that are built with the CMake option MEMDATA_FAULT_POINTS; in others there is
// nothing of them.
namespace memdata::faults {

#ifdef MEMDATA_FAULT_POINTS

/// Throws here what the plan says. One relaxed load when there is no plan.
void point(std::string_view name);
/// The same for code that has an exception in hand instead of throwing it.
[[nodiscard]] std::exception_ptr at(std::string_view name) noexcept;

enum class Kind { memdata_error, bad_alloc, runtime_error };
struct Plan {
    std::string name = {};
    int pass = 1;  ///< the how-manieth time the point is passed
    Kind kind = Kind::memdata_error;
};
/// From now on the plan holds for this process.
void arm(const Plan& plan);
/// From now on points are counted, from zero, and nothing fails.
void count();
/// Ends what arm() or count() began. How often each point was passed since.
std::map<std::string, int> disarm();

#else

inline void point(std::string_view) noexcept {}
[[nodiscard]] inline std::exception_ptr at(std::string_view) noexcept { return nullptr; }

#endif

}  // namespace memdata::faults
