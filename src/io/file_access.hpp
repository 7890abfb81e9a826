// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <mpi.h>

#include <cstdint>
#include <string>

#include "io/posix.hpp"
#include "memdata/base/shape.hpp"

namespace memdata::io {

/// Independent access of this rank to an open file. Throws IoError that names dataset and file.
class FileAccess {
public:
    /// Through MPI-IO, with the default view, in calls of at most round_bytes.
    FileAccess(MPI_File file, Index round_bytes, const std::string& name)
        : file_(file), round_bytes_(round_bytes), name_(name) {}
    /// By POSIX calls, to read: a load has nothing to gain from MPI-IO's independent calls, which end in the same ones
    /// (docs/performance.md).
    FileAccess(const Descriptor& descriptor, const std::string& name) : descriptor_(descriptor.get()), name_(name) {}

    [[nodiscard]] const std::string& name() const noexcept { return name_; }

    void read(const std::string& path, std::uint64_t offset, std::byte* data, Index bytes) const;
    void write(const std::string& path, std::uint64_t offset, const std::byte* data, Index bytes) const;

private:
    MPI_File file_ = MPI_FILE_NULL;
    int descriptor_ = -1;
    Index round_bytes_ = 0;
    const std::string& name_;
};

}  // namespace memdata::io
