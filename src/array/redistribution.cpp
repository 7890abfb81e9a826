// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/array/redistribution.hpp"

#include <fmt/format.h>

#include <utility>

#include "array/intersection.hpp"
#include "memdata/base/error.hpp"
#include "mpi/large_count.hpp"
#include "mpi/peers.hpp"

namespace memdata {

namespace {

/// For every peer the subarray of this rank's block that is exchanged with it.
mpi::PeerTypes side(const Distribution& mine, int rank, const Distribution& theirs, std::size_t itemsize) {
    mpi::PeerTypes result(theirs.ranks());
    const Shape block = mine.local_shape(rank);
    for (int peer = 0; peer < theirs.ranks(); ++peer) {
        if (const auto box = intersection(mine, rank, theirs, peer)) {
            result.set(peer, mpi::box_type(itemsize, block, box->start, box->extents));
        }
    }
    return result;
}

}  // namespace

struct RedistributionPlan::Impl {
    Communicator comm;
    Distribution from;
    Distribution to;
    mpi::PeerTypes send;
    mpi::PeerTypes receive;
};

RedistributionPlan::RedistributionPlan(const Communicator& comm, const Distribution& from, const Distribution& to,
                                       std::size_t itemsize) {
    if (from.global_shape() != to.global_shape() || from.ranks() != comm.size() || to.ranks() != comm.size()) {
        throw ShapeError(
            fmt::format("no redistribution on {} ranks from {} to {}", comm.size(), to_string(from), to_string(to)));
    }
    impl_ = std::make_unique<Impl>(
        Impl{comm, from, to, side(from, comm.rank(), to, itemsize), side(to, comm.rank(), from, itemsize)});
}

RedistributionPlan::RedistributionPlan(RedistributionPlan&&) noexcept = default;
RedistributionPlan& RedistributionPlan::operator=(RedistributionPlan&&) noexcept = default;
RedistributionPlan::~RedistributionPlan() = default;

const Distribution& RedistributionPlan::from() const noexcept { return impl_->from; }
const Distribution& RedistributionPlan::to() const noexcept { return impl_->to; }

void RedistributionPlan::execute(const std::byte* source, std::byte* target) const {
    mpi::exchange(impl_->comm, source, impl_->send, target, impl_->receive);
}

}  // namespace memdata
