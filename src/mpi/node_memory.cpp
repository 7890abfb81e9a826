// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "mpi/node_memory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <optional>
#include <string>

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

/// What the control group (of version 2) of this process may still take. Cached files count as free.
std::optional<Index> left_in_control_group() {
    std::ifstream in("/proc/self/cgroup");
    std::optional<Index> left;
    for (std::string line; std::getline(in, line);) {
        if (!line.starts_with("0::")) {
            continue;
        }
        // Its own limit and those of the groups it is in.
        for (std::string path = line.substr(3); !path.empty(); path.erase(path.rfind('/'))) {
            const std::string folder = "/sys/fs/cgroup" + path + "/";
            const auto limit = number_in(folder + "memory.max");
            const auto used = number_in(folder + "memory.current");
            if (limit && used) {
                const Index cached = number_after(folder + "memory.stat", "file").value_or(0);
                left = std::min(left.value_or(std::numeric_limits<Index>::max()), *limit - *used + cached);
            }
        }
    }
    return left;
}

std::optional<Index> left_on_machine() {
    const auto kibibytes = number_after("/proc/meminfo", "MemAvailable:");
    const auto group = left_in_control_group();
    if (!kibibytes) {
        return group;
    }
    return std::min(*kibibytes * 1024, group.value_or(std::numeric_limits<Index>::max()));
}

}  // namespace

void check_node_memory(const Communicator& comm, Index bytes, std::string_view operation) {
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
            throw MemoryError(fmt::format("{} wants {} MiB on {} rank(s) of this node, which has {} MiB left: use "
                                          "more nodes or fewer ranks a node",
                                          operation, wanted >> 20, node->size(), *left >> 20),
                              {.rank = comm.rank()});
        }
    });
}

}  // namespace memdata::mpi
