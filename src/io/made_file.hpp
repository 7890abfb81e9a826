// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "io/posix.hpp"

namespace memdata::io {

/// The file that rank 0 has made and all ranks write into, watched from then until it gets its name: other programs
/// have no business there, but may have it (a clean-up of temporary files, say).
class MadeFile {
public:
    /// `is_complete`: rank 0 has written all of its structure.
    MadeFile(const std::string& file, bool is_complete);

    /// Throws IoError when it was removed or replaced, or, if its structure is complete, cut. A cut that is made good
    /// by what the ranks write later cannot be seen.
    void check() const;

private:
    [[nodiscard]] std::string beginning() const;

    std::string file_;
    bool is_complete_;
    Descriptor opened_;
    FileIdentity identity_;
    std::string beginning_ = {};
};

}  // namespace memdata::io
