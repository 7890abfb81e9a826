// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <concepts>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "memdata/base/array_view.hpp"
#include "memdata/base/error.hpp"
#include "memdata/base/selection.hpp"

namespace memdata {

/// As many whole axes as the other subscripts leave over: numpy's "...".
struct Ellipsis {
    friend bool operator==(const Ellipsis&, const Ellipsis&) = default;
};
inline constexpr Ellipsis ellipsis;

/// An axis of extent 1 that the array has not: numpy's newaxis.
struct NewAxis {
    friend bool operator==(const NewAxis&, const NewAxis&) = default;
};
inline constexpr NewAxis new_axis;

/// Every index of an axis: numpy's ":".
inline constexpr Slice whole_axis;

/// What numpy accepts between the brackets of a[i, 1:5, ..., newaxis] for one axis: an index, which drops the axis
/// (negative: from the end), a slice with a step of either sign, an ellipsis, or a new axis.
class Subscript {
public:
    using Value = std::variant<Index, Slice, Ellipsis, NewAxis>;

    /// Throws ArgumentError when the number does not fit an Index. A bool is a mask to numpy and no index.
    template <std::integral I>
    requires(!std::same_as<I, bool>) Subscript(I index)  // NOLINT(google-explicit-constructor): {0, slice(1, 5)}
        : value_(static_cast<Index>(index)) {
        if (!std::in_range<Index>(index)) {
            throw ArgumentError("index " + std::to_string(index) + " is beyond any axis");
        }
    }
    Subscript(Slice slice) : value_(slice) {}    // NOLINT(google-explicit-constructor)
    Subscript(Ellipsis) : value_(Ellipsis{}) {}  // NOLINT(google-explicit-constructor)
    Subscript(NewAxis) : value_(NewAxis{}) {}    // NOLINT(google-explicit-constructor)

    [[nodiscard]] const Value& value() const noexcept { return value_; }
    friend bool operator==(const Subscript&, const Subscript&) = default;

private:
    Value value_;
};

/// One for each axis from the first on; axes without one are taken whole. Written in braces:
/// {0, slice(1, 5), ellipsis, -1}; {} takes everything.
using Subscripts = std::vector<Subscript>;

/// "[0, 1:5, ..., newaxis]".
[[nodiscard]] std::string to_string(const Subscripts& subscripts);

/// Subscripts applied to a shape.
struct ResolvedSubscripts {
    /// For every axis of the shape the indices taken: one where an index drops the axis.
    std::vector<IndexRange> ranges;
    /// For every axis of the result the axis of the shape it comes from; nothing: a new one.
    std::vector<std::optional<int>> axes;

    /// Of the result.
    [[nodiscard]] Shape shape() const;
    /// The axis of the result that comes from `axis`; nothing when an index dropped it.
    [[nodiscard]] std::optional<int> result_axis(int axis) const;
};

/// By numpy's rules: slices are clipped, indices are not. Throws ArgumentError (with the axis) for an index out of
/// range, a step of 0, more subscripts than axes, a second ellipsis.
[[nodiscard]] ResolvedSubscripts resolve(const Subscripts& subscripts, const Shape& shape);

/// The elements that the subscripts take, without a copy:
///     subview(array, {0, slice(1, 5), ellipsis}).view<double, 2>()
/// Throws as resolve().
[[nodiscard]] ConstArrayView subview(const ConstArrayView& view, const Subscripts& subscripts);
[[nodiscard]] ArrayView subview(const ArrayView& view, const Subscripts& subscripts);
[[nodiscard]] inline ConstArrayView subview(const Array& array, const Subscripts& subscripts) {
    return subview(ConstArrayView(array), subscripts);
}
[[nodiscard]] inline ArrayView subview(Array& array, const Subscripts& subscripts) {
    return subview(ArrayView(array), subscripts);
}

/// The same with subscripts that are resolved already. Throws ArgumentError when they are for another number of
/// axes or reach out of the view.
[[nodiscard]] ConstArrayView subview(const ConstArrayView& view, const ResolvedSubscripts& subscripts);
[[nodiscard]] ArrayView subview(const ArrayView& view, const ResolvedSubscripts& subscripts);

}  // namespace memdata
