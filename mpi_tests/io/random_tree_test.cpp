// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// Trees of any form. The seed is printed; MEMDATA_TEST_SEED repeats a run.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "attribute_cases.hpp"
#include "expect_on_all.hpp"
#include "formula.hpp"
#include "scratch.hpp"

namespace md = memdata;

namespace {

/// The same stream of choices on every rank.
class Choice {
public:
    explicit Choice(std::uint64_t seed) : engine_(seed) {}
    /// low <= number <= high
    md::Index number(md::Index low, md::Index high) {
        return low + static_cast<md::Index>(engine_() % static_cast<std::uint64_t>(high - low + 1));
    }
    bool once_in(md::Index n) { return number(1, n) == 1; }
    template <class T>
    const T& of(const std::vector<T>& values) {
        return values[static_cast<std::size_t>(number(0, static_cast<md::Index>(values.size()) - 1))];
    }

private:
    std::mt19937_64 engine_;
};

class RandomTree : public ::testing::Test {
protected:
    md::Communicator world;
    const std::vector<md::Dtype> types = memdata_test::element_types();
    const md::MemAttrs attributes = memdata_test::attribute_cases(false);

    std::uint64_t seed() const {
        std::uint64_t value = std::random_device{}();
        if (const char* text = std::getenv("MEMDATA_TEST_SEED"); text != nullptr) {
            value = std::strtoull(text, nullptr, 10);
        }
        MPI_Bcast(&value, 1, MPI_UINT64_T, 0, world);
        if (world.rank() == 0) {
            std::printf("MEMDATA_TEST_SEED=%llu\n", static_cast<unsigned long long>(value));
        }
        return value;
    }

    static std::string name(Choice& choice) {
        static const std::vector<std::string> parts = {"a",
                                                       "vis",
                                                       "index_map",
                                                       "\xc3\xbcn\xc3\xaf",
                                                       "\xe6\x97\xa5\xe6\x9c\xac",
                                                       " ",
                                                       "d.with.dots",
                                                       "\xf0\x9f\x9a\x80",
                                                       "..",
                                                       "@",
                                                       "%s",
                                                       "\\",
                                                       "'\"",
                                                       "0"};
        std::string text;
        for (md::Index i = choice.number(1, 3); i > 0; --i) {
            text += choice.of(parts);
        }
        return text + std::to_string(choice.number(0, 999));
    }

    md::Partition partition(Choice& choice, md::Index extent) const {
        std::vector<md::Index> counts;
        for (int rank = 1; rank < world.size(); ++rank) {
            counts.push_back(choice.number(0, extent));
            extent -= counts.back();
        }
        counts.push_back(extent);
        return md::Partition::from_counts(std::move(counts));
    }

    void add_attributes(Choice& choice, md::MemNode& node) const {
        for (const auto& [key, value] : attributes) {
            if (choice.once_in(60)) {
                node.attrs()[key] = value;
            }
        }
    }

    void add_dataset(Choice& choice, md::MemGroup& group) const {
        std::vector<md::Index> extents;
        for (md::Index i = choice.number(0, 4); i > 0; --i) {
            extents.push_back(choice.once_in(12) ? 0 : choice.number(1, choice.once_in(5) ? 40 : 7));
        }
        const md::Shape shape(extents);
        const md::Dtype dtype = choice.of(types);
        md::Storage storage;
        if (shape.elements() > 0 && shape.ndim() > 0 && choice.once_in(2)) {
            for (const md::Index extent : shape) {
                storage.chunks.push_back(choice.number(1, extent));
            }
            if (choice.once_in(3)) {
                storage.filters.push_back(md::Shuffle{});
            }
            if (choice.once_in(2)) {
                storage.filters.push_back(md::Deflate{static_cast<unsigned>(choice.number(0, 9))});
            }
            if (dtype.is_trivial() && choice.once_in(3)) {
                storage.filters.push_back(md::Fletcher32{});
            }
        }
        if (const md::Dtype big = dtype.with_byte_order(md::ByteOrder::big); !(big == dtype) && choice.once_in(5)) {
            storage.file_dtype = big;
        }
        md::Placement placement;
        md::Partition split;
        if (shape.ndim() > 0 && choice.once_in(2)) {
            const auto axis = static_cast<int>(choice.number(0, shape.ndim() - 1));
            placement = md::Axis{axis};
            if (choice.once_in(2)) {
                split = partition(choice, shape[axis]);
            }
        }
        const std::string path = md::path::join(group.path(), name(choice));
        if (!group.contains(path)) {
            add_attributes(choice, memdata_test::create(group.root(), path, dtype, shape, placement, storage, split));
        }
    }

