// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/array/operand.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "memdata/base/error.hpp"

namespace memdata::detail {

namespace {

/// The axis' number as seen from the last one, by which broadcasting matches axes.
int from_end(const MPIArray& array) { return array.ndim() - array.axis(); }

std::string described(const MPIArray& array) { return to_string(array.distribution()); }

void check_alike(const MPIArray& a, const MPIArray& b) {
    const MPI_Comm comm_a = a.comm();
    const MPI_Comm comm_b = b.comm();
    if (comm_a != comm_b && !congruent(a.comm(), b.comm())) {
        throw ShapeError(fmt::format("element-wise work on arrays of different communicators: {} and {}", described(a),
                                     described(b)));
    }
    if (from_end(a) != from_end(b) || a.distribution().partition() != b.distribution().partition()) {
        throw ShapeError(fmt::format("element-wise work on arrays that are distributed differently: {} and {}; "
                                     "redistribute() one of them",
                                     described(a), described(b)),
                         {.axis = b.axis()});
    }
}

Frame frame_for(std::span<const Operand> operands, Shape shape) {
    Frame frame;
    for (const Operand& operand : operands) {
        if (const MPIArray* const array = operand.distributed()) {
            if (frame.like == nullptr) {
                frame.like = array;
            } else if (array != frame.like) {
                check_alike(*frame.like, *array);
            }
        }
    }
    if (frame.like == nullptr) {
        frame.local = std::move(shape);
        return frame;
    }
    const int axis = shape.ndim() - from_end(*frame.like);
    const Partition& partition = frame.like->distribution().partition();
    if (shape[axis] != partition.extent()) {
        throw ShapeError(fmt::format("{} cannot be broadcast to shape {}: the distributed axis is not repeated",
                                     described(*frame.like), to_string(shape)),
                         {.axis = frame.like->axis()});
    }
    frame.distribution =
        shape == frame.like->shape() ? frame.like->distribution() : Distribution(shape, Axis{axis}, partition);
    frame.local = shape.with(axis, partition.count(frame.like->comm().rank()));
    return frame;
}

Shape shape_of(std::span<const Operand> operands) {
    Shape shape = operands.front().shape();
    for (const Operand& operand : operands.subspan(1)) {
        if (operand.shape() != shape) {
            shape = broadcast_shape(shape, operand.shape());
        }
    }
    return shape;
}

struct ByteRange {
    std::uintptr_t first;
    std::uintptr_t last;  // one behind
};

ByteRange range_of(const ConstArrayView& view) {
    const auto item = static_cast<Index>(view.dtype().itemsize());
    Index low = 0;
    Index high = 0;
    for (int axis = 0; axis < view.ndim(); ++axis) {
        const Index reach = (view.shape()[axis] - 1) * view.stride(axis) * item;
        (reach < 0 ? low : high) += reach;
    }
    const auto start = reinterpret_cast<std::uintptr_t>(view.data());
    return {start - static_cast<std::uintptr_t>(-low), start + static_cast<std::uintptr_t>(high + item)};
}

bool same_elements(const ConstArrayView& a, const ConstArrayView& b) {
    if (a.data() != b.data() || a.dtype().itemsize() != b.dtype().itemsize()) {
        return false;
    }
    for (int axis = 0; axis < a.ndim(); ++axis) {
        if (a.shape()[axis] != 1 && a.stride(axis) != b.stride(axis)) {
            return false;
        }
    }
    return true;
}

}  // namespace

Frame frame_of(std::span<const Operand> operands) { return frame_for(operands, shape_of(operands)); }

Frame frame_of(std::span<const Operand> operands, const OutputOperand& output) {
    std::vector<Operand> all{output.input()};
    all.insert(all.end(), operands.begin(), operands.end());
    const Shape shape = shape_of(all);
    if (shape != output.shape()) {
        throw ShapeError(fmt::format("inputs of shape {} do not fit into an output of shape {}",
                                     to_string(shape_of(operands)), to_string(output.shape())));
    }
    Frame frame = frame_for(all, shape);
    if (frame.like != nullptr && output.distributed() == nullptr) {
        throw ArgumentError(
            fmt::format("a common array cannot take the result of work on {}: every rank would hold other elements",
                        described(*frame.like)));
    }
    return frame;
}

ConstArrayView fitted(const Operand& operand, const Frame& frame) {
    const ConstArrayView part = operand.local();
    const bool cut = frame.like != nullptr && operand.distributed() == nullptr;
    const int added = frame.local.ndim() - part.ndim();
    std::vector<Index> strides(static_cast<std::size_t>(frame.local.ndim()), 0);
    const std::byte* data = part.data();
    for (int axis = added; axis < frame.local.ndim(); ++axis) {
        const Index extent = part.shape()[axis - added];
        const Index stride = part.stride(axis - added);
        if (cut && axis == frame.distribution->axis() && extent != 1) {
            const Index start = frame.distribution->partition().offset(frame.like->comm().rank());
            if (frame.local.elements() > 0) {
                data += start * stride * static_cast<Index>(part.dtype().itemsize());
            }
            strides[static_cast<std::size_t>(axis)] = stride;
        } else if (extent != 1) {
            strides[static_cast<std::size_t>(axis)] = stride;
        }
    }
    return {part.dtype(), frame.local, std::move(strides), data};
}

std::optional<Array> separated(const ConstArrayView& input, const ArrayView& output) {
    if (input.empty() || output.empty()) {
        return std::nullopt;
    }
    const ByteRange in = range_of(input);
    const ByteRange out = range_of(output);
    if (in.last <= out.first || out.last <= in.first || same_elements(input, output)) {
        return std::nullopt;
    }
    return input.copy();
}

LoopPlan plan_loop(const Shape& shape, std::vector<std::vector<Index>> strides) {
    LoopPlan plan{{}, std::vector<std::vector<Index>>(strides.size())};
    if (shape.elements() == 0) {
        plan.extents = {0};
        for (auto& list : plan.strides) {
            list = {0};
        }
        return plan;
    }
    for (int axis = 0; axis < shape.ndim(); ++axis) {
        const auto a = static_cast<std::size_t>(axis);
        const Index extent = shape[axis];
        if (extent == 1) {
            continue;
        }
        // Does every operand go on from the end of this axis as it would inside the axis before?
        bool joins = !plan.extents.empty();
        for (std::size_t k = 0; k < strides.size() && joins; ++k) {
            joins = plan.strides[k].back() == strides[k][a] * extent;
        }
        if (joins) {
            plan.extents.back() *= extent;
        } else {
            plan.extents.push_back(extent);
        }
        for (std::size_t k = 0; k < strides.size(); ++k) {
            if (joins) {
                plan.strides[k].back() = strides[k][a];
            } else {
                plan.strides[k].push_back(strides[k][a]);
            }
        }
    }
    if (plan.extents.empty()) {  // one element
        plan.extents = {1};
        for (auto& list : plan.strides) {
            list = {1};
        }
    }
    return plan;
}

Rows::Rows(const LoopPlan& plan)
    : plan_(plan), position_(plan.extents.size() - 1, 0), offsets_(plan.strides.size(), 0), done_(plan.row() == 0) {}

void Rows::next() {
    for (std::size_t axis = position_.size(); axis-- > 0;) {
        ++position_[axis];
        for (std::size_t k = 0; k < offsets_.size(); ++k) {
            offsets_[k] += plan_.strides[k][axis];
        }
        if (position_[axis] < plan_.extents[axis]) {
            return;
        }
        for (std::size_t k = 0; k < offsets_.size(); ++k) {
            offsets_[k] -= plan_.strides[k][axis] * plan_.extents[axis];
        }
        position_[axis] = 0;
    }
    done_ = true;
}

}  // namespace memdata::detail
