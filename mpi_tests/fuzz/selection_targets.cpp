// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// Selections and subscripts, small ones compared with Python's rules followed step by step.
#include <algorithm>
#include <optional>
#include <variant>

#include "memdata/base/error.hpp"
#include "memdata/base/selection.hpp"
#include "memdata/base/subscript.hpp"
#include "targets.hpp"

namespace memdata_fuzz {

namespace md = memdata;

namespace {

constexpr md::Index small = 200;  // indices that are looked at one by one
__extension__ using Wide = __int128;

md::Slice read_slice(Input& in) {
    md::Slice slice;
    if (in.coin()) {
        slice.start = in.index();
    }
    if (in.coin()) {
        slice.stop = in.index();
    }
    slice.step = in.index();
    return slice;
}

md::Selection read_selection(Input& in) {
    md::Selection selection;
    for (int i = in.below(4); i > 0; --i) {
        const md::Axis axis{in.below(9) - 4};
        if (in.coin()) {
            selection.on(axis, read_slice(in));
            continue;
        }
        std::vector<md::Index> list(static_cast<std::size_t>(in.below(6)));
        for (md::Index& index : list) {
            index = in.index();
        }
        selection.on(axis, std::move(list));
    }
    return selection;
}

/// Python's range(*slice.indices(extent)), in numbers that cannot overflow; at most so many.
std::vector<md::Index> python_slice(const md::Slice& slice, md::Index extent, std::size_t most) {
    const Wide step = slice.step;
    const Wide lowest = step > 0 ? 0 : -1;
    const Wide highest = step > 0 ? Wide{extent} : Wide{extent} - 1;
    const auto end = [&](const std::optional<md::Index>& given, Wide absent) {
        return given ? std::clamp(*given < 0 ? Wide{*given} + extent : Wide{*given}, lowest, highest) : absent;
    };
    const Wide start = end(slice.start, step > 0 ? lowest : highest);
    const Wide stop = end(slice.stop, step > 0 ? highest : lowest);
    std::vector<md::Index> indices;
    for (Wide i = start; (step > 0 ? i < stop : i > stop) && indices.size() < most; i += step) {
        indices.push_back(static_cast<md::Index>(i));
    }
    return indices;
}

std::vector<md::Index> listed(const md::AxisIndices& indices) {
    std::vector<md::Index> list;
    for (md::Index i = 0; i < std::min(indices.count(), small); ++i) {
        list.push_back(indices[i]);
    }
    return list;
}

void check_axis(const md::AxisIndices& indices, md::Index extent) {
    require(indices.count() >= 0, "a negative number of indices");
    if (indices.count() > 0) {
        for (const md::Index i : {md::Index{0}, indices.count() / 2, indices.count() - 1}) {
            require(indices[i] >= 0 && indices[i] < extent, "an index is out of range");
        }
    }
    if (indices.count() > small) {
        return;
    }
    const std::vector<md::Index> list = listed(indices);
    std::vector<md::Index> of_runs;
    for (const md::IndexRange& run : indices.runs()) {
        for (md::Index i = 0; i < run.count; ++i) {
            of_runs.push_back(run[i]);
        }
    }
    require(of_runs == list, "the runs are other indices");
    const bool ascending = std::ranges::adjacent_find(list, std::greater_equal<>{}) == list.end();
    require(indices.is_ascending() == ascending, "ascending or not");
    const md::Index half = indices.count() / 2;
    const std::vector<md::Index> back = listed(indices.part(half, indices.count() - half));
    require(std::ranges::equal(back, std::vector<md::Index>(list.begin() + half, list.end())), "a part is another");
}

void check_entries(const md::Selection& selection, const md::ResolvedSelection& resolved, const md::Shape& shape) {
    for (const md::Selection::Entry& entry : selection.entries()) {
        const int axis = shape.resolve(md::Axis{entry.axis});
        const md::AxisIndices& indices = resolved.axes[static_cast<std::size_t>(axis)];
        if (const auto* slice = std::get_if<md::Slice>(&entry.indices)) {
            const auto expected = python_slice(*slice, shape[axis], static_cast<std::size_t>(small));
            require(listed(indices) == expected, "a slice takes what Python's does not");
        }
    }
}

}  // namespace

void selections(std::string_view input) {
    Input in(input);
    try {
        const md::Shape shape = in.shape(4);
        const md::Selection first = read_selection(in);
        require(!md::to_string(first).empty(), "it prints nothing");
        const md::ResolvedSelection outer = first.resolve(shape);
        require(outer.axes.size() == static_cast<std::size_t>(shape.ndim()), "axes are missing");
        for (int axis = 0; axis < shape.ndim(); ++axis) {
            check_axis(outer.axes[static_cast<std::size_t>(axis)], shape[axis]);
        }
        check_entries(first, outer, shape);
        static_cast<void>(outer.is_all_of(shape));
        const md::Shape taken = outer.shape();
        const md::ResolvedSelection inner = read_selection(in).resolve(taken);
        const md::ResolvedSelection both = compose(outer, inner);
        for (std::size_t axis = 0; axis < both.axes.size(); ++axis) {
            require(both.axes[axis].count() == inner.axes[axis].count(), "composed, they are not as many");
            for (md::Index i = 0; i < std::min(small, both.axes[axis].count()); ++i) {
                require(both.axes[axis][i] == outer.axes[axis][inner.axes[axis][i]], "composed, they are others");
            }
        }
    } catch (const md::ArgumentError&) {
        // An axis or an index that is not there.
    } catch (const md::ShapeError&) {
        // No such shape.
    }
}

void subscripts(std::string_view input) {
    Input in(input);
    try {
        const md::Shape shape = in.shape(4);
        md::Subscripts given;
        for (int i = in.below(6); i > 0; --i) {
            switch (in.below(4)) {
                case 0:
                    given.emplace_back(in.index());
                    break;
                case 1:
                    given.emplace_back(read_slice(in));
                    break;
                case 2:
                    given.emplace_back(md::ellipsis);
                    break;
                default:
                    given.emplace_back(md::new_axis);
            }
        }
        require(!md::to_string(given).empty(), "it prints nothing");
        const md::ResolvedSubscripts resolved = resolve(given, shape);
        require(resolved.ranges.size() == static_cast<std::size_t>(shape.ndim()), "axes are missing");
        for (int axis = 0; axis < shape.ndim(); ++axis) {
            check_axis(resolved.ranges[static_cast<std::size_t>(axis)], shape[axis]);
            if (const auto result = resolved.result_axis(axis)) {
                require(resolved.axes.at(static_cast<std::size_t>(*result)) == axis, "an axis goes elsewhere");
            }
        }
        require(resolved.shape().ndim() == static_cast<int>(resolved.axes.size()), "axes of the result");
    } catch (const md::ArgumentError&) {
        // An index out of range, or too many.
    } catch (const md::ShapeError&) {
        // No such shape.
    }
}

}  // namespace memdata_fuzz
