// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "fault_tree.hpp"

#include <algorithm>

namespace memdata_test {

namespace md = memdata;

namespace {

constexpr md::Index rows = 301;
constexpr md::Index columns = 67;

double value(int generation, md::Index i, md::Index j) {
    return generation * 1e6 + static_cast<double>(i * columns + j);
}

md::MPIArray field(const md::Communicator& comm, int generation, md::Axis axis) {
    auto array = md::MPIArray::zeros<double>(comm, {rows, columns}, axis);
    auto view = array.local<double, 2>();
    for (auto [i, row] : array.indices(md::Axis{0})) {
        for (auto [j, column] : array.indices(md::Axis{1})) {
            view(i, j) = value(generation, row, column);
        }
    }
    return array;
}

}  // namespace

md::MemGroup make_tree(const md::Communicator& comm, int generation) {
    md::MemGroup tree(comm);
    tree.attrs()["generation"] = generation;
    tree.create_dataset("by_row", field(comm, generation, md::Axis{0}));
    tree.create_dataset("by_column", field(comm, generation, md::Axis{1}));
    tree.create_dataset("chunked", field(comm, generation, md::Axis{0}), {.chunks = {50, 20}});
    tree.create_dataset("packed", field(comm, generation, md::Axis{1}),
                        {.chunks = {50, 20}, .filters = {md::Shuffle{}, md::Deflate{1}}});
    tree.create_dataset("group/common", md::Array::full<double>({1000}, generation));
    tree.create_dataset("group/text", md::Array(std::vector<std::string>(10, std::to_string(generation))));
    return tree;
}

std::string check_tree(const md::MemGroup& tree, int generation) {
    if (tree.attrs().at("generation").as<int>() != generation) {
        return "attribute of another generation";
    }
    for (const char* name : {"by_row", "by_column", "chunked", "packed"}) {
        const md::MPIArray& array = tree.dataset(name).distributed();
        const auto view = array.local<double, 2>();
        for (auto [i, row] : array.indices(md::Axis{0})) {
            for (auto [j, column] : array.indices(md::Axis{1})) {
                if (view(i, j) != value(generation, row, column)) {
                    return std::string(name) + " has wrong values";
                }
            }
        }
    }
    const auto common = tree.dataset("group/common").local<double, 1>().span();
    if (std::ranges::count(common, generation) != 1000) {
        return "group/common has wrong values";
    }
    const auto text = tree.dataset("group/text").local<std::string, 1>().span();
    if (std::ranges::count(text, std::to_string(generation)) != 10) {
        return "group/text has wrong values";
    }
    return "";
}

}  // namespace memdata_test
