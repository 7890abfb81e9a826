// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "memdata/base/shape.hpp"

namespace memdata {

/// Python's slice: start:stop:step; what is absent means the end in the direction of the step.
struct Slice {
    std::optional<Index> start;
    std::optional<Index> stop;
    Index step = 1;
    friend bool operator==(const Slice&, const Slice&) = default;
};

/// slice(5) is :5, slice(1, 5) is 1:5, slice(1, 9, 2) is 1:9:2; std::nullopt leaves an end open.
[[nodiscard]] inline Slice slice(std::optional<Index> stop) { return {std::nullopt, stop, 1}; }
[[nodiscard]] inline Slice slice(std::optional<Index> start, std::optional<Index> stop, Index step = 1) {
    return {start, stop, step};
}

/// The indices start, start + step, ... (count of them) of one axis, all inside it.
struct IndexRange {
    Index start = 0;
    Index count = 0;
    Index step = 1;  // never 0; may be negative
    [[nodiscard]] Index operator[](Index i) const noexcept { return start + i * step; }
    friend bool operator==(const IndexRange&, const IndexRange&) = default;
};

/// By Python's rules: ends are clipped to the axis, negative ones count from the end, a reversed range is
/// empty. Throws ArgumentError when the step is 0.
[[nodiscard]] IndexRange resolve(const Slice& slice, Index extent);

/// The indices that a selection takes from one axis, in order: a range or a list.
class AxisIndices {
public:
    AxisIndices(IndexRange range) : indices_(range) {}                   // NOLINT(google-explicit-constructor)
    AxisIndices(std::vector<Index> list) : indices_(std::move(list)) {}  // NOLINT(google-explicit-constructor)

    [[nodiscard]] Index count() const noexcept;
    [[nodiscard]] Index operator[](Index i) const;
    [[nodiscard]] const IndexRange* range() const noexcept { return std::get_if<IndexRange>(&indices_); }
    /// The same as ranges of ascending, equally spaced indices where neighbours allow it.
    [[nodiscard]] std::vector<IndexRange> runs() const;
    /// Strictly ascending?
    [[nodiscard]] bool is_ascending() const noexcept;
    /// Positions [offset, offset + count) of these; throws ArgumentError when they are not there.
    [[nodiscard]] AxisIndices part(Index offset, Index count) const;
    friend bool operator==(const AxisIndices& a, const AxisIndices& b);

private:
    std::variant<IndexRange, std::vector<Index>> indices_;
};

/// A selection applied to a shape: for every axis the indices taken.
struct ResolvedSelection {
    std::vector<AxisIndices> axes;

    [[nodiscard]] Shape shape() const;
    /// Does it take every element of `whole` in order?
    [[nodiscard]] bool is_all_of(const Shape& whole) const;
    /// The sub-selection of positions [offset, offset + count) on one axis: a rank's share.
    [[nodiscard]] ResolvedSelection part(int axis, Index offset, Index count) const;
};

/// What to take from a dataset, axis by axis; an axis without an entry is taken whole. No axis is dropped.
///     Selection{}.on(Axis{0}, slice(100, 200, 2)).on(Axis{-1}, {5, 3, 3})
class Selection {
public:
    Selection& on(Axis axis, Slice range);
    /// An index list: any order, repeats allowed, negative from the end.
    Selection& on(Axis axis, std::vector<Index> list);
    /// {1, 5, 2} is a list too, not a Slice in braces.
    Selection& on(Axis axis, std::initializer_list<Index> list);

    /// What is taken of one axis, as it was given.
    struct Entry {
        int axis;
        std::variant<Slice, std::vector<Index>> indices;
        friend bool operator==(const Entry&, const Entry&) = default;
    };

    [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
    [[nodiscard]] const std::vector<Entry>& entries() const noexcept { return entries_; }
    /// Throws ArgumentError (with the axis) for an axis or an index out of range, or an axis named twice.
    [[nodiscard]] ResolvedSelection resolve(const Shape& shape) const;

    friend bool operator==(const Selection&, const Selection&) = default;

private:
    std::vector<Entry> entries_;
};

/// "axis 0: 100:200:2, axis -1: {5, 3, 3}"; "everything" when empty; long lists are cut.
[[nodiscard]] std::string to_string(const Selection& selection);

/// The selection that takes `inner` of what `outer` takes. Throws ArgumentError when the numbers of axes
/// differ or an index of `inner` is not in `outer`.
[[nodiscard]] ResolvedSelection compose(const ResolvedSelection& outer, const ResolvedSelection& inner);

}  // namespace memdata
