// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/tree/same_tree.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/range/adaptor/map.hpp>
#include <map>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "array/describe.hpp"
#include "memdata/base/error.hpp"
#include "memdata/mpi/agreement.hpp"
#include "memdata/tree/print.hpp"
#include "mpi/hash.hpp"
#include "mpi/large_count.hpp"
#include "mpi/same.hpp"
#include "mpi/serialize.hpp"

namespace memdata {

namespace {

/// What a node is, without its attributes and children.
template <class Archive>
void describe_node(Archive& archive, const MemNode& node, bool common_data) {
    const bool is_group = node.is_group();
    archive << is_group;
    if (is_group) {
        return;
    }
    const MemDataset& dataset = node.as_dataset();
    const bool distributed = dataset.is_distributed();
    archive << dataset.dtype() << dataset.shape() << dataset.storage() << distributed;
    if (distributed) {
        describe(archive, dataset.distributed().distribution());
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

template <class Archive>
void describe_tree(Archive& archive, const MemNode& node, bool common_data) {
    describe_node(archive, node, common_data);
    archive << node.attrs();
    if (node.is_group()) {
        const std::size_t size = node.as_group().size();
        archive << size;
        for (const MemNode& child : node.as_group().children()) {
            const std::string name = child.name();
            archive << name;
            describe_tree(archive, child, common_data);
        }
    }
}

/// Hash of what `write` puts into an archive.
template <class F>
std::uint64_t digest_of(F&& write) {
    mpi::OutArchive archive;
    write(archive);
    return mpi::hash(std::as_bytes(std::span(archive.bytes())));
}

/// One thing in the tree that can differ: a node, or an attribute of one; with what a person should read.
struct Item {
    std::string path;
    bool is_attribute = false;
    std::string attribute;
    std::uint64_t digest = 0;
    std::string text;
    template <class Archive>
    void serialize(Archive& ar, unsigned) {
        ar& path& is_attribute& attribute& digest& text;
    }
    [[nodiscard]] auto key() const { return std::tuple(path, is_attribute, attribute); }
    [[nodiscard]] std::string name() const {
        return is_attribute ? fmt::format("{} attribute '{}'", path, attribute) : path;
    }
};

std::string text_of(const AttrValue& value) {
    switch (value.kind()) {
        case AttrValue::Kind::null:
            return fmt::format("null ({})", to_string(value.file_dtype()));
        case AttrValue::Kind::json:
            return fmt::format("JSON {}", to_string(value));
        case AttrValue::Kind::array:
            break;
    }
    const Shape& shape = value.array().shape();
    return fmt::format("{}{}{} {}", to_string(value.file_dtype()), shape.is_scalar() ? "" : " ",
                       shape.is_scalar() ? "" : to_string(shape), to_string(value));
}

std::string text_of(const MemNode& node) {
    if (node.is_group()) {
        return "a group";
    }
    const MemDataset& dataset = node.as_dataset();
    return fmt::format("a {} dataset, {}", dataset.is_common() ? "common" : "distributed", to_string(dataset));
}

void list_items(std::vector<Item>& items, const MemNode& node, bool common_data) {
    const std::string path = node.path();
    items.push_back(
        {path, false, "", digest_of([&](auto& archive) { describe_node(archive, node, common_data); }), text_of(node)});
    for (const auto& [name, value] : node.attrs()) {
        items.push_back({path, true, name, digest_of([&v = value](auto& archive) { archive << v; }), text_of(value)});
    }
    if (node.is_group()) {
        for (const MemNode& child : node.as_group().children()) {
            list_items(items, child, common_data);
        }
    }
}

/// The trees differ: finds out where first, and tells every rank the same. Collective on comm.
[[noreturn]] void throw_difference(const Communicator& comm, const MemGroup& group, bool common_data) {
    std::vector<std::vector<Item>> items;
    agree(comm, "describing the tree", [&] {
        items.resize(static_cast<std::size_t>(comm.size()));
        list_items(items[static_cast<std::size_t>(comm.rank())], group, common_data);
    });
    for (int rank = 0; rank < comm.size(); ++rank) {
        mpi::broadcast_value(comm, items[static_cast<std::size_t>(rank)], rank);
    }
    // From here on all ranks know the same.
    std::map<decltype(Item().key()), std::map<int, Item>> by_key;
    for (int rank = 0; rank < comm.size(); ++rank) {
        for (Item& item : items[static_cast<std::size_t>(rank)]) {
            by_key[item.key()].emplace(rank, std::move(item));
        }
    }
    for (const auto& [key, by_rank] : by_key) {
        std::map<std::uint64_t, std::vector<int>> ranks_with;
        std::map<std::string, int> texts;
        std::vector<int> absent;
        for (int rank = 0; rank < comm.size(); ++rank) {
            const auto found = by_rank.find(rank);
            if (found == by_rank.end()) {
                absent.push_back(rank);
            } else if (std::vector<int>& ranks = ranks_with[found->second.digest]; ranks.empty()) {
                ++texts[found->second.text];
                ranks.push_back(rank);
            } else {
                ranks.push_back(rank);
            }
        }
        if (ranks_with.size() == 1 && absent.empty()) {
            continue;
        }
        const auto on = [](const std::vector<int>& ranks) {
            return fmt::format("on rank{} {}", ranks.size() == 1 ? "" : "s", fmt::join(ranks, ", "));
        };
        std::map<int, std::string> parts;  // in the order of the ranks
        for (const auto& [digest, ranks] : ranks_with) {
            const std::string& text = by_rank.at(ranks.front()).text;
            // The same text stands for what it does not show: contents, offsets in a compound, a long value's end.
            const std::string contents = texts.at(text) > 1 ? fmt::format(" (contents {:016x})", digest) : "";
            parts[ranks.front()] = fmt::format("{}{} {}", text, contents, on(ranks));
        }
        if (!absent.empty()) {
            parts[absent.front()] = "absent " + on(absent);
        }
        const Item& item = by_rank.begin()->second;
        throw MismatchError(fmt::format("the tree must be the same on all ranks, but {} is: {}", item.name(),
                                        fmt::join(parts | boost::adaptors::map_values, "; ")),
                            {.path = item.path});
    }
    throw MismatchError("the tree must be the same on all ranks, but it is not");
}

}  // namespace

void check_same_tree(const Communicator& comm, const MemGroup& group, bool common_data) {
    if (comm.size() == 1) {
        return;
    }
    const bool alike = mpi::agree_alike(comm, "describing the tree", [&] {
        return digest_of([&](auto& archive) { describe_tree(archive, group, common_data); });
    });
    if (!alike) {
        throw_difference(comm, group, common_data);
    }
}

}  // namespace memdata
