// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "io/cures.hpp"

#include <mpi.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <iterator>

namespace memdata::io {

namespace {

constexpr std::array<Cure, 2> known_cures{{
    {"ompio",
     "fbtl_posix_read_datasieving",
     "0",
     {4, 1, 5},
     {5, 0, 0},
     "reads wrong data where ranks read the same bytes (open-mpi/ompi#10546)"},
    {"ompio",
     "fbtl_posix_write_datasieving",
     "0",
     {4, 1, 7},
     {5, 0, 6},
     "writes wrong data where it writes over gaps (open-mpi/ompi#12718)"},
}};

}  // namespace

std::optional<Version> parse_open_mpi_version(std::string_view library_version) {
    Version version;
    const std::string text(library_version);
    const int found = std::sscanf(text.c_str(), "Open MPI v%d.%d.%d", &version.major, &version.minor, &version.release);
    return found == 3 ? std::optional(version) : std::nullopt;
}

std::optional<Version> open_mpi_version() {
    std::array<char, MPI_MAX_LIBRARY_VERSION_STRING> text{};
    int length = 0;
    MPI_Get_library_version(text.data(), &length);
    return parse_open_mpi_version(text.data());
}

std::vector<Cure> cures_for(const std::optional<Version>& version) {
    std::vector<Cure> cures;
    if (version) {
        std::ranges::copy_if(known_cures, std::back_inserter(cures),
                             [&](const Cure& cure) { return cure.is_needed(*version); });
    }
    return cures;
}

}  // namespace memdata::io
