// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "memdata/array/distribution.hpp"

namespace memdata::io {

/// A dataset that lies in one piece in the file, row-major, and this rank's block of it in memory.
struct ContiguousBlock {
    std::string path;
    std::uint64_t file_offset;  ///< of the dataset's first byte
    Distribution distribution;
    std::size_t itemsize;
    std::byte* local;  ///< only read from when writing
};

/// The geometry of such a dataset in bytes: a sequence of stripes, in each of which every rank has one run. Where one
/// rank has everything, that is one run.
class Stripes {
public:
    explicit Stripes(const ContiguousBlock& block)
        : partition_(block.distribution.partition()),
          index_(block.distribution.global_shape().elements(block.distribution.axis() + 1,
                                                            block.distribution.global_shape().ndim()) *
                 static_cast<Index>(block.itemsize)),
          count_(block.distribution.global_shape().elements(0, block.distribution.axis())) {
        if (partition_.max_count() == partition_.extent()) {
            index_ *= count_;
            count_ = 1;
        }
        stripe_ = partition_.extent() * index_;
    }

    /// Bytes of the dataset.
    [[nodiscard]] Index total() const noexcept { return count_ * stripe_; }
    /// Bytes of a rank's run in a stripe.
    [[nodiscard]] Index run(int rank) const noexcept { return partition_.count(rank) * index_; }
    [[nodiscard]] Index longest_run() const noexcept { return partition_.max_count() * index_; }

    /// Bytes of [low, high) that are a rank's.
    [[nodiscard]] Index bytes(int rank, Index low, Index high) const noexcept {
        return before(rank, high) - before(rank, low);
    }

    /// No rank has more than these bytes of [low, high).
    [[nodiscard]] Index most_bytes(Index low, Index high) const noexcept {
        const Index touched = low < high ? (high - 1) / stripe_ - low / stripe_ + 1 : 0;
        return std::min(high - low, touched * longest_run());
    }

    /// Calls f(position in the dataset, position in the rank's block, bytes) for every piece of [low, high) that
    /// is a rank's, in order.
    template <class F>
    void for_each_run(int rank, Index low, Index high, F&& f) const {
        const Index length = run(rank);
        if (length == 0 || low >= high) {
            return;
        }
        const Index first = partition_.offset(rank) * index_;
        for (Index s = low / stripe_; s < count_ && s * stripe_ + first < high; ++s) {
            const Index start = s * stripe_ + first;
            const Index from = std::max(start, low);
            const Index to = std::min(start + length, high);
            if (from < to) {
                f(from, s * length + (from - start), to - from);
            }
        }
    }

    /// Calls f(rank, position in the dataset, bytes) for every piece of [low, high), whoever has it, in order.
    template <class F>
    void for_each_piece(Index low, Index high, F&& f) const {
        if (low >= high) {
            return;
        }
        int rank = partition_.owner(low % stripe_ / index_);
        for (Index position = low; position < high;) {
            if (run(rank) > 0) {
                const Index start = position / stripe_ * stripe_ + partition_.offset(rank) * index_;
                const Index end = std::min(start + run(rank), high);
                f(rank, position, end - position);
                position = end;
            }
            rank = rank + 1 == partition_.parts() ? 0 : rank + 1;
        }
    }

private:
    [[nodiscard]] Index before(int rank, Index position) const noexcept {
        if (stripe_ == 0) {
            return 0;
        }
        const Index length = run(rank);
        const Index inside = position % stripe_ - partition_.offset(rank) * index_;
        return position / stripe_ * length + std::clamp<Index>(inside, 0, length);
    }

    Partition partition_;
    Index index_;       // bytes of one index of the distributed axis
    Index count_;       // stripes
    Index stripe_ = 0;  // bytes of one
};

}  // namespace memdata::io
