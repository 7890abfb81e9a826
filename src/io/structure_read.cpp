// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <map>
#include <optional>

#include "base/fault_point.hpp"
#include "h5/attributes.hpp"
#include "h5/filters.hpp"
#include "h5/handle_cache.hpp"
#include "h5/links.hpp"
#include "h5/space.hpp"
#include "h5/types.hpp"
#include "io/posix.hpp"
#include "io/structure.hpp"
#include "memdata/base/error.hpp"
#include "memdata/base/path.hpp"

namespace memdata::io {

namespace {

/// Which part of a file is read; all paths are those in the file.
struct Part {
    std::string from;
    std::vector<std::string> only;

    Part(const std::string& group, const std::vector<std::string>& paths) : from(path::join("/", group)) {
        for (const std::string& path : paths) {
            only.push_back(in_file("/" + path));
        }
    }
    [[nodiscard]] std::string in_file(const std::string& tree_path) const {
        return from == "/" ? path::normalise(tree_path) : path::normalise(from + tree_path);
    }
    [[nodiscard]] std::string in_tree(const std::string& path) const {
        return from == "/" ? path : path == from ? "/" : path.substr(from.size());
    }
    [[nodiscard]] bool is_whole() const { return only.empty(); }
    /// Is it to be read itself?
    [[nodiscard]] bool takes(const std::string& path) const {
        return only.empty() || std::ranges::any_of(only, [&](const std::string& top) { return is_in(path, top); });
    }
    /// Is something in it to be read?
    [[nodiscard]] bool leads_to(const std::string& path) const {
        return std::ranges::any_of(only, [&](const std::string& top) { return is_in(top, path); });
    }

private:
    static bool is_in(const std::string& path, const std::string& top) {
        return top == "/" || (path.starts_with(top) && (path.size() == top.size() || path[top.size()] == '/'));
    }
};

void erase_hints(MemAttrs& attrs) {
    for (const char* name : {dataset_hint, axis_hint, file_hint}) {
        attrs.erase(name);
    }
}

/// As path::join, which is slower; names in a damaged file can be anything.
std::string below(const std::string& group, const std::string& name) {
    const bool is_plain = !name.empty() && name != "." && name.find('/') == std::string::npos;
    return is_plain ? (group == "/" ? group + name : group + "/" + name) : path::join(group, name);
}

class Reader {
public:
    Reader(const std::string& file, hid_t id, std::uint64_t size, const Part& part)
        : file_(file), size_(size), part_(part) {
        const ErrorContext context{.file = file};
        const h5::PropertyList list(h5::check(H5Fget_create_plist(id), "H5Fget_create_plist", context));
        h5::check(H5Pget_userblock(list.get(), &user_block_), "H5Pget_userblock", context);
    }

    void read_object(hid_t object, const std::string& path) {
        faults::point("reading the structure");
        const H5O_info_t info = h5::object_info(object, {.path = path, .file = file_});
        if (info.fileno != file_number_.value_or(info.fileno)) {
            damaged(path, "lies in another file");
        }
        file_number_ = info.fileno;
        if (info.type == H5O_TYPE_DATASET) {
            if (part_.takes(path)) {
                read_dataset(object, path);
            }
        } else if (info.type == H5O_TYPE_GROUP) {
            read_group(object, path, info.addr);
        }
        // A named datatype is no part of a tree of data.
    }

    [[nodiscard]] std::vector<FileNode> nodes() && { return std::move(nodes_); }

private:
    [[noreturn]] void damaged(const std::string& path, const std::string& what) const {
        throw FormatError(fmt::format("'{}' in file '{}' {}", path, file_, what), {.path = path, .file = file_});
    }

    void read_group(hid_t group, const std::string& path, haddr_t address) {
        constexpr std::size_t deepest = 1000;
        if (std::ranges::find(above_, address) != above_.end()) {
            damaged(path, "links to a group that it lies in: the tree has no end");
        }
        if (above_.size() >= deepest) {
            damaged(path, fmt::format("lies more than {} groups deep", deepest));
        }
        const auto [first, is_new] = groups_.emplace(address, path);
        const std::string first_name = is_new ? "" : first->second;
        if (!is_new) {
            count_repeated(path, first_name);
        }
        above_.push_back(address);
        nodes_.push_back({.path = part_.in_tree(path), .in_file = path, .is_group = true});
        if (part_.takes(path)) {
            nodes_.back().attrs = h5::read_attributes(group, path, handles_, nodes_.back().left_out);
            erase_hints(nodes_.back().attrs);
        }
        for (const auto& [name, link] : links(group, path)) {
            const std::string child = below(path, name);
            if (!is_new) {
                count_repeated(child, first_name);
            }
            if (const auto object = open(group, name, link, child)) {
                read_object(object->get(), child);
            }
        }
        above_.pop_back();
    }

