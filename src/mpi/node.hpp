// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "memdata/base/shape.hpp"
#include "memdata/mpi/communicator.hpp"

namespace memdata::mpi {

/// For tests: what other machines are like.
struct NodeTest {
    static inline int most_ranks = 0;         ///< of a node, if not 0; for communicators that are new
    static inline bool refuse_reads = false;  ///< as a kernel may at any time
};

/// The ranks of a communicator that share this rank's memory, and what they can do without messages: write to a
/// small buffer that all of them see, and read each other's memory where the kernel allows it. Local once it stands.
class Node : public std::enable_shared_from_this<Node> {
public:
    /// The communicator's; found on first use and kept with it until it is freed. Collective on comm (on the first
    /// use only, which is the same on all ranks).
    [[nodiscard]] static std::shared_ptr<Node> of(const Communicator& comm);
    /// Of the nodes that are kept with a communicator, how many have a shared buffer: to tell those from leaked ones.
    [[nodiscard]] static std::size_t buffers_kept();
    ~Node();
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    /// Their ranks in the communicator, ascending; just this one when there is no shared buffer.
    [[nodiscard]] const std::vector<int>& ranks() const noexcept { return ranks_; }
    [[nodiscard]] int size() const noexcept { return static_cast<int>(ranks_.size()); }
    /// Number of this rank, and of another rank of the communicator (-1: on another node), among them.
    [[nodiscard]] int me() const noexcept { return me_; }
    [[nodiscard]] int number(int rank) const noexcept { return numbers_[static_cast<std::size_t>(rank)]; }

    /// Can these ranks read each other's memory (process_vm_readv)? The same on all of them.
    [[nodiscard]] bool can_read() const noexcept { return can_read_; }
    /// Reads pieces of another's memory into pieces of this rank's; the bytes of both are the same in all. False
    /// when the kernel refuses.
    struct Piece {
        std::uintptr_t address;
        Index bytes;
    };
    [[nodiscard]] bool read(int number, std::span<const Piece> theirs, std::span<const Piece> mine) const noexcept;

    /// Waits until all ranks of the node are here, and what they stored before is seen.
    void barrier() const noexcept;

    /// `half` 0 or 1 of the buffer that rank `number` fills for the others: stage_bytes() of memory, aligned to a page.
    [[nodiscard]] std::byte* stage(int number, int half) const noexcept;
    [[nodiscard]] Index stage_bytes() const noexcept { return stage_bytes_; }

    /// Words that each rank of the node may write for the others to read after a barrier.
    static constexpr std::size_t words = 480;
    [[nodiscard]] std::atomic<std::uint64_t>& word(int number, std::size_t i) const noexcept;

private:
    struct Control;
    Node() = default;
    void find_ranks(const Communicator& comm);
    void share_buffer(const Communicator& comm);
    [[nodiscard]] bool map_buffer(int pid, int descriptor, std::uint64_t token);
    void try_reading(const Communicator& comm);
    [[nodiscard]] Control& control(int number) const noexcept;
    [[nodiscard]] Index share_bytes() const noexcept;

    std::vector<int> ranks_;
    std::vector<int> numbers_;
    std::vector<int> pids_;
    int me_ = 0;
    bool can_read_ = false;
    std::uint64_t token_ = 0;  // for others to try to read
    Index stage_bytes_ = 0;
    std::byte* buffer_ = nullptr;
    std::size_t mapped_ = 0;
};

}  // namespace memdata::mpi
