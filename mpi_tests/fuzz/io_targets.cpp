// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// Hints for MPI-IO, lock files of others, chunks and the options of their filters.
#include <hdf5.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

#include "h5/chunk_codec.hpp"
#include "h5/filters.hpp"
#include "h5/memory_file.hpp"
#include "io/load_plan.hpp"
#include "io/mpi_info.hpp"
#include "memdata/base/error.hpp"
#include "memdata/io/lock_file.hpp"
#include "targets.hpp"

namespace memdata_fuzz {

namespace md = memdata;
namespace fs = std::filesystem;

/// Lines "key=value" behind a byte that chooses the component and the file system.
void mpi_info(std::string_view input) {
    Input in(input);
    constexpr std::array<const char*, 5> components{"ompio", "romio321", "romio341", "", "other"};
    constexpr std::array<const char*, 4> file_systems{"ext4", "lustre", "nfs", "unknown (0x1)"};
    const std::string component = components[static_cast<std::size_t>(in.below(5))];
    const std::string file_system = file_systems[static_cast<std::size_t>(in.below(4))];
    md::io::Hints hints;
    std::istringstream lines{std::string(in.rest())};
    for (std::string line; std::getline(lines, line);) {
        const std::size_t equals = std::min(line.find('='), line.size());
        hints[line.substr(0, equals)] = line.substr(std::min(equals + 1, line.size()));
    }
    try {
        md::io::check_hints(hints, component, file_system);
        for (const auto& [key, value] : hints) {
            require(!key.empty() && !value.empty() && key.size() < MPI_MAX_INFO_KEY && value.size() < MPI_MAX_INFO_VAL,
                    "MPI would not take it");
            require(!(component == "ompio" && key == "cb_nodes"), "a hint that does harm is passed on");
        }
    } catch (const md::ArgumentError&) {
        // Refused, with a reason.
    }
    require(md::io::useless_hints(hints, component).size() <= hints.size(), "more lines than hints");
}

namespace {

std::string replaced(std::string text, const std::string& what, const std::string& by) {
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
        text.replace(at, what.size(), by);
    }
    return text;
}

/// What a lock file of this very process says.
const nlohmann::json& own_lock(const std::string& folder) {
    static const nlohmann::json own = [&] {
        const md::LockFile lock(folder + "/own.h5", md::LockFile::Options{});
        std::ifstream in(folder + "/.own.h5.lock");
        return nlohmann::json::parse(in);
    }();
    return own;
}

std::string lock_folder() {
    const fs::path base = fs::exists("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path();
    const fs::path folder = base / ("memdata-fuzz-" + std::to_string(getpid()));
    fs::create_directories(folder);
    return folder;
}

/// Of a folder that is removed when the process ends.
struct Folder {
    std::string name = lock_folder();
    ~Folder() {
        std::error_code ignored;
        fs::remove_all(name, ignored);
    }
};

}  // namespace

/// The text of a lock file; @HOST@ and the like stand for what this process writes into its own.
void locks(std::string_view input) {
    static const Folder folder;
    const nlohmann::json& own = own_lock(folder.name);
    std::string text(input);
    for (const auto& [key, value] : own.items()) {
        text = replaced(std::move(text), "@" + key + "@", value.is_string() ? value.get<std::string>() : value.dump());
    }
    const std::string lock_name = folder.name + "/.x.h5.lock";
    std::ofstream(lock_name, std::ios::binary) << text;
    try {
        const md::LockFile lock(folder.name + "/x.h5", md::LockFile::Options{});
        // It was taken over: then it named a process of this host that is gone.
        const nlohmann::json holder = nlohmann::json::parse(text, nullptr, false);
        require(holder.is_object(), "a lock that says nothing was taken over");
        for (const char* key : {"host", "boot", "pid_namespace"}) {
            require(holder.contains(key) && holder[key] == own[key], "another host's lock was taken over");
        }
        require(holder.contains("pid") && holder["pid"].is_number_integer(), "the lock of nobody was taken over");
        require(holder["pid"] != own["pid"] || !holder.contains("start_ticks") ||
                    holder["start_ticks"] != own["start_ticks"],
                "the lock of this process was taken over");
    } catch (const md::LockError& error) {
        require(!error.holder().empty(), "nobody holds the lock");
        fs::remove(lock_name);
    }
}

namespace {

/// What a file says of a chunked dataset: its filters can have any options.
md::io::FileNode read_node(Input& in) {
    constexpr std::array<int, 8> known{
        H5Z_FILTER_DEFLATE, H5Z_FILTER_SHUFFLE,     H5Z_FILTER_FLETCHER32, H5Z_FILTER_SZIP,
        H5Z_FILTER_NBIT,    H5Z_FILTER_SCALEOFFSET, 32000 /* lzf */,       0};
    md::io::FileNode node{.path = "/fuzz", .in_file = "/fuzz"};
    node.dtype = md::Dtype(static_cast<md::TypeKind>(in.below(static_cast<int>(md::TypeKind::complex128) + 1)));
    for (int axes = 1 + in.below(2); axes > 0; --axes) {
        node.chunks.extents.push_back(1 + in.below(60));
    }
    node.shape = md::Shape(node.chunks.extents);
    node.storage.chunks = node.chunks.extents;
    for (int filters = 1 + in.below(3); filters > 0; --filters) {
        md::Filter filter;
        filter.id = known[static_cast<std::size_t>(in.below(8))];
        filter.id = filter.id == 0 ? static_cast<int>(in.bits(2)) : filter.id;
        filter.mandatory = in.coin();
        filter.options.resize(static_cast<std::size_t>(in.below(8)));
        for (unsigned& option : filter.options) {
            option = static_cast<unsigned>(in.coin() ? in.bits(1) : in.bits(4));
        }
        node.storage.filters.push_back(std::move(filter));
    }
    node.filter_names.resize(node.storage.filters.size());
    return node;
}

}  // namespace

/// A dataset's filters and a chunk of it, as a damaged file has them.
void chunks(std::string_view input) {
    const md::h5::QuietErrors quiet;
    Input in(input);
    md::io::FileNode node = read_node(in);
    const auto skipped = static_cast<std::uint32_t>(in.bits(1));
    try {
        const md::ErrorContext context{};
        const md::Shape chunk(node.chunks.extents);
        const md::h5::PropertyList list = md::h5::chunked_properties(chunk, context);
        for (const md::Filter& filter : node.storage.filters) {  // without what add_filters() adds
            md::h5::check(
                H5Pset_filter(list.get(), filter.id, filter.mandatory ? H5Z_FLAG_MANDATORY : H5Z_FLAG_OPTIONAL,
                              filter.options.size(), filter.options.data()),
                "H5Pset_filter");
        }
        node.storage.filters = md::h5::read_filters(list.get(), context);
        static_cast<void>(md::io::plan_load({node}, {}));
        md::h5::ChunkCodec codec(md::h5::encode_properties(list.get()), node.dtype, chunk, node.path);
        std::vector<std::byte> elements(static_cast<std::size_t>(chunk.bytes(node.dtype.itemsize())));
        if (in.below(4) == 0) {  // what it has made itself it can read
            std::uint32_t left_out = 0;
            std::ranges::transform(in.rest().substr(0, elements.size()), elements.begin(),
                                   [](char c) { return static_cast<std::byte>(c); });
            const std::vector<std::byte> stored = codec.encode(elements.data(), left_out);
            codec.decode(stored, left_out, elements.data());
            return;
        }
        std::vector<std::byte> stored(in.rest().size());
        std::ranges::transform(in.rest(), stored.begin(), [](char c) { return static_cast<std::byte>(c); });
        if (!stored.empty()) {
            codec.decode(stored, skipped, elements.data());
        }
    } catch (const md::Error& error) {
        require(error.kind() != md::ErrorKind::general, "an exception of somebody else's");
    }
}

}  // namespace memdata_fuzz
