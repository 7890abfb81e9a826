// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "io/exchange.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "io/round_memory.hpp"
#include "mpi/call.hpp"

namespace memdata::io {

namespace {

/// Stretches are cut at multiples of a page, and so that there are no tiny ones: calls cost more than their bytes.
constexpr Index page = 4096;
constexpr Index least_stretch = Index{64} << 10;

Index stretch_of(Index bytes, int ranks, Index most) {
    const Index even = (bytes + ranks - 1) / ranks;
    return std::min(most, std::max(least_stretch, (even + page - 1) / page * page));
}

}  // namespace

Exchange::Exchange(const Communicator& comm, const std::vector<ContiguousBlock>& blocks,
                   std::shared_ptr<mpi::Node> node)
    : comm_(comm),
      blocks_(blocks),
      node_(std::move(node)),
      stripes_(blocks.begin(), blocks.end()),
      owned_(comm.size()),
      staged_(comm.size()) {}

std::vector<Round> Exchange::rounds() const {
    constexpr Index worthwhile = Index{64} << 10;
    const Index most_staged = is_shared() ? node_->stage_bytes() : round_memory;
    std::vector<Round> result(1);
    Index owned = 0;  // no rank sends or receives more in this round
    const auto fits = [&](const Stripes& stripes, Index low, Index high) {
        return is_shared() || owned + stripes.most_bytes(low, high) <= round_memory;
    };
    for (std::size_t block = 0; block < stripes_.size(); ++block) {
        const Stripes& stripes = stripes_[block];
        for (Index low = 0; low < stripes.total();) {
            const Index left = stripes.total() - low;
            Round& round = result.back();
            Index length = std::min(left, most_staged * comm_.size() - round.bytes);
            while (length > 0 && !fits(stripes, low, low + length)) {
                length /= 2;
            }
            if (length < std::min(left, worthwhile) && round.bytes > 0) {
                result.emplace_back();  // an empty round takes what one rank may own of anything
                owned = 0;
                continue;
            }
            round.segments.push_back({block, low, low + length, round.bytes});
            owned += stripes.most_bytes(low, low + length);
            round.bytes += length;
            low += length;
        }
    }
    if (result.back().bytes == 0) {
        result.pop_back();
    }
    for (std::size_t i = 0; i < result.size(); ++i) {
        result[i].stretch = stretch_of(result[i].bytes, comm_.size(), most_staged);
        result[i].half = static_cast<int>(i % 2);
    }
    return result;
}

std::byte* Exchange::stage_at(const Round& round, int stager, const Segment& segment, Index position) {
    std::byte* const stage = is_shared() ? node_->stage(node_->number(stager), round.half) : stage_.data();
    return stage + (segment.start + position - segment.low - round.stretch * stager);
}

template <class F>
void Exchange::for_each_owned_piece(const Round& round, F&& f) {
    for (const Segment& segment : round.segments) {
        std::byte* const local = blocks_[segment.block].local;
        const Stripes& stripes = stripes_[segment.block];
        for (Index low = segment.low; low < segment.high;) {
            const Index at = segment.start + low - segment.low;
            const auto stager = static_cast<int>(at / round.stretch);
            const Index high = std::min(segment.high, low + (stager + 1) * round.stretch - at);
            stripes.for_each_run(comm_.rank(), low, high, [&](Index position, Index mine, Index length) {
                f(local + mine, static_cast<std::size_t>(length), segment, position, stager);
            });
            low = high;
        }
    }
}

template <class F>
void Exchange::for_each_staged_piece(const Round& round, F&& f) {
    for_each_part(round, comm_.rank(), [&](const Segment& segment, Index low, Index high) {
        stripes_[segment.block].for_each_piece(low, high, [&](int owner, Index position, Index length) {
            f(stage_at(round, comm_.rank(), segment, position), static_cast<std::size_t>(length), owner);
        });
    });
}

Exchange::Side::Side(int ranks) {
    const auto size = static_cast<std::size_t>(ranks);
    counts.resize(size);
    displacements.resize(size);
    next.resize(size);
}

void Exchange::Side::place() {
    std::exclusive_scan(counts.begin(), counts.end(), displacements.begin(), 0);
    bytes.resize(static_cast<std::size_t>(displacements.back() + counts.back()));
    std::ranges::transform(displacements, next.begin(), [this](int start) { return bytes.data() + start; });
}

void Exchange::prepare(const Round& round) {
    if (is_shared()) {
        return;
    }
    std::ranges::fill(owned_.counts, 0);
    std::ranges::fill(staged_.counts, 0);
    Index staged = 0;
    for (int stager = 0; stager < comm_.size(); ++stager) {
        for_each_part(round, stager, [&](const Segment& segment, Index low, Index high) {
            const Stripes& stripes = stripes_[segment.block];
            owned_.counts[static_cast<std::size_t>(stager)] += static_cast<int>(stripes.bytes(comm_.rank(), low, high));
            if (stager == comm_.rank()) {
                staged += high - low;
                for (int owner = 0; owner < comm_.size(); ++owner) {
                    staged_.counts[static_cast<std::size_t>(owner)] +=
                        static_cast<int>(stripes.bytes(owner, low, high));
                }
            }
        });
    }
    stage_.resize(static_cast<std::size_t>(staged));
    owned_.place();
    staged_.place();
}

void Exchange::send(const Side& from, Side& to) const {
    mpi::check(MPI_Alltoallv(from.bytes.data(), from.counts.data(), from.displacements.data(), MPI_BYTE,
                             to.bytes.data(), to.counts.data(), to.displacements.data(), MPI_BYTE, comm_),
               "MPI_Alltoallv");
}

void Exchange::gather(const Round& round) {
    if (is_shared()) {
        for_each_owned_piece(
            round, [&](const std::byte* mine, std::size_t length, const Segment& segment, Index position, int stager) {
                std::memcpy(stage_at(round, stager, segment, position), mine, length);
            });
        node_->barrier();
        return;
    }
    std::byte* next = owned_.bytes.data();
    for_each_owned_piece(round, [&](const std::byte* mine, std::size_t length, const Segment&, Index, int) {
        std::memcpy(next, mine, length);
        next += length;
    });
    send(owned_, staged_);
    for_each_staged_piece(round, [&](std::byte* piece, std::size_t length, int owner) {
        std::byte*& arrived = staged_.next[static_cast<std::size_t>(owner)];
        std::memcpy(piece, arrived, length);
        arrived += length;
    });
}

void Exchange::spread(const Round& round) {
    if (is_shared()) {
        node_->barrier();
        for_each_owned_piece(
            round, [&](std::byte* mine, std::size_t length, const Segment& segment, Index position, int stager) {
                std::memcpy(mine, stage_at(round, stager, segment, position), length);
            });
        return;
    }
    for_each_staged_piece(round, [&](const std::byte* piece, std::size_t length, int owner) {
        std::byte*& next = staged_.next[static_cast<std::size_t>(owner)];
        std::memcpy(next, piece, length);
        next += length;
    });
    send(staged_, owned_);
    const std::byte* arrived = owned_.bytes.data();
    for_each_owned_piece(round, [&](std::byte* mine, std::size_t length, const Segment&, Index, int) {
        std::memcpy(mine, arrived, length);
        arrived += length;
    });
}

}  // namespace memdata::io
