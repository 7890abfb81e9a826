// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/tree/print.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

#include "expect_on_all.hpp"

namespace memdata::testing {
namespace {

TEST(Print, a_tree_as_text) {
    const Communicator world;
    MemGroup root(world);
    root.attrs()["instrument"] = "pathfinder";
    root.attrs()["history"] = AttrValue::json({{"steps", {1, 2}}});
    root.create_group("empty");
    MemGroup& map = root.create_group("index_map");
    map.attrs()["none"] = AttrValue();
    map.create_dataset("freq", Array(std::vector<double>{1, 2})).attrs()["unit"] = "MHz";
    map.create_dataset("näme with space", Array::scalar(std::int8_t{3}));
    root.create_dataset("vis", TypeKind::complex64, {7, 3}, Axis{1},
                        {.chunks = {4, 3}, .filters = {Shuffle(), Deflate(4)}});
    MemDataset& last = root.create_dataset("weights", TypeKind::float32, {0, 5}, Axis{0});
    last.attrs()["long"] = std::string(200, 'x');
    EXPECT_EQ(to_string(root), R"(/
│   @history = {"steps": [1, 2]}
│   @instrument = "pathfinder"
├── empty/
├── index_map/
│   @none = null
│   ├── freq: float64 (2,)
│   │   @unit = "MHz"
│   └── näme with space: int8 ()
├── vis: complex64 (7, 3), distributed over axis 1, chunks (4, 3), shuffle, deflate 4
└── weights: float32 (0, 5), distributed over axis 0
    @long = ")" + std::string(76, 'x') +
                                   "...\n");
    std::ostringstream out;
    out << root;
    EXPECT_EQ(out.str(), to_string(root));
    const std::string text = to_string(root);
    EXPECT_THROW_ON_ALL(world, throw Error(text), Error, "/");  // the same on every rank
    EXPECT_EQ(to_string(map),
              "/index_map\n│   @none = null\n├── freq: float64 (2,)\n"
              "│   @unit = \"MHz\"\n└── näme with space: int8 ()\n");
    EXPECT_EQ(to_string(MemGroup()), "/\n");
}

TEST(Print, uneven_blocks_are_told) {
    const Communicator world;
    MemGroup root(world);
    std::vector<Index> counts(static_cast<std::size_t>(world.size()), 0);
    counts.back() = 7;
    const Distribution distribution({7}, Axis{0}, Partition::from_counts(counts));
    root.create_dataset("d", MPIArray::uninitialized(world, TypeKind::int8, distribution));
    std::string wanted = "int8 (7,), distributed over axis 0";
    if (world.size() > 1) {
        wanted += " (7 over " + std::to_string(world.size()) + " ranks as ";
        for (int rank = 1; rank < world.size(); ++rank) {
            wanted += "0+";
        }
        wanted += "7)";
    }
    EXPECT_EQ(to_string(root.dataset("d")), wanted);
}

// A node a line, whatever its name.
TEST(Print, control_characters_in_names_do_not_break_lines) {
    MemGroup root;
    root.create_group("a\nb\x1b[31m").attrs()["x\ty"] = 1;
    EXPECT_EQ(to_string(root), "/\n└── a\\nb\\x1b[31m/\n    @x\\ty = 1\n");
}

}  // namespace
}  // namespace memdata::testing
