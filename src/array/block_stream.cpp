// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "array/block_stream.hpp"

#include <algorithm>

namespace memdata {

namespace {
Index item_of(TypeKind type) { return static_cast<Index>(Dtype(type).itemsize()); }
}  // namespace

RowWalk::RowWalk(const Shape& shape, const std::vector<Index>& strides)
    : plan_(detail::plan_loop(shape, {strides})), rows_(plan_) {}

BlockReader::BlockReader(const ConstArrayView& view, TypeKind type)
    : data_(view.data()),
      item_(static_cast<Index>(view.dtype().itemsize())),
      type_item_(item_of(type)),
      walk_(view.shape(), view.strides()),
      direct_(walk_.is_one_row() && walk_.step() == 1 && view.dtype().kind() == type),
      constant_(walk_.is_one_row() && walk_.step() == 0),
      convert_(convert_block(view.dtype().kind(), type)) {}

const std::byte* BlockReader::next(Index count) {
    if (direct_) {
        const std::byte* const here = data_ + position_ * item_;
        position_ += count;
        return here;
    }
    if (constant_) {
        if (filled_ < count) {
            convert_(data_, 0, buffer_.data(), 1, count);
            filled_ = count;
        }
        return buffer_.data();
    }
    std::byte* to = buffer_.data();
    walk_.take(count, [&](Index offset, Index piece) {
        convert_(data_ + offset * item_, walk_.step(), to, 1, piece);
        to += piece * type_item_;
    });
    return buffer_.data();
}

BlockWriter::BlockWriter(const ArrayView& view, TypeKind type)
    : data_(view.data()),
      item_(static_cast<Index>(view.dtype().itemsize())),
      type_item_(item_of(type)),
      walk_(view.shape(), view.strides()),
      direct_(walk_.is_one_row() && walk_.step() == 1 && view.dtype().kind() == type),
      convert_(convert_block(type, view.dtype().kind())) {}

void BlockWriter::put(Index count) {
    position_ += count;
    if (direct_) {
        return;
    }
    const std::byte* from = buffer_.data();
    walk_.take(count, [&](Index offset, Index piece) {
        convert_(from, 1, data_ + offset * item_, walk_.step(), piece);
        from += piece * type_item_;
    });
}

}  // namespace memdata
