// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "mpi/peers.hpp"

#include <numeric>
#include <utility>

#include "memdata/mpi/agreement.hpp"
#include "mpi/large_count.hpp"

namespace memdata::mpi {

PeerTypes::PeerTypes(int ranks)
    : types_(static_cast<std::size_t>(ranks), MPI_BYTE),
      counts_(static_cast<std::size_t>(ranks), 0),
      displacements_(counts_) {}

void PeerTypes::set(int peer, Type type) {
    const auto p = static_cast<std::size_t>(peer);
    owned_.push_back(std::move(type));
    types_[p] = owned_.back().get();
    counts_[p] = 1;
}

void exchange(const Communicator& comm, const void* source, const PeerTypes& send, void* target,
              const PeerTypes& receive) {
    check(MPI_Alltoallw(source, send.counts(), send.displacements(), send.types(), target, receive.counts(),
                        receive.displacements(), receive.types(), comm),
          "MPI_Alltoallw");
}

namespace {

/// One after the other in a buffer of all of them.
PeerTypes consecutive(const std::vector<Index>& sizes) {
    PeerTypes result(static_cast<int>(sizes.size()));
    const Shape whole{std::reduce(sizes.begin(), sizes.end())};
    Index offset = 0;
    for (std::size_t peer = 0; peer < sizes.size(); ++peer) {
        if (sizes[peer] > 0) {
            result.set(static_cast<int>(peer), box_type(1, whole, {offset}, Shape{sizes[peer]}));
        }
        offset += sizes[peer];
    }
    return result;
}

std::vector<std::string> cut(const std::string& bytes, const std::vector<Index>& sizes) {
    std::vector<std::string> pieces;
    std::size_t offset = 0;
    for (const Index size : sizes) {
        pieces.push_back(bytes.substr(offset, static_cast<std::size_t>(size)));
        offset += static_cast<std::size_t>(size);
    }
    return pieces;
}

}  // namespace

std::vector<std::string> exchange_bytes(const Communicator& comm, const std::vector<std::string>& outgoing) {
    std::vector<Index> sizes_out;
    std::vector<Index> sizes_in;
    std::string sent;
    agree(comm, "preparing an exchange between all ranks", [&] {
        sizes_in.resize(outgoing.size());
        for (const std::string& bytes : outgoing) {
            sizes_out.push_back(static_cast<Index>(bytes.size()));
            sent += bytes;
        }
    });
    check(MPI_Alltoall(sizes_out.data(), 1, MPI_INT64_T, sizes_in.data(), 1, MPI_INT64_T, comm), "MPI_Alltoall");
    std::string received;
    PeerTypes send(0);
    PeerTypes receive(0);
    agree(comm, "making room for what the other ranks send", [&] {
        received.resize(static_cast<std::size_t>(std::reduce(sizes_in.begin(), sizes_in.end())));
        send = consecutive(sizes_out);
        receive = consecutive(sizes_in);
    });
    exchange(comm, sent.data(), send, received.data(), receive);
    return agree(comm, "unpacking what the other ranks sent", [&] { return cut(received, sizes_in); });
}

std::vector<std::string> allgather_bytes(const Communicator& comm, const std::string& mine) {
    std::vector<Index> sizes;
    agree(comm, "preparing an exchange between all ranks",
          [&] { sizes.resize(static_cast<std::size_t>(comm.size())); });
    const auto size = static_cast<Index>(mine.size());
    check(MPI_Allgather(&size, 1, MPI_INT64_T, sizes.data(), 1, MPI_INT64_T, comm), "MPI_Allgather");
    std::string received;
    PeerTypes send(0);
    PeerTypes receive(0);
    agree(comm, "making room for what the other ranks send", [&] {
        received.resize(static_cast<std::size_t>(std::reduce(sizes.begin(), sizes.end())));
        send = PeerTypes(comm.size());
        receive = consecutive(sizes);
        for (int rank = 0; rank < comm.size() && size > 0; ++rank) {
            send.set(rank, contiguous_type(size));
        }
    });
    exchange(comm, mine.data(), send, received.data(), receive);
    return agree(comm, "unpacking what the other ranks sent", [&] { return cut(received, sizes); });
}

}  // namespace memdata::mpi
