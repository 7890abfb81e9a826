// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "io/exchange.hpp"

#include <cstring>
#include <numeric>

#include "base/fault_point.hpp"
#include "io/round_memory.hpp"
#include "mpi/call.hpp"

namespace memdata::io {

namespace {

/// Stretches are cut at multiples of a page, and so that there are no tiny ones: calls cost more than their bytes.
Index even_share(Index bytes, int ranks) {
    constexpr Index page = 4096;
    constexpr Index least = Index{64} << 10;
    const Index even = (bytes + ranks - 1) / ranks;
    return std::max(least, (even + page - 1) / page * page);
}

}  // namespace

Exchange::Exchange(const Communicator& comm, const std::vector<ContiguousBlock>& blocks,
                   std::shared_ptr<mpi::Node> node)
    : comm_(comm),
      blocks_(blocks),
      node_(std::move(node)),
      stripes_(blocks.begin(), blocks.end()),
      starts_(1, 0),
      owned_(comm.size()),
      staged_(comm.size()) {
    for (const Stripes& stripes : stripes_) {
        starts_.push_back(starts_.back() + stripes.total());
    }
}

Index Exchange::most_owned(Index begin, Index end) const {
    Index most = 0;
    auto number = static_cast<std::size_t>(std::ranges::upper_bound(starts_, begin) - starts_.begin() - 1);
    for (; number < blocks_.size() && starts_[number] < end; ++number) {
        most += stripes_[number].most_bytes(std::max(begin, starts_[number]) - starts_[number],
                                            std::min(end, starts_[number + 1]) - starts_[number]);
    }
    return most;
}

std::vector<Round> Exchange::rounds() const {
    const Index total = starts_.back();
    std::vector<Round> result;
    if (is_shared()) {
        const Index region = even_share(total, comm_.size());
        for (Index done = 0; done < region && done < total; done += result.back().stretch) {
            result.push_back({.base = done,
                              .step = region,
                              .stretch = std::min(node_->stage_bytes(), region - done),
                              .end = total,
                              .half = static_cast<int>(result.size() % 2)});
        }
        return result;
    }
    for (Index begin = 0; begin < total; begin = result.back().end) {
        Index bytes = std::min(total - begin, round_memory * comm_.size());
        while (bytes > round_memory && most_owned(begin, begin + bytes) > round_memory) {
            bytes = std::max(round_memory, bytes / 2);
        }
        const Index share = even_share(bytes, comm_.size());
        result.push_back({.base = begin, .step = share, .stretch = share, .end = begin + bytes});
    }
    return result;
}

std::byte* Exchange::stage(const Round& round, int stager) const {
    return is_shared() ? node_->stage(node_->number(stager), round.half) : stage_;
}

template <class F>
void Exchange::for_each_owned_piece(const Round& round, F&& f) const {
    for (int stager = 0; stager < comm_.size(); ++stager) {
        for_each_part(round, stager, [&](std::size_t number, Index low, Index high, std::byte* staged) {
            std::byte* const local = blocks_[number].local;
            stripes_[number].for_each_run(comm_.rank(), low, high, [&](Index position, Index mine, Index length) {
                f(local + mine, staged + (position - low), static_cast<std::size_t>(length));
            });
        });
    }
}

template <class F>
void Exchange::for_each_staged_piece(const Round& round, F&& f) const {
    for_each_part(round, comm_.rank(), [&](std::size_t number, Index low, Index high, std::byte* staged) {
        stripes_[number].for_each_piece(low, high, [&](int owner, Index position, Index length) {
            f(static_cast<std::size_t>(owner), staged + (position - low), static_cast<std::size_t>(length));
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
    faults::point("making room for messages");
    std::ranges::fill(owned_.counts, 0);
    std::ranges::fill(staged_.counts, 0);
    for (int stager = 0; stager < comm_.size(); ++stager) {
        for_each_part(round, stager, [&](std::size_t number, Index low, Index high, const std::byte*) {
            const auto bytes_of = [&](int owner) { return static_cast<int>(stripes_[number].bytes(owner, low, high)); };
            owned_.counts[static_cast<std::size_t>(stager)] += bytes_of(comm_.rank());
            for (int owner = 0; owner < comm_.size() && stager == comm_.rank(); ++owner) {
                staged_.counts[static_cast<std::size_t>(owner)] += bytes_of(owner);
            }
        });
    }
    memory_.resize(static_cast<std::size_t>(round.end_of(comm_.rank()) - round.begin_of(comm_.rank())));
    stage_ = memory_.data();
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
        for_each_owned_piece(round, [](const std::byte* mine, std::byte* staged, std::size_t length) {
            std::memcpy(staged, mine, length);
        });
        node_->barrier();
        return;
    }
    std::byte* next = owned_.bytes.data();
    for_each_owned_piece(round, [&](const std::byte* mine, const std::byte*, std::size_t length) {
        std::memcpy(next, mine, length);
        next += length;
    });
    send(owned_, staged_);
    for_each_staged_piece(round, [&](std::size_t owner, std::byte* piece, std::size_t length) {
        std::memcpy(piece, staged_.next[owner], length);
        staged_.next[owner] += length;
    });
}

void Exchange::spread(const Round& round) {
    if (is_shared()) {
        node_->barrier();
        for_each_owned_piece(round, [](std::byte* mine, const std::byte* staged, std::size_t length) {
            std::memcpy(mine, staged, length);
        });
        return;
    }
    for_each_staged_piece(round, [&](std::size_t owner, const std::byte* piece, std::size_t length) {
        std::memcpy(staged_.next[owner], piece, length);
        staged_.next[owner] += length;
    });
    send(staged_, owned_);
    const std::byte* arrived = owned_.bytes.data();
    for_each_owned_piece(round, [&](std::byte* mine, const std::byte*, std::size_t length) {
        std::memcpy(mine, arrived, length);
        arrived += length;
    });
}

}  // namespace memdata::io
