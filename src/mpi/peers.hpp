// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "memdata/mpi/communicator.hpp"
#include "mpi/call.hpp"

// Exchanges between every two ranks. They are collective calls and not messages with tags, which could be taken
// for, or take, messages of the user on the same communicator.
namespace memdata::mpi {

/// What a rank sends to (receives from) each rank: one element of a type of its own, or nothing.
class PeerTypes {
public:
    explicit PeerTypes(int ranks);
    void set(int peer, Type type);
    [[nodiscard]] const int* counts() const noexcept { return counts_.data(); }
    /// All 0.
    [[nodiscard]] const int* displacements() const noexcept { return displacements_.data(); }
    [[nodiscard]] const MPI_Datatype* types() const noexcept { return types_.data(); }

private:
    std::vector<Type> owned_;
    std::vector<MPI_Datatype> types_;
    std::vector<int> counts_;
    std::vector<int> displacements_;
};

/// MPI_Alltoallw. Offsets are inside the types, so that sizes are 64-bit. Collective on comm.
void exchange(const Communicator& comm, const void* source, const PeerTypes& send, void* target,
              const PeerTypes& receive);

/// outgoing[r] goes to rank r; what came from each rank, by rank. Collective on comm.
[[nodiscard]] std::vector<std::string> exchange_bytes(const Communicator& comm,
                                                      const std::vector<std::string>& outgoing);

/// What every rank has, by rank. Collective on comm.
[[nodiscard]] std::vector<std::string> allgather_bytes(const Communicator& comm, const std::string& mine);

}  // namespace memdata::mpi
