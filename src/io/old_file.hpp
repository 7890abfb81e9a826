// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "io/posix.hpp"

namespace memdata::io {

/// The file that an update starts from, on rank 0. While this lives, no program that heeds HDF5's locks (h5py, h5dump)
/// opens it for writing.
class OldFile {
public:
    /// Throws LockError when another program has the file open, for reading or writing, and IoError when it is no file
    /// that may be read and written. Best effort where locks are missing, or belong to the process as on NFS, which
    /// drops them when HDF5 closes the file.
    explicit OldFile(const std::string& file);

    /// Copies it, holes as holes; by reference where the file system can, which takes neither time nor room. Else it
    /// throws IoError before the first byte when there is less room than the copy needs.
    void copy_to(const std::string& copy) const;

    /// Throws IoError when the name stands for another file by now, or the file has changed.
    void check_unchanged() const;

private:
    void check_room(int copy) const;

    std::string file_;
    Descriptor descriptor_;
    FileIdentity identity_;
};

}  // namespace memdata::io
