// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <memory>

#include "memdata/array/distribution.hpp"
#include "memdata/mpi/communicator.hpp"

namespace memdata {

/// The exchange that takes an array from one distribution to another of the same global shape: built once, run
/// many times. Every rank sends to every other the intersection of its old block with the other's new one, as
/// MPI subarrays, without packing (the method of Dalcin, Mortensen and Keyes, JPDC 2019).
class RedistributionPlan {
public:
    /// Collective on comm only in that all ranks must build the same plan; it does not communicate. Throws
    /// ShapeError when the global shapes or the numbers of ranks differ.
    RedistributionPlan(const Communicator& comm, const Distribution& from, const Distribution& to,
                       std::size_t itemsize);
    RedistributionPlan(RedistributionPlan&&) noexcept;
    RedistributionPlan& operator=(RedistributionPlan&&) noexcept;
    ~RedistributionPlan();

    [[nodiscard]] const Distribution& from() const noexcept;
    [[nodiscard]] const Distribution& to() const noexcept;

    /// `source` holds this rank's block of from(), `target` room for its block of to(); they do not overlap.
    /// Collective on comm.
    void execute(const std::byte* source, std::byte* target) const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace memdata
