// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "array/describe.hpp"
#include "array/same_arguments.hpp"
#include "array/string_exchange.hpp"
#include "memdata/array/mpi_array.hpp"
#include "memdata/array/redistribution.hpp"
#include "memdata/base/error.hpp"
#include "memdata/mpi/agreement.hpp"
#include "memdata/mpi/communicator.hpp"
#include "mpi/node_memory.hpp"

// Redistribution of whole arrays: in place, into a new one, several at once.
namespace memdata {

namespace {

/// What a step in flight takes beyond the blocks themselves.
constexpr Index in_flight = Index{64} << 20;

void check_targets(const Communicator& comm, std::span<const Redistribution> arrays) {
    std::set<const MPIArray*> known;
    for (const auto& [array, to] : arrays) {
        if (array == nullptr) {
            throw ArgumentError("redistribute: a null pointer is no array");
        }
        if (!known.insert(array).second) {
            throw ArgumentError("redistribute: an array cannot be in one exchange twice");
        }
        if (!congruent(array->comm(), comm)) {
            throw ArgumentError("redistribute: arrays in one exchange must share their communicator");
        }
        if (to.global_shape() != array->shape() || to.ranks() != comm.size()) {
            throw ShapeError(fmt::format("{} cannot become {}", to_string(array->distribution()), to_string(to)),
                             {.axis = to.axis()});
        }
    }
}

/// All ranks hold the same arrays and ask for the same; else MismatchError on all.
void check_same(const Communicator& comm, std::span<const Redistribution> arrays) {
    same_arguments(comm, "the array or the argument of redistribute", [&](auto& archive) {
        std::string shown;
        for (const auto& [array, to] : arrays) {
            archive << array->dtype();
            describe(archive, array->distribution());
            describe(archive, to);
            shown += fmt::format("{}{} {} -> {}", shown.empty() ? "" : "; ", to_string(array->dtype()),
                                 to_string(array->distribution()), to_string(to));
        }
        return shown;
    });
}

/// The arrays of which something has to move. On one rank the block is the whole array, whatever the axis.
std::vector<Redistribution> take_up(const Communicator& comm, std::span<const Redistribution> arrays) {
    std::vector<Redistribution> moving;
    for (const auto& [array, to] : arrays) {
        if (to != array->distribution()) {
            if (comm.size() == 1) {
                *array = MPIArray(array->comm(), to, std::move(array->local()).reshaped(to.local_shape(0)));
            } else {
                moving.push_back({array, to});
            }
        }
    }
    return moving;
}

/// What this rank needs beyond what the old blocks give back.
Index bytes_needed(const Communicator& comm, std::span<const Redistribution> moving) {
    Index needed = in_flight;
    for (const auto& [array, to] : moving) {
        const Index bytes = to.local_shape(comm.rank()).bytes(array->dtype().itemsize());
        needed += std::max(Index{0}, bytes - array->local().discardable());
    }
    return needed;
}

std::vector<Array> new_blocks(const Communicator& comm, std::span<const Redistribution> moving) {
    std::vector<Array> blocks;
    for (const auto& [array, to] : moving) {
        blocks.push_back(Array::uninitialized(array->dtype(), to.local_shape(comm.rank())));
    }
    return blocks;
}

}  // namespace

/// Arrays whose elements are bytes, all in one exchange (in several when they are very many). What can fail comes
/// before the first old block is given up.
class BytesMove {
public:
    BytesMove(const Communicator& comm, std::span<const Redistribution> moving, std::span<Array> targets) {
        agree(comm, "listing what has to move", [&] {
            for (std::size_t i = 0; i < moving.size(); ++i) {
                if (MPIArray& array = *moving[i].array; array.dtype().is_trivial()) {
                    changes_.push_back({array.distribution(), moving[i].to, array.dtype().itemsize()});
                    from_.push_back(&array.local());
                    into_.push_back(&targets[i]);
                }
            }
            plans_.reserve(changes_.size() / RedistributionPlan::max_arrays + 1);
        });
        for (std::size_t done = 0; done < changes_.size(); done += RedistributionPlan::max_arrays) {
            const std::size_t now = std::min(changes_.size() - done, RedistributionPlan::max_arrays);
            plans_.emplace_back(comm, std::span(changes_).subspan(done, now));
        }
    }
    void run() {
        std::size_t done = 0;
        for (const RedistributionPlan& plan : plans_) {
            const std::size_t now = plan.changes().size();
            plan.execute_and_discard(std::span(from_).subspan(done, now), std::span(into_).subspan(done, now));
            done += now;
        }
    }

private:
    std::vector<RedistributionPlan::Change> changes_;
    std::vector<Array*> from_;
    std::vector<Array*> into_;
    std::vector<RedistributionPlan> plans_;
};

void redistribute(std::span<const Redistribution> arrays) {
    if (arrays.empty()) {
        return;
    }
    if (arrays.front().array == nullptr) {
        throw ArgumentError("redistribute: a null pointer is no array");
    }
    const Communicator comm = arrays.front().array->comm();
    agree(comm, "checking the distribution for redistribute", [&] { check_targets(comm, arrays); });
    check_same(comm, arrays);
    const std::vector<Redistribution> moving =
        agree(comm, "choosing what has to move", [&] { return take_up(comm, arrays); });
    if (moving.empty()) {
        return;
    }
    const Index needed = agree(comm, "adding up what is needed", [&] { return bytes_needed(comm, moving); });
    mpi::check_node_memory(comm, needed, "redistribute");
    std::vector<Array> targets =
        agree(comm, "allocating the redistributed block", [&] { return new_blocks(comm, moving); });
    BytesMove bytes(comm, moving, targets);
    for (std::size_t i = 0; i < moving.size(); ++i) {
        if (const MPIArray& array = *moving[i].array; !array.dtype().is_trivial()) {
            exchange_strings(comm, array.distribution(), array.local(), moving[i].to, targets[i]);
        }
    }
    bytes.run();
    for (std::size_t i = 0; i < moving.size(); ++i) {
        *moving[i].array = MPIArray(comm, moving[i].to, std::move(targets[i]));
    }
}

void MPIArray::redistribute(Axis axis) {
    const Distribution target =
        agree(comm_, "choosing the axis of redistribute", [&] { return Distribution(shape(), axis, comm_.size()); });
    redistribute(target);
}

void MPIArray::redistribute(const Distribution& distribution) { memdata::redistribute({{this, distribution}}); }

MPIArray MPIArray::redistributed(Axis axis) const& {
    const Distribution target =
        agree(comm_, "choosing the axis of redistribute", [&] { return Distribution(shape(), axis, comm_.size()); });
    return redistributed(target);
}

MPIArray MPIArray::redistributed(const Distribution& distribution) const& {
    // A view of the same memory is what is redistributed: memory that is not owned is left as it is.
    MPIArray result = agree(comm_, "viewing an array to redistribute it", [&] {
        auto* const data = const_cast<std::byte*>(block_.data());
        return dtype().is_trivial() && block_.size() > 0
                   ? MPIArray(comm_, distribution_, Array::wrap(dtype(), block_.shape(), data))
                   : clone();
    });
    result.redistribute(distribution);
    return result.local().owns_memory() ? std::move(result) : result.clone();
}

MPIArray MPIArray::redistributed(Axis axis) && {
    redistribute(axis);
    return std::move(*this);
}

MPIArray MPIArray::redistributed(const Distribution& distribution) && {
    redistribute(distribution);
    return std::move(*this);
}

Array MPIArray::redistribute(const RedistributionPlan& plan, Array spare) {
    MPIArray target =
        agree(comm_, "taking up the spare block", [&] { return MPIArray(comm_, plan.to(), std::move(spare)); });
    plan.execute(*this, target);
    std::swap(*this, target);
    return std::move(target.block_);
}

}  // namespace memdata
