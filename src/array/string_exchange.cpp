// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "array/string_exchange.hpp"

#include <string>
#include <utility>
#include <vector>

#include "array/block_copy.hpp"
#include "array/intersection.hpp"
#include "memdata/mpi/agreement.hpp"
#include "mpi/peers.hpp"
#include "mpi/serialize.hpp"

namespace memdata {

namespace {

/// `blocks[r]` is rank r's, packed.
void paste_all(const Distribution& distribution, std::vector<std::string> blocks, Array& whole) {
    for (int rank = 0; rank < distribution.ranks(); ++rank) {
        if (std::string& bytes = blocks[static_cast<std::size_t>(rank)]; !bytes.empty()) {
            Array received;
            mpi::unpack(std::move(bytes), received);
            paste_box(whole, distribution.offsets(rank), received);
        }
    }
}

}  // namespace

void gather_strings(const Communicator& comm, const Distribution& distribution, const Array& block, int root,
                    std::optional<Array>& whole) {
    const auto outgoing = agree(comm, "packing strings", [&] {
        std::vector<std::string> pieces(static_cast<std::size_t>(comm.size()));
        if (block.size() > 0) {
            pieces[static_cast<std::size_t>(root)] = mpi::pack(block);
        }
        return pieces;
    });
    std::vector<std::string> incoming = mpi::exchange_bytes(comm, outgoing);
    agree(comm, "unpacking strings", [&] {
        if (whole) {
            paste_all(distribution, std::move(incoming), *whole);
        }
    });
}

void allgather_strings(const Communicator& comm, const Distribution& distribution, const Array& block, Array& whole) {
    const std::string mine =
        agree(comm, "packing strings", [&] { return block.size() > 0 ? mpi::pack(block) : std::string(); });
    std::vector<std::string> incoming = mpi::allgather_bytes(comm, mine);
    agree(comm, "unpacking strings", [&] { paste_all(distribution, std::move(incoming), whole); });
}

void scatter_strings(const Communicator& comm, const Distribution& distribution, const Array* whole, int root,
                     Array& block) {
    const auto outgoing = agree(comm, "packing strings", [&] {
        std::vector<std::string> pieces(static_cast<std::size_t>(comm.size()));
        for (int rank = 0; rank < comm.size() && comm.rank() == root; ++rank) {
            if (const Shape extents = distribution.local_shape(rank); extents.elements() > 0) {
                pieces[static_cast<std::size_t>(rank)] =
                    mpi::pack(copy_box(*whole, distribution.offsets(rank), extents));
            }
        }
        return pieces;
    });
    std::vector<std::string> incoming = mpi::exchange_bytes(comm, outgoing);
    agree(comm, "unpacking strings", [&] {
        if (block.size() > 0) {
            mpi::unpack(std::move(incoming[static_cast<std::size_t>(root)]), block);
        }
    });
}

void exchange_strings(const Communicator& comm, const Distribution& from, const Array& source, const Distribution& to,
                      Array& target) {
    const int me = comm.rank();
    const auto outgoing = agree(comm, "packing strings", [&] {
        std::vector<std::string> pieces(static_cast<std::size_t>(comm.size()));
        for (int rank = 0; rank < comm.size(); ++rank) {
            if (const auto box = intersection(from, me, to, rank)) {
                pieces[static_cast<std::size_t>(rank)] = mpi::pack(copy_box(source, box->start, box->extents));
            }
        }
        return pieces;
    });
    std::vector<std::string> incoming = mpi::exchange_bytes(comm, outgoing);
    agree(comm, "unpacking strings", [&] {
        for (int rank = 0; rank < comm.size(); ++rank) {
            if (const auto box = intersection(to, me, from, rank)) {
                Array received;
                mpi::unpack(std::move(incoming[static_cast<std::size_t>(rank)]), received);
                paste_box(target, box->start, received);
            }
        }
    });
}

}  // namespace memdata
