// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What is wrong with MPI-IO backends, by version, and the parameters that keep it from happening.
namespace memdata::io {

struct Version {
    int major = 0;
    int minor = 0;
    int release = 0;
    friend auto operator<=>(const Version&, const Version&) = default;
};

/// Of "Open MPI v4.1.4, package: ..." (MPI_Get_library_version); nothing for another MPI.
[[nodiscard]] std::optional<Version> parse_open_mpi_version(std::string_view library_version);
/// That of the library this program runs with.
[[nodiscard]] std::optional<Version> open_mpi_version();

/// A parameter of Open MPI that has to have this value.
struct Cure {
    std::string_view component;
    std::string_view parameter;
    std::string_view value;
    Version fixed_in_4;  ///< the first of 4.1.x that does without
    Version fixed_in_5;  ///< the first of 5.0.x
    std::string_view defect;

    [[nodiscard]] bool is_needed(const Version& version) const noexcept {
        return version < fixed_in_4 || (version >= Version{5, 0, 0} && version < fixed_in_5);
    }
};

/// Those that a version needs, whatever the component.
[[nodiscard]] std::vector<Cure> cures_for(const std::optional<Version>& version);

}  // namespace memdata::io
