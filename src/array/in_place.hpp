// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>
#include <vector>

#include "array/block_exchange.hpp"
#include "array/page_recycler.hpp"
#include "memdata/array/redistribution.hpp"

namespace memdata {

/// A plan, applied to blocks of which the old ones are used up while the new ones fill. Everything that can fail for
/// lack of memory is done when it is made. The plan and the blocks outlive it.
class InPlace {
public:
    InPlace(const RedistributionPlan& plan, std::span<Array* const> sources, std::span<Array* const> targets);
    /// Collective on the plan's communicator.
    void run();

private:
    const BlockExchange& exchange_;
    PageRecycler pages_;
    std::vector<const std::byte*> from_;
    std::vector<std::byte*> to_;
};

}  // namespace memdata
