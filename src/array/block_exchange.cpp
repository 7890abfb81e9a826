// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "array/block_exchange.hpp"

#include <mpi.h>

#include <algorithm>
#include <array>
#include <optional>

#include "memdata/base/error.hpp"
#include "memdata/mpi/agreement.hpp"
#include "mpi/call.hpp"
#include "mpi/large_count.hpp"
#include "mpi/peers.hpp"
#include "mpi/pieces_type.hpp"

namespace memdata {

namespace {

/// From this length of a run on, reading it out of another process costs less than passing it through the stage
/// (measured: 16 KiB and more win on 2 and 4 ranks, 8 KiB is even, 512 bytes take three times as long).
constexpr Index direct_run = Index{16} << 10;
/// A rank's share of a step: with what is in flight besides, less than 64 MiB.
constexpr Index step_bytes = Index{24} << 20;
/// Rows of a source from this length on are given up piece by piece, not only when they are complete.
constexpr Index long_row = Index{8} << 20;
/// Blocks from this size on do not stay in a cache until somebody uses them.
constexpr Index streaming_bytes = Index{8} << 20;
/// The others that a rank exchanges messages with at a time.
constexpr int messages_at_a_time = 32;
/// Steps and rounds are cut at cache lines.
constexpr Index line = 64;
/// Where ranks tell each other, behind the addresses of their blocks, that the kernel refused.
constexpr std::size_t refused_word = mpi::Node::words - 1;
static_assert(RedistributionPlan::max_arrays <= refused_word);
/// What the kernel takes in one call, pieces (IOV_MAX) and bytes (a little below 2 GiB).
constexpr std::size_t read_pieces = 1024;
constexpr Index read_bytes = Index{1} << 30;

Index divide_up(Index a, Index b) { return (a + b - 1) / b; }

Range whole(const Stream& stream) { return {0, stream.bytes()}; }

/// Calls f(begin, from, until) for every run that packed bytes [first, last) touch: where it begins in the block, and
/// which bytes of the block are touched.
template <class F>
void for_each_run(const Runs& runs, Index first, Index last, F&& f) {
    while (first < last) {
        const Index now = std::min(last - first, runs.run - first % runs.run);
        const Index from = runs.place(first);
        f(from - first % runs.run, from, from + now);
        first += now;
    }
}

/// Part `number` of `of` about equal parts of `range`.
Range part_of(const Range& range, Index number, Index of) {
    const auto cut = [&](Index n) {
        const Index at = range.bytes / of * n + range.bytes % of * n / of;
        return n == of ? range.bytes : range.bytes >= of * line ? at / line * line : at;
    };
    return {range.first + cut(number), cut(number + 1) - cut(number)};
}

}  // namespace

void Stream::add(const Part& part) {
    if (part.source.bytes() > 0) {
        parts_.push_back(part);
        bytes_ += part.source.bytes();
    }
}

Index Stream::shortest_run() const noexcept {
    Index shortest = bytes_;
    for (const Part& part : parts_) {
        shortest = std::min({shortest, part.source.run, part.target.run});
    }
    return shortest;
}

BlockExchange::BlockExchange(const Communicator& comm, std::vector<Stream> give, std::vector<Stream> take,
                             ExchangeWay way)
    : comm_(comm), give_(std::move(give)), take_(std::move(take)), node_(mpi::Node::of(comm)) {
    agree(comm_, "planning an exchange", [&] { choose_links(way); });
    Index given = 0;
    Index taken = 0;
    for (std::size_t rank = 0; rank < give_.size(); ++rank) {
        given += give_[rank].bytes();
        taken += take_[rank].bytes();
        if (gives_by_[rank] == Link::staged) {
            most_staged_ = std::max(most_staged_, give_[rank].bytes());
        } else if (gives_by_[rank] == Link::direct) {
            most_direct_ = std::max(most_direct_, give_[rank].bytes());
        }
    }
    const bool messages =
        std::ranges::count(gives_by_, Link::message) + std::ranges::count(takes_by_, Link::message) > 0;
    const auto number = static_cast<Index>(way);
    std::array<Index, 6> most{most_staged_, most_direct_, messages ? 1 : 0, std::max(given, taken), number, -number};
    mpi::check(MPI_Allreduce(MPI_IN_PLACE, most.data(), static_cast<int>(most.size()), MPI_INT64_T, MPI_MAX, comm_),
               "MPI_Allreduce");
    if (most[4] != -most[5]) {
        throw MismatchError(
            "the ranks do not ask for the same way of exchange (see ExchangeWay and the environment variable "
            "MEMDATA_EXCHANGE)");
    }
    most_staged_ = most[0];
    most_direct_ = most[1];
    any_message_ = most[2] != 0;
    most_bytes_ = most[3];
}

void BlockExchange::choose_links(ExchangeWay way) {
    const auto link = [&](int rank, const Stream& stream) {
        if (stream.bytes() == 0) {
            return Link::none;
        }
        if (rank == comm_.rank()) {
            return Link::itself;
        }
        if (node_->number(rank) < 0 || way == ExchangeWay::messages) {
            return Link::message;
        }
        const bool long_runs = stream.shortest_run() >= direct_run;
        const bool direct = way == ExchangeWay::direct || (way == ExchangeWay::automatic && long_runs);
        return direct && node_->can_read() ? Link::direct : Link::staged;
    };
    for (int rank = 0; rank < comm_.size(); ++rank) {
        const auto r = static_cast<std::size_t>(rank);
        gives_by_.push_back(link(rank, give_[r]));
        takes_by_.push_back(link(rank, take_[r]));
        Index& bytes = takes_by_[r] == Link::itself   ? traffic_.local
                       : takes_by_[r] == Link::direct ? traffic_.direct
                       : takes_by_[r] == Link::staged ? traffic_.staged
                                                      : traffic_.messages;
        bytes += take_[r].bytes();
    }
}

void BlockExchange::run(Sources sources, Targets targets) const {
    bool direct_works = true;
    const Index steps = any_message_ ? divide_up(most_bytes_, mpi::count_limit()) : 1;
    for (Step step{0, std::max(Index{1}, steps)}; step.number < step.of; ++step.number) {
        run_step({sources, targets}, step, direct_works);
    }
}

void BlockExchange::run_in_steps(Sources sources, Targets targets, PageRecycler& pages) const {
    bool direct_works = true;
    const auto arrays = static_cast<int>(sources.size());
    const auto go = [&](const Step& step) {
        for (int array = 0; array < arrays && step.number > 0; ++array) {
            for_each_progress(step, Side::target, array, [&](const Progress& progress) { pages.fill(progress); });
        }
        pages.give_back();
        run_step({sources, targets}, step, direct_works);
        for (int array = 0; array < arrays && step.of > 1; ++array) {
            for_each_progress(step, Side::source, array, [&](const Progress& progress) { pages.consumed(progress); });
        }
    };
    const Index steps = std::max(Index{1}, divide_up(most_bytes_, step_bytes));
    go({0, steps});
    [&]() noexcept {  // half of the sources may be gone
        for (Index number = 1; number < steps; ++number) {
            go({number, steps});
        }
    }();
}

Stores BlockExchange::stores() const noexcept {
    const Index taken = traffic_.local + traffic_.direct + traffic_.staged + traffic_.messages;
    return taken >= streaming_bytes ? Stores::streaming : Stores::cached;
}

void BlockExchange::run_step(const Blocks& blocks, const Step& step, bool& direct_works) const {
    // Some node has such links; one that has no other ranks has nothing to do with them.
    const bool any_direct = most_direct_ > 0 && node_->size() > 1;
    const bool any_staged = most_staged_ > 0 && node_->size() > 1;
    if (any_direct && direct_works) {
        direct_works = read_direct(blocks, step);
    }
    const bool again = any_direct && !direct_works;  // what could not be read goes through the stage
    if (any_staged || again) {
        pass_through_stage(blocks, step, again);
    } else {
        copy_own(blocks, part_of(whole(take_[static_cast<std::size_t>(comm_.rank())]), step.number, step.of));
    }
    finish_stores();
    if (any_message_) {
        send_messages(blocks, step);
    }
    if (any_direct || any_staged) {  // all that was given has been taken
        node_->barrier();
    }
}

void BlockExchange::copy_own(const Blocks& blocks, const Range& range) const {
    const Stream& own = take_[static_cast<std::size_t>(comm_.rank())];
    own.for_each(range.first, range.bytes, [&](const Part& part, Index first, Index bytes) {
        const auto a = static_cast<std::size_t>(part.array);
        copy(blocks.sources[a], part.source, blocks.targets[a], part.target, first, bytes, stores());
    });
}

/// False on all ranks of the node when the kernel refused one of them.
bool BlockExchange::read_direct(const Blocks& blocks, const Step& step) const {
    for (std::size_t array = 0; array < blocks.sources.size(); ++array) {
        node_->word(node_->me(), array) = reinterpret_cast<std::uintptr_t>(blocks.sources[array]);
    }
    std::atomic<std::uint64_t>& refused = node_->word(node_->me(), refused_word);
    refused = 0;
    node_->barrier();
    std::array<mpi::Node::Piece, read_pieces> theirs;
    std::array<mpi::Node::Piece, read_pieces> mine;
    bool works = true;
    // Each begins with the next rank, so that not all read from the same one.
    for (int k = 1; k < node_->size(); ++k) {
        const int number = (node_->me() + k) % node_->size();
        const auto rank = static_cast<std::size_t>(node_->ranks()[static_cast<std::size_t>(number)]);
        if (takes_by_[rank] != Link::direct) {
            continue;
        }
        std::size_t pieces = 0;
        Index collected = 0;
        const auto read_collected = [&] {
            works = works && (pieces == 0 ||
                              node_->read(number, std::span(theirs).first(pieces), std::span(mine).first(pieces)));
            pieces = 0;
            collected = 0;
        };
        const Stream& stream = take_[rank];
        const Range range = part_of(whole(stream), step.number, step.of);
        stream.for_each(range.first, range.bytes, [&](const Part& part, Index first, Index bytes) {
            const auto a = static_cast<std::size_t>(part.array);
            const auto source = static_cast<std::uintptr_t>(node_->word(number, a).load());
            const auto target = reinterpret_cast<std::uintptr_t>(blocks.targets[a]);
            while (bytes > 0) {
                const Index now = std::min({bytes, part.source.run - first % part.source.run,
                                            part.target.run - first % part.target.run, read_bytes});
                if (pieces == read_pieces || collected + now > read_bytes) {
                    read_collected();
                }
                theirs[pieces] = {source + static_cast<std::uintptr_t>(part.source.place(first)), now};
                mine[pieces] = {target + static_cast<std::uintptr_t>(part.target.place(first)), now};
                ++pieces;
                collected += now;
                first += now;
                bytes -= now;
            }
        });
        read_collected();
    }
    refused = works ? 0 : 1;
    node_->barrier();
    for (int number = 0; number < node_->size(); ++number) {
        works = works && node_->word(number, refused_word) == 0;
    }
    return works;
}

void BlockExchange::pass_through_stage(const Blocks& blocks, const Step& step, bool with_direct) const {
    const auto staged = [&](Link link) { return link == Link::staged || (with_direct && link == Link::direct); };
    const int others = std::max(1, node_->size() - 1);
    const Index slot = node_->stage_bytes() / others / line * line;
    // Cuts at lines make a part of a part longer than its share by up to a line, twice.
    const Index most = with_direct ? std::max(most_staged_, most_direct_) : most_staged_;
    const Index rounds = std::max(Index{1}, divide_up(divide_up(most, step.of) + line, slot - line));
    const Stream& own = take_[static_cast<std::size_t>(comm_.rank())];
    const auto share = [&](const Stream& stream, Index round) {
        return part_of(part_of(whole(stream), step.number, step.of), round, rounds);
    };
    const auto peer = [&](int number) {
        return static_cast<std::size_t>(node_->ranks()[static_cast<std::size_t>(number)]);
    };
    /// Where in the giver's half the part for a taker is.
    const auto place = [&](int giver, int taker, Index round) {
        return node_->stage(giver, static_cast<int>(round % 2)) + (taker < giver ? taker : taker - 1) * slot;
    };
    const auto fill = [&](Index round) {
        for (int k = 1; k < node_->size(); ++k) {
            const int number = (node_->me() + k) % node_->size();
            const Stream& stream = give_[peer(number)];
            if (!staged(gives_by_[peer(number)])) {
                continue;
            }
            std::byte* to = place(node_->me(), number, round);
            const Range range = share(stream, round);
            stream.for_each(range.first, range.bytes, [&](const Part& part, Index first, Index bytes) {
                const std::byte* block = blocks.sources[static_cast<std::size_t>(part.array)];
                pack(block, part.source, first, bytes, to, Stores::cached);
                to += bytes;
            });
        }
    };
    const auto empty = [&](Index round) {
        for (int k = 1; k < node_->size(); ++k) {
            const int number = (node_->me() + k) % node_->size();
            const Stream& stream = take_[peer(number)];
            if (!staged(takes_by_[peer(number)])) {
                continue;
            }
            const std::byte* from = place(number, node_->me(), round);
            const Range range = share(stream, round);
            stream.for_each(range.first, range.bytes, [&](const Part& part, Index first, Index bytes) {
                std::byte* block = blocks.targets[static_cast<std::size_t>(part.array)];
                unpack(from, block, part.target, first, bytes, stores());
                from += bytes;
            });
        }
    };
    for (Index round = 0; round <= rounds; ++round) {
        if (round < rounds) {
            fill(round);
            copy_own(blocks, share(own, round));  // now, while cache lines shared with the others' parts are warm
        }
        if (round > 0) {
            empty(round - 1);
        }
        if (round < rounds) {  // the last is run_step's
            node_->barrier();
        }
    }
}

void BlockExchange::send_messages(const Blocks& blocks, const Step& step) const {
    const int ranks = comm_.size();
    const auto pieces_of = [&](const Stream& stream, bool source) {
        const Range range = part_of(whole(stream), step.number, step.of);
        std::vector<mpi::Pieces> pieces;
        stream.for_each(range.first, range.bytes, [&](const Part& part, Index first, Index bytes) {
            const auto a = static_cast<std::size_t>(part.array);
            const std::byte* base = source ? blocks.sources[a] : blocks.targets[a];
            for_each_stretch(source ? part.source : part.target, first, bytes,
                             [&](Index offset, Index length, Index count, Index stride) {
                                 pieces.push_back({base + offset, length, count, stride});
                             });
        });
        return pieces;
    };
    for (int done = 1; done < ranks; done += messages_at_a_time) {
        std::optional<mpi::PeerTypes> send;
        std::optional<mpi::PeerTypes> receive;
        agree(comm_, "describing what is exchanged between nodes", [&] {
            send.emplace(ranks);
            receive.emplace(ranks);
            for (int k = done; k < std::min(ranks, done + messages_at_a_time); ++k) {
                const int to = (comm_.rank() + k) % ranks;
                const int from = (comm_.rank() - k + ranks) % ranks;
                if (gives_by_[static_cast<std::size_t>(to)] == Link::message) {
                    if (const auto pieces = pieces_of(give_[static_cast<std::size_t>(to)], true); !pieces.empty()) {
                        send->set(to, mpi::pieces_type(pieces));
                    }
                }
                if (takes_by_[static_cast<std::size_t>(from)] == Link::message) {
                    if (const auto pieces = pieces_of(take_[static_cast<std::size_t>(from)], false); !pieces.empty()) {
                        receive->set(from, mpi::pieces_type(pieces));
                    }
                }
            }
        });
        mpi::exchange(comm_, MPI_BOTTOM, *send, MPI_BOTTOM, *receive);
    }
}

template <class F>
void BlockExchange::for_each_progress(const Step& step, Side side, int array, F&& f) const {
    // A block whose rows are shared out among the others is done as far as all of them have come (a source), or touched
    // as far as the first (a target); of one whose rows go to one rank each, every rank's part has a progress of its
    // own.
    const bool source = side == Side::source;
    Index row = 0;
    Index rows = 0;
    Index rows_before = -1;
    Index rows_now = -1;
    const auto advance = [&](Index& all, Index done, Index run) {
        const Index its = source ? done / run : divide_up(done, run);
        all = all < 0 ? its : source ? std::min(all, its) : std::max(all, its);
    };
    for (const Stream& stream : source ? give_ : take_) {
        const Range range = part_of(whole(stream), step.number, step.of);
        Index first = range.first;
        Index last = range.first + range.bytes;
        for (const Part& part : stream.parts()) {
            const Runs& runs = source ? part.source : part.target;
            if (part.array == array) {
                const Index before = std::clamp(first, Index{0}, runs.bytes());
                const Index now = std::clamp(last, Index{0}, runs.bytes());
                if (runs.count == 1) {
                    f(Progress{array, runs.offset, runs.offset + runs.run, runs.offset + before, runs.offset + now});
                } else {
                    if (source && runs.stride >= long_row) {
                        for_each_run(runs, before, now, [&](Index begin, Index from, Index until) {
                            f(Progress{array, begin, begin + runs.run, from, until});
                        });
                    }
                    row = runs.stride;
                    rows = runs.count;
                    advance(rows_before, before, runs.run);
                    advance(rows_now, now, runs.run);
                }
            }
            first -= runs.bytes();
            last -= runs.bytes();
        }
    }
    if (row > 0) {
        f(Progress{array, 0, rows * row, rows_before * row, rows_now * row});
    }
}

}  // namespace memdata