    /// Links to groups can make a small file a tree that has no end in practice.
    void count_repeated(const std::string& path, const std::string& group) {
        constexpr int most = 100000;
        if (++repeated_ > most) {
            damaged(path, fmt::format("is one name too many: links make more than {} nodes out of groups that are "
                                      "already in the tree, here of '{}'. Load parts with LoadOptions::only",
                                      most, group));
        }
    }

    /// Nothing for a soft link that leads nowhere.
    std::optional<h5::Object> open(hid_t group, const std::string& name, H5L_type_t link,
                                   const std::string& path) const {
        try {
            return h5::open_listed(group, name, link, {.path = path, .file = file_});
        } catch (const PathError& error) {  // to load() it is the file that is wrong
            throw FormatError(error.what(), error.context());
        }
    }

    /// The names in a group that are to be read, sorted, and what they are.
    std::vector<std::pair<std::string, H5L_type_t>> links(hid_t group, const std::string& path) const {
        struct State {
            const Part& part;
            const std::string& path;
            std::vector<std::pair<std::string, H5L_type_t>> names = {};
            std::exception_ptr failure = nullptr;
        } state{part_, path};
        const auto visit = [](hid_t, const char* name, const H5L_info_t* info, void* data) -> herr_t {
            auto& out = *static_cast<State*>(data);
            try {
                const std::string child = out.part.is_whole() ? "" : below(out.path, name);
                if (out.part.takes(child) || out.part.leads_to(child)) {
                    out.names.emplace_back(name, info->type);
                }
                return 0;
            } catch (...) {
                out.failure = std::current_exception();
                return -1;
            }
        };
        const herr_t result = H5Literate(group, H5_INDEX_NAME, H5_ITER_NATIVE, nullptr, visit, &state);
        if (state.failure) {
            std::rethrow_exception(state.failure);
        }
        if (result < 0) {
            damaged(path, fmt::format("cannot be listed: {}", h5::error_stack()));
        }
        std::ranges::sort(state.names);
        return std::move(state.names);
    }

    void read_dataset(hid_t dataset, const std::string& path) {
        const ErrorContext context{.path = path, .file = file_};
        const h5::Type type(h5::check(H5Dget_type(dataset), "H5Dget_type", context));
        const h5::Space space(h5::check(H5Dget_space(dataset), "H5Dget_space", context));
        FileNode node{.path = part_.in_tree(path), .in_file = path};
        node.attrs = h5::read_attributes(dataset, path, handles_, node.left_out);
        const auto path_of = [&] { return path; };
        const auto known = handles_.file_type(type.get(), path_of);
        if (known->has_references) {
            static_cast<void>(h5::read_type(type.get(), path));  // says why not
        }
        const Dtype& file_dtype = known->dtype;
        node.dtype = file_dtype.native();
        node.storage.null_space = H5Sget_simple_extent_type(space.get()) == H5S_NULL;
        if (node.storage.null_space) {
            node.shape = Shape{0};
        } else {
            node.shape = h5::read_shape(space.get(), path_of);
            read_storage(dataset, node, context);
        }
        node.is_odd = !known->is_stored_as;
        if (node.is_odd) {
            node.offset = no_offset;
        }
        if (!file_dtype.is_native()) {
            node.storage.file_dtype = file_dtype;
        }
        take_hints(node, file_);
        nodes_.push_back(std::move(node));
    }

    void read_storage(hid_t dataset, FileNode& node, const ErrorContext& context) const {
        // A place in the file is all there is to know of most datasets; property lists are slow to make.
        if (const haddr_t offset = H5Dget_offset(dataset); offset == HADDR_UNDEF) {
            H5Eclear2(H5E_DEFAULT);
        } else if (offset >= user_block_ && node.shape.elements() > 0) {
            // Behind a user block, H5Dget_offset() makes a number even of no address (1.10.8), though a small one.
            if (const auto bytes = static_cast<std::uint64_t>(H5Dget_storage_size(dataset)); bytes != 0) {
                set_place(node, offset, bytes);
                return;
            }
        }
        const h5::PropertyList list(h5::check(H5Dget_create_plist(dataset), "H5Dget_create_plist", context));
        const H5D_layout_t layout = h5::check(H5Pget_layout(list.get()), "H5Pget_layout", context);
        node.is_virtual = layout == H5D_VIRTUAL;
        if (layout == H5D_CHUNKED) {
            read_chunks(list.get(), node, context);
        } else {
            node.has_holes = layout == H5D_CONTIGUOUS && node.shape.elements() > 0 &&
                             h5::check(H5Pget_external_count(list.get()), "H5Pget_external_count", context) == 0;
        }
    }

