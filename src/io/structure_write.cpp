// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "base/fault_point.hpp"
#include "h5/attributes.hpp"
#include "h5/chunk_codec.hpp"
#include "h5/elements.hpp"
#include "h5/file_driver.hpp"
#include "h5/filters.hpp"
#include "h5/handle_cache.hpp"
#include "h5/links.hpp"
#include "h5/space.hpp"
#include "h5/types.hpp"
#include "io/chunk_grid.hpp"
#include "io/converted_for.hpp"
#include "io/merge_plan.hpp"
#include "io/structure.hpp"
#include "memdata/base/error.hpp"
#include "memdata/base/path.hpp"

namespace memdata::io {

bool is_hint(const std::string& attribute) {
    return attribute == file_hint || attribute == dataset_hint || attribute == axis_hint;
}

bool is_written_by_all(const MemDataset& dataset) { return dataset.is_distributed() && dataset.dtype().is_trivial(); }

std::string path_in_file(const MemGroup& tree, const MemNode& node, const SaveOptions& options) {
    const std::string root = tree.path();
    const std::string below = node.path().substr(root == "/" ? 1 : std::min(root.size() + 1, node.path().size()));
    return path::join(path::join("/", options.into), below);
}

namespace {

/// What the file's settings depend on.
struct Measures {
    bool dense_attributes = false;  ///< is there one too large for the oldest format?
    bool chunks = false;
    hsize_t nodes = 0;

    explicit Measures(const MemGroup& tree) {
        measure(tree);
        tree.visit([this](const MemNode& node) { measure(node); });
    }

private:
    void measure(const MemNode& node) {
        ++nodes;
        for (const auto& [name, value] : node.attrs()) {
            dense_attributes = dense_attributes || h5::needs_dense_storage(value);
        }
        if (node.is_dataset()) {
            const Storage& storage = node.as_dataset().storage();
            chunks = chunks || !storage.chunks.empty() || storage.wants_automatic_chunks();
        }
    }
};

h5::PropertyList file_access(const Measures& measures) {
    h5::PropertyList access(h5::check(H5Pcreate(H5P_FILE_ACCESS), "H5Pcreate"));
    // The oldest format that can hold the tree, so that every reader can read it.
    h5::check(H5Pset_libver_bounds(access.get(), measures.dense_attributes ? H5F_LIBVER_V18 : H5F_LIBVER_EARLIEST,
                                   H5F_LIBVER_LATEST),
              "H5Pset_libver_bounds");
    // Metadata in pieces that suit the tree: few writes for a large one, no waste for a small one.
    constexpr hsize_t per_node = 512;
    const hsize_t block = std::clamp<hsize_t>(measures.nodes * per_node, 2048, hsize_t{1} << 20);
    h5::check(H5Pset_meta_block_size(access.get(), block), "H5Pset_meta_block_size");
    // Large data begin where file systems like to cut: pages of their cache, stripes, locks. The gap is a hole.
    constexpr hsize_t large = hsize_t{16} << 20;
    constexpr hsize_t unit = hsize_t{1} << 20;
    h5::check(H5Pset_alignment(access.get(), large, unit), "H5Pset_alignment");
    return access;
}

h5::PropertyList make_list(const ErrorContext& context) {
    return h5::PropertyList(h5::check(H5Pcreate(H5P_DATASET_CREATE), "H5Pcreate", context));
}

/// Room now, for all ranks to write into, unless it is made chunk by chunk; no fill values, every byte will be written.
void leave_to_all_ranks(hid_t list, H5D_alloc_time_t room, const ErrorContext& context) {
    h5::check(H5Pset_alloc_time(list, room), "H5Pset_alloc_time", context);
    h5::check(H5Pset_fill_time(list, H5D_FILL_TIME_NEVER), "H5Pset_fill_time", context);
}

h5::PropertyList chunked_properties(const MemDataset& dataset, const Storage& storage, TransferWay way,
                                    const ErrorContext& context) {
    h5::PropertyList list = make_list(context);
    const std::vector<hsize_t> chunks(storage.chunks.begin(), storage.chunks.end());
    h5::check(H5Pset_chunk(list.get(), static_cast<int>(chunks.size()), chunks.data()), "H5Pset_chunk", context);
    h5::add_filters(list.get(), storage.filters, context);
    if (is_written_by_all(dataset)) {
        leave_to_all_ranks(list.get(), way == TransferWay::hdf5 ? H5D_ALLOC_TIME_EARLY : H5D_ALLOC_TIME_INCR, context);
    }
    return list;
}

}  // namespace

/// Writes the tree into a new file.
class NewFile::Writer {
public:
    Writer(NewFile& file, const SaveOptions& options, const std::map<std::string, Array>& strings,
           const MergePlan* merge)
        : file_(file), options_(options), strings_(strings), merge_(merge), for_all_ranks_(make_list({})) {
        leave_to_all_ranks(for_all_ranks_.get(), H5D_ALLOC_TIME_EARLY, {});
    }

