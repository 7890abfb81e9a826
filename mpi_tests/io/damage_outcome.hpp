// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>

#include "memdata/memdata.hpp"

namespace memdata_test {

/// What is done with a damaged file, a letter each: loaded as it says (a), otherwise distributed and selected from (b),
/// a part of it (c), saved again (d), updated (e).
inline constexpr std::string_view damage_operations = "abcde";

/// Does it and says what became of it: "loaded ...", "IoError: ...". Begins with "bad: " when that may not be: an
/// exception of somebody else's, trees that differ between ranks, an old file that changed. Collective on comm.
std::string try_operation(const memdata::Communicator& comm, char operation, const std::string& file);

/// From here on this process gets no more than 4 GiB of address space: what asks for an absurd amount is to fail.
/// Nothing where a sanitiser needs it.
void limit_memory();

}  // namespace memdata_test
