// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/array/reduce.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <complex>

#include "array/convert_block.hpp"
#include "array/describe.hpp"
#include "array/reduce_block.hpp"
#include "array/same_arguments.hpp"
#include "memdata/array/collectives.hpp"
#include "memdata/base/error.hpp"
#include "memdata/mpi/agreement.hpp"

namespace memdata {

namespace {

enum class Function { sum, prod, min, max, mean, var, any, all, argmin, argmax };

struct Request {
    Function function;
    const char* name;
    const Axes& axes;
    KeepDims keep;
    Index ddof = 0;
};

bool is_place(Function function) { return function == Function::argmin || function == Function::argmax; }

Reduction first_pass(Function function) {
    switch (function) {
        case Function::sum:
            return Reduction::sum;
        case Function::prod:
            return Reduction::prod;
        case Function::min:
            return Reduction::min;
        case Function::max:
            return Reduction::max;
        case Function::any:
            return Reduction::any;
        case Function::all:
            return Reduction::all;
        case Function::argmin:
            return Reduction::argmin;
        case Function::argmax:
            return Reduction::argmax;
        case Function::mean:
        case Function::var:
            break;
    }
    return Reduction::sum_for_mean;
}

ReduceOp across_ranks(Reduction reduction) {
    switch (reduction) {
        case Reduction::prod:
            return ReduceOp::prod;
        case Reduction::min:
            return ReduceOp::min;
        case Reduction::max:
            return ReduceOp::max;
        case Reduction::any:
            return ReduceOp::logical_or;
        case Reduction::all:
            return ReduceOp::logical_and;
        default:
            return ReduceOp::sum;
    }
}

bool is_single(const Dtype& dtype) { return dtype.kind() == TypeKind::float32 || dtype.kind() == TypeKind::complex64; }

/// The result's type where it differs from the state's: sums of single precision are kept in double.
Dtype result_dtype(Function function, const Dtype& input, const Dtype& state) {
    if (is_place(function)) {
        return TypeKind::int64;
    }
    if (function == Function::var) {
        return is_single(input) ? TypeKind::float32 : TypeKind::float64;
    }
    return state.kind() >= TypeKind::float32 && is_single(input) ? input : state;
}

/// What is reduced, in global terms.
struct Task {
    ReduceMap map;
    Shape result;     // without the reduced axes, or with extents of 1
    Index count = 1;  // elements that go into one result
};

Task make_task(const Shape& global, const Request& request) {
    Task task;
    const auto n = static_cast<std::size_t>(global.ndim());
    task.map.reduced.assign(n, !request.axes.list().has_value());
    if (const auto& list = request.axes.list()) {
        for (const Axis axis : *list) {
            const auto a = static_cast<std::size_t>(global.resolve(axis));
            if (task.map.reduced[a]) {
                throw ArgumentError(fmt::format("{}: axis {} is named twice", request.name, axis.value),
                                    {.axis = static_cast<int>(a)});
            }
            task.map.reduced[a] = true;
        }
    }
    task.map.number_strides.assign(n, 0);
    std::vector<Index> extents;
    for (std::size_t a = n; a-- > 0;) {
        const Index extent = global[static_cast<int>(a)];
        if (task.map.reduced[a]) {
            task.map.number_strides[a] = task.count;
            task.count *= extent;
        }
        if (!task.map.reduced[a] || request.keep == KeepDims::yes) {
            extents.push_back(task.map.reduced[a] ? 1 : extent);
        }
    }
    task.result = Shape(std::vector<Index>(extents.rbegin(), extents.rend()));
    return task;
}

void check_not_empty(const Task& task, const Shape& global, const Request& request) {
    const bool needs_one =
        request.function == Function::min || request.function == Function::max || is_place(request.function);
    if (needs_one && task.count == 0) {
        throw ShapeError(fmt::format("{} of nothing: the reduced axes of shape {} have no elements", request.name,
                                     to_string(global)));
    }
}

template <class T>
void divide(Array& states, Index divisor) {
    for (T& state : states.span<T>()) {
        state /= static_cast<double>(divisor);  // 0/0 is NaN
    }
}

void divide(Array& states, Index divisor) {
    if (states.dtype().kind() == TypeKind::complex128) {
        // The library's division of a complex number by a real one is part by part.
        divide<std::complex<double>>(states, divisor);
    } else {
        divide<double>(states, divisor);
    }
}

/// The states as results.
Array finished(Array states, Function function, const Dtype& input) {
    const Dtype dtype = result_dtype(function, input, states.dtype());
    if (dtype == states.dtype()) {
        return states;
    }
    Array result = Array::uninitialized(dtype, states.shape());
    if (is_place(function)) {
        extract_places(states.data(), reinterpret_cast<std::int64_t*>(result.data()), result.size(), input);
    } else {
        convert_block(states.dtype().kind(), dtype.kind())(states.data(), 1, result.data(), 1, result.size());
    }
    return result;
}

/// The two passes, with `together(states, reduction, kernel)` between them and after them.
template <class Together>
Array passes(const ConstArrayView& block, const Task& task, const Shape& shape, const Request& request,
             Together&& together) {
    const Reduction reduction = first_pass(request.function);
    const ReduceKernel kernel = reduce_kernel(reduction, block.dtype());
    Array states = together([&] { return reduce_block(block, task.map, kernel, shape); }, reduction, kernel);
    if (request.function == Function::mean || request.function == Function::var) {
        divide(states, task.count);
    }
    if (request.function == Function::var) {
        const ReduceKernel second = reduce_kernel(Reduction::deviations, block.dtype());
        Array squares = together([&] { return reduce_block(block, task.map, second, shape, &states); },
                                 Reduction::deviations, second);
        divide(squares, std::max<Index>(task.count - request.ddof, 0));
        return squares;
    }
    return states;
}

Array reduce_common(const ConstArrayView& array, const Request& request) {
    const Task task = make_task(array.shape(), request);
    static_cast<void>(reduce_kernel(first_pass(request.function), array.dtype()));
    check_not_empty(task, array.shape(), request);
    Array states =
        passes(array, task, task.result, request, [](auto&& local, Reduction, const ReduceKernel&) { return local(); });
    return finished(std::move(states), request.function, array.dtype());
}

/// Known on every rank whose arguments are right, and on the others as far as it can be.
bool takes_distributed_axis(const MPIArray& array, const Axes& axes) {
    return !axes.list() || std::ranges::any_of(*axes.list(), [&](Axis axis) {
        return axis.value == array.axis() || axis.value == array.axis() - array.ndim();
    });
}

Reduced reduce_local_axes(const MPIArray& array, const Request& request) {
    const Task task = make_task(array.shape(), request);
    static_cast<void>(reduce_kernel(first_pass(request.function), array.dtype()));
    check_not_empty(task, array.shape(), request);
    int axis = array.axis();
    if (request.keep == KeepDims::no) {
        axis -= static_cast<int>(std::count(task.map.reduced.begin(), task.map.reduced.begin() + array.axis(), true));
    }
    Distribution distribution(task.result, Axis{axis}, array.distribution().partition());
    Array states = passes(array.local(), task, distribution.local_shape(array.comm().rank()), request,
                          [](auto&& local, Reduction, const ReduceKernel&) { return local(); });
    Array block = finished(std::move(states), request.function, array.dtype());
    return MPIArray(array.comm(), std::move(distribution), std::move(block));
}

Reduced reduce_all_ranks(const MPIArray& array, const Request& request) {
    const Communicator& comm = array.comm();
    std::optional<Task> task;
    same_arguments(comm, "the reduction, its array or its axes", [&](auto& archive) {
        task = make_task(array.shape(), request);
        static_cast<void>(reduce_kernel(first_pass(request.function), array.dtype()));
        check_not_empty(*task, array.shape(), request);
        task->map.first_number =
            array.local_bounds().start * task->map.number_strides[static_cast<std::size_t>(array.axis())];
        const auto function = static_cast<int>(request.function);
        archive << array.dtype() << function << request.ddof << task->result;
        describe(archive, array.distribution());
        std::string axes;
        for (int axis = 0; axis < array.ndim(); ++axis) {
            const bool reduced = task->map.reduced[static_cast<std::size_t>(axis)];
            archive << reduced;
            axes += reduced ? fmt::format("{}{}", axes.empty() ? "" : ", ", axis) : "";
        }
        return fmt::format("{} over axes {} to shape {} of {} {}", request.name, axes, to_string(task->result),
                           to_string(array.dtype()), to_string(array.distribution()));
    });
    const auto together = [&](auto&& local, Reduction reduction, const ReduceKernel& kernel) {
        Array states = agree(comm, fmt::format("reducing the blocks for {}", request.name), local);
        if (is_place(request.function)) {
            allreduce_in_place(comm, states, ElementOp(kernel.merge));
        } else {
            allreduce_in_place(comm, states, across_ranks(reduction));
        }
        return states;
    };
    Array states = passes(array.local(), *task, task->result, request, together);
    return agree(comm, fmt::format("making room for the result of {}", request.name),
                 [&] { return finished(std::move(states), request.function, array.dtype()); });
}

Reduced reduce_distributed(const MPIArray& array, const Request& request) {
    return takes_distributed_axis(array, request.axes) ? reduce_all_ranks(array, request)
                                                       : reduce_local_axes(array, request);
}

[[noreturn]] void throw_kind(bool is_common) {
    throw ArgumentError(is_common ? "the result of the reduction is common: the distributed axis was reduced"
                                  : "the result of the reduction is distributed: the distributed axis was not reduced");
}

}  // namespace

Array& Reduced::common() & {
    if (!is_common()) {
        throw_kind(false);
    }
    return std::get<Array>(data_);
}
const Array& Reduced::common() const& {
    if (!is_common()) {
        throw_kind(false);
    }
    return std::get<Array>(data_);
}
MPIArray& Reduced::distributed() & {
    if (is_common()) {
        throw_kind(true);
    }
    return std::get<MPIArray>(data_);
}
const MPIArray& Reduced::distributed() const& {
    if (is_common()) {
        throw_kind(true);
    }
    return std::get<MPIArray>(data_);
}

// clang-format off
#define MEMDATA_REDUCTION(name)                                                            \
    Reduced name(const MPIArray& array, const Axes& axes, KeepDims keep) {                 \
        return reduce_distributed(array, {Function::name, #name, axes, keep});             \
    }                                                                                      \
    Array name(const ConstArrayView& array, const Axes& axes, KeepDims keep) {             \
        return reduce_common(array, {Function::name, #name, axes, keep});                  \
    }
MEMDATA_REDUCTION(sum)
MEMDATA_REDUCTION(prod)
MEMDATA_REDUCTION(min)
MEMDATA_REDUCTION(max)
MEMDATA_REDUCTION(mean)
MEMDATA_REDUCTION(any)
MEMDATA_REDUCTION(all)
MEMDATA_REDUCTION(argmin)
MEMDATA_REDUCTION(argmax)
#undef MEMDATA_REDUCTION
// clang-format on

Reduced var(const MPIArray& array, const Axes& axes, KeepDims keep, Index ddof) {
    return reduce_distributed(array, {Function::var, "var", axes, keep, ddof});
}
Array var(const ConstArrayView& array, const Axes& axes, KeepDims keep, Index ddof) {
    return reduce_common(array, {Function::var, "var", axes, keep, ddof});
}

}  // namespace memdata
