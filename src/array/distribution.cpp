// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/array/distribution.hpp"

#include <fmt/format.h>

#include "memdata/base/error.hpp"

namespace memdata {

Distribution::Distribution(Shape global, Axis axis, int ranks)
    : global_(std::move(global)),
      axis_(global_.resolve(axis)),
      partition_(Partition::balanced(global_[axis_], ranks)) {}

Distribution::Distribution(Shape global, Axis axis, Partition partition)
    : global_(std::move(global)), axis_(global_.resolve(axis)), partition_(std::move(partition)) {
    if (partition_.extent() != global_[axis_]) {
        throw ShapeError(fmt::format("blocks of {} indices in all do not make up axis {} of shape {}",
                                     partition_.extent(), axis_, to_string(global_)),
                         {.axis = axis_});
    }
}

Shape Distribution::local_shape(int rank) const {
    check_rank(rank);
    return global_.with(axis_, partition_.count(rank));
}

void Distribution::check_rank(int rank) const {
    if (rank < 0 || rank >= ranks()) {
        throw ArgumentError(fmt::format("there is no rank {} in {}", rank, to_string(*this)), {.axis = axis_});
    }
}

std::vector<Index> Distribution::offsets(int rank) const {
    check_rank(rank);
    std::vector<Index> result(static_cast<std::size_t>(global_.ndim()), 0);
    result[static_cast<std::size_t>(axis_)] = partition_.offset(rank);
    return result;
}

std::string to_string(const Distribution& distribution) {
    return fmt::format("{} distributed over axis {}, {}", to_string(distribution.global_shape()), distribution.axis(),
                       to_string(distribution.partition()));
}

}  // namespace memdata
