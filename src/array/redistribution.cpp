// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/array/redistribution.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "memdata/base/error.hpp"
#include "mpi/large_count.hpp"

namespace memdata {

namespace {

/// For every peer the subarray of this rank's block that is exchanged with it; count 0 where nothing is.
struct Side {
    std::vector<mpi::Type> owned;
    std::vector<MPI_Datatype> types;
    std::vector<int> counts;
};

/// The intersection of rank `a`'s block of `mine` with rank `b`'s block of `theirs`, in a's local indices.
struct Box {
    std::vector<Index> start;
    Shape extents;
};
std::optional<Box> intersection(const Distribution& mine, int a, const Distribution& theirs, int b) {
    const Shape& global = mine.global_shape();
    const std::vector<Index> offset_a = mine.offsets(a);
    const std::vector<Index> offset_b = theirs.offsets(b);
    const Shape shape_a = mine.local_shape(a);
    const Shape shape_b = theirs.local_shape(b);
    std::vector<Index> start;
    std::vector<Index> extents;
    for (int axis = 0; axis < global.ndim(); ++axis) {
        const auto i = static_cast<std::size_t>(axis);
        const Index first = std::max(offset_a[i], offset_b[i]);
        const Index last = std::min(offset_a[i] + shape_a[axis], offset_b[i] + shape_b[axis]);
        if (last <= first) {
            return std::nullopt;
        }
        start.push_back(first - offset_a[i]);
        extents.push_back(last - first);
    }
    return Box{std::move(start), Shape(std::move(extents))};
}

Side side(const Distribution& mine, int rank, const Distribution& theirs, std::size_t itemsize) {
    Side result;
    const Shape block = mine.local_shape(rank);
    for (int peer = 0; peer < theirs.ranks(); ++peer) {
        if (const auto box = intersection(mine, rank, theirs, peer)) {
            result.owned.push_back(mpi::box_type(itemsize, block, box->start, box->extents));
            result.types.push_back(result.owned.back().get());
            result.counts.push_back(1);
        } else {
            result.types.push_back(MPI_BYTE);
            result.counts.push_back(0);
        }
    }
    return result;
}

}  // namespace

struct RedistributionPlan::Impl {
    Communicator comm;
    Distribution from;
    Distribution to;
    Side send;
    Side receive;
    std::vector<int> displacements;
};

RedistributionPlan::RedistributionPlan(const Communicator& comm, const Distribution& from, const Distribution& to,
                                       std::size_t itemsize) {
    if (from.global_shape() != to.global_shape() || from.ranks() != comm.size() || to.ranks() != comm.size()) {
        throw ShapeError(
            fmt::format("no redistribution on {} ranks from {} to {}", comm.size(), to_string(from), to_string(to)));
    }
    impl_ = std::make_unique<Impl>(Impl{comm, from, to, side(from, comm.rank(), to, itemsize),
                                        side(to, comm.rank(), from, itemsize),
                                        std::vector<int>(static_cast<std::size_t>(comm.size()), 0)});
}

RedistributionPlan::RedistributionPlan(RedistributionPlan&&) noexcept = default;
RedistributionPlan& RedistributionPlan::operator=(RedistributionPlan&&) noexcept = default;
RedistributionPlan::~RedistributionPlan() = default;

const Distribution& RedistributionPlan::from() const noexcept { return impl_->from; }
const Distribution& RedistributionPlan::to() const noexcept { return impl_->to; }

void RedistributionPlan::execute(const std::byte* source, std::byte* target) const {
    const Impl& plan = *impl_;
    // Offsets are inside the types, so that the int displacements stay zero whatever the size.
    mpi::check(
        MPI_Alltoallw(source, plan.send.counts.data(), plan.displacements.data(), plan.send.types.data(), target,
                      plan.receive.counts.data(), plan.displacements.data(), plan.receive.types.data(), plan.comm),
        "MPI_Alltoallw");
}

}  // namespace memdata
