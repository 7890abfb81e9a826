// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <initializer_list>
#include <optional>
#include <span>
#include <vector>

#include "memdata/array/mpi_array.hpp"
#include "memdata/base/array_view.hpp"
#include "memdata/base/convert.hpp"
#include "memdata/base/subscript.hpp"

// Subscripts of an MPIArray count along the whole array, as caput's global_slice does. Nothing here communicates, and
// data stay on their ranks. An argument that is refused is refused on every rank alike, if all ranks pass the same;
// a MemoryError is this rank's alone, as in the creation of arrays.
namespace memdata {

/// What a rank has of the elements that subscripts take from a distributed array.
struct GlobalPart {
    /// Of all the elements taken, over all ranks.
    Shape shape;
    /// The axis of `shape` that the ranks share; nothing: an index dropped it, and one rank has all.
    std::optional<int> axis;
    /// The rank has positions [first, first + count) of that axis; without the axis `count` is 1 on the rank that
    /// has the elements, else 0.
    Index first = 0;
    Index count = 0;

    /// Of what the rank has: `shape` with `count` on `axis`. Where another rank has all: `shape` with 0 on the first
    /// axis, or (0,) when there is none. So the number of elements is 0 where the rank has nothing.
    [[nodiscard]] Shape local_shape() const;
    /// The rank's part of a common array with an element for each one taken (broadcast to `shape`), without a copy;
    /// of local_shape(). Throws ShapeError.
    [[nodiscard]] ConstArrayView of(const ConstArrayView& common) const;
    friend bool operator==(const GlobalPart&, const GlobalPart&) = default;
};

/// Throws ArgumentError as resolve(), and when there is no such rank.
[[nodiscard]] GlobalPart global_part(const Distribution& distribution, int rank, const Subscripts& subscripts);
/// Of this rank.
[[nodiscard]] GlobalPart global_part(const MPIArray& array, const Subscripts& subscripts);

/// The elements of this rank's block that the subscripts take, in place, in the order of the subscripts; of shape
/// global_part(array, subscripts).local_shape(), which tells what an empty view looks like:
///     auto column = global_view(array, {slice(100, 200), 3}).view<double, 1>();
///     for (Index i = 0; i < column.extent(0); ++i) column(i) = 0;
/// Throws ArgumentError as resolve().
[[nodiscard]] ArrayView global_view(MPIArray& array, const Subscripts& subscripts);
[[nodiscard]] ConstArrayView global_view(const MPIArray& array, const Subscripts& subscripts);

/// numpy's a[subscripts] = value. `value` is common: the same on all ranks, broadcast to the shape of all the
/// elements taken; each rank keeps its part. Throws ArgumentError as resolve(), DtypeError when the dtypes differ,
/// ShapeError when `value` cannot be broadcast.
void assign_global(MPIArray& array, const Subscripts& subscripts, const ConstArrayView& value);
/// One value for all of them; throws DtypeError when it is not exactly one of array's dtype (0 is, for float64; 0.1
/// is not, for float32).
template <Element T>
void assign_global(MPIArray& array, const Subscripts& subscripts, const T& value) {
    assign_global(array, subscripts, converted(Array::scalar<T>(value), array.dtype()));
}
/// a[subscripts] = source[source_subscripts], broadcast along axes that are not distributed. Every element must come
/// from the rank it goes to; else ArgumentError. The other errors as above.
void assign_global(MPIArray& array, const Subscripts& subscripts, const MPIArray& source,
                   const Subscripts& source_subscripts = {});

/// A copy of the elements that the subscripts take, distributed as they lie: the same axis (its number follows the axes
/// dropped and added before it), blocks as the cut leaves them, some perhaps empty; MPIArray::redistribute() evens
/// them out. Throws ArgumentError as resolve(), and for the distributed axis when an index drops it or a negative step
/// would reverse the order of the ranks.
[[nodiscard]] MPIArray sliced(const MPIArray& array, const Subscripts& subscripts);

/// numpy.take: the array whose index i on `axis` is index indices[i] of `array`; any order, repeats allowed, negative
/// from the end. Throws ArgumentError (with the axis) for an index out of range, and when `axis` is distributed.
[[nodiscard]] MPIArray take(const MPIArray& array, Axis axis, std::span<const Index> indices);
[[nodiscard]] MPIArray take(const MPIArray& array, Axis axis, std::initializer_list<Index> indices);

/// numpy.compress: the indices of `axis` where the mask is true. Throws ArgumentError as take(), ShapeError when the
/// mask is not as long as the axis.
[[nodiscard]] MPIArray compress(const MPIArray& array, Axis axis, std::span<const bool> mask);
[[nodiscard]] MPIArray compress(const MPIArray& array, Axis axis, const std::vector<bool>& mask);

}  // namespace memdata
