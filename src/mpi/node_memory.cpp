// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "mpi/node_memory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "memdata/base/error.hpp"
#include "memdata/mpi/agreement.hpp"
#include "mpi/node.hpp"

namespace memdata::mpi {

namespace {

std::optional<Index> number_in(const std::string& file) {
    std::ifstream in(file);
    Index value = 0;
    return in >> value ? std::optional(value) : std::nullopt;  // "max" is no number
}

/// The value of "key   123" in a file of such lines.
std::optional<Index> number_after(const std::string& file, std::string_view key) {
    std::ifstream in(file);
    std::string word;
    Index value = 0;
    while (in >> word) {
        if (word == key && in >> value) {
            return value;
        }
    }
    return std::nullopt;
}

/// Where a version of control groups has its files.
struct Layout {
    std::string_view line;  // how its line in /proc/self/cgroup goes on after the number
    std::string_view root;
    std::string_view limit;
    std::string_view used;
    std::string_view cached;
    std::string_view shared;  // part of `cached` that cannot be given up
};
constexpr std::array<Layout, 2> layouts{{{":", "/sys/fs/cgroup", "memory.max", "memory.current", "file", "shmem"},
                                         {"memory:", "/sys/fs/cgroup/memory", "memory.limit_in_bytes",
                                          "memory.usage_in_bytes", "total_cache", "total_shmem"}}};

/// What a control group may still take. Cached files count as free.
std::optional<Index> left_in(const std::string& folder, const Layout& layout) {
    const auto limit = number_in(folder + std::string(layout.limit));
    const auto used = number_in(folder + std::string(layout.used));
    if (!limit || !used) {
        return std::nullopt;
    }
    const std::string statistics = folder + "memory.stat";
    const Index cached =
        number_after(statistics, layout.cached).value_or(0) - number_after(statistics, layout.shared).value_or(0);
    // Counted at different moments, there may be more cached than used; "no limit" is the largest number, or nearly.
    return *limit - std::max(Index{0}, *used - std::max(Index{0}, cached));
}

/// What the control groups of this process may still take: its own and those that it is in.
std::optional<Index> left_in_control_groups() {
    std::ifstream in("/proc/self/cgroup");
    std::optional<Index> left;
    for (std::string line; std::getline(in, line);) {
        line.erase(0, line.find(':') + 1);
        for (const Layout& layout : layouts) {
            if (!line.starts_with(layout.line)) {
                continue;
            }
            std::string path = line.substr(layout.line.size());
            while (true) {
                if (const auto here = left_in(std::string(layout.root) + path + "/", layout)) {
                    left = std::min(left.value_or(*here), *here);
                }
                if (path.empty() || path == "/") {
                    break;
                }
                path.erase(path.rfind('/'));
            }
        }
    }
    return left;
}

std::optional<Index> left_on_machine() {
    const auto kibibytes = number_after("/proc/meminfo", "MemAvailable:");
    const auto group = left_in_control_groups();
    if (!kibibytes) {
        return group;
    }
    return std::min(*kibibytes * 1024, group.value_or(std::numeric_limits<Index>::max()));
}

}  // namespace

void check_node_memory(const Communicator& comm, Index bytes, std::string_view operation, std::string_view advice) {
    const auto node = Node::of(comm);
    Index wanted = bytes;
    if (node->size() > 1) {
        node->word(node->me(), 0) = static_cast<std::uint64_t>(bytes);
        node->barrier();
        wanted = 0;
        for (int number = 0; number < node->size(); ++number) {
            wanted += static_cast<Index>(node->word(number, 0).load());
        }
        node->barrier();
    }
    agree(comm, "looking for memory", [&] {
        const auto left = left_on_machine();
        if (left && wanted > *left) {
            throw MemoryError(fmt::format("{} wants {} MiB on {} rank(s) of this node, which has {} MiB left: {}",
                                          operation, wanted >> 20, node->size(), *left >> 20, advice),
                              {.rank = comm.rank()});
        }
    });
}

}  // namespace memdata::mpi
