// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

#include "io/stripes.hpp"
#include "memdata/mpi/communicator.hpp"

namespace memdata::io {

/// Part of one dataset in a round: its bytes [low, high), at `start` in the round's own count of bytes.
struct Segment {
    std::size_t block;
    Index low;
    Index high;
    Index start;
};
using Round = std::vector<Segment>;

/// Two-phase I/O (Thakur, Gropp and Lusk, Frontiers '99) in bounded memory: a round is a list of stretches of
/// datasets, shared out evenly among the ranks; each rank reads or writes its part of the file alone and the
/// bytes travel between it and their owners in one MPI_Alltoallv.
class Exchange {
public:
    /// The blocks must be the same on all ranks but for `local`, and outlive the exchange.
    Exchange(const Communicator& comm, const std::vector<ContiguousBlock>& blocks);

    /// What is to be done, the same on every rank: as few rounds as round_memory allows to send, receive or stage.
    [[nodiscard]] std::vector<Round> rounds() const;

    /// From the ranks' blocks to the stage. Collective on comm.
    void gather(const Round& round);
    /// From the stage to the ranks' blocks. Collective on comm.
    void spread(const Round& round);
    /// Makes room for this rank's stage; before gather() or spread(). May throw std::bad_alloc.
    void prepare(const Round& round);
    /// The part of the file that this rank stages: calls f(block, offset in the dataset, bytes, length).
    template <class F>
    void for_each_staged(const Round& round, F&& f) {
        for_each_part(round, comm_.rank(), [&](const Segment& segment, Index low, Index high) {
            f(blocks_[segment.block], low, stage_at(segment, low), high - low);
        });
    }

private:
    [[nodiscard]] Index stretch_start(const Round& round, int rank) const;
    [[nodiscard]] std::byte* stage_at(const Segment& segment, Index position);
    /// Calls f(segment, low, high) for the parts of the round's datasets that `rank` stages.
    template <class F>
    void for_each_part(const Round& round, int rank, F&& f) const {
        const Index begin = stretch_start(round, rank);
        const Index end = stretch_start(round, rank + 1);
        for (const Segment& segment : round) {
            const Index low = std::max(segment.low, segment.low + begin - segment.start);
            const Index high = std::min(segment.high, segment.low + end - segment.start);
            if (low < high) {
                f(segment, low, high);
            }
        }
    }
    /// Call f(bytes, length) for the pieces of this rank's blocks by stager, and of its stage by owner: the two
    /// orders in which bytes travel.
    template <class F>
    void for_each_owned_piece(const Round& round, F&& f);
    template <class F>
    void for_each_staged_piece(const Round& round, F&& f);

    struct Side {
        std::vector<int> counts;
        std::vector<int> displacements;
        std::vector<std::byte> bytes;
        void place();
    };
    void send(const Side& from, Side& to) const;

    const Communicator& comm_;
    const std::vector<ContiguousBlock>& blocks_;
    std::vector<Stripes> stripes_;
    Side owned_;
    Side staged_;
    std::vector<std::byte> stage_;
    Index stage_start_ = 0;
};

}  // namespace memdata::io
