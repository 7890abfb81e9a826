// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/io/backend.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <mpi.h>

#include <algorithm>
#include <boost/range/adaptor/reversed.hpp>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>

#include "io/backend_check.hpp"
#include "io/cures.hpp"
#include "io/mpi_tool.hpp"
#include "memdata/base/error.hpp"
#include "memdata/mpi/agreement.hpp"
#include "mpi/call.hpp"

namespace memdata {

namespace {

constexpr const char* choice_variable = "io";  // Open MPI's parameter: the component(s) to use
constexpr const char* lock_variable = "fs_ufs_lock_algorithm";

/// What this process has decided on; Open MPI, too, decides once a process.
std::optional<Backend>& decided() {
    static std::optional<Backend> backend;
    return backend;
}

/// Has to come before MPI_T or MPI-IO look at the parameters for the first time. What the user has set stays.
void ask_for_cures() {
    for (const io::Cure& cure : io::cures_for(io::open_mpi_version())) {
        setenv(fmt::format("OMPI_MCA_{}", cure.parameter).c_str(), std::string(cure.value).c_str(), 0);
    }
}

std::vector<std::string> split(const std::string& text, char separator) {
    std::vector<std::string> parts;
    std::istringstream in(text);
    for (std::string part; std::getline(in, part, separator);) {
        if (!part.empty()) {
            parts.push_back(part);
        }
    }
    return parts;
}

std::vector<std::string> installed(const io::ToolSession& tool) {
    std::vector<std::string> names;
    for (const std::string& folder : split(tool.read("mca_base_component_path").value_or(""), ':')) {
        std::error_code ignored;
        for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
            const std::string file = entry.path().filename();
            constexpr std::string_view prefix = "mca_io_";
            if (file.starts_with(prefix) && entry.path().extension() == ".so") {
                names.push_back(entry.path().stem().string().substr(prefix.size()));
            }
        }
    }
    std::ranges::sort(names);
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

/// "romio" to "romio321", whichever is installed.
std::string resolve(const io::ToolSession& tool, std::string_view name) {
    const std::vector<std::string> names = installed(tool);  // sorted: the newest is the last of its family
    for (const std::string& candidate : boost::adaptors::reverse(names)) {
        const bool family = name == "romio" && candidate.starts_with("romio");
        if (candidate == name || family) {
            return candidate;
        }
    }
    throw BackendError(fmt::format("there is no MPI-IO backend '{}': this MPI has {}", name,
                                   names.empty() ? "none to choose from" : fmt::format("{}", fmt::join(names, ", "))));
}

/// The component that Open MPI takes for a value of its parameter: "", "romio321", "ompio,romio321", "^ompio".
std::string component_for(const io::ToolSession& tool, const std::string& value) {
    const bool exclude = value.starts_with('^');
    const std::vector<std::string> listed = split(exclude ? value.substr(1) : value, ',');
    std::vector<std::string> candidates = installed(tool);
    std::erase_if(candidates, [&](const std::string& name) {
        return !value.empty() && (std::ranges::find(listed, name) != listed.end()) == exclude;
    });
    // The launcher may have changed the priorities (--mca io_romio321_priority 50).
    const auto priority = [&](const std::string& name) {
        return std::atoi(tool.read(fmt::format("io_{}_priority", name)).value_or("-1").c_str());
    };
    const auto best = std::ranges::max_element(candidates, {}, priority);
    return best == candidates.end() ? std::string() : *best;
}

void choose(const io::ToolSession& tool, const std::string& component) {
    if (tool.read(choice_variable) == component) {
        return;
    }
    if (!tool.write(choice_variable, component)) {
        throw BackendError(fmt::format(
            "too late to choose the MPI-IO backend '{}': a file was opened already, by '{}'. Choose before the first "
            "parallel file: in the program, with MEMDATA_BACKEND, or with mpirun --mca io {}",
            component, component_for(tool, tool.read(choice_variable).value_or("")), component));
    }
    // When the first file is opened Open MPI looks at the environment again, where the launcher may have left another.
    setenv(fmt::format("OMPI_MCA_{}", choice_variable).c_str(), component.c_str(), 1);
}

/// Throws when a defect of this component's version is not kept from happening.
std::string cures_in_force(const io::ToolSession& tool, const std::string& component) {
    std::string in_force;
    for (const io::Cure& cure : io::cures_for(io::open_mpi_version())) {
        if (cure.component != component) {
            continue;
        }
        if (tool.read(std::string(cure.parameter)) != cure.value) {
            throw BackendError(fmt::format(
                "{} of this Open MPI {}, and {} is not {}, or it is too late to set it: call memdata::backend() before "
                "other code opens files or starts MPI_T, or run with OMPI_MCA_{}={}",
                component, cure.defect, cure.parameter, cure.value, cure.parameter, cure.value));
        }
        in_force += fmt::format("{}{}={}", in_force.empty() ? "" : ", ", cure.parameter, cure.value);
    }
    // The versions that need no cure do without because they lock what they rewrite: unless that is switched off.
    constexpr const char* sieving_variable = "fbtl_posix_write_datasieving";
    if (component == "ompio" && tool.read(lock_variable) == "1" && tool.read(sieving_variable) != "0") {
        throw BackendError(
            fmt::format("{}=1 takes away the locks that ompio's data sieving needs, and files go wrong: "
                        "leave it out, or run with OMPI_MCA_{}=0, too",
                        lock_variable, sieving_variable));
    }
    return in_force;
}

Backend decide(std::optional<std::string_view> wanted) {
    ask_for_cures();
    const io::ToolSession tool;
    Backend result;
    if (wanted) {
        result.component = resolve(tool, *wanted);
        result.origin = "select_backend";
        choose(tool, result.component);
    } else if (const char* name = std::getenv("MEMDATA_BACKEND"); name != nullptr && *name != '\0') {
        result.component = resolve(tool, name);
        result.origin = "MEMDATA_BACKEND";
        choose(tool, result.component);
    } else {
        const std::string value = tool.read(choice_variable).value_or("");
        result.component = component_for(tool, value);
        result.origin = value.empty() ? "default" : "launcher";
    }
    result.cure = cures_in_force(tool, result.component);
    return result;
}

const Backend& decide_together(const Communicator& comm, std::optional<std::string_view> wanted) {
    Backend result =
        agree(comm, "choosing the MPI-IO backend", [&] { return !wanted && decided() ? *decided() : decide(wanted); });
    same_on_all_ranks(comm, "the MPI-IO backend", result.component);
    decided() = std::move(result);
    return *decided();
}

}  // namespace

std::string to_string(const Backend& backend) {
    return fmt::format("{} ({}{}{}{})", backend.component.empty() ? "that of MPI" : backend.component,
                       backend.origin == "default" ? "" : "chosen by ", backend.origin,
                       backend.cure.empty() ? "" : "; ", backend.cure);
}

std::vector<std::string> installed_backends() {
    ask_for_cures();
    return installed(io::ToolSession());
}

void select_backend(const Communicator& comm, std::string_view name) { decide_together(comm, name); }

Backend backend(const Communicator& comm) { return io::decided_backend(comm); }

const Backend& io::decided_backend(const Communicator& comm) {
    // Some ranks may have decided before, without the others: a save by one rank alone, say.
    int known = decided().has_value() ? 1 : 0;
    mpi::check(MPI_Allreduce(MPI_IN_PLACE, &known, 1, MPI_INT, MPI_MIN, comm), "MPI_Allreduce");
    return known != 0 ? *decided() : decide_together(comm, std::nullopt);
}

void io::check_opened_by(const Backend& backend) {
    static bool checked = false;
    if (checked || backend.component.empty()) {
        return;
    }
    const ToolSession tool;
    // A component's own parameters exist once it is loaded; the others' only when they were candidates, too.
    if (!tool.read(fmt::format("io_{}_priority", backend.component))) {
        throw BackendError(fmt::format("the file was not opened by '{}' as chosen, but by '{}'", backend.component,
                                       component_for(tool, tool.read(choice_variable).value_or(""))));
    }
    checked = true;
}

}  // namespace memdata
