// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/base/selection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <span>
#include <utility>

#include "base/join.hpp"
#include "memdata/base/error.hpp"

namespace memdata {

namespace {

/// Ranges of one or no index have step 1: then nothing can overflow, and equal ranges look equal.
IndexRange tidy(IndexRange range) {
    if (range.count == 0) {
        return {0, 0, 1};
    }
    return {range.start, range.count, range.count == 1 ? 1 : range.step};
}

Index clip(Index index, Index extent, Index lowest, Index highest) {
    if (index < 0) {
        index += extent;
    }
    return std::clamp(index, lowest, highest);
}

void check_part(Index offset, Index count, Index whole, std::optional<int> axis = std::nullopt) {
    if (offset < 0 || count < 0 || offset > whole || count > whole - offset) {
        throw ArgumentError(fmt::format("{} positions from {} are not among {} selected indices", count, offset, whole),
                            {.axis = axis});
    }
}

}  // namespace

IndexRange resolve(const Slice& slice, Index extent) {
    if (slice.step == 0) {
        throw ArgumentError("the step of a slice is 0");
    }
    if (extent < 0) {
        throw ArgumentError(fmt::format("a slice of the negative extent {}", extent));
    }
    const bool up = slice.step > 0;
    const Index lowest = up ? 0 : -1;
    const Index highest = up ? extent : extent - 1;
    const Index start = slice.start ? clip(*slice.start, extent, lowest, highest) : (up ? 0 : highest);
    const Index stop = slice.stop ? clip(*slice.stop, extent, lowest, highest) : (up ? extent : -1);
    const Index distance = up ? stop - start : start - stop;
    if (distance <= 0) {
        return tidy({});
    }
    // The smallest step cannot be negated; one more takes the same single index.
    const Index step = std::max(slice.step, -std::numeric_limits<Index>::max());
    return tidy({start, (distance - 1) / (up ? step : -step) + 1, step});
}

Index AxisIndices::count() const noexcept {
    const IndexRange* r = range();
    return r != nullptr ? r->count : static_cast<Index>(std::get_if<1>(&indices_)->size());
}

Index AxisIndices::operator[](Index i) const {
    const IndexRange* r = range();
    return r != nullptr ? (*r)[i] : (*std::get_if<1>(&indices_))[static_cast<std::size_t>(i)];
}

std::vector<IndexRange> AxisIndices::runs() const {
    const Index n = count();
    if (range() != nullptr && is_ascending()) {
        return n == 0 ? std::vector<IndexRange>{} : std::vector<IndexRange>{tidy(*range())};
    }
    const auto step_after = [&](Index i) { return (*this)[i + 1] - (*this)[i]; };
    std::vector<IndexRange> result;
    for (Index i = 0; i < n;) {
        IndexRange run{(*this)[i], 1, 1};
        const Index step = i + 1 < n ? step_after(i) : 0;
        if (step >= 1) {
            run.step = step;
            while (i + run.count < n && step_after(i + run.count - 1) == step) {
                ++run.count;
            }
        }
        // Of 3, 10, 11, 12 the 10 belongs to the contiguous run behind it.
        if (run.count == 2 && step > 1 && i + 2 < n && step_after(i + 1) == 1) {
            run.count = 1;
        }
        result.push_back(tidy(run));
        i += run.count;
    }
    return result;
}

bool AxisIndices::is_ascending() const noexcept {
    if (const IndexRange* r = range()) {
        return r->count <= 1 || r->step > 0;
    }
    const std::vector<Index>& list = *std::get_if<1>(&indices_);
    return std::ranges::adjacent_find(list, std::greater_equal<>{}) == list.end();
}

AxisIndices AxisIndices::part(Index offset, Index count) const {
    check_part(offset, count, this->count());
    if (const IndexRange* r = range()) {
        return count == 0 ? tidy({}) : tidy({(*r)[offset], count, r->step});
    }
    const auto first = std::get<1>(indices_).begin() + offset;
    return std::vector<Index>(first, first + count);
}

bool operator==(const AxisIndices& a, const AxisIndices& b) {
    const Index n = a.count();
    if (n != b.count()) {
        return false;
    }
    if (a.range() != nullptr && b.range() != nullptr) {
        return tidy(*a.range()) == tidy(*b.range());
    }
    for (Index i = 0; i < n; ++i) {
        if (a[i] != b[i]) {
            return false;
        }
    }
    return true;
}

Shape ResolvedSelection::shape() const {
    std::vector<Index> extents;
    for (const AxisIndices& indices : axes) {
        extents.push_back(indices.count());
    }
    return Shape(std::move(extents));
}

bool ResolvedSelection::is_all_of(const Shape& whole) const {
    if (axes.size() != static_cast<std::size_t>(whole.ndim())) {
        return false;
    }
    for (int axis = 0; axis < whole.ndim(); ++axis) {
        if (axes[static_cast<std::size_t>(axis)] != AxisIndices(IndexRange{0, whole[axis], 1})) {
            return false;
        }
    }
    return true;
}

ResolvedSelection ResolvedSelection::part(int axis, Index offset, Index count) const {
    if (axis < 0 || static_cast<std::size_t>(axis) >= axes.size()) {
        throw ArgumentError(fmt::format("axis {} of a selection of {} axes", axis, axes.size()), {.axis = axis});
    }
    ResolvedSelection result = *this;
    AxisIndices& indices = result.axes[static_cast<std::size_t>(axis)];
    check_part(offset, count, indices.count(), axis);
    indices = indices.part(offset, count);
    return result;
}

Selection& Selection::on(Axis axis, Slice range) {
    entries_.push_back({axis.value, range});
    return *this;
}

Selection& Selection::on(Axis axis, std::vector<Index> list) {
    entries_.push_back({axis.value, std::move(list)});
    return *this;
}

Selection& Selection::on(Axis axis, std::initializer_list<Index> list) { return on(axis, std::vector<Index>(list)); }

ResolvedSelection Selection::resolve(const Shape& shape) const {
    ResolvedSelection result;
    for (const Index extent : shape) {
        result.axes.emplace_back(IndexRange{0, extent, 1});
    }
    std::vector<bool> named(result.axes.size());
    for (const Entry& entry : entries_) {
        const int number = shape.resolve(Axis{entry.axis});
        const auto axis = static_cast<std::size_t>(number);
        const Index extent = shape[number];
        if (named[axis]) {
            throw ArgumentError(fmt::format("axis {} is selected from twice", number), {.axis = number});
        }
        named[axis] = true;
        if (const Slice* slice = std::get_if<Slice>(&entry.indices)) {
            if (slice->step == 0) {
                throw ArgumentError(fmt::format("the step of a slice is 0 on axis {}", number), {.axis = number});
            }
            result.axes[axis] = memdata::resolve(*slice, extent);
            continue;
        }
        std::vector<Index> list = std::get<1>(entry.indices);
        for (Index& index : list) {
            if (index < -extent || index >= extent) {
                throw ArgumentError(
                    fmt::format("index {} is out of range on axis {} of extent {}", index, number, extent),
                    {.axis = number});
            }
            index += index < 0 ? extent : 0;
        }
        result.axes[axis] = std::move(list);
    }
    return result;
}

std::string to_string(const Selection& selection) {
    if (selection.empty()) {
        return "everything";
    }
    constexpr std::size_t shown = 16;
    std::string text;
    for (const Selection::Entry& entry : selection.entries()) {
        text += fmt::format("{}axis {}: ", text.empty() ? "" : ", ", entry.axis);
        if (const Slice* slice = std::get_if<Slice>(&entry.indices)) {
            text += fmt::format("{}:{}", slice->start ? fmt::to_string(*slice->start) : "",
                                slice->stop ? fmt::to_string(*slice->stop) : "");
            text += slice->step != 1 ? fmt::format(":{}", slice->step) : "";
        } else {
            const std::vector<Index>& list = std::get<1>(entry.indices);
            const std::span<const Index> few(list.data(), std::min(list.size(), shown));
            text += '{';
            text += detail::join(few, ", ");
            text += list.size() > shown ? fmt::format(", ... {} in all}}", list.size()) : "}";
        }
    }
    return text;
}

namespace {

AxisIndices compose_axis(const AxisIndices& outer, const AxisIndices& inner, int axis) {
    const Index n = inner.count();
    const auto check = [&](Index i) {
        if (i < 0 || i >= outer.count()) {
            throw ArgumentError(
                fmt::format("index {} on axis {} is not among the {} of the outer selection", i, axis, outer.count()),
                {.axis = axis});
        }
    };
    if (n > 0 && inner.range() != nullptr) {
        check(inner[0]);
        check(inner[n - 1]);
    }
    if (outer.range() != nullptr && inner.range() != nullptr) {
        // With at least two indices the product of the steps is a difference of indices: no overflow.
        return n == 0   ? tidy({})
               : n == 1 ? tidy({outer[inner[0]], 1, 1})
                        : tidy({outer[inner[0]], n, outer.range()->step * inner.range()->step});
    }
    std::vector<Index> list;
    list.reserve(static_cast<std::size_t>(n));
    for (Index i = 0; i < n; ++i) {
        check(inner[i]);
        list.push_back(outer[inner[i]]);
    }
    return list;
}

}  // namespace

ResolvedSelection compose(const ResolvedSelection& outer, const ResolvedSelection& inner) {
    if (outer.axes.size() != inner.axes.size()) {
        throw ArgumentError(
            fmt::format("selections of {} and {} axes cannot be composed", outer.axes.size(), inner.axes.size()));
    }
    ResolvedSelection result;
    for (std::size_t axis = 0; axis < outer.axes.size(); ++axis) {
        result.axes.push_back(compose_axis(outer.axes[axis], inner.axes[axis], static_cast<int>(axis)));
    }
    return result;
}

}  // namespace memdata
