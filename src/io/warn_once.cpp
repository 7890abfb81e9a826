// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "io/warn_once.hpp"

#include <cstdio>
#include <mutex>
#include <set>

namespace memdata::io {

void warn_once(const Communicator& comm, const std::string& text) {
    static std::mutex mutex;
    static std::set<std::string> said;
    if (comm.rank() != 0) {
        return;
    }
    const std::lock_guard lock(mutex);
    if (said.insert(text).second) {
        std::fprintf(stderr, "memdata: %s\n", text.c_str());
    }
}

}  // namespace memdata::io
