// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "io/mpi_info.hpp"

#include <fmt/format.h>
#include <mpi.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "io/file_system.hpp"
#include "memdata/base/error.hpp"

namespace memdata::io {

namespace {

enum class Kind { text, number };

/// A key that a family of components ("ompio", "romio") reads.
struct Known {
    std::string_view family;
    std::string_view key;
    Kind kind = Kind::text;
};

/// Open MPI 4.1: ompio's, and those of ROMIO 3.2.1 (romio321) to 3.4.1 (romio341).
constexpr std::array<Known, 27> known_hints{{
    {"ompio", "cb_buffer_size", Kind::number},
    {"ompio", "cb_nodes", Kind::number},
    {"ompio", "collective_buffering"},
    {"romio", "cb_buffer_size", Kind::number},
    {"romio", "cb_config_list"},
    {"romio", "cb_nodes", Kind::number},
    {"romio", "direct_read"},
    {"romio", "direct_write"},
    {"romio", "ind_rd_buffer_size", Kind::number},
    {"romio", "ind_wr_buffer_size", Kind::number},
    {"romio", "romio_cb_alltoall"},
    {"romio", "romio_cb_ds_threshold", Kind::number},
    {"romio", "romio_cb_fr_alignment", Kind::number},
    {"romio", "romio_cb_fr_type"},
    {"romio", "romio_cb_fr_types"},
    {"romio", "romio_cb_pfr"},
    {"romio", "romio_cb_read"},
    {"romio", "romio_cb_write"},
    {"romio", "romio_ds_read"},
    {"romio", "romio_ds_write"},
    {"romio", "romio_lustre_co_ratio", Kind::number},
    {"romio", "romio_lustre_coll_threshold", Kind::number},
    {"romio", "romio_lustre_ds_in_coll"},
    {"romio", "romio_min_fdomain_size", Kind::number},
    {"romio", "romio_no_indep_rw"},
    {"romio", "romio_synchronized_flush"},
    {"romio", "romio_visibility_immediate"},
}};

/// Striping by a hint has no effect in Open MPI, whatever the component (open-mpi/ompi#10132).
constexpr std::array<std::string_view, 5> striping{"striping_factor", "striping_unit", "start_iodevice", "stripe_size",
                                                   "stripe_width"};

/// "romio321" to "romio"; others are families of their own.
std::string_view family_of(std::string_view component) { return component.starts_with("romio") ? "romio" : component; }

const Known* find(std::string_view component, std::string_view key) {
    const auto* const found = std::ranges::find_if(
        known_hints, [&](const Known& known) { return known.family == family_of(component) && known.key == key; });
    return found == known_hints.end() ? nullptr : found;
}

bool is_positive_number(std::string_view text) {
    long long number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size() && number > 0;
}

void check_length(std::string_view what, const std::string& key, std::string_view text, int limit) {
    if (text.empty() || text.size() >= static_cast<std::size_t>(limit) || text.find('\0') != std::string_view::npos) {
        throw ArgumentError(fmt::format(
            "the {} of the MPI_Info key '{}' has {} bytes, but must have from 1 to {}, and no zero byte among them",
            what, key, text.size(), limit - 1));
    }
}

/// Why a hint must not be given; empty: it may.
std::string harm_of(const std::string& key, const std::string& value, const std::string& component,
                    const std::string& file_system) {
    if (key == "cb_nodes" && component == "ompio") {
        return "makes ompio write wrong data (open-mpi/ompi#12718): leave it out, or choose the backend romio";
    }
    if (key == "romio_no_indep_rw" && value != "false") {
        return "makes parallel HDF5 hang when it opens a file (HDFGroup/hdf5#2434): leave it out";
    }
    if ((key == "romio_ds_write" || key == "romio_lustre_ds_in_coll") && value != "disable" &&
        !has_sure_locks(file_system)) {
        return fmt::format(
            "needs file locks, which file system '{}' may lack; ROMIO then ends the job. Leave it out: memdata writes "
            "without gaps, there is nothing to gain",
            file_system);
    }
    return "";
}

}  // namespace

void check_hints(const Hints& hints, const std::string& component, const std::string& file_system) {
    for (const auto& [key, value] : hints) {
        check_length("name", key, key, MPI_MAX_INFO_KEY);
        check_length("value", key, value, MPI_MAX_INFO_VAL);
        if (const std::string harm = harm_of(key, value, component, file_system); !harm.empty()) {
            throw ArgumentError(fmt::format("the MPI_Info key '{}' = '{}' {}", key, value, harm));
        }
        const Known* known = find(component, key);
        if (known != nullptr && known->kind == Kind::number && !is_positive_number(value)) {
            throw ArgumentError(
                fmt::format("the MPI_Info key '{}' must be a positive number, but is '{}'", key, value));
        }
    }
}

std::vector<std::string> useless_hints(const Hints& hints, const std::string& component) {
    std::vector<std::string> lines;
    if (family_of(component) != "ompio" && family_of(component) != "romio") {
        return lines;  // another MPI, of which nothing is known
    }
    for (const auto& [key, value] : hints) {
        if (std::ranges::find(striping, key) != striping.end()) {
            lines.push_back(fmt::format(
                "the MPI_Info key '{}' has no effect in Open MPI (open-mpi/ompi#10132): set stripes on the folder",
                key));
        } else if (find(component, key) == nullptr) {
            lines.push_back(fmt::format("the MPI_Info key '{}' is not known to {}, which ignores it", key, component));
        }
    }
    return lines;
}

mpi::Info make_info(const Hints& hints, const std::string& component) {
    MPI_Info info = MPI_INFO_NULL;
    mpi::check(MPI_Info_create(&info), "MPI_Info_create");
    mpi::Info owned(info);
    if (family_of(component) == "romio") {
        // Sieving for writes needs locks of the file system, which Lustre may lack; buffering needs none.
        mpi::check(MPI_Info_set(info, "romio_ds_write", "disable"), "MPI_Info_set");
    }
    for (const auto& [key, value] : hints) {
        mpi::check(MPI_Info_set(info, key.c_str(), value.c_str()), fmt::format("MPI_Info_set of '{}'", key));
    }
    return owned;
}

}  // namespace memdata::io
