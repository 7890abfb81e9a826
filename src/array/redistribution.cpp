// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/array/redistribution.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "array/check_block.hpp"
#include "array/describe.hpp"
#include "array/in_place.hpp"
#include "array/same_arguments.hpp"
#include "memdata/base/error.hpp"
#include "memdata/mpi/agreement.hpp"
#include "memdata/mpi/communicator.hpp"

namespace memdata {

namespace {

ExchangeWay way_from_environment() {
    const char* const value = std::getenv("MEMDATA_EXCHANGE");
    const std::string_view name = value != nullptr ? value : "";
    if (name.empty() || name == "automatic") {
        return ExchangeWay::automatic;
    }
    if (name == "direct") {
        return ExchangeWay::direct;
    }
    if (name == "staged") {
        return ExchangeWay::staged;
    }
    if (name == "messages") {
        return ExchangeWay::messages;
    }
    throw ArgumentError(fmt::format("MEMDATA_EXCHANGE is '{}': it can be automatic, direct, staged or messages", name));
}

void check_fit(const Communicator& comm, const RedistributionPlan::Change& change) {
    if (change.from.global_shape() != change.to.global_shape() || change.from.ranks() != comm.size() ||
        change.to.ranks() != comm.size()) {
        throw ShapeError(fmt::format("no redistribution on {} ranks from {} to {}", comm.size(), to_string(change.from),
                                     to_string(change.to)),
                         {.axis = change.to.axis()});
    }
}

/// What rank `giver` of the old distribution has in common with rank `taker` of the new one, as it lies in both blocks.
Part part_between(int array, const RedistributionPlan::Change& change, int giver, int taker) {
    const Distribution& from = change.from;
    const Distribution& to = change.to;
    const Shape given = from.local_shape(giver);
    const Shape taken = to.local_shape(taker);
    Index given_start = to.partition().offset(taker);
    Index taken_start = from.partition().offset(giver);
    Index given_length = to.partition().count(taker);
    Index taken_length = from.partition().count(giver);
    if (from.axis() == to.axis()) {
        const Index first = std::max(given_start, taken_start);
        const Index last = std::min(given_start + given_length, taken_start + taken_length);
        given_length = taken_length = std::max(Index{0}, last - first);
        given_start = first - from.partition().offset(giver);
        taken_start = first - to.partition().offset(taker);
    }
    if (given_length == 0 || taken_length == 0) {
        return {};
    }
    return {array, runs_of(given, to.axis(), given_start, given_length, change.itemsize),
            runs_of(taken, from.axis(), taken_start, taken_length, change.itemsize)};
}

/// What each rank gives and takes; MismatchError on all ranks when they do not plan the same.
BlockExchange exchange_for(const Communicator& comm, std::span<const RedistributionPlan::Change> changes,
                           ExchangeWay way) {
    same_arguments(comm, "the arguments of a redistribution plan", [&](auto& archive) {
        std::string shown;
        for (const RedistributionPlan::Change& change : changes) {
            archive << change.itemsize;
            describe(archive, change.from);
            describe(archive, change.to);
            shown += fmt::format("{}{} -> {} ({} bytes)", shown.empty() ? "" : "; ", to_string(change.from),
                                 to_string(change.to), change.itemsize);
        }
        return shown;
    });
    std::vector<Stream> give;
    std::vector<Stream> take;
    agree(comm, "planning a redistribution", [&] {
        if (changes.empty() || changes.size() > RedistributionPlan::max_arrays) {
            throw ArgumentError(fmt::format("a redistribution takes 1 to {} arrays in one exchange, not {}",
                                            RedistributionPlan::max_arrays, changes.size()));
        }
        way = way == ExchangeWay::automatic ? way_from_environment() : way;
        give.resize(static_cast<std::size_t>(comm.size()));
        take.resize(give.size());
        for (std::size_t array = 0; array < changes.size(); ++array) {
            check_fit(comm, changes[array]);
            for (int rank = 0; rank < comm.size(); ++rank) {
                const auto r = static_cast<std::size_t>(rank);
                const int number = static_cast<int>(array);
                give[r].add(part_between(number, changes[array], comm.rank(), rank));
                take[r].add(part_between(number, changes[array], rank, comm.rank()));
            }
        }
    });
    return {comm, std::move(give), std::move(take), way};
}

}  // namespace

void check_block(const MPIArray& array) {
    if (const Shape wanted = array.distribution().local_shape(array.comm().rank()); array.local().shape() != wanted) {
        throw ShapeError(
            fmt::format("the block of {} has shape {}, not {}: was it moved from?", to_string(array.distribution()),
                        to_string(array.local().shape()), to_string(wanted)),
            {.axis = array.axis(), .rank = array.comm().rank()});
    }
}

struct RedistributionPlan::Impl {
    std::vector<Change> changes;
    BlockExchange exchange;
};

RedistributionPlan::RedistributionPlan(const Communicator& comm, const Distribution& from, const Distribution& to,
                                       std::size_t itemsize, ExchangeWay way)
    : RedistributionPlan(comm, std::vector{Change{from, to, itemsize}}, way) {}

RedistributionPlan::RedistributionPlan(const Communicator& comm, std::span<const Change> changes, ExchangeWay way)
    : impl_(
          std::make_unique<Impl>(Impl{std::vector(changes.begin(), changes.end()), exchange_for(comm, changes, way)})) {
}

RedistributionPlan::RedistributionPlan(RedistributionPlan&&) noexcept = default;
RedistributionPlan& RedistributionPlan::operator=(RedistributionPlan&&) noexcept = default;
RedistributionPlan::~RedistributionPlan() = default;

std::span<const RedistributionPlan::Change> RedistributionPlan::changes() const noexcept { return impl_->changes; }
const Traffic& RedistributionPlan::traffic() const noexcept { return impl_->exchange.traffic(); }

void RedistributionPlan::execute(const std::byte* source, std::byte* target) const {
    execute(std::span(&source, 1), std::span(&target, 1));
}

void RedistributionPlan::execute(std::span<const std::byte* const> sources, std::span<std::byte* const> targets) const {
    if (sources.size() != impl_->changes.size() || targets.size() != impl_->changes.size()) {
        throw ArgumentError(fmt::format("a plan for {} arrays is given {} sources and {} targets",
                                        impl_->changes.size(), sources.size(), targets.size()));
    }
    impl_->exchange.run(sources, targets);
}

void RedistributionPlan::execute(const MPIArray& source, MPIArray& target) const {
    const Communicator& comm = impl_->exchange.comm();
    agree(source.comm(), "comparing the arrays with the plan", [&] {
        if (!congruent(source.comm(), comm) || !congruent(target.comm(), comm)) {
            throw ArgumentError("a redistribution plan is for arrays of its own communicator");
        }
        if (impl_->changes.size() != 1 || source.distribution() != from() || target.distribution() != to()) {
            throw ShapeError(fmt::format("the plan is for {} array(s), the first from {} to {}; it is given {} and {}",
                                         impl_->changes.size(), to_string(from()), to_string(to()),
                                         to_string(source.distribution()), to_string(target.distribution())));
        }
        const Dtype& dtype = source.dtype();
        if (dtype != target.dtype() || !dtype.is_trivial() || dtype.itemsize() != changes().front().itemsize) {
            throw DtypeError(fmt::format("the plan is for elements of {} bytes; it is given {} and {}",
                                         changes().front().itemsize, to_string(dtype), to_string(target.dtype())),
                             {.dtype = to_string(dtype)});
        }
        check_block(source);
        check_block(target);
    });
    execute(source.local().data(), target.local().data());
}

InPlace::InPlace(const RedistributionPlan& plan, std::span<Array* const> sources, std::span<Array* const> targets)
    : exchange_(plan.impl_->exchange), pages_(sources, targets) {
    for (std::size_t i = 0; i < sources.size(); ++i) {
        from_.push_back(sources[i]->data());
        to_.push_back(targets[i]->data());
    }
}

void InPlace::run() { exchange_.run_in_steps(from_, to_, pages_); }

}  // namespace memdata
