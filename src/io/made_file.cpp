// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "io/made_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "memdata/base/error.hpp"

namespace memdata::io {

MadeFile::MadeFile(const std::string& file, bool is_complete)
    : file_(file),
      is_complete_(is_complete),
      opened_(file, O_RDONLY | O_CLOEXEC, "opening"),
      identity_(identify(opened_, file)) {
    if (is_complete_) {
        beginning_ = beginning();
    }
}

std::string MadeFile::beginning() const {
    constexpr std::size_t most = 512;
    std::string bytes(most, '\0');
    const ssize_t got = pread(opened_.get(), bytes.data(), bytes.size(), 0);
    if (got < 0) {
        throw system_error("reading", file_);
    }
    bytes.resize(static_cast<std::size_t>(got));
    return bytes;
}

void MadeFile::check() const {
    const FileIdentity now = identify(file_);  // the inode is not used again while the file is open
    const bool is_other = now.device != identity_.device || now.inode != identity_.inode;
    if (is_other || (is_complete_ && (now.size < identity_.size || beginning() != beginning_))) {
        throw IoError(fmt::format("'{}', into which the ranks were writing, was {} by another program meanwhile: "
                                  "nothing was saved; save again",
                                  file_, is_other ? "replaced" : "cut or changed"),
                      {.file = file_});
    }
}

}  // namespace memdata::io
