// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "h5/chunk_index.hpp"

#include <fmt/format.h>

#include <limits>

namespace memdata::h5 {

namespace {

/// HDF5 wants an address to read to or write from, which the driver leaves alone.
std::byte untouched{};

ChunkPlace place_of(const std::optional<FileDriver::RawData>& data, std::uint32_t skipped,
                    const ErrorContext& context) {
    if (!data || data->bytes > std::numeric_limits<std::uint32_t>::max()) {
        throw IoError(fmt::format("HDF5 does not say where a chunk of '{}' is", context.path), context);
    }
    return {data->offset, static_cast<std::uint32_t>(data->bytes), skipped};
}

}  // namespace

ChunkPlace find_chunk(FileDriver& driver, hid_t dataset, const std::string& path, const std::vector<Index>& start) {
    const ErrorContext context{.path = path};
    const std::vector<hsize_t> offset(start.begin(), start.end());
    hsize_t stored = 0;
    check(H5Dget_chunk_storage_size(dataset, offset.data(), &stored), "H5Dget_chunk_storage_size", context);
    if (stored == 0) {
        return {};
    }
    std::uint32_t skipped = 0;
    const auto data = driver.locate([&] {
        check(H5Dread_chunk(dataset, H5P_DEFAULT, offset.data(), &skipped, &untouched), "H5Dread_chunk", context);
    });
    return place_of(data, skipped, context);  // not in one expression: skipped is known only now
}

ChunkPlace place_chunk(FileDriver& driver, hid_t dataset, const std::string& path, const std::vector<Index>& start,
                       std::uint32_t bytes, std::uint32_t skipped) {
    const ErrorContext context{.path = path};
    const std::vector<hsize_t> offset(start.begin(), start.end());
    hsize_t stored = 0;
    if (H5Dget_chunk_storage_size(dataset, offset.data(), &stored) < 0) {  // in a dataset without any chunk
        H5Eclear2(H5E_DEFAULT);
        stored = 0;
    }
    if (stored == bytes) {
        // HDF5 takes over which filters were skipped only when the size of a chunk changes (1.10.8): so it does.
        static_cast<void>(driver.locate([&] {
            check(H5Dwrite_chunk(dataset, H5P_DEFAULT, skipped, offset.data(), bytes + std::size_t{1}, &untouched),
                  "H5Dwrite_chunk", context);
        }));
    }
    return place_of(driver.locate([&] {
        check(H5Dwrite_chunk(dataset, H5P_DEFAULT, skipped, offset.data(), bytes, &untouched), "H5Dwrite_chunk",
              context);
    }),
                    skipped, context);
}

}  // namespace memdata::h5