    /// Of a dataset in one piece.
    void set_place(FileNode& node, std::uint64_t offset, std::uint64_t bytes) const {
        if (offset > size_ || bytes > size_ - offset) {
            damaged(node.in_file, fmt::format("has its {} bytes at offset {}, but the file ends at {}: it is truncated",
                                              bytes, offset, size_));
        }
        if (node.dtype.is_trivial() && bytes == static_cast<std::uint64_t>(node.shape.bytes(node.dtype.itemsize()))) {
            node.offset = offset;
        }
    }

    void read_chunks(hid_t list, FileNode& node, const ErrorContext& context) const {
        std::vector<hsize_t> chunks(static_cast<std::size_t>(node.shape.ndim()));
        const int axes = h5::check(H5Pget_chunk(list, node.shape.ndim(), chunks.data()), "H5Pget_chunk", context);
        if (axes != node.shape.ndim() || std::ranges::find(chunks, hsize_t{0}) != chunks.end()) {
            damaged(node.in_file, fmt::format("is of shape {}, but its chunks have {} axes, or no extent on one: it is "
                                              "damaged",
                                              to_string(node.shape), axes));
        }
        node.chunks.extents.assign(chunks.begin(), chunks.end());
        unsigned chunk_options = 0;
        h5::check(H5Pget_chunk_opts(list, &chunk_options), "H5Pget_chunk_opts", context);
        node.chunks.partial_chunks_are_plain = (chunk_options & H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS) != 0;
        for (int axis = 0; axis < node.shape.ndim(); ++axis) {
            // A resizable dataset may have chunks beyond its extent; ours is of fixed size.
            node.storage.chunks.push_back(std::clamp<Index>(static_cast<Index>(chunks[static_cast<std::size_t>(axis)]),
                                                            1, std::max<Index>(1, node.shape[axis])));
        }
        node.storage.filters = h5::read_filters(list, context);
        node.filter_names = h5::filter_names(list, context);
    }

    const std::string& file_;
    std::uint64_t size_;
    hsize_t user_block_ = 0;
    const Part& part_;
    h5::HandleCache handles_;
    std::vector<FileNode> nodes_;
    std::optional<unsigned long> file_number_;
    std::vector<haddr_t> above_;
    std::map<haddr_t, std::string> groups_;  // by the path at which each was met first
    int repeated_ = 0;                       // nodes in groups that were met before
};

}  // namespace

void take_hints(FileNode& node, const std::string& file) {
    const auto wrong = [&](const std::string& what) {
        node.wrong_hint = fmt::format("'{}' in file '{}' has {}: load it without hints, or say where it goes",
                                      node.in_file, file, what);
    };
    const auto number = [&](const char* name, Index absent) {
        if (!node.attrs.contains(name)) {
            return absent;
        }
        try {
            return node.attrs.at(name).as<Index>();
        } catch (const Error& error) {  // no number, or not one, or not whole
            wrong(fmt::format("a hint '{}' that is no number ({})", name, error.what()));
            return absent;
        }
    };
    const bool distributed = number(dataset_hint, 0) != 0;
    const Index axis = distributed ? number(axis_hint, 0) : 0;
    if (distributed && !node.storage.null_space) {
        if (axis < -node.shape.ndim() || axis >= node.shape.ndim()) {
            wrong(fmt::format("the hint to be distributed over axis {}, but its shape is {}", axis,
                              to_string(node.shape)));
        } else {
            node.axis = node.shape.resolve(Axis{static_cast<int>(axis)});
        }
    }
    erase_hints(node.attrs);
}

std::vector<FileNode> SerialFile::read_structure(const std::string& from, const std::vector<std::string>& only) const {
    return checked([&] { return read_nodes(from, only); });
}

std::vector<FileNode> SerialFile::read_nodes(const std::string& from, const std::vector<std::string>& only) const {
    const Part part(from, only);
    ErrorContext context{.path = "/", .file = name_};
    h5::Object top(h5::check(H5Oopen(file_.get(), "/", H5P_DEFAULT), "H5Oopen", context));
    for (const std::string& name : path::split(part.from)) {
        context.path = path::join(context.path, name);
        std::optional<h5::Object> next = h5::open_object(top.get(), name, context);
        if (!next || h5::object_info(next->get(), context).type != H5O_TYPE_GROUP) {
            throw PathError(
                fmt::format("option 'from' is '{}', but '{}' is no group of file '{}'", from, context.path, name_),
                context);
        }
        top = std::move(*next);
    }
    Reader reader(name_, file_.get(), static_cast<std::uint64_t>(identity_.size), part);
    reader.read_object(top.get(), part.from);
    std::vector<FileNode> nodes = std::move(reader).nodes();
    for (const std::string& path : part.only) {
        if (std::ranges::find(nodes, path, &FileNode::in_file) == nodes.end()) {
            throw PathError(
                fmt::format("'{}', which is to be loaded, is neither a dataset nor a group of file '{}'", path, name_),
                {.path = path, .file = name_});
        }
    }
    return nodes;
}

}  // namespace memdata::io
