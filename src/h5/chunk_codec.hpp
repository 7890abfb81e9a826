// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "h5/call.hpp"
#include "h5/chunk_guard.hpp"
#include "memdata/base/dtype.hpp"
#include "memdata/base/shape.hpp"

namespace memdata::h5 {

/// A creation property list as bytes, and back: to send it to other ranks. Filters have the options that were given
/// as far as read_filters() knows them, since they complete them again when a dataset is made; ChunkGuards takes care
/// of the others.
[[nodiscard]] std::string encode_properties(hid_t of_dataset);
[[nodiscard]] PropertyList decode_properties(const std::string& bytes);

/// Applies the filters of a chunked dataset to chunks in memory, on one process: HDF5's own pipeline, whatever filters
/// it has, by way of a dataset of one chunk in a file in memory (core driver). HDF5 offers no call for it.
class ChunkCodec {
public:
    /// `creation` is the dataset's property list (see encode_properties()), `file_dtype` its type in the file. Throws
    /// IoError, with the path, when the filters do not go with them.
    ChunkCodec(const std::string& creation, const Dtype& file_dtype, const Shape& chunk, const std::string& path);

    /// The chunk as it is to be stored; `skipped` tells the filters that were not applied (bit i: filter i).
    [[nodiscard]] std::vector<std::byte> encode(const std::byte* chunk, std::uint32_t& skipped);
    /// The other way round. Throws IoError when the stored bytes are damaged: the filters fail on them, or leave more
    /// or less than a chunk.
    void decode(const std::vector<std::byte>& stored, std::uint32_t skipped, std::byte* chunk);

private:
    /// Puts a chunk of this size in the place of the last one. HDF5 notes which filters were skipped only when the size
    /// of a chunk changes, and what it remembers of the last chunk it looked up has the old ones still, as long as the
    /// dataset is open (1.10.8): without care, a chunk would be taken to be filtered as the one before.
    void forget(std::size_t bytes);

    std::string path_;
    std::vector<hsize_t> origin_;
    File file_;
    Type type_;
    Dataset dataset_;
    ChunkGuards guards_;
    std::uint32_t last_skipped_ = 0;  // of the decoded ones
};

}  // namespace memdata::h5