    void add_children(Choice& choice, md::MemGroup& group, int depth) const {
        add_attributes(choice, group);
        for (md::Index i = choice.number(0, 6); i > 0; --i) {
            add_dataset(choice, group);
        }
        for (md::Index i = depth < 4 ? choice.number(0, 3) : 0; i > 0; --i) {
            add_children(choice, group.require_group(name(choice) + " group"), depth + 1);
        }
    }

    static std::string compare(const md::MemGroup& saved, const md::MemGroup& loaded) {
        std::vector<std::string> paths[2];
        saved.visit([&](const md::MemNode& node) { paths[0].push_back(node.path()); });
        loaded.visit([&](const md::MemNode& node) { paths[1].push_back(node.path()); });
        if (paths[0] != paths[1]) {
            return "there are other nodes";
        }
        std::string wrong = saved.attrs() == loaded.attrs() ? "" : "/ has other attributes";
        saved.visit([&](const md::MemNode& node) {
            const md::MemNode& other = loaded[node.path()];
            if (!wrong.empty()) {
                return;
            }
            if (other.is_group() != node.is_group() || other.attrs() != node.attrs()) {
                wrong = node.path() + " is of another kind or has other attributes";
            } else if (node.is_dataset()) {
                const md::MemDataset& dataset = other.as_dataset();
                wrong = dataset.dtype() != node.as_dataset().dtype() || dataset.storage() != node.as_dataset().storage()
                            ? to_string(dataset) + " was " + to_string(node.as_dataset())
                            : memdata_test::check(dataset);
            }
        });
        return wrong;
    }
};

TEST_F(RandomTree, comes_back) {
    const std::uint64_t first = seed();
    for (std::uint64_t i = 0; i < 6; ++i) {
        Choice choice(first + i);
        md::MemGroup tree(world);
        add_children(choice, tree, 0);
        const std::string file = memdata_test::scratch("random.h5");
        const auto options = [&]() -> md::TransferOptions {
            return {.way = choice.of(
                        std::vector{md::TransferWay::automatic, md::TransferWay::direct, md::TransferWay::exchange}),
                    .round_bytes = choice.of(std::vector{md::Index{1024}, md::Index{65536}, md::Index{1} << 30})};
        };
        md::save(tree, file, {.sync = false, .transfer = options()});
        std::map<std::string, md::Placement> where;
        tree.visit([&](const md::MemNode& node) {
            if (node.is_dataset() && node.as_dataset().shape().ndim() > 0 && choice.once_in(2)) {
                where[node.path()] = choice.once_in(3) ? md::Placement()
                                                       : md::Placement(md::Axis{static_cast<int>(
                                                             choice.number(0, node.as_dataset().shape().ndim() - 1))});
            }
        });
        const auto part_size = static_cast<int>(choice.number(1, world.size()));
        const md::Communicator part = world.split(world.rank() < part_size ? 0 : 1);
        const md::MemGroup loaded = md::load(part, file, {.distribute = where, .transfer = options()});
        EXPECT_ON_ALL(world, compare(tree, loaded) == "") << "seed " << first + i << ": " << compare(tree, loaded);
    }
}

}  // namespace
