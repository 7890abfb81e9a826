// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstddef>

#include "array/convert_block.hpp"
#include "memdata/array/operand.hpp"

// Element-wise work on run-time types: operands are read, and results written, block by block in row-major order, as
// contiguous elements of the type the work is done in. Blocks are small enough to stay in the first-level cache;
// elements that lie so already are used in place.
namespace memdata {

inline constexpr std::size_t block_bytes = 8192;

/// Goes through the rows of a view of any strides.
class RowWalk {
public:
    RowWalk(const Shape& shape, const std::vector<Index>& strides);
    RowWalk(const RowWalk&) = delete;
    RowWalk& operator=(const RowWalk&) = delete;
    /// All elements lie `step` apart.
    [[nodiscard]] bool is_one_row() const noexcept { return plan_.extents.size() == 1; }
    [[nodiscard]] Index step() const noexcept { return plan_.row_stride(0); }
    /// Calls f(offset in elements, number of elements) for the pieces of the next `count` elements.
    template <class F>
    void take(Index count, F&& f) {
        while (count > 0) {
            const Index piece = std::min(count, plan_.row() - column_);
            f(rows_.offset(0) + column_ * step(), piece);
            count -= piece;
            column_ += piece;
            if (column_ == plan_.row()) {
                column_ = 0;
                rows_.next();
            }
        }
    }

private:
    detail::LoopPlan plan_;
    detail::Rows rows_;
    Index column_ = 0;
};

/// The elements of an operand.
class BlockReader {
public:
    /// `view` is not a number of a lower kind than `type`.
    BlockReader(const ConstArrayView& view, TypeKind type);
    /// May blocks be of any length?
    [[nodiscard]] bool is_direct() const noexcept { return direct_; }
    /// The next `count` elements.
    [[nodiscard]] const std::byte* next(Index count);

private:
    const std::byte* data_;
    Index item_;
    Index type_item_;
    RowWalk walk_;
    bool direct_;
    bool constant_;
    Index filled_ = 0;
    Index position_ = 0;
    ConvertBlock convert_;
    alignas(64) std::array<std::byte, block_bytes> buffer_;
};

/// Where the results go.
class BlockWriter {
public:
    BlockWriter(const ArrayView& view, TypeKind type);
    [[nodiscard]] bool is_direct() const noexcept { return direct_; }
    /// Room for the next results, which put() then brings to their places.
    [[nodiscard]] std::byte* room() noexcept { return direct_ ? data_ + position_ * item_ : buffer_.data(); }
    void put(Index count);

private:
    std::byte* data_;
    Index item_;
    Index type_item_;
    RowWalk walk_;
    bool direct_;
    Index position_ = 0;
    ConvertBlock convert_;
    alignas(64) std::array<std::byte, block_bytes> buffer_;
};

/// Elements a block when not everything is direct.
template <class... Types>
[[nodiscard]] Index block_length(Types... types) {
    return static_cast<Index>(block_bytes / std::max({Dtype(types).itemsize()...}));
}

}  // namespace memdata
