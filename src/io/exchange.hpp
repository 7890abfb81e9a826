// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "io/stripes.hpp"
#include "memdata/mpi/communicator.hpp"
#include "mpi/node.hpp"

namespace memdata::io {

/// What goes through the ranks' stages at a time. Positions count the bytes of all datasets, one after the other.
struct Round {
    Index base = 0;     ///< where rank 0 begins
    Index step = 0;     ///< from there to where the next rank begins, and so on
    Index stretch = 0;  ///< bytes a rank
    Index end = 0;      ///< nobody goes beyond
    int half = 0;       ///< of a shared stage

    [[nodiscard]] Index begin_of(int stager) const noexcept { return std::min(end, base + stager * step); }
    [[nodiscard]] Index end_of(int stager) const noexcept { return std::min(end, base + stager * step + stretch); }
};

/// Two-phase I/O (Thakur, Gropp and Lusk, Frontiers '99) in bounded memory: each rank reads or writes parts of the file
/// alone, round by round, and the bytes travel between its stage and their owners.
///
/// - Where all ranks share a node, owners copy the bytes themselves, to and from stages in memory that all of them see
///   and that stay in the cache. A rank stages one region of the file, in small steps from its beginning to its end:
///   the system sees what will be read next.
/// - Else the bytes travel in one MPI_Alltoallv a round; a round is one piece of the file, shared out among the ranks.
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
    void for_each_staged(const Round& round, F&& f) const {
        const ContiguousBlock* first = nullptr;
        std::uint64_t offset = 0;
        std::byte* bytes = nullptr;
        Index length = 0;
        for_each_part(round, comm_.rank(), [&](std::size_t number, Index low, Index high, std::byte* stage) {
            const ContiguousBlock& block = blocks_[number];
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
            bytes = stage;
            length = high - low;
        });
        if (length > 0) {
            f(*first, offset, bytes, length);
        }
    }
    /// Calls f(block, bytes) for what a round moves of each, on all ranks alike.
    template <class F>
    void for_each_moved(const Round& round, F&& f) const {
        for (int stager = 0; stager < comm_.size(); ++stager) {
            for_each_part(round, stager, [&](std::size_t number, Index low, Index high, const std::byte*) {
                f(blocks_[number], high - low);
            });
        }
    }

private:
    /// The first byte of a stage; another rank's only when it is shared.
    [[nodiscard]] std::byte* stage(const Round& round, int stager) const;
    /// Calls f(number of the block, low, high, where the stage has them) for the bytes [low, high) of datasets that
    /// `stager` stages.
    template <class F>
    void for_each_part(const Round& round, int stager, F&& f) const {
        const Index begin = round.begin_of(stager);
        const Index end = round.end_of(stager);
        if (begin == end) {
            return;
        }
        std::byte* const bytes = stage(round, stager);
        auto number = static_cast<std::size_t>(std::ranges::upper_bound(starts_, begin) - starts_.begin() - 1);
        for (; number < blocks_.size() && starts_[number] < end; ++number) {
            const Index low = std::max(begin, starts_[number]);
            const Index high = std::min(end, starts_[number + 1]);
            f(number, low - starts_[number], high - starts_[number], bytes + (low - begin));
        }
    }
    /// Calls f(bytes, where the stager has them, length) for the pieces of this rank's blocks, stager by stager.
    template <class F>
    void for_each_owned_piece(const Round& round, F&& f) const;
    /// Calls f(owner, bytes, length) for the pieces that this rank stages, whoever has them.
    template <class F>
    void for_each_staged_piece(const Round& round, F&& f) const;
    /// No rank has more of these bytes.
    [[nodiscard]] Index most_owned(Index begin, Index end) const;

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
    std::vector<Index> starts_;  // of the blocks, and the end of all
    // Unless the stage is shared:
    Side owned_;
    Side staged_;
    std::vector<std::byte> memory_;
    std::byte* stage_ = nullptr;
};

}  // namespace memdata::io
