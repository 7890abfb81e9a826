// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "array/reduce_block.hpp"

#include <algorithm>
#include <cstring>

#include "memdata/array/operand.hpp"

namespace memdata {

namespace {

/// States side by side that are folded together: few enough to stay in the first-level cache.
constexpr Index tile_columns = 1024;
/// Elements that go into one state one after the other; beyond, states are merged in a tree so that rounding errors
/// grow with the logarithm of the number of elements (as numpy's pairwise summation).
constexpr Index leaf_rows = 64;
/// The same for contiguous elements, which the kernel sums pairwise itself.
constexpr Index leaf_run = Index{1} << 20;
/// An inner reduced axis shorter than this is not worth a run of its own.
constexpr Index short_run = 32;

/// One axis of the loop, with the steps of element, state and number.
struct LoopAxis {
    Index extent = 1;
    Index element = 0;
    Index state = 0;
    Index number = 0;
};

/// Position in a loop over several axes, the last fastest.
class Odometer {
public:
    explicit Odometer(const std::vector<LoopAxis>& axes) : axes_(axes), position_(axes.size(), 0) {}
    [[nodiscard]] bool done() const noexcept { return done_; }
    [[nodiscard]] const LoopAxis& offset() const noexcept { return offset_; }
    void next() {
        for (std::size_t a = axes_.size(); a-- > 0;) {
            const LoopAxis& axis = axes_[a];
            ++position_[a];
            advance(axis, 1);
            if (position_[a] < axis.extent) {
                return;
            }
            advance(axis, -axis.extent);
            position_[a] = 0;
        }
        done_ = true;
    }

private:
    void advance(const LoopAxis& axis, Index steps) {
        offset_.element += steps * axis.element;
        offset_.state += steps * axis.state;
        offset_.number += steps * axis.number;
    }

    const std::vector<LoopAxis>& axes_;
    std::vector<Index> position_;
    LoopAxis offset_;
    bool done_ = false;
};

/// States that wait for a partner of as many elements: a binary counter.
class Tree {
public:
    Tree(const ReduceKernel& kernel, Index item) : kernel_(kernel), item_(item) {}
    void clear(Index columns) {
        columns_ = columns;
        std::fill(taken_.begin(), taken_.end(), false);
    }
    /// Takes the states; `leaf` is scratch afterwards.
    void push(std::byte* leaf) {
        const auto bytes = static_cast<std::size_t>(columns_ * item_);
        for (std::size_t level = 0;; ++level) {
            if (level == taken_.size()) {
                taken_.push_back(false);
                levels_.push_back(Array::uninitialized(kernel_.state, Shape{tile_columns}));
            }
            std::byte* const waiting = levels_[level].data();
            if (!taken_[level]) {
                std::memcpy(waiting, leaf, bytes);
                taken_[level] = true;
                return;
            }
            kernel_.merge(waiting, leaf, columns_);
            std::memcpy(leaf, waiting, bytes);
            taken_[level] = false;
        }
    }
    /// Merges all into `result`; `scratch` has room for as many states.
    void finish(std::byte* result, std::byte* scratch) {
        const auto bytes = static_cast<std::size_t>(columns_ * item_);
        kernel_.start(result, columns_);
        for (std::size_t level = 0; level < taken_.size(); ++level) {
            if (taken_[level]) {  // higher levels came first
                std::memcpy(scratch, levels_[level].data(), bytes);
                kernel_.merge(scratch, result, columns_);
                std::memcpy(result, scratch, bytes);
            }
        }
    }

private:
    const ReduceKernel& kernel_;
    Index item_;
    Index columns_ = 0;
    std::vector<bool> taken_;
    std::vector<Array> levels_;
};

class BlockReduction {
public:
    BlockReduction(const ConstArrayView& block, const ReduceMap& map, const ReduceKernel& kernel, const Shape& shape,
                   const Array* means)
        : data_(block.data()),
          item_(static_cast<Index>(block.dtype().itemsize())),
          state_item_(static_cast<Index>(kernel.state.itemsize())),
          first_number_(map.first_number),
          kernel_(kernel),
          means_(means),
          tree_(kernel, state_item_),
          leaf_(Array::uninitialized(kernel.state, Shape{tile_columns})),
          result_(Array::uninitialized(kernel.state, shape)) {
        arrange(block, map);
    }

