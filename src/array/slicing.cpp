// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/array/slicing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "memdata/base/error.hpp"

namespace memdata {

namespace {

/// How many positions of the range come before the first index at or beyond `bound`, in the range's direction.
Index positions_before(const IndexRange& range, Index bound) {
    const Index distance = range.step > 0 ? bound - range.start : range.start - bound;
    const Index step = range.step > 0 ? range.step : -range.step;
    return distance <= 0 ? 0 : std::min((distance - 1) / step + 1, range.count);
}

/// Subscripts of a distributed array, with what depends on the rank.
class DistributedSubscripts {
public:
    DistributedSubscripts(const Distribution& distribution, const Subscripts& subscripts)
        : distribution_(distribution),
          resolved_(resolve(subscripts, distribution.global_shape())),
          shape_(resolved_.shape()),
          axis_(resolved_.result_axis(distribution.axis())) {}

    [[nodiscard]] const Shape& shape() const { return shape_; }
    [[nodiscard]] std::optional<int> axis() const { return axis_; }
    /// The indices taken of the distributed axis.
    [[nodiscard]] const IndexRange& range() const {
        return resolved_.ranges[static_cast<std::size_t>(distribution_.axis())];
    }

    [[nodiscard]] GlobalPart part(int rank) const {
        const Index start = distribution_.partition().offset(rank);
        const Index stop = start + distribution_.partition().count(rank);
        const bool up = range().step > 0;
        const Index first = positions_before(range(), up ? start : stop - 1);
        const Index last = positions_before(range(), up ? stop : start - 1);
        return {shape_, axis_, axis_ ? first : 0, last - first};
    }

