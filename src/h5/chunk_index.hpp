// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <boost/mpl/bool.hpp>
#include <boost/serialization/is_bitwise_serializable.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "h5/file_driver.hpp"
#include "memdata/base/shape.hpp"

// Where the chunks of a dataset lie in the file. HDF5 (before H5Dchunk_iter of 1.14) can tell only by walking all
// chunks for each of them; reading or writing a chunk as it is (H5Dread_chunk, H5Dwrite_chunk) looks it up at once, and
// FileDriver notes the place.
namespace memdata::h5 {

/// A chunk in the file.
struct ChunkPlace {
    std::uint64_t offset = 0;
    std::uint32_t bytes = 0;    ///< as stored, after the filters; 0: there is no such chunk
    std::uint32_t skipped = 0;  ///< bit i: filter i was not applied
    friend bool operator==(const ChunkPlace&, const ChunkPlace&) = default;
    template <class Archive>
    void serialize(Archive& ar, unsigned) {
        ar& offset& bytes& skipped;
    }
};

/// The place of the chunk whose first element is `start`, in a dataset of a file that `driver` has open. Throws IoError
/// with the dataset's path.
[[nodiscard]] ChunkPlace find_chunk(FileDriver& driver, hid_t dataset, const std::string& path,
                                    const std::vector<Index>& start);

/// Makes room for that chunk, of `bytes` as stored, or gives an existing one another size.
[[nodiscard]] ChunkPlace place_chunk(FileDriver& driver, hid_t dataset, const std::string& path,
                                     const std::vector<Index>& start, std::uint32_t bytes, std::uint32_t skipped);

}  // namespace memdata::h5

BOOST_IS_BITWISE_SERIALIZABLE(memdata::h5::ChunkPlace)
