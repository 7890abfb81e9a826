// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <hdf5.h>

#include <cstddef>
#include <string>
#include <vector>

#include "memdata/memdata.hpp"

// A tree of many small datasets as users of plain HDF5 write and read it: groups of five datasets of float64, every
// other one distributed, each with five attributes and caput's hints.
namespace bench {

/// What the tree consists of; datasets are numbered through.
struct SmallTree {
    static constexpr int in_group = 5;
    static constexpr hsize_t large = 1000;  ///< elements of a distributed dataset
    static constexpr hsize_t small = 100;   ///< of a common one
    int groups = 200;

    [[nodiscard]] int datasets() const { return groups * in_group; }
    [[nodiscard]] static bool is_distributed(int dataset) { return dataset % 2 == 0; }
    [[nodiscard]] static hsize_t extent(int dataset) { return is_distributed(dataset) ? large : small; }
    [[nodiscard]] static std::string group(int number);
    [[nodiscard]] static std::string name(int dataset);
    [[nodiscard]] static std::string path(int dataset) { return group(dataset / in_group) + "/" + name(dataset); }
    [[nodiscard]] memdata::Index bytes() const;
};

/// An attribute as read into memory.
struct PlainAttribute {
    std::string name = {};
    H5T_class_t kind = H5T_NO_CLASS;
    std::vector<hsize_t> dims = {};
    std::vector<std::byte> bytes = {};
    std::string text = {};
};

struct PlainDataset {
    std::string path = {};
    std::vector<PlainAttribute> attributes = {};
    std::vector<double> data = {};
};

/// A serial program that writes the whole tree, element values of `data` by dataset.
void write_serially(const std::string& file, const SmallTree& tree, const std::vector<std::vector<double>>& data);
/// A serial program that reads all of such a file. It finds out what is there, but takes for granted what load() has to
/// check: numbers are as this machine has them, nothing is damaged.
[[nodiscard]] std::vector<PlainDataset> read_serially(const std::string& file);

/// A parallel program that makes every dataset and its attributes by collective calls, and writes its data by one.
/// Collective.
void write_each(const memdata::Communicator& comm, const std::string& file, const SmallTree& tree);
/// A parallel program that opens every dataset by its name, reads its attributes and, by one collective call, its data.
/// Collective.
[[nodiscard]] std::vector<PlainDataset> read_each(const memdata::Communicator& comm, const std::string& file,
                                                  const SmallTree& tree);

}  // namespace bench
