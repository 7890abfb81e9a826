// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>

#include "io/structure.hpp"
#include "mpi/serialize.hpp"

// How what rank 0 finds in a file, and where it has made room in one, travels to the other ranks.
namespace boost::serialization {

template <class Archive>
void serialize(Archive& ar, memdata::io::ChunkLayout& chunks, unsigned) {
    ar& chunks.extents& chunks.filters& chunks.partial_chunks_are_plain& chunks.fill& chunks.places;
}

template <class Archive>
void serialize(Archive& ar, memdata::io::FileNode& node, unsigned) {
    int axis = node.axis.value_or(-1);
    ar& node.path& node.in_file& node.is_group& node.attrs& node.dtype& node.shape& node.storage& axis& node
        .wrong_hint& node.offset& node.has_holes& node.is_virtual& node.is_odd& node.filter_names& node.chunks;
    node.axis = axis < 0 ? std::nullopt : std::optional(axis);
}

template <class Archive>
void serialize(Archive& ar, memdata::io::DatasetPlace& place, unsigned) {
    ar& place.offset& place.extents& place.chunks& place.filters& place.fill;
}

}  // namespace boost::serialization
