// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "h5/chunk_index.hpp"

#include <fmt/format.h>

#include <limits>
#include <string_view>

namespace memdata::h5 {

namespace {

/// Is the error of H5Dget_chunk_storage_size that there is no such chunk (HDF5 before 1.12, in a dataset that has
/// others)? Where the index is damaged, the cause lies deeper.
bool is_missing_chunk() {
    bool missing = false;
    const auto look = [](unsigned depth, const H5E_error2_t* entry, void* out) -> herr_t {
        *static_cast<bool*>(out) = depth == 0 && std::string_view(entry->func_name) == "H5D__get_chunk_storage_size";
        return 1;  // the innermost call is enough
    };
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, look, &missing);
    return missing;
}

/// 0: there is no such chunk.
hsize_t stored_bytes(hid_t dataset, const std::vector<hsize_t>& offset, const ErrorContext& context) {
    hsize_t stored = 0;
    const herr_t status = H5Dget_chunk_storage_size(dataset, offset.data(), &stored);
    if (status < 0 && is_missing_chunk()) {
        H5Eclear2(H5E_DEFAULT);
        return 0;
    }
    check(status, "H5Dget_chunk_storage_size", context);
    return stored;
}

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
    if (stored_bytes(dataset, offset, context) == 0) {
        return {};
    }
    std::uint32_t skipped = 0;
    const auto data = driver.locate([&](void* buffer) {
        check(H5Dread_chunk(dataset, H5P_DEFAULT, offset.data(), &skipped, buffer), "H5Dread_chunk", context);
    });
    return place_of(data, skipped, context);  // not in one expression: skipped is known only now
}

ChunkPlace place_chunk(FileDriver& driver, hid_t dataset, const std::string& path, const std::vector<Index>& start,
                       std::uint32_t bytes, std::uint32_t skipped) {
    const ErrorContext context{.path = path};
    const std::vector<hsize_t> offset(start.begin(), start.end());
    if (stored_bytes(dataset, offset, context) == bytes) {
        // HDF5 takes over which filters were skipped only when the size of a chunk changes (1.10.8): so it does.
        static_cast<void>(driver.locate([&](void* buffer) {
            check(H5Dwrite_chunk(dataset, H5P_DEFAULT, skipped, offset.data(), bytes + std::size_t{1}, buffer),
                  "H5Dwrite_chunk", context);
        }));
    }
    return place_of(driver.locate([&](void* buffer) {
        check(H5Dwrite_chunk(dataset, H5P_DEFAULT, skipped, offset.data(), bytes, buffer), "H5Dwrite_chunk", context);
    }),
                    skipped, context);
}

}  // namespace memdata::h5
