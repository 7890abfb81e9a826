// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <boost/range/adaptor/transformed.hpp>
#include <boost/range/irange.hpp>
#include <optional>

#include "memdata/array/collectives.hpp"
#include "memdata/array/distribution.hpp"
#include "memdata/base/array.hpp"
#include "memdata/mpi/communicator.hpp"

namespace memdata {

class RedistributionPlan;

/// An n-dimensional array distributed over one axis: every rank owns the block that the Distribution gives it.
/// Move-only; a copy is spelled clone(). Creation and access are local; what communicates says "Collective".
class MPIArray {
public:
    /// `block` is this rank's: shape distribution.local_shape(rank). Throws ShapeError when it is not, or when
    /// the distribution is for another number of ranks. Not collective, as all creation below: a failure is
    /// this rank's alone.
    MPIArray(const Communicator& comm, Distribution distribution, Array block);

    /// Elements are not initialised. Errors as Array::uninitialized and Distribution.
    [[nodiscard]] static MPIArray uninitialized(const Communicator& comm, const Dtype& dtype,
                                                Distribution distribution);
    [[nodiscard]] static MPIArray zeros(const Communicator& comm, const Dtype& dtype, const Shape& shape, Axis axis);
    template <Element T>
    [[nodiscard]] static MPIArray zeros(const Communicator& comm, const Shape& shape, Axis axis) {
        return zeros(comm, dtype_of<T>(), shape, axis);
    }
    template <Element T>
    [[nodiscard]] static MPIArray ones(const Communicator& comm, const Shape& shape, Axis axis) {
        return full<T>(comm, shape, axis, T(1));
    }
    template <Element T>
    [[nodiscard]] static MPIArray full(const Communicator& comm, const Shape& shape, Axis axis, const T& value) {
        Distribution distribution(shape, axis, comm.size());
        Array block = Array::full<T>(distribution.local_shape(comm.rank()), value);
        return {comm, std::move(distribution), std::move(block)};
    }
    /// The user's memory, no copy: `data` holds this rank's block and outlives the array.
    template <Element T>
    [[nodiscard]] static MPIArray wrap(const Communicator& comm, T* data, Distribution distribution) {
        Array block = Array::wrap(data, local_shape_on(comm, distribution));
        return {comm, std::move(distribution), std::move(block)};
    }
    /// The same over the balanced split of `shape`.
    template <Element T>
    [[nodiscard]] static MPIArray wrap(const Communicator& comm, T* data, const Shape& shape, Axis axis) {
        return wrap(comm, data, Distribution(shape, axis, comm.size()));
    }
    /// Copies this rank's block out of an array that every rank has whole.
    [[nodiscard]] static MPIArray from_common(const Communicator& comm, const Array& common, Axis axis);

    /// The blocks that the ranks have, one after the other on `axis`, whatever their number of indices there. Throws on
    /// all ranks: ArgumentError for the axis, MismatchError when ranks differ in axis, dtype or the other extents (the
    /// block is lost then). Collective on comm.
    [[nodiscard]] static MPIArray from_blocks(const Communicator& comm, Array block, Axis axis);
    /// The same over the user's memory, no copy: `data` holds a block of shape `local_shape`. Errors also as
    /// Array::wrap.
    template <Element T>
    [[nodiscard]] static MPIArray wrap_blocks(const Communicator& comm, T* data, const Shape& local_shape, Axis axis) {
        return wrap_blocks(comm, dtype_of<T>(), data, local_shape, axis);
    }
    [[nodiscard]] static MPIArray wrap_blocks(const Communicator& comm, const Dtype& dtype, void* data,
                                              const Shape& local_shape, Axis axis);

    [[nodiscard]] const Communicator& comm() const noexcept { return comm_; }
    [[nodiscard]] const Distribution& distribution() const noexcept { return distribution_; }
    [[nodiscard]] const Dtype& dtype() const noexcept { return block_.dtype(); }
    /// The global shape.
    [[nodiscard]] const Shape& shape() const noexcept { return distribution_.global_shape(); }
    [[nodiscard]] int ndim() const noexcept { return shape().ndim(); }
    /// The distributed axis.
    [[nodiscard]] int axis() const noexcept { return distribution_.axis(); }
    [[nodiscard]] const Shape& local_shape() const noexcept { return block_.shape(); }

