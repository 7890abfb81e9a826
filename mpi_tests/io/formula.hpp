// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "memdata/memdata.hpp"

// Data whose every element follows from the dataset's path and the element's global index, so that what arrives
// can be judged without the code that wrote it. truth.py knows the same formula.
namespace memdata_test {

/// Every type of the list, fixed strings of several kinds, a compound of everything, ASCII variable strings,
/// enumerations, opaque types, sequences, subarrays, a compound of these, a described struct.
std::vector<memdata::Dtype> element_types();
/// {id, flag, freq, name, vec: float32(3,), inner: {a, z: complex64}, grid: uint8(2, 2)} with gaps between members.
memdata::Dtype compound_type();

/// Which indices of a dataset an array holds, axis by axis.
using Indices = std::vector<std::vector<memdata::Index>>;
Indices all_indices(const memdata::Shape& shape);
/// What this rank has of an array that holds `taken`.
Indices local_indices(const memdata::MPIArray& array, Indices taken);

/// The number from which the formula makes element `flat` (row-major) of the dataset at `path`.
std::uint64_t element_key(const std::string& path, memdata::Index flat);
/// Writes the element of this key.
void put_element(const memdata::Dtype& dtype, std::byte* at, std::uint64_t key);

/// Fills an array that holds `indices` of the dataset at `path`, of shape `whole`.
void fill(memdata::Array& array, const std::string& path, const memdata::Shape& whole, const Indices& indices);
/// The first wrong element as text, or nothing.
std::string check(const memdata::Array& array, const std::string& path, const memdata::Shape& whole,
                  const Indices& indices);
/// The same for what this rank has of a loaded dataset, which holds `taken` of the file's.
std::string check(const memdata::MemDataset& dataset, const memdata::Shape& whole, const Indices& taken,
                  const std::string& path = {});
/// The same for a dataset that was taken whole.
std::string check(const memdata::MemDataset& dataset);

/// Makes a dataset with the formula's values: common, or distributed over an axis, in blocks as given if so.
memdata::MemDataset& create(memdata::MemGroup& tree, const std::string& path, const memdata::Dtype& dtype,
                            const memdata::Shape& shape, memdata::Placement placement = {},
                            memdata::Storage storage = {}, memdata::Partition partition = {});

}  // namespace memdata_test
