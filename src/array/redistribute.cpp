// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "array/check_block.hpp"
#include "array/describe.hpp"
#include "array/in_place.hpp"
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
/// Arrays go in one exchange as long as they bring a rank no more than this; in steps of one exchange the memory of
/// several large arrays would not be given up evenly.
constexpr Index together = Index{24} << 20;

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
        check_block(*array);
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
                MPIArray same(array->comm(), to, std::move(array->local()).reshaped(to.local_shape(0)));
                *array = std::move(same);
            } else {
                moving.push_back({array, to});
            }
        }
    }
    return moving;
}

/// What this rank needs beyond what the old blocks give back.
Index bytes_needed(const Communicator& comm, std::span<const Redistribution> moving) {
    Index needed = 0;
    Index taken = 0;
    for (const auto& [array, to] : moving) {
        const Index bytes = to.local_shape(comm.rank()).bytes(array->dtype().itemsize());
        needed += std::max(Index{0}, bytes - array->local().discardable());
        taken += bytes;
    }
    return std::min(needed + in_flight, taken);
}

std::vector<MPIArray> new_arrays(const Communicator& comm, std::span<const Redistribution> moving) {
    std::vector<MPIArray> arrays;
    for (const auto& [array, to] : moving) {
        Array block = Array::uninitialized(array->dtype(), to.local_shape(comm.rank()));
        arrays.emplace_back(array->comm(), to, std::move(block));
    }
    return arrays;
}

/// Most bytes that the change brings or takes from one rank, on any.
Index most_bytes(const RedistributionPlan::Change& change) {
    const auto largest = [&](const Distribution& distribution) {
        return distribution.global_shape().with(distribution.axis(), distribution.partition().max_count());
    };
    return std::max(largest(change.from).bytes(change.itemsize), largest(change.to).bytes(change.itemsize));
}

/// Arrays whose elements are bytes, small ones in one exchange. Everything that can fail comes before the first old
/// block is given up.
class BytesMove {
public:
    BytesMove(const Communicator& comm, std::span<const Redistribution> moving, std::span<MPIArray> targets) {
        std::vector<RedistributionPlan::Change> changes;
        std::vector<std::size_t> groups;  // where each begins
        agree(comm, "listing what has to move", [&] {
            Index bytes = 0;
            for (std::size_t i = 0; i < moving.size(); ++i) {
                if (MPIArray& array = *moving[i].array; array.dtype().is_trivial()) {
                    changes.push_back({array.distribution(), moving[i].to, array.dtype().itemsize()});
                    from_.push_back(&array.local());
                    into_.push_back(&targets[i].local());
                    const Index its = most_bytes(changes.back());
                    if (groups.empty() || bytes + its > together ||
                        changes.size() - groups.back() > RedistributionPlan::max_arrays) {
                        groups.push_back(changes.size() - 1);
                        bytes = 0;
                    }
                    bytes += its;
                }
            }
            plans_.reserve(groups.size());
            moves_.reserve(groups.size());
        });
        for (std::size_t group = 0; group < groups.size(); ++group) {
            const std::size_t first = groups[group];
            const std::size_t count = (group + 1 < groups.size() ? groups[group + 1] : changes.size()) - first;
            plans_.emplace_back(comm, std::span(changes).subspan(first, count));
            agree(comm, "preparing a redistribution in place", [&] {
                moves_.emplace_back(plans_.back(), std::span(from_).subspan(first, count),
                                    std::span(into_).subspan(first, count));
            });
        }
    }
    void run() {
        for (InPlace& move : moves_) {
            move.run();
        }
    }

private:
    std::vector<Array*> from_;
    std::vector<Array*> into_;
    std::vector<RedistributionPlan> plans_;
    std::vector<InPlace> moves_;
};

}  // namespace

void redistribute(std::span<const Redistribution> arrays) {
    if (arrays.empty()) {
        return;
    }
    if (arrays.front().array == nullptr) {  // then there is no communicator to agree on
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
    std::vector<MPIArray> targets =
        agree(comm, "allocating the redistributed block", [&] { return new_arrays(comm, moving); });
    BytesMove bytes(comm, moving, targets);
    for (std::size_t i = 0; i < moving.size(); ++i) {
        if (const MPIArray& array = *moving[i].array; !array.dtype().is_trivial()) {
            exchange_strings(comm, array.distribution(), array.local(), moving[i].to, targets[i].local());
        }
    }
    bytes.run();
    for (std::size_t i = 0; i < moving.size(); ++i) {
        *moving[i].array = std::move(targets[i]);
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
    return agree(comm_, "copying an array that stays as it is",
                 [&] { return result.local().owns_memory() ? std::move(result) : result.clone(); });
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
