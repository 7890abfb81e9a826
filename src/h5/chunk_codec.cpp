// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "h5/chunk_codec.hpp"

#include <array>
#include <utility>

#include "h5/filters.hpp"
#include "h5/memory_file.hpp"
#include "h5/space.hpp"
#include "h5/types.hpp"

namespace memdata::h5 {

std::string encode_properties(hid_t of_dataset) {
    const PropertyList copy(check(H5Pcopy(of_dataset), "H5Pcopy"));
    const hid_t list = copy.get();
    if (const std::vector<Filter> filters = read_filters(list, {}); !filters.empty()) {
        check(H5Premove_filter(list, H5Z_FILTER_ALL), "H5Premove_filter");
        add_filters(list, filters, {});
    }
    std::size_t size = 0;
    check(H5Pencode(list, nullptr, &size), "H5Pencode");
    std::string bytes(size, '\0');
    check(H5Pencode(list, bytes.data(), &size), "H5Pencode");
    return bytes;
}

PropertyList decode_properties(const std::string& bytes) {
    return PropertyList(check(H5Pdecode(bytes.data()), "H5Pdecode"));
}

namespace {

/// The filters and what they look at. No other property: some need a newer format, in which HDF5 keeps a single chunk
/// in another way (1.10.8).
PropertyList what_filters_see(const PropertyList& creation, const Type& type, const Shape& chunk,
                              const ErrorContext& context) {
    PropertyList list = chunked_properties(chunk, context);
    add_filters(list.get(), read_filters(creation.get(), context), context);
    H5D_fill_value_t fill{};
    check(H5Pfill_value_defined(creation.get(), &fill), "H5Pfill_value_defined", context);
    if (fill != H5D_FILL_VALUE_DEFAULT) {
        std::vector<std::byte> element(H5Tget_size(type.get()));
        const bool is_there = fill == H5D_FILL_VALUE_USER_DEFINED;
        if (is_there) {
            check(H5Pget_fill_value(creation.get(), type.get(), element.data()), "H5Pget_fill_value", context);
        }
        check(H5Pset_fill_value(list.get(), type.get(), is_there ? element.data() : nullptr), "H5Pset_fill_value",
              context);
    }
    return list;
}

}  // namespace

ChunkCodec::ChunkCodec(const std::string& creation, const Dtype& file_dtype, const Shape& chunk,
                       const std::string& path)
    : path_(path), origin_(static_cast<std::size_t>(chunk.ndim()), 0), type_(make_type(file_dtype)) {
    const ErrorContext context{.path = path_};
    const PropertyList list = what_filters_see(decode_properties(creation), type_, chunk, context);
    guards_ = ChunkGuards(list.get(), file_dtype, chunk);
    check(H5Pset_alloc_time(list.get(), H5D_ALLOC_TIME_INCR), "H5Pset_alloc_time", context);
    check(H5Pset_fill_time(list.get(), H5D_FILL_TIME_NEVER), "H5Pset_fill_time", context);
    file_ = memory_file(context);
    dataset_ = make_one_chunk(file_, file_dtype, chunk, list.get());
    check(dataset_.get(), "H5Dcreate2 (in memory)", context);
    dataset_.close("H5Dclose", context);
    if (guards_.hold_places()) {
        std::string bytes = bytes_of(file_, context);
        file_.close("H5Fclose", context);
        guards_.put_filters(bytes);
        file_ = memory_file(context, std::move(bytes));
    }
    // No cache: every chunk goes through the filters at once.
    const PropertyList access(check(H5Pcreate(H5P_DATASET_ACCESS), "H5Pcreate", context));
    check(H5Pset_chunk_cache(access.get(), 0, 0, 1.0), "H5Pset_chunk_cache", context);
    dataset_ = Dataset(check(H5Dopen2(file_.get(), "chunk", access.get()), "H5Dopen2 (in memory)", context));
}

void ChunkCodec::forget(std::size_t bytes) {
    constexpr std::array<std::byte, 2> nothing{};
    check(H5Dwrite_chunk(dataset_.get(), H5P_DEFAULT, 0, origin_.data(), bytes, nothing.data()), "H5Dwrite_chunk",
          {.path = path_});
}

std::vector<std::byte> ChunkCodec::encode(const std::byte* chunk, std::uint32_t& skipped) {
    const ErrorContext context{.path = path_};
    const Space space(check(H5Dget_space(dataset_.get()), "H5Dget_space", context));
    hsize_t size = 0;
    for (const std::size_t other : {std::size_t{1}, std::size_t{2}}) {
        forget(other);
        check(H5Dwrite(dataset_.get(), type_.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, chunk), "applying filters: H5Dwrite",
              context);
        check(H5Dget_chunk_info(dataset_.get(), space.get(), 0, nullptr, &skipped, nullptr, &size), "H5Dget_chunk_info",
              context);
        if (size != other) {
            break;
        }
    }
    std::vector<std::byte> stored(size);
    std::uint32_t unreliable = 0;  // as above
    check(H5Dread_chunk(dataset_.get(), H5P_DEFAULT, origin_.data(), &unreliable, stored.data()), "H5Dread_chunk",
          context);
    skipped = guards_.without(skipped);
    return stored;
}

void ChunkCodec::decode(const std::vector<std::byte>& stored, std::uint32_t skipped, std::byte* chunk) {
    const ErrorContext context{.path = path_};
    skipped = guards_.with(skipped);
    forget(stored.size() == 1 ? 2 : 1);
    check(H5Dwrite_chunk(dataset_.get(), H5P_DEFAULT, skipped, origin_.data(), stored.size(), stored.data()),
          "H5Dwrite_chunk", context);
    if (skipped != last_skipped_) {
        const PropertyList access(check(H5Dget_access_plist(dataset_.get()), "H5Dget_access_plist", context));
        dataset_.close("H5Dclose", context);
        dataset_ = Dataset(check(H5Dopen2(file_.get(), "chunk", access.get()), "H5Dopen2 (in memory)", context));
        last_skipped_ = skipped;
    }
    if (H5Dread(dataset_.get(), type_.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, chunk) < 0) {
        throw IoError(error_stack(), context);  // of the file in memory, its user says more of the other
    }
}

}  // namespace memdata::h5