    /// The part of a rank's block.
    template <class View>
    [[nodiscard]] View of_block(const View& block, int rank) const {
        const GlobalPart mine = part(rank);
        if (!axis_ && mine.count == 0) {
            Shape nothing = mine.local_shape();
            std::vector<Index> strides = nothing.strides();
            return View(block.dtype(), std::move(nothing), std::move(strides), block.data());
        }
        ResolvedSubscripts local = resolved_;
        IndexRange& indices = local.ranges[static_cast<std::size_t>(distribution_.axis())];
        if (mine.count == 0) {
            indices = {0, 0, 1};
        } else {
            indices.start = indices[mine.first] - distribution_.partition().offset(rank);
            indices.count = mine.count;
        }
        return subview(block, local);
    }

private:
    const Distribution& distribution_;
    ResolvedSubscripts resolved_;
    Shape shape_;
    std::optional<int> axis_;
};

void check_dtype(const MPIArray& array, const Dtype& dtype) {
    if (dtype != array.dtype()) {
        throw DtypeError(fmt::format("elements of {} cannot be assigned to an array of {}: convert them first",
                                     to_string(dtype), to_string(array.dtype())),
                         {.dtype = to_string(dtype)});
    }
}

/// Of an array that is assigned, numpy ignores extents of 1 before the axes that it fills.
ConstArrayView without_leading_ones(const ConstArrayView& value, int ndim) {
    const auto extra = static_cast<std::ptrdiff_t>(std::max(value.ndim() - ndim, 0));
    const std::vector<Index>& extents = value.shape().extents();
    if (extra == 0 || std::any_of(extents.begin(), extents.begin() + extra, [](Index e) { return e != 1; })) {
        return value;
    }
    return {value.dtype(), Shape(std::vector<Index>(extents.begin() + extra, extents.end())),
            std::vector<Index>(value.strides().begin() + extra, value.strides().end()), value.data()};
}

/// Throws, on every rank, when an element would have to come from another rank.
void check_in_place(const MPIArray& array, const DistributedSubscripts& to, const MPIArray& source,
                    const DistributedSubscripts& from) {
    if (!congruent(array.comm(), source.comm())) {
        throw ArgumentError("the source of an assignment is on another communicator than its target");
    }
    bool fits = false;
    try {
        fits = broadcast_shape(from.shape(), to.shape()) == to.shape();
    } catch (const ShapeError&) {
        fits = false;
    }
    if (!fits) {
        throw ShapeError(fmt::format("a selection of shape {} cannot be broadcast to one of shape {}",
                                     to_string(from.shape()), to_string(to.shape())));
    }
    bool in_place = to.axis().has_value() == from.axis().has_value() &&
                    (!to.axis() || to.shape().ndim() - *to.axis() == from.shape().ndim() - *from.axis());
    int rank = 0;
    for (; in_place && rank < array.comm().size(); ++rank) {
        const GlobalPart a = to.part(rank);
        const GlobalPart b = from.part(rank);
        in_place = a.count == b.count && (a.count == 0 || a.first == b.first);
    }
    if (!in_place) {
        throw ArgumentError(
            fmt::format("elements of {} assigned to {} would have to move between the ranks: redistribute() one of "
                        "them, or assign a common array, such as allgather() gives",
                        to_string(source.distribution()), to_string(array.distribution())),
            {.axis = array.axis()});
    }
}

}  // namespace

Shape GlobalPart::local_shape() const {
    if (axis) {
        return shape.with(*axis, count);
    }
    if (count > 0) {
        return shape;
    }
    return shape.is_scalar() ? Shape{0} : shape.with(0, 0);
}

ConstArrayView GlobalPart::of(const ConstArrayView& common) const {
    const ConstArrayView whole = common.broadcast(shape);
    Shape local = local_shape();
    if (local.elements() == 0) {
        std::vector<Index> strides = local.strides();
        return {whole.dtype(), std::move(local), std::move(strides), whole.data()};
    }
    const Index skipped = axis ? first * whole.stride(*axis) : 0;
    return {whole.dtype(), std::move(local), whole.strides(),
            whole.data() + skipped * static_cast<Index>(whole.dtype().itemsize())};
}

GlobalPart global_part(const Distribution& distribution, int rank, const Subscripts& subscripts) {
    if (rank < 0 || rank >= distribution.ranks()) {
        throw ArgumentError(fmt::format("there is no rank {} in {}", rank, to_string(distribution)));
    }
    return DistributedSubscripts(distribution, subscripts).part(rank);
}

GlobalPart global_part(const MPIArray& array, const Subscripts& subscripts) {
    return global_part(array.distribution(), array.comm().rank(), subscripts);
}

ArrayView global_view(MPIArray& array, const Subscripts& subscripts) {
    return DistributedSubscripts(array.distribution(), subscripts)
        .of_block(ArrayView(array.local()), array.comm().rank());
}

ConstArrayView global_view(const MPIArray& array, const Subscripts& subscripts) {
    return DistributedSubscripts(array.distribution(), subscripts)
        .of_block(ConstArrayView(array.local()), array.comm().rank());
}

void assign_global(MPIArray& array, const Subscripts& subscripts, const ConstArrayView& value) {
    const DistributedSubscripts taken(array.distribution(), subscripts);
    check_dtype(array, value.dtype());
    const int rank = array.comm().rank();
    const ConstArrayView mine = taken.part(rank).of(without_leading_ones(value, taken.shape().ndim()));
    taken.of_block(ArrayView(array.local()), rank).assign(mine);
}

void assign_global(MPIArray& array, const Subscripts& subscripts, const MPIArray& source,
                   const Subscripts& source_subscripts) {
    const DistributedSubscripts to(array.distribution(), subscripts);
    const DistributedSubscripts from(source.distribution(), source_subscripts);
    check_dtype(array, source.dtype());
    check_in_place(array, to, source, from);
    const int rank = array.comm().rank();
    if (to.part(rank).count == 0) {
        return;
    }
    const ArrayView target = to.of_block(ArrayView(array.local()), rank);
    const ConstArrayView value = from.of_block(ConstArrayView(source.local()), rank);
    if (source.local().data() == array.local().data()) {
        target.assign(value.copy());  // the two may overlap
    } else {
        target.assign(value);
    }
}

MPIArray sliced(const MPIArray& array, const Subscripts& subscripts) {
    const DistributedSubscripts taken(array.distribution(), subscripts);
    if (!taken.axis()) {
        throw ArgumentError(
            fmt::format("sliced: index {0} drops the distributed axis {1} of {2}. Use global_view() for the elements "
                        "on the rank that has them, slice({0}, {3}) to keep the axis, or redistribute() to another "
                        "axis first",
                        taken.range().start, array.axis(), to_string(array.distribution()), taken.range().start + 1),
            {.axis = array.axis()});
    }
    if (taken.range().step < 0) {
        throw ArgumentError(
            fmt::format("sliced: step {} on the distributed axis {} of {} would reverse the order of the ranks. "
                        "Redistribute() to another axis first, or use global_view()",
                        taken.range().step, array.axis(), to_string(array.distribution())),
            {.axis = array.axis()});
    }
    std::vector<Index> counts;
    counts.reserve(static_cast<std::size_t>(array.comm().size()));
    for (int rank = 0; rank < array.comm().size(); ++rank) {
        counts.push_back(taken.part(rank).count);
    }
    Distribution distribution(taken.shape(), Axis{*taken.axis()}, Partition::from_counts(std::move(counts)));
    Array block = taken.of_block(ConstArrayView(array.local()), array.comm().rank()).copy();
    return {array.comm(), std::move(distribution), std::move(block)};
}

}  // namespace memdata
