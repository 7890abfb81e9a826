// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "mpi/wait.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

namespace memdata::mpi {

int wait(MPI_Request& request) noexcept {
    using std::chrono::microseconds;
    using std::chrono::steady_clock;
    // A sleep takes the system some 60 us more than it is asked for: not worth it in short waits.
    constexpr microseconds awake{500};
    constexpr microseconds longest{1000};
    constexpr int share = 32;
    const auto start = steady_clock::now();
    while (true) {
        int done = 0;
        if (const int code = MPI_Test(&request, &done, MPI_STATUS_IGNORE); code != MPI_SUCCESS || done != 0) {
            return code;
        }
        const auto waited = std::chrono::duration_cast<microseconds>(steady_clock::now() - start);
        if (waited < awake) {
            std::this_thread::yield();
        } else {
            std::this_thread::sleep_for(std::min(longest, waited / share));
        }
    }
}

int allreduce(void* data, int count, MPI_Datatype type, MPI_Op operation, MPI_Comm comm) noexcept {
    MPI_Request request = MPI_REQUEST_NULL;
    const int code = MPI_Iallreduce(MPI_IN_PLACE, data, count, type, operation, comm, &request);
    return code == MPI_SUCCESS ? wait(request) : code;
}

}  // namespace memdata::mpi
