// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

namespace memdata::io {

/// One save or load at a time in a process, whatever its communicator: HDF5 is used by one thread at a time, and so is
/// what a process decides once about its files. Waiting for another thread's could be for ever, where the ranks come
/// to it in another order; so whoever comes second is refused. A thread that has its turn may take another inside it.
class Turn {
public:
    /// `operation` ("save") and `file` must outlive it. Not collective. Throws Error where MPI must not be called by
    /// this thread, or now, so that the ranks cannot agree on it either: the thread level is too low.
    Turn(const char* operation, const std::string& file);
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn();

    /// Throws Error when it is another thread's turn. To be agreed on, before anything else is done.
    void check() const;

private:
    const char* operation_;
    const std::string& file_;
    bool mine_ = false;
};

}  // namespace memdata::io
