// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/array/operators.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <complex>
#include <utility>

#include "array/block_stream.hpp"
#include "array/element_kernels.hpp"
#include "array/element_rules.hpp"
#include "memdata/base/error.hpp"

namespace memdata::detail {

namespace {

template <class T>
bool fits_as(const Operand& scalar) {
    return visit(scalar.dtype(), [&]<class S>(std::type_identity<S>) {
        if constexpr (std::is_integral_v<S> && !std::is_same_v<S, bool>) {
            return std::in_range<T>(scalar.local().view<S, 0>()());
        } else {
            return true;
        }
    });
}

/// An integer scalar that takes an integer array's type has a place there, or the result would be nonsense.
bool fits(const Operand& operand, const Dtype& dtype) {
    if (!operand.is_scalar() || number_kind(dtype) == NumberKind::none) {
        return true;
    }
    return visit(dtype, [&]<class T>(std::type_identity<T>) {
        if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
            return fits_as<T>(operand);
        } else {
            return true;
        }
    });
}

void check_fits(std::string_view operation, const Operand& operand, const Dtype& dtype) {
    if (!fits(operand, dtype)) {
        throw ArgumentError(
            fmt::format("{}: the scalar does not fit {}, the type of the array", operation, to_string(dtype)),
            {.dtype = to_string(dtype)});
    }
}

OperationTypes types_for(BinaryOp op, const Operand& a, const Operand& b) {
    Dtype type_a = dtype_beside(a, b);
    Dtype type_b = dtype_beside(b, a);
    if (is_comparison(op)) {
        // uint8 array < 300 is true everywhere: what does not fit is compared as what the scalar is.
        type_a = fits(a, type_a) ? type_a : a.dtype();
        type_b = fits(b, type_b) ? type_b : b.dtype();
    } else {
        check_fits(to_string(op), a, type_a);
        check_fits(to_string(op), b, type_b);
    }
    return operation_types(op, type_a, type_b);
}

void run(UnaryKernel kernel, BlockReader& a, BlockWriter& out, Index size, Index block) {
    block = a.is_direct() && out.is_direct() ? size : block;
    for (Index done = 0; done < size; done += block) {
        const Index count = std::min(block, size - done);
        kernel(a.next(count), out.room(), count);
        out.put(count);
    }
}

void run(BinaryKernel kernel, BlockReader& a, BlockReader& b, BlockWriter& out, Index size, Index block) {
    block = a.is_direct() && b.is_direct() && out.is_direct() ? size : block;
    for (Index done = 0; done < size; done += block) {
        const Index count = std::min(block, size - done);
        kernel(a.next(count), b.next(count), out.room(), count);
        out.put(count);
    }
}

void run_binary(BinaryOp op, const OperationTypes& types, const ConstArrayView& a, const ConstArrayView& b,
                const ArrayView& out) {
    BlockReader read_a(a, types.a);
    BlockReader read_b(b, types.b);
    BlockWriter write(out, types.result);
    run(binary_kernel(op, types.a, types.b), read_a, read_b, write, out.size(),
        block_length(types.a, types.b, types.result));
}

void run_unary(UnaryOp op, const OperationTypes& types, const ConstArrayView& a, const ArrayView& out) {
    BlockReader read(a, types.a);
    BlockWriter write(out, types.result);
    run(unary_kernel(op, types.a), read, write, out.size(), block_length(types.a, types.result));
}

bool is_spare(const Array* array, const Dtype& dtype, const Frame& frame) {
    return array != nullptr && array->owns_memory() && array->dtype() == dtype && array->shape() == frame.local;
}
bool is_spare(const MPIArray* array, const Dtype& dtype, const Frame& frame) {
    return array != nullptr && array->distribution() == *frame.distribution && is_spare(&array->local(), dtype, frame);
}

/// x * x is much cheaper than pow(x, 2), and as exact.
bool is_square(BinaryOp op, const OperationTypes& types, const Operand& b) {
    if (op != BinaryOp::power || !b.is_scalar() || number_kind(types.a) < NumberKind::real) {
        return false;
    }
    return visit(b.dtype(), [&]<class S>(std::type_identity<S>) {
        if constexpr (ScalarElement<S>) {
            return b.local().view<S, 0>()() == S(2);
        } else {
            return false;
        }
    });
}

void check_store(std::string_view operation, const Dtype& result, const Dtype& output) {
    if (!may_store(result, output)) {
        throw DtypeError(fmt::format("{} gives {}, which cannot be stored in an array of {}", operation,
                                     to_string(result), to_string(output)),
                         {.dtype = to_string(output)});
    }
}

/// The operand as it may be read while the output is written.
struct Input {
    Input(const Operand& operand, const Frame& frame, const ArrayView& output)
        : view(fitted(operand, frame)), copy(separated(view, output)) {
        if (copy) {
            view = ConstArrayView(*copy);
        }
    }
    ConstArrayView view;
    std::optional<Array> copy;
};

}  // namespace

