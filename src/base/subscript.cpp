// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/base/subscript.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace memdata {

namespace {

std::string slice_text(const Slice& slice) {
    return fmt::format("{}:{}{}", slice.start ? fmt::to_string(*slice.start) : "",
                       slice.stop ? fmt::to_string(*slice.stop) : "",
                       slice.step != 1 ? fmt::format(":{}", slice.step) : "");
}

template <class T>
bool is(const Subscript& subscript) {
    return std::holds_alternative<T>(subscript.value());
}

/// Takes one axis after the other.
class Resolver {
public:
    Resolver(const Subscripts& subscripts, const Shape& shape) : subscripts_(subscripts), shape_(shape) {}

    ResolvedSubscripts run() {
        const Index left = whole_axes();
        bool ellipsis_seen = false;
        for (const Subscript& subscript : subscripts_) {
            if (is<NewAxis>(subscript)) {
                result_.axes.emplace_back();
            } else if (is<Ellipsis>(subscript)) {
                ellipsis_seen = true;
                take_whole(left);
            } else if (const Slice* slice = std::get_if<Slice>(&subscript.value())) {
                take(*slice);
            } else {
                take(std::get<Index>(subscript.value()));
            }
        }
        take_whole(ellipsis_seen ? 0 : left);
        return std::move(result_);
    }

private:
    [[nodiscard]] std::string where() const {
        return fmt::format("{} of shape {}", to_string(subscripts_), to_string(shape_));
    }
    [[nodiscard]] int next_axis() const { return static_cast<int>(result_.ranges.size()); }

    /// How many axes no subscript names.
    [[nodiscard]] Index whole_axes() const {
        const auto ellipses = std::ranges::count_if(subscripts_, is<Ellipsis>);
        if (ellipses > 1) {
            throw ArgumentError(fmt::format("more than one ellipsis in {}", where()));
        }
        const auto named = std::ssize(subscripts_) - ellipses - std::ranges::count_if(subscripts_, is<NewAxis>);
        if (named > shape_.ndim()) {
            throw ArgumentError(
                fmt::format("{} axes are subscripted in {}, which has {}", named, where(), shape_.ndim()),
                {.axis = shape_.ndim()});
        }
        return shape_.ndim() - named;
    }

    void take_whole(Index axes) {
        for (; axes > 0; --axes) {
            take(whole_axis);
        }
    }

    void take(const Slice& slice) {
        const int axis = next_axis();
        if (slice.step == 0) {
            throw ArgumentError(fmt::format("the step on axis {} is 0 in {}", axis, where()), {.axis = axis});
        }
        result_.ranges.push_back(resolve(slice, shape_[axis]));
        result_.axes.emplace_back(axis);
    }

    void take(Index index) {
        const int axis = next_axis();
        const Index extent = shape_[axis];
        if (index < -extent || index >= extent) {
            throw ArgumentError(
                fmt::format("index {} is out of range on axis {} of extent {}: {}", index, axis, extent, where()),
                {.axis = axis});
        }
        result_.ranges.push_back({index < 0 ? index + extent : index, 1, 1});
    }

    const Subscripts& subscripts_;
    const Shape& shape_;
    ResolvedSubscripts result_;
};

/// Where the view of the subscripts starts, in elements from the start of `view`.
Index offset_in(const ConstArrayView& view, const ResolvedSubscripts& subscripts) {
    if (subscripts.ranges.size() != static_cast<std::size_t>(view.ndim())) {
        throw ArgumentError(fmt::format("subscripts of {} axes for a view of shape {}", subscripts.ranges.size(),
                                        to_string(view.shape())));
    }
    Index offset = 0;
    for (int axis = 0; axis < view.ndim(); ++axis) {
        const IndexRange& range = subscripts.ranges[static_cast<std::size_t>(axis)];
        if (range.count == 0) {
            continue;
        }
        const Index last = range[range.count - 1];
        if (std::min(range.start, last) < 0 || std::max(range.start, last) >= view.shape()[axis]) {
            throw ArgumentError(fmt::format("indices {} to {} are out of range on axis {} of shape {}", range.start,
                                            last, axis, to_string(view.shape())),
                                {.axis = axis});
        }
        offset += range.start * view.stride(axis);
    }
    return offset;
}

std::vector<Index> strides_in(const ConstArrayView& view, const ResolvedSubscripts& subscripts) {
    std::vector<Index> strides;
    for (const std::optional<int> axis : subscripts.axes) {
        strides.push_back(axis ? view.stride(*axis) * subscripts.ranges[static_cast<std::size_t>(*axis)].step : 0);
    }
    return strides;
}

}  // namespace

std::string to_string(const Subscripts& subscripts) {
    std::string text = "[";
    for (const Subscript& subscript : subscripts) {
        text += text.size() > 1 ? ", " : "";
        if (is<NewAxis>(subscript)) {
            text += "newaxis";
        } else if (is<Ellipsis>(subscript)) {
            text += "...";
        } else if (const Slice* slice = std::get_if<Slice>(&subscript.value())) {
            text += slice_text(*slice);
        } else {
            text += fmt::to_string(std::get<Index>(subscript.value()));
        }
    }
    return text + "]";
}

Shape ResolvedSubscripts::shape() const {
    std::vector<Index> extents;
    for (const std::optional<int> axis : axes) {
        extents.push_back(axis ? ranges[static_cast<std::size_t>(*axis)].count : 1);
    }
    return Shape(std::move(extents));
}

std::optional<int> ResolvedSubscripts::result_axis(int axis) const {
    const auto found = std::ranges::find(axes, std::optional(axis));
    return found == axes.end() ? std::nullopt : std::optional(static_cast<int>(found - axes.begin()));
}

ResolvedSubscripts resolve(const Subscripts& subscripts, const Shape& shape) {
    return Resolver(subscripts, shape).run();
}

ConstArrayView subview(const ConstArrayView& view, const ResolvedSubscripts& subscripts) {
    const Index offset = offset_in(view, subscripts);
    const Index item = static_cast<Index>(view.dtype().itemsize());
    // Without elements there may be no memory to count in.
    return {view.dtype(), subscripts.shape(), strides_in(view, subscripts),
            view.data() + (view.empty() ? 0 : offset * item)};
}

ArrayView subview(const ArrayView& view, const ResolvedSubscripts& subscripts) {
    const Index offset = offset_in(view, subscripts);
    const Index item = static_cast<Index>(view.dtype().itemsize());
    return {view.dtype(), subscripts.shape(), strides_in(view, subscripts),
            view.data() + (view.empty() ? 0 : offset * item)};
}

ConstArrayView subview(const ConstArrayView& view, const Subscripts& subscripts) {
    return subview(view, resolve(subscripts, view.shape()));
}

ArrayView subview(const ArrayView& view, const Subscripts& subscripts) {
    return subview(view, resolve(subscripts, view.shape()));
}

}  // namespace memdata