    void write_file_hint(hid_t root) { h5::write_attribute(root, "/", file_hint, true, handles_); }

    void write_group(hid_t group, const MemGroup& source, const ErrorContext& group_context) {
        write_attributes(group, source, group_context);
        for (const MemNode& child : source.children()) {
            const ErrorContext context{.path = path::join(group_context.path, child.name()),
                                       .file = group_context.file};
            if (child.is_group()) {
                h5::Group made = open_or_create_group(group, child.name(), context);
                write_group(made.get(), child.as_group(), context);
                made.close("H5Gclose", context);
            } else {
                write_dataset(group, child.as_dataset(), context);
            }
        }
    }

private:
    void write_attributes(hid_t object, const MemNode& node, const ErrorContext& context) {
        for (const auto& [name, value] : node.attrs()) {
            if (!is_hint(name)) {
                make_free(object, name, context);
                h5::write_attribute(object, context.path, name, value, handles_);
            }
        }
    }

    /// In a new file every name is free.
    void make_free(hid_t object, const std::string& attribute, const ErrorContext& context) const {
        if (merge_ != nullptr) {
            h5::remove_attribute(object, context.path, attribute);
        }
    }

    void write_hints(hid_t dataset, const MemDataset& source, const ErrorContext& context) {
        make_free(dataset, dataset_hint, context);
        make_free(dataset, axis_hint, context);
        h5::write_attribute(dataset, context.path, dataset_hint, source.is_distributed(), handles_);
        if (source.is_distributed()) {
            h5::write_attribute(dataset, context.path, axis_hint, static_cast<Index>(source.distributed().axis()),
                                handles_);
        }
    }

    [[nodiscard]] h5::Group open_or_create_group(hid_t group, const std::string& name,
                                                 const ErrorContext& context) const {
        if (merge_ != nullptr) {
            return h5::require_group(group, name, context);
        }
        return h5::Group(
            h5::check(H5Gcreate2(group, name.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), "H5Gcreate2", context));
    }

    /// A new dataset; in an update perhaps the one that is there.
    [[nodiscard]] h5::Dataset open_or_create(hid_t group, const MemDataset& source, const ErrorContext& context) {
        const std::string name = source.name();
        if (merge_ != nullptr && merge_->overwritten.contains(context.path)) {
            return h5::Dataset(h5::check(H5Dopen2(group, name.c_str(), H5P_DEFAULT), "H5Dopen2", context));
        }
        const h5::SharedSpace space = source.storage().null_space
                                          ? std::make_shared<const h5::Space>(h5::make_null_space())
                                          : handles_.space(source.shape());
        // To HDF5 a dataset is half the work when its properties are the default.
        const Storage storage = source.storage_on_disk();
        h5::PropertyList chunked;
        const bool asks_for_room = is_written_by_all(source) && !file_.driver_.makes_room_at_once();
        hid_t properties = asks_for_room ? for_all_ranks_.get() : H5P_DEFAULT;
        if (!storage.chunks.empty()) {
            chunked = chunked_properties(source, storage, options_.transfer.way, context);
            properties = chunked.get();
        }
        if (merge_ != nullptr) {
            h5::remove_link(group, name, context);
        }
        return h5::Dataset(h5::check(H5Dcreate2(group, name.c_str(), handles_.type(source.file_dtype())->get(),
                                                space->get(), H5P_DEFAULT, properties, H5P_DEFAULT),
                                     "H5Dcreate2", context));
    }