template <class Result>
Result unary(UnaryOp op, const Operand& a, Result* spare) {
    const OperationTypes types = operation_types(op, a.dtype());
    const Frame frame = frame_of({&a, 1});
    const ConstArrayView input = fitted(a, frame);
    if (is_spare(spare, types.result, frame)) {
        run_unary(op, types, input, ArrayView(block_of(*spare)));
        return std::move(*spare);
    }
    Result result = make_result<Result>(types.result, frame);
    run_unary(op, types, input, ArrayView(block_of(result)));
    return result;
}

template <class Result>
Result binary(BinaryOp op, const Operand& a, const Operand& b, Result* spare_a, Result* spare_b) {
    const OperationTypes types = types_for(op, a, b);
    if (is_square(op, types, b) && a.dtype() == types.a) {
        return unary<Result>(UnaryOp::square, a, spare_a);
    }
    const std::array<Operand, 2> operands{a, b};
    const Frame frame = frame_of(operands);
    for (Result* const spare : {spare_a, spare_b}) {
        if (is_spare(spare, types.result, frame)) {
            // The other operand may be another view of the same memory.
            const ArrayView output(block_of(*spare));
            const Input input_a(a, frame, output);
            const Input input_b(b, frame, output);
            run_binary(op, types, input_a.view, input_b.view, output);
            return std::move(*spare);
        }
    }
    Result result = make_result<Result>(types.result, frame);
    run_binary(op, types, fitted(a, frame), fitted(b, frame), ArrayView(block_of(result)));
    return result;
}

template <class Result>
Result select(const Operand& condition, const Operand& a, const Operand& b) {
    const Dtype type_a = dtype_beside(a, b);
    const Dtype type_b = dtype_beside(b, a);
    check_fits("where", a, type_a);
    check_fits("where", b, type_b);
    static_cast<void>(operation_types(UnaryOp::logical_not, condition.dtype()));
    const OperationTypes types = operation_types(BinaryOp::add, type_a, type_b);
    const std::array<Operand, 3> operands{condition, a, b};
    const Frame frame = frame_of(operands);
    Result result = make_result<Result>(types.result, frame);
    BlockReader read_condition(fitted(condition, frame), TypeKind::boolean);
    BlockReader read_a(fitted(a, frame), types.result);
    BlockReader read_b(fitted(b, frame), types.result);
    BlockWriter write(ArrayView(block_of(result)), types.result);
    const SelectKernel kernel = select_kernel(types.result);
    const bool direct = read_condition.is_direct() && read_a.is_direct() && read_b.is_direct();
    const Index size = frame.local.elements();
    const Index block = direct ? size : block_length(types.result);
    for (Index done = 0; done < size; done += block) {
        const Index count = std::min(block, size - done);
        kernel(read_condition.next(count), read_a.next(count), read_b.next(count), write.room(), count);
        write.put(count);
    }
    return result;
}

void unary_into(UnaryOp op, const OutputOperand& output, const Operand& a) {
    const OperationTypes types = operation_types(op, a.dtype());
    check_store(to_string(op), types.result, output.local().dtype());
    const Input input(a, frame_of({&a, 1}, output), output.local());
    run_unary(op, types, input.view, output.local());
}

void binary_into(BinaryOp op, const OutputOperand& output, const Operand& a, const Operand& b) {
    const OperationTypes types = types_for(op, a, b);
    check_store(to_string(op), types.result, output.local().dtype());
    const std::array<Operand, 2> operands{a, b};
    const Frame frame = frame_of(operands, output);
    const Input input_a(a, frame, output.local());
    const Input input_b(b, frame, output.local());
    run_binary(op, types, input_a.view, input_b.view, output.local());
}

template Array unary(UnaryOp, const Operand&, Array*);
template MPIArray unary(UnaryOp, const Operand&, MPIArray*);
template Array binary(BinaryOp, const Operand&, const Operand&, Array*, Array*);
template MPIArray binary(BinaryOp, const Operand&, const Operand&, MPIArray*, MPIArray*);
template Array select(const Operand&, const Operand&, const Operand&);
template MPIArray select(const Operand&, const Operand&, const Operand&);

}  // namespace memdata::detail
