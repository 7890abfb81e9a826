// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "io/exchange.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "io/round_memory.hpp"
#include "mpi/call.hpp"

namespace memdata::io {

Exchange::Exchange(const Communicator& comm, const std::vector<ContiguousBlock>& blocks)
    : comm_(comm), blocks_(blocks), stripes_(blocks.begin(), blocks.end()) {
    const auto size = static_cast<std::size_t>(comm.size());
    for (Side* side : {&owned_, &staged_}) {
        side->counts.resize(size);
        side->displacements.resize(size);
    }
}

std::vector<Round> Exchange::rounds() const {
    constexpr Index worthwhile = Index{64} << 10;
    std::vector<Round> result(1);
    std::vector<Index> load(static_cast<std::size_t>(comm_.size()), 0);  // bytes a rank owns in this round
    Index total = 0;
    const auto fits = [&](const Stripes& stripes, Index low, Index high) {
        for (int rank = 0; rank < comm_.size(); ++rank) {
            if (load[static_cast<std::size_t>(rank)] + stripes.bytes(rank, low, high) > round_memory) {
                return false;
            }
        }
        return true;
    };
    for (std::size_t block = 0; block < stripes_.size(); ++block) {
        const Stripes& stripes = stripes_[block];
        for (Index low = 0; low < stripes.total();) {
            const Index left = stripes.total() - low;
            Index length = std::min(left, round_memory * comm_.size() - total);
            while (length > 0 && !fits(stripes, low, low + length)) {
                length /= 2;
            }
            if (length < std::min(left, worthwhile) && !result.back().empty()) {
                result.emplace_back();  // an empty round takes round_memory bytes of anything
                std::ranges::fill(load, 0);
                total = 0;
                continue;
            }
            result.back().push_back({block, low, low + length, total});
            for (int rank = 0; rank < comm_.size(); ++rank) {
                load[static_cast<std::size_t>(rank)] += stripes.bytes(rank, low, low + length);
            }
            total += length;
            low += length;
        }
    }
    if (result.back().empty()) {
        result.pop_back();
    }
    return result;
}

Index Exchange::stretch_start(const Round& round, int rank) const {
    const Index total = round.back().start + round.back().high - round.back().low;
    return total * rank / comm_.size();
}

std::byte* Exchange::stage_at(const Segment& segment, Index position) {
    return stage_.data() + (segment.start + position - segment.low - stage_start_);
}

template <class F>
void Exchange::for_each_owned_piece(const Round& round, F&& f) {
    for (int stager = 0; stager < comm_.size(); ++stager) {
        for_each_part(round, stager, [&](const Segment& segment, Index low, Index high) {
            std::byte* local = blocks_[segment.block].local;
            stripes_[segment.block].for_each_run(comm_.rank(), low, high, [&](Index, Index position, Index length) {
                f(local + position, static_cast<std::size_t>(length));
            });
        });
    }
}

template <class F>
void Exchange::for_each_staged_piece(const Round& round, F&& f) {
    for (int owner = 0; owner < comm_.size(); ++owner) {
        for_each_part(round, comm_.rank(), [&](const Segment& segment, Index low, Index high) {
            stripes_[segment.block].for_each_run(owner, low, high, [&](Index position, Index, Index length) {
                f(stage_at(segment, position), static_cast<std::size_t>(length));
            });
        });
    }
}

void Exchange::Side::place() {
    std::exclusive_scan(counts.begin(), counts.end(), displacements.begin(), 0);
    bytes.resize(static_cast<std::size_t>(displacements.back() + counts.back()));
}

void Exchange::prepare(const Round& round) {
    stage_start_ = stretch_start(round, comm_.rank());
    stage_.resize(static_cast<std::size_t>(stretch_start(round, comm_.rank() + 1) - stage_start_));
    const auto bytes_of = [&](int owner, int stager) {
        Index bytes = 0;
        for_each_part(round, stager, [&](const Segment& segment, Index low, Index high) {
            bytes += stripes_[segment.block].bytes(owner, low, high);
        });
        return static_cast<int>(bytes);
    };
    for (int rank = 0; rank < comm_.size(); ++rank) {
        owned_.counts[static_cast<std::size_t>(rank)] = bytes_of(comm_.rank(), rank);
        staged_.counts[static_cast<std::size_t>(rank)] = bytes_of(rank, comm_.rank());
    }
    owned_.place();
    staged_.place();
}

void Exchange::send(const Side& from, Side& to) const {
    mpi::check(MPI_Alltoallv(from.bytes.data(), from.counts.data(), from.displacements.data(), MPI_BYTE,
                             to.bytes.data(), to.counts.data(), to.displacements.data(), MPI_BYTE, comm_),
               "MPI_Alltoallv");
}

void Exchange::gather(const Round& round) {
    std::byte* next = owned_.bytes.data();
    for_each_owned_piece(round, [&](const std::byte* piece, std::size_t length) {
        std::memcpy(next, piece, length);
        next += length;
    });
    send(owned_, staged_);
    const std::byte* arrived = staged_.bytes.data();
    for_each_staged_piece(round, [&](std::byte* piece, std::size_t length) {
        std::memcpy(piece, arrived, length);
        arrived += length;
    });
}

void Exchange::spread(const Round& round) {
    std::byte* next = staged_.bytes.data();
    for_each_staged_piece(round, [&](const std::byte* piece, std::size_t length) {
        std::memcpy(next, piece, length);
        next += length;
    });
    send(staged_, owned_);
    const std::byte* arrived = owned_.bytes.data();
    for_each_owned_piece(round, [&](std::byte* piece, std::size_t length) {
        std::memcpy(piece, arrived, length);
        arrived += length;
    });
}

}  // namespace memdata::io