    Array run(Index elements) && {
        if (elements == 0) {
            kernel_.start(result_.data(), result_.size());
            return std::move(result_);
        }
        for (Odometer outer(kept_); !outer.done(); outer.next()) {
            for (Index first = 0; first < columns_.extent; first += tile_columns) {
                LoopAxis start = outer.offset();
                start.element += first * columns_.element;
                start.state += first * columns_.state;
                run_tile(start, std::min(tile_columns, columns_.extent - first));
            }
        }
        return std::move(result_);
    }

private:
    /// Sorts the axes of the loop into kept ones, columns, reduced ones and rows.
    void arrange(const ConstArrayView& block, const ReduceMap& map) {
        std::vector<Index> state_strides(map.reduced.size(), 0);
        Index states = 1;
        for (std::size_t a = map.reduced.size(); a-- > 0;) {
            if (!map.reduced[a]) {
                state_strides[a] = states;
                states *= block.shape()[static_cast<int>(a)];
            }
        }
        const detail::LoopPlan plan =
            detail::plan_loop(block.shape(), {block.strides(), state_strides, map.number_strides});
        for (std::size_t a = 0; a < plan.extents.size() && block.size() > 1; ++a) {
            const LoopAxis axis{plan.extents[a], plan.strides[0][a], plan.strides[1][a], plan.strides[2][a]};
            (axis.state == 0 ? reduced_ : kept_).push_back(axis);
        }
        if (!reduced_.empty()) {
            rows_ = reduced_.back();
            reduced_.pop_back();
        }
        const bool long_run = plan.strides[1].back() == 0 && rows_.extent >= short_run;
        if (!kept_.empty() && !long_run) {
            columns_ = kept_.back();
            kept_.pop_back();
        }
        count_ = rows_.extent;
        for (const LoopAxis& axis : reduced_) {
            count_ *= axis.extent;
        }
    }

    void run_tile(const LoopAxis& start, Index columns) {
        std::byte* const states = result_.data() + start.state * state_item_;
        const Index leaf = columns == 1 && rows_.element == 1 ? leaf_run : leaf_rows;
        if (!kernel_.pairwise || count_ <= leaf) {
            kernel_.start(states, columns);
            for (Odometer inner(reduced_); !inner.done(); inner.next()) {
                fold(states, start, inner.offset(), 0, rows_.extent, columns);
            }
            return;
        }
        tree_.clear(columns);
        kernel_.start(leaf_.data(), columns);
        Index filled = 0;
        for (Odometer inner(reduced_); !inner.done(); inner.next()) {
            for (Index row = 0; row < rows_.extent;) {
                const Index rows = std::min(leaf - filled, rows_.extent - row);
                fold(leaf_.data(), start, inner.offset(), row, rows, columns);
                row += rows;
                filled += rows;
                if (filled == leaf) {
                    tree_.push(leaf_.data());
                    kernel_.start(leaf_.data(), columns);
                    filled = 0;
                }
            }
        }
        tree_.push(leaf_.data());
        tree_.finish(states, leaf_.data());
    }

    void fold(std::byte* states, const LoopAxis& start, const LoopAxis& inner, Index row, Index rows, Index columns) {
        const Index element = start.element + inner.element + row * rows_.element;
        kernel_.fold(states, {.data = data_ + element * item_,
                              .rows = rows,
                              .row_step = rows_.element,
                              .columns = columns,
                              .column_step = columns_.element,
                              .number = first_number_ + start.number + inner.number + row * rows_.number,
                              .number_step = rows_.number,
                              .means = means_ == nullptr ? nullptr : mean_at(start.state)});
    }

    [[nodiscard]] const std::byte* mean_at(Index state) const {
        return means_->data() + state * static_cast<Index>(means_->dtype().itemsize());
    }

    const std::byte* data_;
    Index item_;
    Index state_item_;
    Index first_number_;
    const ReduceKernel& kernel_;
    const Array* means_;
    Tree tree_;
    Array leaf_;
    Array result_;
    std::vector<LoopAxis> kept_;     // the outermost loops
    std::vector<LoopAxis> reduced_;  // inside of them
    LoopAxis columns_;               // a kept axis or none, in tiles
    LoopAxis rows_;                  // the innermost reduced axis, or none
    Index count_ = 1;                // elements a state
};

}  // namespace

Array reduce_block(const ConstArrayView& block, const ReduceMap& map, const ReduceKernel& kernel, const Shape& shape,
                   const Array* means) {
    return BlockReduction(block, map, kernel, shape, means).run(block.size());
}

}  // namespace memdata
