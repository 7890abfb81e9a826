// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "memdata/mpi/agreement.hpp"
#include "mpi/same.hpp"
#include "mpi/serialize.hpp"

namespace memdata {

/// Throws MismatchError on all ranks unless `write(archive)` writes the same on all; it returns the text that a person
/// is shown. Collective on comm.
template <class F>
void same_arguments(const Communicator& comm, std::string_view what, F&& write) {
    std::string shown;
    std::string bytes;
    agree(comm, "comparing the ranks", [&] {
        mpi::OutArchive archive;
        shown = write(archive);
        bytes = std::move(archive).bytes();
    });
    mpi::same_on_all_ranks(comm, what, std::as_bytes(std::span(bytes)), shown);
}

}  // namespace memdata
