// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <string>

#include "memdata/io/options.hpp"
#include "memdata/mpi/communicator.hpp"

namespace memdata::io {

/// Options as text: what they are called in a message ("option hints") and their values.
using OptionTexts = std::map<std::string, std::string>;

[[nodiscard]] OptionTexts describe(const std::string& file, const SaveOptions& options);
[[nodiscard]] OptionTexts describe(const std::string& file, const LoadOptions& options);

/// Throws MismatchError on all ranks unless they all have the same; it names the first that differs, and the values.
/// Collective on comm (one reduction; more on failure).
void same_options(const Communicator& comm, const OptionTexts& mine);

}  // namespace memdata::io