    void write_dataset(hid_t group, const MemDataset& source, const ErrorContext& context) {
        faults::point("writing the structure");
        h5::Dataset dataset = open_or_create(group, source, context);
        if (options_.hints) {
            write_hints(dataset.get(), source, context);
        }
        write_attributes(dataset.get(), source, context);
        if (source.is_common()) {
            write_data(dataset.get(), source.common(), source.storage(), context);
        } else {
            file_.places_.emplace_back();
            if (!source.dtype().is_trivial()) {
                write_data(dataset.get(), strings_.at(source.path()), source.storage(), context);
            } else if (source.shape().elements() > 0 && options_.transfer.way != TransferWay::hdf5) {
                place(dataset, source, context);
            }
        }
        if (dataset.is_open()) {
            dataset.close("H5Dclose", context);
        }
    }

    void write_data(hid_t dataset, const Array& data, const Storage& storage, const ErrorContext& context) {
        const Dtype file_dtype = storage.file_dtype.value_or(data.dtype());
        if (file_dtype.native() != data.dtype()) {
            write_data(dataset, converted_for(context.path, data, file_dtype.native(), storage.conversion), storage,
                       context);
        } else if (data.size() > 0) {
            const h5::SharedType type = handles_.type(h5::memory_dtype(file_dtype));
            h5::write_elements(data, file_dtype, context.path, [&](const void* buffer) {
                h5::check(H5Dwrite(dataset, type->get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, buffer), "H5Dwrite", context);
            });
        }
    }

    /// Finds out where the elements go; a dataset with filters stays open.
    void place(h5::Dataset& dataset, const MemDataset& source, const ErrorContext& context) {
        DatasetPlace& place = file_.places_.back();
        const Storage storage = source.storage_on_disk();
        if (storage.chunks.empty()) {
            place.offset = offset_of(dataset.get(), context);
            return;
        }
        const h5::PropertyList properties(
            h5::check(H5Dget_create_plist(dataset.get()), "H5Dget_create_plist", context));
        // A dataset that was there may have larger chunks than the tree knows.
        std::vector<hsize_t> extents(storage.chunks.size());
        h5::check(H5Pget_chunk(properties.get(), source.shape().ndim(), extents.data()), "H5Pget_chunk", context);
        place.extents.assign(extents.begin(), extents.end());
        place.fill = fill_value(properties.get(), source.file_dtype(), context);
        if (!storage.filters.empty()) {
            place.filters = h5::encode_properties(properties.get());
            file_.filtered_.emplace(file_.places_.size() - 1, std::pair(context.path, std::move(dataset)));
        } else {
            const ChunkGrid grid(place.extents, Selection{}.resolve(source.shape()));
            const auto bytes = static_cast<std::uint32_t>(Shape(place.extents).bytes(source.file_dtype().itemsize()));
            for (Index number = 0; number < grid.size(); ++number) {
                place.chunks.push_back(
                    place_plain_chunk(dataset.get(), source.shape(), place, grid.start(number), bytes, context));
            }
        }
    }

    /// What is beyond the edge comes to light when somebody else resizes the dataset.
    static std::vector<std::byte> fill_value(hid_t properties, const Dtype& file_dtype, const ErrorContext& context) {
        H5D_fill_value_t defined = H5D_FILL_VALUE_ERROR;
        h5::check(H5Pfill_value_defined(properties, &defined), "H5Pfill_value_defined", context);
        std::vector<std::byte> fill;
        if (defined == H5D_FILL_VALUE_USER_DEFINED) {
            fill.resize(file_dtype.itemsize());
            h5::check(H5Pget_fill_value(properties, h5::make_type(file_dtype).get(), fill.data()), "H5Pget_fill_value",
                      context);
        }
        return fill;
    }

    static bool is_partial(const Shape& shape, const std::vector<Index>& start, const std::vector<Index>& extents) {
        for (std::size_t axis = 0; axis < start.size(); ++axis) {
            if (start[axis] + extents[axis] > shape[static_cast<int>(axis)]) {
                return true;
            }
        }
        return false;
    }

