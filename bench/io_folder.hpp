// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <stdexcept>
#include <string>

#include "io_report.hpp"

// The folder of a benchmark: what it lies on, whether it has room, and the page cache of its files.
namespace bench {

/// The machine is too small, or an option asks for nonsense: the same on all ranks.
class Refused : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// A new folder in `parent`, for all ranks. It goes with all that is in it at the end, also on an exception and on
/// SIGINT and SIGTERM; not when somebody kills the job. Collective, its destructor too.
class ScratchFolder {
public:
    ScratchFolder(const memdata::Communicator& comm, const std::string& parent);
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;
    ~ScratchFolder();

    [[nodiscard]] const std::string& path() const noexcept { return path_; }

private:
    memdata::Communicator comm_;
    std::string path_;
    int exceptions_;
};

/// From now on SIGINT and SIGTERM remove the folders that there are, whichever rank gets one first, and end the
/// process. To be called before there are threads.
void remove_folders_on_signals();

/// "tmpfs" or "disk" (anything else).
[[nodiscard]] std::string file_system_of(const std::string& folder);

/// Throws Refused on all ranks when `folder` has no room for the files, or a node no memory for its ranks' part and the
/// files. Collective.
void require(const memdata::Communicator& comm, const std::string& folder, const std::string& name, const Needs& needs);

/// Brings the file to the device, as far as there is one. Collective.
void flush(const memdata::Communicator& comm, const std::string& file);
/// Flushes the file and takes it out of the page cache of every node; true when it really went. A device or a server
/// may have a cache of its own, which stays. Collective.
[[nodiscard]] bool drop_from_cache(const memdata::Communicator& comm, const std::string& file);
/// Does that before every run when asked to; throws when the file stays.
[[nodiscard]] std::function<void()> dropping(const Setup& setup, const std::string& file, bool wanted);

}  // namespace bench
