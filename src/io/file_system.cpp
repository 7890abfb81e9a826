// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "io/file_system.hpp"

#include <fmt/format.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "io/posix.hpp"

namespace memdata::io {

namespace {

struct Known {
    std::int64_t type;  // statfs.f_type
    const char* name;
    bool is_local;  // of one machine
};

constexpr std::array<Known, 22> known_file_systems{{
    {0x6969, "nfs", false},          {0x0BD00BD0, "lustre", false}, {0x47504653, "gpfs", false},
    {0x19830326, "beegfs", false},   {0x00C36400, "ceph", false},   {0xAAD7AAEA, "panfs", false},
    {0x20030528, "orangefs", false}, {0xFF534D42, "cifs", false},   {0xFE534D42, "smb", false},
    {0x5346414F, "afs", false},      {0x65735546, "fuse", false},   {0x01021997, "9p", false},
    {0x7461636F, "ocfs2", false},    {0x01161970, "gfs2", false},   {0x01021994, "tmpfs", true},
    {0x858458F6, "ramfs", true},     {0xEF53, "ext4", true},        {0x58465342, "xfs", true},
    {0x9123683E, "btrfs", true},     {0x2FC12FC1, "zfs", true},     {0x794C7630, "overlay", true},
    {0xF2F52010, "f2fs", true},
}};

std::optional<std::int64_t>& assumed() {
    static std::optional<std::int64_t> type;
    return type;
}

bool locking_is_off() {
    const char* value = std::getenv("HDF5_USE_FILE_LOCKING");
    return value != nullptr && (std::string_view(value) == "FALSE" || std::string_view(value) == "0");
}

}  // namespace

std::string file_system_of(const std::string& file) {
    struct statfs status {};
    if (statfs(folder_of(file).c_str(), &status) != 0) {
        return "unknown";
    }
    const std::int64_t type = assumed().value_or(static_cast<std::int64_t>(status.f_type) & 0xFFFFFFFF);
    const auto* const found = std::ranges::find(known_file_systems, type, &Known::type);
    return found != known_file_systems.end() ? found->name : fmt::format("unknown (0x{:x})", type);
}

bool has_sure_locks(const std::string& file_system) {
    const auto* const found = std::ranges::find(known_file_systems, file_system, &Known::name);
    return found != known_file_systems.end() && found->is_local;
}

std::string danger_of(const std::string& file_system, const Backend& backend) {
    const bool is_ompio = backend.component == "ompio";
    const std::string choose_romio =
        "choose the backend romio (MEMDATA_BACKEND=romio, or md::select_backend before the first file)";
    if (file_system == "nfs") {
        return is_ompio ? "ompio locks the whole file at every access on NFS, and is slow (open-mpi/ompi#4446): " +
                              choose_romio + "; do not set fs_ufs_lock_algorithm to 1 instead"
                        : "ROMIO locks ranges of the file on NFS: the mount needs working locks, and hosts see each "
                          "other's data late where attributes are cached: mount with 'noac'";
    }
    if (file_system == "lustre" && is_ompio) {
        return "ompio of Open MPI 4.1 hangs on Lustre with many ranks (open-mpi/ompi#11182): " + choose_romio;
    }
    if (file_system == "gpfs" && !locking_is_off()) {
        return "HDF5's file lock fails or hangs on some GPFS (h5py#1082): where that happens, set "
               "HDF5_USE_FILE_LOCKING=FALSE in the environment (memdata has a lock file of its own)";
    }
    return "";
}

AssumedFileSystem::AssumedFileSystem(std::int64_t type) noexcept { assumed() = type; }

AssumedFileSystem::~AssumedFileSystem() { assumed().reset(); }

}  // namespace memdata::io
