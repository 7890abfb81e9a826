// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>

#include "memdata/io/backend.hpp"
#include "memdata/mpi/communicator.hpp"

namespace memdata::io {

/// Name of the file system on which a file is, or will be, by its folder: "ext4", "nfs", "lustre", ... "unknown
/// (0x1234)" for one that memdata has no name for, "unknown" where the folder cannot be asked. Not collective.
[[nodiscard]] std::string file_system_of(const std::string& file);

/// Do file locks (fcntl) work there without anybody's doing? True for file systems of one machine.
[[nodiscard]] bool has_sure_locks(const std::string& file_system);

/// What is known to go wrong on a file system with a backend, and the cure; empty: nothing.
[[nodiscard]] std::string danger_of(const std::string& file_system, const Backend& backend);

/// For a test: every file system has this number (statfs.f_type) as long as it lives.
class AssumedFileSystem {
public:
    explicit AssumedFileSystem(std::int64_t type) noexcept;
    AssumedFileSystem(const AssumedFileSystem&) = delete;
    AssumedFileSystem& operator=(const AssumedFileSystem&) = delete;
    ~AssumedFileSystem();
};

}  // namespace memdata::io
