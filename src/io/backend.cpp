// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/io/backend.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <mpi.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <sstream>

#include "io/backend_check.hpp"
#include "io/mpi_tool.hpp"
#include "memdata/base/error.hpp"
#include "memdata/mpi/agreement.hpp"

namespace memdata {

namespace {

constexpr const char* choice_variable = "io";  // Open MPI's parameter: the component(s) to use
// Data sieving of ompio: wrong data written (open-mpi/ompi#12718), and read where ranks overlap (open-mpi/ompi#10546).
constexpr std::array<const char*, 2> cure_variables = {"fbtl_posix_read_datasieving", "fbtl_posix_write_datasieving"};

/// What this process has decided on; Open MPI, too, decides once a process.
std::optional<Backend>& decided() {
    static std::optional<Backend> backend;
    return backend;
}

/// Has to come before MPI_T or MPI-IO look at the parameters for the first time.
void ask_for_cure() {
    for (const char* variable : cure_variables) {
        setenv(fmt::format("OMPI_MCA_{}", variable).c_str(), "0", 0);
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
    const std::vector<std::string> names = installed(tool);
    for (const std::string& candidate : names) {
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
    // ompio has the highest priority of all (30 against 10 in 4.1).
    const bool has_ompio = std::ranges::find(candidates, "ompio") != candidates.end();
    return candidates.empty() ? std::string() : has_ompio ? "ompio" : candidates.front();
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
}

/// Open MPI older than the version that locks what its data sieving rewrites; the other defect ended before it.
bool sieving_is_unsafe() {
    std::array<char, MPI_MAX_LIBRARY_VERSION_STRING> text{};
    int length = 0;
    MPI_Get_library_version(text.data(), &length);
    int major = 0;
    int minor = 0;
    int release = 0;
    if (std::sscanf(text.data(), "Open MPI v%d.%d.%d", &major, &minor, &release) != 3) {
        return false;
    }
    return major < 4 || (major == 4 && (minor < 1 || (minor == 1 && release < 7)));
}

std::string cure_in_force(const io::ToolSession& tool, const std::string& component) {
    if (component != "ompio") {
        return "";
    }
    std::string in_force;
    for (const char* variable : cure_variables) {
        if (tool.read(variable) == "0") {
            in_force += fmt::format("{}{}=0", in_force.empty() ? "" : ", ", variable);
        } else if (sieving_is_unsafe()) {
            throw BackendError(fmt::format(
                "ompio of this Open MPI writes and reads wrong data when it sieves (open-mpi/ompi#12718, #10546), and "
                "it is too late to switch that off: call memdata::backend() before other code opens files or starts "
                "MPI_T, or run with OMPI_MCA_{}=0",
                variable));
        }
    }
    return in_force;
}

Backend decide(const std::optional<std::string>& wanted) {
    ask_for_cure();
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
    result.cure = cure_in_force(tool, result.component);
    return result;
}

Backend decide_together(const Communicator& comm, const std::optional<std::string>& wanted) {
    const Backend result = agree(comm, "choosing the MPI-IO backend", [&] { return decide(wanted); });
    same_on_all_ranks(comm, "the MPI-IO backend", result.component);
    decided() = result;
    return result;
}

}  // namespace

std::vector<std::string> installed_backends() {
    ask_for_cure();
    return installed(io::ToolSession());
}

void select_backend(const Communicator& comm, std::string_view name) { decide_together(comm, std::string(name)); }

Backend backend(const Communicator& comm) {
    const bool known = decided().has_value();
    return known ? *decided() : decide_together(comm, std::nullopt);
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
