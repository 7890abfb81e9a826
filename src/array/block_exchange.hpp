// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "array/page_recycler.hpp"
#include "array/runs.hpp"
#include "memdata/array/redistribution.hpp"
#include "mpi/node.hpp"

namespace memdata {

/// What one rank gives another of one array: the same bytes as they lie in the giver's and in the taker's block.
struct Part {
    int array = 0;
    Runs source;
    Runs target;
};

/// A part of a stream, in bytes.
struct Range {
    Index first;
    Index bytes;
};

/// All that one rank gives another: packed, the parts follow each other.
class Stream {
public:
    void add(const Part& part);
    [[nodiscard]] Index bytes() const noexcept { return bytes_; }
    [[nodiscard]] const std::vector<Part>& parts() const noexcept { return parts_; }
    /// The shortest run in it, on either side.
    [[nodiscard]] Index shortest_run() const noexcept;
    /// Calls f(part, first byte in it, bytes) for what packed bytes [first, first + bytes) are made of, in order.
    template <class F>
    void for_each(Index first, Index bytes, F&& f) const {
        for (const Part& part : parts_) {
            const Index all = part.source.bytes();
            if (first < all && bytes > 0) {
                const Index now = bytes < all - first ? bytes : all - first;
                f(part, first, now);
                bytes -= now;
                first = 0;
            } else {
                first -= first < all ? 0 : all;
            }
        }
    }

private:
    std::vector<Part> parts_;
    Index bytes_ = 0;
};

/// An exchange between every two ranks, each pair in the way that suits it. Within a node no messages are sent: long
/// runs are read straight out of the other's memory; what has short runs is packed into a small shared buffer by the
/// giver and unpacked from there by the taker, round by round, so that it stays in the cache in between. Between
/// nodes MPI exchanges derived types, with few peers at a time. docs/distributed-arrays.md has the measurements.
class BlockExchange {
public:
    /// `give[r]` goes to rank r, `take[r]` comes from it. Collective on comm; throws what agree() throws.
    BlockExchange(const Communicator& comm, std::vector<Stream> give, std::vector<Stream> take, ExchangeWay way);

    /// The first bytes of the arrays' blocks.
    using Sources = std::span<const std::byte* const>;
    using Targets = std::span<std::byte* const>;
    /// Collective on comm().
    void run(Sources sources, Targets targets) const;

    /// The same in small steps, between which memory of the sources that nobody needs any more is given to the targets.
    /// An exception comes before any source is touched; what fails later ends the job.
    void run_in_steps(Sources sources, Targets targets, PageRecycler& pages) const;

    [[nodiscard]] const Traffic& traffic() const noexcept { return traffic_; }
    [[nodiscard]] const Communicator& comm() const noexcept { return comm_; }

private:
    struct Blocks {
        Sources sources;
        Targets targets;
    };
    enum class Link { none, itself, direct, staged, message };
    /// The part of every stream that moves at a time.
    struct Step {
        Index number = 0;
        Index of = 1;
    };
    void choose_links(ExchangeWay way);
    void run_step(const Blocks& blocks, const Step& step, bool& direct_works) const;
    [[nodiscard]] bool read_direct(const Blocks& blocks, const Step& step) const;
    void pass_through_stage(const Blocks& blocks, const Step& step, bool with_direct) const;
    void send_messages(const Blocks& blocks, const Step& step) const;
    void copy_own(const Blocks& blocks, const Range& range) const;
    enum class Side { source, target };
    /// Calls f(Progress) for what the step consumes of, or adds to, this rank's blocks.
    template <class F>
    void for_each_progress(const Step& step, Side side, int array, F&& f) const;
    [[nodiscard]] Stores stores() const noexcept;

    Communicator comm_;
    std::vector<Stream> give_;
    std::vector<Stream> take_;
    std::vector<Link> gives_by_;
    std::vector<Link> takes_by_;
    std::shared_ptr<mpi::Node> node_;
    Traffic traffic_;
    // On any rank, the same on all:
    Index most_staged_ = 0;  // bytes of the largest stream that is staged, read directly
    Index most_direct_ = 0;
    Index most_bytes_ = 0;  // that one rank gives or takes
    bool any_message_ = false;
};

}  // namespace memdata
