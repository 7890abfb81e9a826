// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

#include "io/axis_map.hpp"
#include "memdata/base/dtype.hpp"
#include "memdata/base/shape.hpp"

namespace memdata::io {

/// What a stage and a rank's block have in common: every combination of one run an axis is a box.
using Piece = std::vector<std::vector<Run>>;

/// One end of a copy of a piece.
struct End {
    enum class Kind {
        stage,   ///< a row-major array, indexed by Run::stage
        local,   ///< a row-major array, indexed by Run::local
        packed,  ///< the elements one after the other
    };
    Kind kind;
    std::byte* data;
    std::vector<Index> strides = {};  ///< in elements; of what is not packed
};

/// Copies the elements of a piece. Returns where the packed end goes on.
std::byte* copy_piece(const Dtype& dtype, const Piece& piece, const End& from, const End& to);

}  // namespace memdata::io
