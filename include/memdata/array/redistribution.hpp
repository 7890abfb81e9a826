// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <span>

#include "memdata/array/distribution.hpp"
#include "memdata/array/mpi_array.hpp"
#include "memdata/mpi/communicator.hpp"

namespace memdata {

/// How bytes go from rank to rank. Only automatic is needed; the others are there to measure and to test. The
/// environment variable MEMDATA_EXCHANGE (direct, staged, messages) replaces automatic.
enum class ExchangeWay {
    automatic,  ///< within a node direct for long runs of bytes and staged for short ones, messages between nodes
    direct,     ///< within a node out of the other rank's memory (process_vm_readv); staged where that is refused
    staged,     ///< within a node through a small shared buffer
    messages,   ///< MPI only
};

/// Bytes that one rank gets, by the way they come.
struct Traffic {
    Index local = 0;  ///< from itself
    Index direct = 0;
    Index staged = 0;
    Index messages = 0;
};

/// The exchange that takes arrays from one distribution to another of the same global shape: built once, run many
/// times. Beyond the blocks it needs a buffer of 512 KiB a rank (16 KiB for each rank of the node, if that is more),
/// which all plans of a communicator share.
class RedistributionPlan {
public:
    /// One array.
    struct Change {
        Distribution from;
        Distribution to;
        std::size_t itemsize;  ///< bytes of an element
    };
    /// Throws on all ranks: ShapeError when global shapes or numbers of ranks do not fit, MismatchError when the ranks
    /// do not plan the same or ask for different ways. Collective on comm.
    RedistributionPlan(const Communicator& comm, const Distribution& from, const Distribution& to, std::size_t itemsize,
                       ExchangeWay way = ExchangeWay::automatic);
    /// Several arrays in one exchange; at least one.
    RedistributionPlan(const Communicator& comm, std::span<const Change> changes,
                       ExchangeWay way = ExchangeWay::automatic);
    RedistributionPlan(RedistributionPlan&&) noexcept;
    RedistributionPlan& operator=(RedistributionPlan&&) noexcept;
    ~RedistributionPlan();

    [[nodiscard]] std::span<const Change> changes() const noexcept;
    /// Of the first array.
    [[nodiscard]] const Distribution& from() const noexcept { return changes().front().from; }
    [[nodiscard]] const Distribution& to() const noexcept { return changes().front().to; }
    /// How this rank's blocks come together, as planned (what the kernel refuses to read directly is staged).
    [[nodiscard]] const Traffic& traffic() const noexcept;

    /// `source` holds this rank's block of from(), `target` room for its block of to(); they do not overlap.
    /// Collective on comm.
    void execute(const std::byte* source, std::byte* target) const;
    /// The same for every array of the plan, in order. Throws ArgumentError, on this rank alone, when their number
    /// is wrong.
    void execute(std::span<const std::byte* const> sources, std::span<std::byte* const> targets) const;
    /// From array to array. Throws ArgumentError, ShapeError or DtypeError on all ranks when they are not what the plan
    /// is for. Collective on the source's communicator.
    void execute(const MPIArray& source, MPIArray& target) const;

    /// Most arrays in one plan.
    static constexpr std::size_t max_arrays = 256;

private:
    friend class InPlace;
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// An array to redistribute in place.
struct Redistribution {
    MPIArray* array;
    Distribution to;
};

/// Several arrays of one communicator, each as MPIArray::redistribute does it; small ones go in one exchange. The list
/// is the same on all ranks. Throws as MPIArray::redistribute, and ArgumentError for an array named twice. Collective
/// on their communicator.
void redistribute(std::span<const Redistribution> arrays);
inline void redistribute(std::initializer_list<Redistribution> arrays) {
    redistribute(std::span<const Redistribution>(arrays.begin(), arrays.size()));
}

}  // namespace memdata