    /// The global indices [start, stop) of the distributed axis that this rank owns.
    struct Bounds {
        Index start;
        Index stop;
        friend bool operator==(const Bounds&, const Bounds&) = default;
    };
    [[nodiscard]] Bounds local_bounds() const noexcept;

    /// This rank's block.
    [[nodiscard]] Array& local() noexcept { return block_; }
    [[nodiscard]] const Array& local() const noexcept { return block_; }
    /// A typed view of it, also when it is empty. Throws DtypeError or ShapeError.
    template <Element T, int N>
    [[nodiscard]] NdView<T, N> local() {
        return block_.view<T, N>();
    }
    template <Element T, int N>
    [[nodiscard]] NdView<const T, N> local() const {
        return block_.view<T, N>();
    }

    struct IndexPair {
        Index local;
        Index global;
    };
    /// The pairs of local and global index of this rank's block along an axis, in order:
    ///     for (auto [local, global] : array.indices(Axis{0})) ...
    [[nodiscard]] auto indices(Axis axis) const {
        const int number = shape().resolve(axis);
        const Index offset = number == this->axis() ? local_bounds().start : 0;
        return boost::irange(local_shape()[number]) | boost::adaptors::transformed([offset](Index i) {
                   return IndexPair{i, i + offset};
               });
    }

    /// Distributes over another axis, balanced. Nothing moves on one rank or when nothing changes. Pages of the old
    /// block become pages of the new one; docs/distributed-arrays.md says what is needed beyond. Throws on all ranks:
    /// ArgumentError for the axis, MismatchError when ranks differ in axis, shape or dtype, MemoryError when a node has
    /// not enough memory, before anything is changed. Collective on comm().
    void redistribute(Axis axis);
    /// The same to any distribution of this global shape; ShapeError for another.
    void redistribute(const Distribution& distribution);
    /// As redistribute(), into a new array; this one is kept, or its memory used up where it is a temporary or
    /// moved from: std::move(array).redistributed(Axis{1}).
    [[nodiscard]] MPIArray redistributed(Axis axis) const&;
    [[nodiscard]] MPIArray redistributed(const Distribution& distribution) const&;
    [[nodiscard]] MPIArray redistributed(Axis axis) &&;
    [[nodiscard]] MPIArray redistributed(const Distribution& distribution) &&;
    /// By a plan, into `spare`, which becomes the block; the old block is returned to be the spare of the next time,
    /// so that no memory is allocated. Throws ShapeError or DtypeError on all ranks when the plan is not for this
    /// array or the spare is not of the new block's shape and dtype. Collective on comm().
    [[nodiscard]] Array redistribute(const RedistributionPlan& plan, Array spare);

    /// From uneven blocks to the balanced ones, or to others, on the same axis. Errors as redistribute(). Collective
    /// on comm().
    void rebalance();
    void rebalance(const Partition& partition);

    /// The whole array on rank `root`, nothing elsewhere. Throws as redistribute(). Collective on comm().
    [[nodiscard]] std::optional<Array> gather(int root = 0) const;
    /// The whole array on every rank. Throws as redistribute(). Collective on comm().
    [[nodiscard]] Array allgather() const;
    /// The blocks of all ranks, of one shape, combined element by element as by memdata::allreduce(): an array of that
    /// shape, the same on every rank. (caput's, which takes one element a rank.) ShapeError when the shapes differ;
    /// throws as redistribute() and memdata::allreduce(). Collective on comm().
    [[nodiscard]] Array allreduce(ReduceOp op = ReduceOp::sum) const;

    /// The opposite of gather(): deals out the array that `root` has. The others may give a null pointer, and learn
    /// dtype and shape from the root. Throws on all ranks: ArgumentError for the axis, the root or its missing array,
    /// ShapeError when the distribution is not for this shape, MismatchError, MemoryError. Collective on comm.
    [[nodiscard]] static MPIArray scatter(const Communicator& comm, const Array* whole, Axis axis, int root = 0);
    [[nodiscard]] static MPIArray scatter(const Communicator& comm, const Array* whole,
                                          const Distribution& distribution, int root = 0);

    /// A deep copy that owns its memory; not collective.
    [[nodiscard]] MPIArray clone() const;

private:
    /// Throws ShapeError when the distribution is for another number of ranks.
    static Shape local_shape_on(const Communicator& comm, const Distribution& distribution);

    Communicator comm_;
    Distribution distribution_;
    Array block_;
};

}  // namespace memdata
