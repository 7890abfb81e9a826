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

/// A filter of HDF5's pipeline, by its registered number, with the options that its users give. (What a filter adds to
/// them when a dataset is made, such as the size of an element, does not belong here, and is left out on load.)
struct Filter {
    int id = 0;
    std::vector<unsigned> options = {};
    /// A chunk that the filter cannot work on, such as one that a compressor does not make smaller, fails the save;
    /// else it is stored without the filter.
    bool mandatory = false;
    friend bool operator==(const Filter&, const Filter&) = default;
};

/// zlib, level 0 to 9.
struct Deflate : Filter {
    explicit Deflate(unsigned level = 4) : Filter{1, {level}} {}
};
enum class SzipCoding : unsigned { entropy = 4, nearest_neighbour = 32 };
/// Fast, lossless, for numbers of 1, 2, 4 or 8 bytes. Pixels (elements) a block: even, 2 to 32, and no more than a
/// chunk has elements.
struct Szip : Filter {
    explicit Szip(SzipCoding coding = SzipCoding::nearest_neighbour, unsigned pixels_per_block = 8)
        : Filter{4, {static_cast<unsigned>(coding), pixels_per_block}} {}
};
/// h5py's "lzf": very fast; where memdata was built with liblzf (Debian: liblzf-dev), or HDF5 has a plugin.
struct Lzf : Filter {
    Lzf() : Filter{32000} {}
};
/// Bytes of one significance together: before a compressor.
struct Shuffle : Filter {
    Shuffle() : Filter{2} {}
};
/// A checksum of every chunk.
struct Fletcher32 : Filter {
    Fletcher32() : Filter{3, {}, true} {}
};

/// How a dataset is wished to lie on disk: a hint that the dataset carries from load to save.
struct Storage {
    /// Extents of a chunk, one an axis; empty: contiguous.
    std::vector<Index> chunks = {};
    /// In the order of writing. Without chunks, these are chosen automatically.
    std::vector<Filter> filters = {};
    /// The element type on disk where it differs from that in memory: another byte order, or any type that the elements
    /// convert to.
    std::optional<Dtype> file_dtype = std::nullopt;
    /// How they do that.
    Conversion conversion = Conversion::exact;
    /// HDF5's null dataspace: a type, but no shape; h5py.Empty. In memory a common dataset of shape (0,).
    bool null_space = false;

    /// Choose the chunks when the dataset is saved (automatic_chunks() in chunk_shape.hpp): h5py's chunks=True.
    bool automatic_chunks = false;

    /// Are the chunks to be chosen, asked for or because there are filters?
    [[nodiscard]] bool wants_automatic_chunks() const noexcept {
        return chunks.empty() && (automatic_chunks || !filters.empty());
    }

    /// Throws ArgumentError when the chunks do not fit `shape` (number of axes, extents < 1 or above the axis
    /// unless the shape has no elements, 4 GiB a chunk or more); for chunks or filters of a scalar; for a filter that
    /// cannot be, whatever HDF5 has installed (options out of range, a type that it does not take, variable-length
    /// data and a mandatory filter, more than 32 filters); for a file_dtype that `dtype` does not convert to (values
    /// are looked at by save()); or a null_space that is distributed, chunked or not of shape (0,).
    void check(const Dtype& dtype, const Shape& shape, const std::string& path, bool is_distributed = false) const;

    friend bool operator==(const Storage&, const Storage&) = default;
};

/// "deflate 4", "szip nn 8", "bzip2 (9)", "filter 40000 (1, 2)", with "mandatory" where that is not usual.
[[nodiscard]] std::string to_string(const Filter& filter);
/// "contiguous", "chunks (16, 64), deflate 4", "automatic chunks, lzf".
[[nodiscard]] std::string to_string(const Storage& storage);

}  // namespace memdata
