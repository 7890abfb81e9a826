// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/tree/same_tree.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <map>
#include <vector>

#include "memdata/base/error.hpp"
#include "memdata/base/path.hpp"
#include "memdata/mpi/agreement.hpp"
#include "memdata/tree/print.hpp"
#include "mpi/hash.hpp"
#include "mpi/large_count.hpp"
#include "mpi/serialize.hpp"

namespace memdata {

namespace {

/// The description of everything but data as bytes: what one rank's tree is.
template <class Archive>
void describe(Archive& archive, const MemNode& node, bool common_data) {
    const bool is_group = node.is_group();
    archive << is_group << node.attrs();
    if (is_group) {
        const std::size_t size = node.as_group().size();
        archive << size;
        for (const MemNode& child : node.as_group().children()) {
            const std::string name = child.name();
            archive << name;
            describe(archive, child, common_data);
        }
        return;
    }
    const MemDataset& dataset = node.as_dataset();
    const bool distributed = dataset.is_distributed();
    archive << dataset.dtype() << dataset.shape() << dataset.storage() << distributed;
    if (distributed) {
        const std::string how = to_string(dataset.distributed().distribution());
        archive << how;
    } else if (common_data) {
        const Array& data = dataset.common();
        if (data.dtype().is_trivial()) {
            const std::uint64_t digest = mpi::hash({data.data(), static_cast<std::size_t>(data.bytes())});
            archive << digest;
        } else {
            archive << data;
        }
    }
}

std::string description(const MemNode& node, bool common_data) {
    std::ostringstream out;
    {
        boost::archive::binary_oarchive archive(out, boost::archive::no_header | boost::archive::no_tracking);
        describe(archive, node, common_data);
    }
    return std::move(out).str();
}

/// One thing in the tree that can differ: a node, or an attribute of one; with what a person should read.
struct Item {
    std::uint64_t digest = 0;
    std::string text;
    template <class Archive>
    void serialize(Archive& ar, unsigned) {
        ar& digest& text;
    }
};
using Items = std::map<std::string, Item>;

void list_items(Items& items, const MemNode& node, bool common_data) {
    const std::string path = node.path();
    const auto add = [&](const std::string& name, const std::string& bytes, std::string text) {
        items[name] = {mpi::hash(std::as_bytes(std::span(bytes))), std::move(text)};
    };
    for (const auto& [name, value] : node.attrs()) {
        add(fmt::format("{} attribute '{}'", path, name), mpi::pack(value), to_string(value));
    }
    if (node.is_group()) {
        add(path, "group", "a group");
        for (const MemNode& child : node.as_group().children()) {
            list_items(items, child, common_data);
        }
    } else {
        const MemDataset& dataset = node.as_dataset();
        std::string text = to_string(dataset);
        std::string bytes = text + to_string(dataset.storage());
        if (dataset.is_distributed()) {
            text = fmt::format("{} {}", to_string(dataset.dtype()), to_string(dataset.distributed().distribution()));
            bytes += text;
        } else if (common_data) {
            const std::string content = mpi::pack(dataset.common());
            const auto digest = mpi::hash(std::as_bytes(std::span(content)));
            bytes += std::to_string(digest);
            text += fmt::format(" (contents {:016x})", digest);
        }
        add(path, bytes, std::move(text));
    }
}

/// The trees differ: finds out where first, and tells every rank the same. Collective on comm.
[[noreturn]] void throw_difference(const Communicator& comm, const MemGroup& group, bool common_data) {
    const Items mine = agree(comm, "describing the tree", [&] {
        Items items;
        list_items(items, group, common_data);
        return items;
    });
    std::map<std::string, std::map<std::string, std::vector<int>>> told;  // item -> text -> ranks
    std::map<std::string, std::map<std::uint64_t, int>> digests;
    for (int rank = 0; rank < comm.size(); ++rank) {
        Items items = comm.rank() == rank ? mine : Items{};
        std::vector<std::string> names;
        std::vector<Item> values;
        for (auto& [name, item] : items) {
            names.push_back(name);
            values.push_back(item);
        }
        mpi::broadcast_value(comm, names, rank);
        mpi::broadcast_value(comm, values, rank);
        for (std::size_t i = 0; i < names.size(); ++i) {
            told[names[i]][values[i].text].push_back(rank);
            ++digests[names[i]][values[i].digest];
        }
    }
    for (auto& [name, texts] : told) {
        const auto& counts = digests[name];
        if (counts.size() == 1 && counts.begin()->second == comm.size()) {
            continue;
        }
        std::vector<bool> has(static_cast<std::size_t>(comm.size()), false);
        std::vector<std::string> parts;
        for (const auto& [text, ranks] : texts) {
            parts.push_back(fmt::format("{} on rank{} {}", text, ranks.size() == 1 ? "" : "s", fmt::join(ranks, ", ")));
            for (const int rank : ranks) {
                has[static_cast<std::size_t>(rank)] = true;
            }
        }
        std::vector<int> absent;
        for (int rank = 0; rank < comm.size(); ++rank) {
            if (!has[static_cast<std::size_t>(rank)]) {
                absent.push_back(rank);
            }
        }
        if (!absent.empty()) {
            parts.push_back(fmt::format("absent on rank{} {}", absent.size() == 1 ? "" : "s", fmt::join(absent, ", ")));
        }
        throw MismatchError(
            fmt::format("the tree must be the same on all ranks, but {} is: {}", name, fmt::join(parts, "; ")),
            {.path = name.substr(0, name.find(" attribute '"))});
    }
    throw MismatchError("the tree must be the same on all ranks, but it is not");
}

}  // namespace

void check_same_tree(const Communicator& comm, const MemGroup& group, bool common_data) {
    const std::uint64_t mine = agree(comm, "describing the tree", [&] {
        const std::string bytes = description(group, common_data);
        return mpi::hash(std::as_bytes(std::span(bytes)));
    });
    std::array<std::uint64_t, 2> range{mine, ~mine};
    mpi::check(MPI_Allreduce(MPI_IN_PLACE, range.data(), 2, MPI_UINT64_T, MPI_MIN, comm), "MPI_Allreduce");
    if (range[0] != ~range[1]) {
        throw_difference(comm, group, common_data);
    }
}

}  // namespace memdata
