// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <vector>

#include "io/stripes.hpp"
#include "memdata/mpi/communicator.hpp"
#include "mpi/node.hpp"

namespace memdata::io {

/// Part of one dataset in a round: its bytes [low, high), at `start` in the round's own count of bytes.
struct Segment {
    std::size_t block;
    Index low;
    Index high;
    Index start;
};

/// What goes through the ranks' stages at a time. Each rank stages one stretch of it.
struct Round {
    std::vector<Segment> segments;
    Index bytes = 0;
    Index stretch = 0;  ///< bytes a rank; the last ones may have less
    int half = 0;       ///< of a shared stage
};

/// Two-phase I/O (Thakur, Gropp and Lusk, Frontiers '99) in bounded memory: a round is a list of stretches of
/// datasets, shared out among the ranks; each rank reads or writes its part of the file alone and the bytes travel
/// between it and their owners. Where all ranks share a node, the owners copy them to and from the stage themselves, in
/// memory that all of them see and that stays in the cache; else in one MPI_Alltoallv a round.
class Exchange {
public:
    /// The blocks must be the same on all ranks but for `local`, and outlive the exchange. `node` is comm's.
    Exchange(const Communicator& comm, const std::vector<ContiguousBlock>& blocks, std::shared_ptr<mpi::Node> node);

    /// What is to be done, the same on every rank: as few rounds as there is memory for to send, receive or stage.
    [[nodiscard]] std::vector<Round> rounds() const;

    /// Do all ranks see all stages? Then there is nothing to prepare.
    [[nodiscard]] bool is_shared() const noexcept { return node_->size() == comm_.size(); }
    /// Makes room for this rank's stage; before gather() or spread(). May throw std::bad_alloc.
    void prepare(const Round& round);
    /// From the ranks' blocks to the stage. Collective on comm.
    void gather(const Round& round);
    /// From the stage to the ranks' blocks. Collective on comm.
    void spread(const Round& round);
    /// The part of the file that this rank stages: calls f(block, offset in the file, bytes, length), once for what
    /// lies together in the file.
    template <class F>
    void for_each_staged(const Round& round, F&& f) {
        const ContiguousBlock* first = nullptr;
        std::uint64_t offset = 0;
        std::byte* bytes = nullptr;
        Index length = 0;
        for_each_part(round, comm_.rank(), [&](const Segment& segment, Index low, Index high) {
            const ContiguousBlock& block = blocks_[segment.block];
            const std::uint64_t here = block.file_offset + static_cast<std::uint64_t>(low);
            if (length > 0 && here == offset + static_cast<std::uint64_t>(length)) {
                length += high - low;
                return;
            }
            if (length > 0) {
                f(*first, offset, bytes, length);
            }
            first = &block;
            offset = here;
            bytes = stage_at(round, comm_.rank(), segment, low);
            length = high - low;
        });
        if (length > 0) {
            f(*first, offset, bytes, length);
        }
    }

private:
    /// Where the stager has that byte of a dataset. Another's only when the stage is shared.
    [[nodiscard]] std::byte* stage_at(const Round& round, int stager, const Segment& segment, Index position);
    /// Calls f(segment, low, high) for the parts of the round's datasets that `stager` stages.
    template <class F>
    void for_each_part(const Round& round, int stager, F&& f) const {
        const Index begin = std::min(round.bytes, round.stretch * stager);
        const Index end = std::min(round.bytes, begin + round.stretch);
        auto segment = std::ranges::upper_bound(round.segments, begin, {}, &Segment::start);
        for (segment -= segment == round.segments.begin() ? 0 : 1;
             segment != round.segments.end() && segment->start < end; ++segment) {
            const Index low = std::max(segment->low, segment->low + begin - segment->start);
            const Index high = std::min(segment->high, segment->low + end - segment->start);
            if (low < high) {
                f(*segment, low, high);
            }
        }
    }
    /// Call f(bytes, length) for the pieces of this rank's blocks by stager, with where the stager has them, and of its
    /// stage with their owner, both in the order of the round.
    template <class F>
    void for_each_owned_piece(const Round& round, F&& f);
    template <class F>
    void for_each_staged_piece(const Round& round, F&& f);

    /// Messages to or from every rank.
    struct Side {
        std::vector<int> counts;
        std::vector<int> displacements;
        std::vector<std::byte> bytes;
        std::vector<std::byte*> next;  ///< byte of each rank
        explicit Side(int ranks);
        void place();
    };
    void send(const Side& from, Side& to) const;

    const Communicator& comm_;
    const std::vector<ContiguousBlock>& blocks_;
    std::shared_ptr<mpi::Node> node_;
    std::vector<Stripes> stripes_;
    // Unless the stage is shared:
    Side owned_;
    Side staged_;
    std::vector<std::byte> stage_;
};

}  // namespace memdata::io
