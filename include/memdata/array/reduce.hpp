// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <initializer_list>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "memdata/array/mpi_array.hpp"
#include "memdata/base/array_view.hpp"

namespace memdata {

/// The axes that a reduction takes away; by default all of them. Negative ones count from the end.
class Axes {
public:
    Axes() = default;
    Axes(Axis axis) : list_({axis}) {}                        // NOLINT(google-explicit-constructor)
    Axes(std::initializer_list<Axis> axes) : list_(axes) {}   // NOLINT(google-explicit-constructor)
    Axes(std::vector<Axis> axes) : list_(std::move(axes)) {}  // NOLINT(google-explicit-constructor)
    /// Nothing: all axes.
    [[nodiscard]] const std::optional<std::vector<Axis>>& list() const noexcept { return list_; }

private:
    std::optional<std::vector<Axis>> list_;
};

/// Does a reduced axis stay, with extent 1?
enum class KeepDims { no, yes };

/// What a reduction of an MPIArray gives, a closed variant: distributed when the distributed axis is left, else common,
/// with the same bits on every rank.
class Reduced {
public:
    Reduced(Array common) : data_(std::move(common)) {}               // NOLINT(google-explicit-constructor)
    Reduced(MPIArray distributed) : data_(std::move(distributed)) {}  // NOLINT(google-explicit-constructor)

    [[nodiscard]] bool is_common() const noexcept { return data_.index() == 0; }
    [[nodiscard]] bool is_distributed() const noexcept { return data_.index() == 1; }
    [[nodiscard]] const Dtype& dtype() const noexcept { return local().dtype(); }
    /// The global shape.
    [[nodiscard]] const Shape& shape() const noexcept {
        return is_common() ? std::get<Array>(data_).shape() : std::get<MPIArray>(data_).shape();
    }

    /// A common result; throws ArgumentError when it is distributed.
    [[nodiscard]] Array& common() &;
    [[nodiscard]] const Array& common() const&;
    [[nodiscard]] Array common() && { return std::move(common()); }
    /// A distributed result; throws ArgumentError when it is common.
    [[nodiscard]] MPIArray& distributed() &;
    [[nodiscard]] const MPIArray& distributed() const&;
    [[nodiscard]] MPIArray distributed() && { return std::move(distributed()); }

    /// What this rank holds: its block, or all of a common result.
    [[nodiscard]] const Array& local() const noexcept {
        return is_common() ? std::get<Array>(data_) : std::get<MPIArray>(data_).local();
    }
    /// The one number of a reduction over all axes: sum(a).item<double>(). Throws ArgumentError when the result is
    /// distributed, DtypeError for another type, ShapeError when there are more.
    template <Element T>
    [[nodiscard]] const T& item() const {
        return common().template item<T>();
    }

private:
    std::variant<Array, MPIArray> data_;
};

// Reductions of an MPIArray.
//
// Collective on comm() when the distributed axis is among the axes (so by default); else nothing is communicated, the
// result is distributed over the same blocks, and its axis number is less by the reduced axes before it. `axes` must
// be the same on all ranks; where the call is collective that is checked. Throw ArgumentError for an axis that is not
// there or is named twice, DtypeError when the operation has no meaning for the type (strings; order of complex
// numbers), ShapeError when min, max, argmin or argmax have nothing to choose from; in a collective call on all ranks,
// and MismatchError when ranks differ in the array or the arguments.
//
// Partial results are combined in the order of ranks: the same bits in every run with the same blocks. Other blocks
// may round otherwise. Up to 128 MiB a rank are needed beyond the results of the ranks.

/// Pairwise, and float32 in float64 to be rounded once. int64 of bool and integers, uint64 of unsigned ones (they
/// wrap); else of the array's type. Of nothing: 0.
[[nodiscard]] Reduced sum(const MPIArray& array, const Axes& axes = {}, KeepDims keep = KeepDims::no);
/// Types as sum(). Of nothing: 1.
[[nodiscard]] Reduced prod(const MPIArray& array, const Axes& axes = {}, KeepDims keep = KeepDims::no);
/// NaN where one element is NaN.
[[nodiscard]] Reduced min(const MPIArray& array, const Axes& axes = {}, KeepDims keep = KeepDims::no);
[[nodiscard]] Reduced max(const MPIArray& array, const Axes& axes = {}, KeepDims keep = KeepDims::no);
/// float64 of bool and integers. Of nothing: NaN.
[[nodiscard]] Reduced mean(const MPIArray& array, const Axes& axes = {}, KeepDims keep = KeepDims::no);
/// Mean of |x - mean|^2, real, in two passes; the sum is divided by the number of elements less `ddof` (never less
/// than 0). Of nothing: NaN.
[[nodiscard]] Reduced var(const MPIArray& array, const Axes& axes = {}, KeepDims keep = KeepDims::no, Index ddof = 0);
/// Is one element, are all elements not 0? bool; NaN is not 0. Of nothing: false, true.
[[nodiscard]] Reduced any(const MPIArray& array, const Axes& axes = {}, KeepDims keep = KeepDims::no);
[[nodiscard]] Reduced all(const MPIArray& array, const Axes& axes = {}, KeepDims keep = KeepDims::no);
/// Where the (first) least or greatest element is, int64: its row-major number in the global shape of the reduced axes;
/// so the index when that is one axis. The first NaN counts as least and as greatest.
[[nodiscard]] Reduced argmin(const MPIArray& array, const Axes& axes = {}, KeepDims keep = KeepDims::no);
[[nodiscard]] Reduced argmax(const MPIArray& array, const Axes& axes = {}, KeepDims keep = KeepDims::no);

// The same of a common array or a part of one; never collective.
[[nodiscard]] Array sum(const ConstArrayView& array, const Axes& axes = {}, KeepDims keep = KeepDims::no);
[[nodiscard]] Array prod(const ConstArrayView& array, const Axes& axes = {}, KeepDims keep = KeepDims::no);
[[nodiscard]] Array min(const ConstArrayView& array, const Axes& axes = {}, KeepDims keep = KeepDims::no);
[[nodiscard]] Array max(const ConstArrayView& array, const Axes& axes = {}, KeepDims keep = KeepDims::no);
[[nodiscard]] Array mean(const ConstArrayView& array, const Axes& axes = {}, KeepDims keep = KeepDims::no);
[[nodiscard]] Array var(const ConstArrayView& array, const Axes& axes = {}, KeepDims keep = KeepDims::no,
                        Index ddof = 0);
[[nodiscard]] Array any(const ConstArrayView& array, const Axes& axes = {}, KeepDims keep = KeepDims::no);
[[nodiscard]] Array all(const ConstArrayView& array, const Axes& axes = {}, KeepDims keep = KeepDims::no);
[[nodiscard]] Array argmin(const ConstArrayView& array, const Axes& axes = {}, KeepDims keep = KeepDims::no);
[[nodiscard]] Array argmax(const ConstArrayView& array, const Axes& axes = {}, KeepDims keep = KeepDims::no);

}  // namespace memdata
