// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause

#include "leak_check.hpp"

#include <dlfcn.h>
#include <hdf5.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "mpi/node.hpp"

namespace fs = std::filesystem;

namespace memdata_test {
namespace {

/// Ids that a program holds; those that the library made for itself (of conversions between types, say, which it keeps)
/// are none. Its public functions count only what belongs to an open file; where its own function cannot be found,
/// those have to do.
Live hdf5_ids() {
    constexpr std::array<std::pair<H5I_type_t, const char*>, 8> kinds{{{H5I_FILE, "file"},
                                                                       {H5I_GROUP, "group"},
                                                                       {H5I_DATATYPE, "datatype"},
                                                                       {H5I_DATASPACE, "dataspace"},
                                                                       {H5I_DATASET, "dataset"},
                                                                       {H5I_ATTR, "attribute"},
                                                                       {H5I_GENPROP_LST, "property list"},
                                                                       {H5I_ERROR_STACK, "error stack"}}};
    using Visit = int (*)(void* object, hid_t id, void* data);
    static auto* const visit_held =
        reinterpret_cast<herr_t (*)(H5I_type_t, Visit, void*, bool)>(dlsym(RTLD_DEFAULT, "H5I_iterate"));
    Live live;
    if (visit_held == nullptr) {
        live["HDF5 object of a file"] = H5Fget_obj_count(static_cast<hid_t>(H5F_OBJ_ALL), H5F_OBJ_ALL);
        return live;
    }
    const Visit add_one = [](void*, hid_t, void* number) { return ++*static_cast<long*>(number), 0; };
    for (const auto& [kind, name] : kinds) {
        visit_held(kind, add_one, &live[std::string("HDF5 ") + name], true);
    }
    return live;
}

Live descriptors() {
    Live live;
    std::error_code gone;  // the descriptor by which the folder itself is read
    for (const fs::directory_entry& entry : fs::directory_iterator("/proc/self/fd")) {
        const std::string target = fs::read_symlink(entry.path(), gone).string();
        const auto is_in = [&](std::string_view folder) { return target.starts_with(folder); };
        if (is_in("/") && !is_in("/dev/") && !is_in("/proc/") && !is_in("/sys/")) {
            ++live["descriptor of " + target];
        }
    }
    return live;
}

Live threads() {
    Live live;
    std::error_code gone;
    for (fs::directory_iterator task("/proc/self/task", gone), end; task != end; task.increment(gone)) {
        std::ifstream in(task->path() / "comm");
        std::string name;
        if (std::getline(in, name)) {
            ++live["thread"];
        }
    }
    return live;
}

/// Buffers that ranks of a node share, but for those of communicators that are there.
Live shared_memory() {
    std::set<std::string> mapped;  // by device and number of the file: the kernel may cut a mapping
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
        if (line.find("/memfd:memdata") != std::string::npos) {
            std::istringstream words(line);
            std::string range, rights, offset, device, number;
            words >> range >> rights >> offset >> device >> number;
            mapped.insert(device + " " + number);
        }
    }
    const auto kept = static_cast<long>(memdata::mpi::Node::buffers_kept());
    return {{"memory shared with the ranks of a node", static_cast<long>(mapped.size()) - kept}};
}

}  // namespace

LeakCheck::LeakCheck(Source more) : sources_{hdf5_ids, descriptors, threads, shared_memory} {
    H5open();  // what it keeps for good is there from now on
    if (more) {
        sources_.push_back(std::move(more));
    }
}

void LeakCheck::start() { before_ = count(); }

Live LeakCheck::count() const {
    Live live;
    for (const Source& source : sources_) {
        live.merge(source());
    }
    return live;
}

std::string LeakCheck::difference() const {
    std::string text;
    for (const auto& [kind, number] : count()) {
        const auto known = before_.find(kind);
        const long more = number - (known == before_.end() ? 0 : known->second);
        if (more > 0) {
            text += (text.empty() ? "" : ", ") + std::to_string(more) + " x " + kind;
        }
    }
    return text;
}

std::string LeakCheck::leaked() const {
    using std::chrono::steady_clock;
    const auto limit = steady_clock::now() + std::chrono::milliseconds(500);
    std::string text = difference();
    while (!text.empty() && steady_clock::now() < limit) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        text = difference();
    }
    return text;
}

void LeakCheck::expect_nothing(const ::testing::TestInfo& test) const {
    if (test.result()->Failed()) {
        return;  // what it left behind, it left because of that
    }
    if (const std::string text = leaked(); !text.empty()) {
        ADD_FAILURE() << "left behind by the test: " << text;
    }
}

}  // namespace memdata_test
