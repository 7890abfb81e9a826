// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "io/piece_copy.hpp"

#include <algorithm>

#include "base/strided_copy.hpp"

namespace memdata::io {

namespace {

/// An end as seen from one box: its first element and its strides.
struct BoxEnd {
    std::byte* data;
    std::vector<Index> strides;
};

BoxEnd box_end(const End& end, std::byte* packed, const std::vector<const Run*>& box, const Shape& counts,
               std::size_t itemsize) {
    if (end.kind == End::Kind::packed) {
        return {packed, counts.strides()};
    }
    BoxEnd result{end.data, end.strides};
    for (std::size_t axis = 0; axis < box.size(); ++axis) {
        const bool stage = end.kind == End::Kind::stage;
        result.data += (stage ? box[axis]->stage : box[axis]->local) * end.strides[axis] * static_cast<Index>(itemsize);
        result.strides[axis] *= stage ? box[axis]->stage_step : box[axis]->local_step;
    }
    return result;
}

}  // namespace

std::byte* copy_piece(const Dtype& dtype, const Piece& piece, const End& from, const End& to) {
    std::byte* packed = from.kind == End::Kind::packed ? from.data : to.data;
    if (std::ranges::any_of(piece, [](const auto& runs) { return runs.empty(); })) {
        return packed;
    }
    std::vector<std::size_t> choice(piece.size(), 0);
    std::vector<const Run*> box(piece.size());
    while (true) {
        std::vector<Index> counts;
        for (std::size_t axis = 0; axis < piece.size(); ++axis) {
            box[axis] = &piece[axis][choice[axis]];
            counts.push_back(box[axis]->count);
        }
        const Shape shape(std::move(counts));
        const BoxEnd source = box_end(from, packed, box, shape, dtype.itemsize());
        const BoxEnd target = box_end(to, packed, box, shape, dtype.itemsize());
        detail::copy_strided(dtype, shape, source.data, source.strides, target.data, target.strides);
        packed += shape.bytes(dtype.itemsize());
        std::size_t axis = piece.size();
        while (axis-- > 0) {
            if (++choice[axis] < piece[axis].size()) {
                break;
            }
            choice[axis] = 0;
        }
        if (axis == static_cast<std::size_t>(-1)) {
            return packed;
        }
    }
}

}  // namespace memdata::io
