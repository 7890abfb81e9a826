// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <string>
#include <vector>

#include "mpi/call.hpp"

// Hints for MPI-IO: what is passed on, what is refused, what would do nothing. Nothing here is collective.
namespace memdata::io {

using Hints = std::map<std::string, std::string>;

/// Throws ArgumentError, naming the key: empty or longer than MPI takes, a number that is none, or known to harm with
/// this component on this file system.
void check_hints(const Hints& hints, const std::string& component, const std::string& file_system);

/// A line for each hint that the component does not know or does nothing with.
[[nodiscard]] std::vector<std::string> useless_hints(const Hints& hints, const std::string& component);

/// The hints, with what memdata adds for the component.
[[nodiscard]] mpi::Info make_info(const Hints& hints, const std::string& component);

}  // namespace memdata::io
