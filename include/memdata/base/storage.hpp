// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "memdata/base/convert.hpp"
#include "memdata/base/dtype.hpp"
#include "memdata/base/shape.hpp"

namespace memdata {

/// A filter of HDF5's pipeline, by its registered number, with its options.
struct Filter {
    int id = 0;
    std::vector<unsigned> options;
    friend bool operator==(const Filter&, const Filter&) = default;
};

/// zlib, level 0 to 9.
struct Deflate : Filter {
    explicit Deflate(unsigned level = 4) : Filter{1, {level}} {}
};
/// Bytes of one significance together: before a compressor.
struct Shuffle : Filter {
    Shuffle() : Filter{2, {}} {}
};
/// A checksum of every chunk.
struct Fletcher32 : Filter {
    Fletcher32() : Filter{3, {}} {}
};

/// How a dataset is wished to lie on disk: a hint that the dataset carries from load to save.
struct Storage {
    /// Extents of a chunk, one an axis; empty: contiguous.
    std::vector<Index> chunks = {};
    /// In the order of writing; only with chunks.
    std::vector<Filter> filters = {};
    /// The element type on disk where it differs from that in memory: another byte order, or any type that the elements
    /// convert to.
    std::optional<Dtype> file_dtype = std::nullopt;
    /// How they do that.
    Conversion conversion = Conversion::exact;
    /// HDF5's null dataspace: a type, but no shape; h5py.Empty. In memory a common dataset of shape (0,).
    bool null_space = false;

    /// Throws ArgumentError when the chunks do not fit `shape` (number of axes, extents < 1 or above the axis
    /// unless the shape has no elements, 4 GiB a chunk or more), when there are filters without chunks, a
    /// filter that cannot be, a file_dtype that `dtype` does not convert to (values are looked at by save()), or a
    /// null_space that is distributed or not of shape (0,).
    void check(const Dtype& dtype, const Shape& shape, const std::string& path, bool is_distributed = false) const;

    friend bool operator==(const Storage&, const Storage&) = default;
};

/// "contiguous", "chunks (16, 64), deflate 4".
[[nodiscard]] std::string to_string(const Storage& storage);

}  // namespace memdata