    /// The chunk that is there, or room for it.
    h5::ChunkPlace place_plain_chunk(hid_t dataset, const Shape& shape, const DatasetPlace& place,
                                     const std::vector<Index>& start, std::uint32_t bytes,
                                     const ErrorContext& context) {
        if (merge_ != nullptr) {
            const auto find = [&] { return h5::find_chunk(file_.driver_, dataset, context.path, start); };
            if (const h5::ChunkPlace there = find(); there.bytes != 0) {
                return there;
            }
            if (!place.fill.empty() && is_partial(shape, start, place.extents)) {
                // Of a large chunk only what is in the dataset will be written: the rest is to be there before.
                write_fill(dataset, start, bytes, place.fill, context);
                return find();
            }
        }
        return h5::place_chunk(file_.driver_, dataset, context.path, start, bytes, 0);
    }

    static void write_fill(hid_t dataset, const std::vector<Index>& start, std::uint32_t bytes,
                           const std::vector<std::byte>& fill, const ErrorContext& context) {
        std::vector<std::byte> chunk;
        chunk.reserve(bytes);
        while (chunk.size() < bytes) {
            chunk.insert(chunk.end(), fill.begin(), fill.end());
        }
        const std::vector<hsize_t> offset(start.begin(), start.end());
        h5::check(H5Dwrite_chunk(dataset, H5P_DEFAULT, 0, offset.data(), bytes, chunk.data()), "H5Dwrite_chunk",
                  context);
    }

    static std::uint64_t offset_of(hid_t dataset, const ErrorContext& context) {
        const haddr_t offset = H5Dget_offset(dataset);
        if (offset == HADDR_UNDEF) {
            h5::throw_failure("H5Dget_offset", context);
        }
        return offset;
    }

    NewFile& file_;
    const SaveOptions& options_;
    const std::map<std::string, Array>& strings_;
    const MergePlan* merge_;
    h5::PropertyList for_all_ranks_;  // of datasets in one piece
    h5::HandleCache handles_;
};

NewFile::NewFile(const MemGroup& tree, const std::string& file, const SaveOptions& options,
                 const std::map<std::string, Array>& strings, const MergePlan* merge)
    : name_(file) {
    const ErrorContext context{.file = file};
    const Measures measures(tree);
    const h5::PropertyList access = file_access(measures);
    if (merge == nullptr && !measures.chunks) {  // chunks get theirs one by one
        driver_.make_room_at_once();
    }
    driver_.use_in(access.get());
    file_ = h5::File(merge == nullptr ? H5Fcreate(file.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access.get())
                                      : H5Fopen(file.c_str(), H5F_ACC_RDWR, access.get()));
    driver_.check(file);  // says better than HDF5 why not, and may say so when HDF5 has it open
    h5::check(file_.get(), merge == nullptr ? "H5Fcreate" : "H5Fopen", context);
    ErrorContext place{.path = "/", .file = file};
    h5::Group group(h5::check(H5Gopen2(file_.get(), "/", H5P_DEFAULT), "H5Gopen2", place));
    Writer writer(*this, options, strings, merge);
    if (options.hints) {
        h5::remove_attribute(group.get(), "/", file_hint);
        writer.write_file_hint(group.get());
    }
    for (const std::string& name : path::split(options.into)) {
        place.path = path::join(place.path, name);
        group = h5::require_group(group.get(), name, place);
    }
    writer.write_group(group.get(), tree, place);
    group.close("H5Gclose", place);
}

h5::ChunkPlace NewFile::place_chunk(std::size_t dataset, const std::vector<Index>& start, std::uint32_t bytes,
                                    std::uint32_t skipped) {
    faults::point("making room for a chunk");
    const auto& [path, open] = filtered_.at(dataset);
    return h5::place_chunk(driver_, open.get(), path, start, bytes, skipped);
}

void NewFile::close() {
    faults::point("closing the new file");
    for (auto& [number, dataset] : filtered_) {
        dataset.second.close("H5Dclose", {.path = dataset.first, .file = name_});
    }
    filtered_.clear();
    file_.close("H5Fclose", {.file = name_});
    driver_.check(name_);
}

}  // namespace memdata::io
