// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "base/byte_order.hpp"
#include "h5/chunk_codec.hpp"
#include "h5/elements.hpp"
#include "h5/types.hpp"
#include "io/chunk_grid.hpp"
#include "io/dataset_transfer.hpp"
#include "io/file_access.hpp"
#include "io/posix.hpp"
#include "io/structure.hpp"
#include "memdata/base/error.hpp"

namespace memdata::io {

namespace {

/// Errors that HDF5 would tell less well.
void check_file(const std::string& file, const FileIdentity& identity) {
    struct stat status {};
    if (stat(file.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) {
        errno = EISDIR;
        throw system_error("opening", file);
    }
    if (!S_ISREG(status.st_mode)) {  // a pipe or a device, which may never end, or never begin
        throw IoError(fmt::format("opening '{}': it is no regular file", file), {.file = file});
    }
    const htri_t is_hdf5 = H5Fis_hdf5(file.c_str());
    if (is_hdf5 <= 0) {
        throw FormatError(fmt::format("'{}' is not an HDF5 file{}", file, identity.size == 0 ? " (it is empty)" : ""),
                          {.file = file});
    }
}

/// Metadata are read once, in order: HDF5 is to let go of them while they are still in the processor's cache. With its
/// 2 MiB, freeing them at the end took a fifth of a load. It grows by itself when a large group needs more.
void keep_little_metadata(hid_t access_list) {
    H5AC_cache_config_t config{};
    config.version = H5AC__CURR_CACHE_CONFIG_VERSION;
    h5::check(H5Pget_mdc_config(access_list, &config), "H5Pget_mdc_config");
    config.set_initial_size = true;
    config.initial_size = std::size_t{128} << 10;
    config.min_size = config.initial_size;
    config.max_size = std::size_t{8} << 20;
    config.epoch_length = 5000;  // accesses after which it may grow
    h5::check(H5Pset_mdc_config(access_list, &config), "H5Pset_mdc_config");
}

h5::File open_file(const std::string& file, h5::FileDriver& driver) {
    const h5::PropertyList access(h5::check(H5Pcreate(H5P_FILE_ACCESS), "H5Pcreate"));
    keep_little_metadata(access.get());
    driver.use_in(access.get());
    const hid_t id = H5Fopen(file.c_str(), H5F_ACC_RDONLY, access.get());
    if (id < 0) {
        driver.check(file, "reading");  // says better than HDF5 why not
        const std::string reason = h5::error_stack();
        const bool locked = reason.find("lock") != std::string::npos;
        throw FormatError(fmt::format("'{}' cannot be opened as HDF5: {}{}", file, reason,
                                      locked ? " (another program has it open for writing, or the file system cannot "
                                               "lock: HDF5_USE_FILE_LOCKING=FALSE)"
                                             : ""),
                          {.file = file});
    }
    return h5::File(id);
}

}  // namespace

SerialFile::SerialFile(const std::string& file)
    : name_(file),
      identity_(identify(file)),
      descriptor_(file, O_RDONLY | O_NONBLOCK | O_CLOEXEC, "opening"),  // a pipe would wait for a writer
      file_((check_file(file, identity_), open_file(file, driver_))) {}

h5::ChunkPlace SerialFile::find_chunk(hid_t dataset, const std::string& path, const std::vector<Index>& start) {
    try {
        return h5::find_chunk(driver_, dataset, path, start);
    } catch (const IoError& error) {
        throw FormatError(
            fmt::format("'{}' in file '{}' is damaged: its index of chunks cannot be read ({}): load the rest with "
                        "LoadOptions::only, or take another copy of the file",
                        path, name_, error.what()),
            {.path = path, .file = name_});
    }
}

void SerialFile::check_chunk_count(const FileNode& node, const ResolvedSelection& selection) const {
    constexpr double fine = 4e6;         // seconds of looking for them
    constexpr double address_bytes = 8;  // in an index, at least
    const double chunks = ChunkGrid::most(node.chunks.extents, selection);
    if (chunks > std::max(fine, static_cast<double>(identity_.size) / address_bytes)) {
        throw FormatError(
            fmt::format(
                "'{}' in file '{}' claims to be of shape {} in {:.0f} chunks of {}, more than a file of {} bytes "
                "can hold: it is damaged, or nearly empty. Select a part of it, or load the rest with "
                "LoadOptions::only",
                node.in_file, name_, to_string(node.shape), chunks, to_string(Shape(node.chunks.extents)),
                identity_.size),
            {.path = node.in_file, .file = name_});
    }
}

ChunkLayout SerialFile::locate_chunks(const FileNode& node, const ResolvedSelection& selection) {
    return checked([&] { return find_chunks(node, selection); });
}

ChunkLayout SerialFile::find_chunks(const FileNode& node, const ResolvedSelection& selection) {
    const ErrorContext context{.path = node.in_file, .file = name_};
    const h5::Dataset dataset(h5::check(H5Dopen2(file_.get(), node.in_file.c_str(), H5P_DEFAULT), "H5Dopen2", context));
    const h5::PropertyList list(h5::check(H5Dget_create_plist(dataset.get()), "H5Dget_create_plist", context));
    ChunkLayout layout = node.chunks;
    if (h5::check(H5Pget_nfilters(list.get()), "H5Pget_nfilters", context) > 0) {
        layout.filters = h5::encode_properties(list.get());
    }
    const h5::Type type = h5::make_type(node.file_dtype());
    layout.fill.resize(node.file_dtype().itemsize());  // zeros when the file does not say
    H5D_fill_value_t fill = H5D_FILL_VALUE_ERROR;
    h5::check(H5Pfill_value_defined(list.get(), &fill), "H5Pfill_value_defined", context);
    if (fill != H5D_FILL_VALUE_UNDEFINED) {
        h5::check(H5Pget_fill_value(list.get(), type.get(), layout.fill.data()), "H5Pget_fill_value", context);
    }
    const ChunkGrid grid(layout.extents, selection);
    const auto size = static_cast<std::uint64_t>(identity_.size);
    const auto chunk_bytes = static_cast<std::uint64_t>(Shape(layout.extents).bytes(node.file_dtype().itemsize()));
    for (Index number = 0; number < grid.size(); ++number) {
        const h5::ChunkPlace place = find_chunk(dataset.get(), node.in_file, grid.start(number));
        // Without filters HDF5 does not care for what the index says.
        const std::uint64_t stored =
            place.bytes != 0 && layout.filters.empty() && !node.is_odd ? chunk_bytes : place.bytes;
        if (place.offset > size || stored > size - place.offset) {
            throw FormatError(
                fmt::format("'{}' in file '{}' has a chunk of {} bytes at offset {}, but the file ends at "
                            "{}: it is truncated",
                            node.in_file, name_, stored, place.offset, size),
                context);
        }
        layout.places.push_back(place);
    }
    return layout;
}

Array SerialFile::read_bytes(const FileNode& node) const {
    Array array = Array::uninitialized(node.dtype, node.shape);
    FileAccess(descriptor_, name_).read(node.in_file, node.offset, array.data(), array.bytes());
    swap_byte_order(node.file_dtype(), array.data(), array.size());
    h5::normalise_bools(array);
    return array;
}

Array SerialFile::read_by_hdf5(const FileNode& node, const ResolvedSelection& selection) const {
    Array array = Array::zeros(node.dtype, selection.shape());  // HDF5 need not fill what was never written
    if (array.size() > 0) {
        const h5::Dataset dataset(h5::check(H5Dopen2(file_.get(), node.in_file.c_str(), H5P_DEFAULT), "H5Dopen2",
                                            {.path = node.in_file, .file = name_}));
        read_selected(dataset.get(), node.in_file, selection, node.file_dtype(), array);
        driver_.check(name_, "reading");
    }
    return array;
}

Array SerialFile::read(const FileNode& node, const ResolvedSelection& selection) const {
    try {
        const bool is_in_one_piece = node.offset != no_offset && selection.is_all_of(node.shape);
        return is_in_one_piece ? read_bytes(node) : read_by_hdf5(node, selection);
    } catch (const IoError& error) {
        throw FormatError(fmt::format("'{}' in file '{}' cannot be read ({}): the file is damaged, or its device "
                                      "fails. Load the rest with LoadOptions::only, or take another copy",
                                      node.in_file, name_, error.what()),
                          {.path = node.in_file, .file = name_});
    }
}

}  // namespace memdata::io
