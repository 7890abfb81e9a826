// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <complex>
#include <concepts>
#include <cstddef>
#include <cstring>
#include <optional>
#include <span>
#include <type_traits>
#include <vector>

#include "memdata/array/mpi_array.hpp"
#include "memdata/base/array_view.hpp"

namespace memdata {

namespace detail {
template <class T>
inline constexpr bool is_complex = false;
template <class T>
inline constexpr bool is_complex<std::complex<T>> = true;
}  // namespace detail

/// A number or bool of C++ that may stand beside arrays.
template <class T>
concept ScalarElement = Element<T> &&(std::is_arithmetic_v<T> || detail::is_complex<T>);
/// A common array, whole or in part.
template <class T>
concept CommonArray = std::same_as<T, Array> || std::derived_from<T, ConstArrayView>;
template <class T>
concept AnyArray = CommonArray<T> || std::same_as<T, MPIArray>;
/// What element-wise work takes.
template <class T>
concept OperandLike = AnyArray<T> || ScalarElement<T>;

/// What element-wise work gives: an MPIArray as soon as one input is one, else an Array.
template <class... In>
using ElementwiseResult = std::conditional_t<(std::same_as<std::remove_cvref_t<In>, MPIArray> || ...), MPIArray, Array>;

/// One input of element-wise work: an MPIArray, a common array, or a scalar. It refers to arrays, which must outlive
/// it, and holds a scalar.
class Operand {
public:
    Operand(const MPIArray& array) : view_(array.local()), whole_(&array) {}  // NOLINT(google-explicit-constructor)
    Operand(const Array& array) : view_(array) {}                             // NOLINT(google-explicit-constructor)
    Operand(const ConstArrayView& view) : view_(view) {}                      // NOLINT(google-explicit-constructor)
    template <ScalarElement T>
    Operand(const T& value)  // NOLINT(google-explicit-constructor)
        : view_(dtype_of<T>(), Shape{}, {}, nullptr), is_scalar_(true) {
        std::memcpy(scalar_.data(), &value, sizeof value);
    }

    [[nodiscard]] const Dtype& dtype() const noexcept { return view_.dtype(); }
    /// The global shape; a scalar's is ().
    [[nodiscard]] const Shape& shape() const noexcept { return whole_ != nullptr ? whole_->shape() : view_.shape(); }
    /// A scalar of C++, and not an array of one.
    [[nodiscard]] bool is_scalar() const noexcept { return is_scalar_; }
    /// Null when the operand is common.
    [[nodiscard]] const MPIArray* distributed() const noexcept { return whole_; }
    /// What this rank holds of it; a scalar's lies inside this object.
    [[nodiscard]] ConstArrayView local() const {
        return is_scalar_ ? ConstArrayView(dtype(), Shape{}, {}, scalar_.data()) : view_;
    }

private:
    ConstArrayView view_;
    const MPIArray* whole_ = nullptr;
    bool is_scalar_ = false;
    alignas(std::complex<double>) std::array<std::byte, sizeof(std::complex<double>)> scalar_{};
};

/// Where the result of in-place element-wise work goes.
class OutputOperand {
public:
    OutputOperand(MPIArray& array) : view_(array.local()), whole_(&array) {}  // NOLINT(google-explicit-constructor)
    OutputOperand(Array& array) : view_(array) {}                             // NOLINT(google-explicit-constructor)
    OutputOperand(const ArrayView& view) : view_(view) {}                     // NOLINT(google-explicit-constructor)

    [[nodiscard]] const ArrayView& local() const noexcept { return view_; }
    [[nodiscard]] const MPIArray* distributed() const noexcept { return whole_; }
    /// The global shape.
    [[nodiscard]] const Shape& shape() const noexcept { return whole_ != nullptr ? whole_->shape() : view_.shape(); }
    /// The same to read.
    [[nodiscard]] Operand input() const { return whole_ != nullptr ? Operand(*whole_) : Operand(view_); }

private:
    ArrayView view_;
    const MPIArray* whole_ = nullptr;
};

template <class T>
concept OutputLike = std::same_as<T, MPIArray> || std::same_as<T, Array> || std::same_as<T, ArrayView>;

namespace detail {

/// What operands give together: a shape, and how it lies on the ranks.
struct Frame {
    Shape local;
    const MPIArray* like = nullptr;            // one of the operands, for its communicator; null: common
    std::optional<Distribution> distribution;  // when distributed
};

/// Broadcasts by numpy's rule on the global shapes. Throws ShapeError naming both sides when shapes do not fit or two
/// MPIArrays are distributed differently (another axis counted from the last one, other blocks, other ranks).
[[nodiscard]] Frame frame_of(std::span<const Operand> operands);
/// The same with an output, which is not broadcast itself: ShapeError, or ArgumentError when it is common and an
/// operand is not.
[[nodiscard]] Frame frame_of(std::span<const Operand> operands, const OutputOperand& output);

/// This rank's part of the operand, repeated to frame.local.
[[nodiscard]] ConstArrayView fitted(const Operand& operand, const Frame& frame);

/// A copy of `input` when writing `output` would change elements of it before they are read: when they share memory
/// and are not element by element the same.
[[nodiscard]] std::optional<Array> separated(const ConstArrayView& input, const ArrayView& output);

/// The loop over a shape that visits operands together: axes that all of them run through in equal steps are one.
struct LoopPlan {
    std::vector<Index> extents;               // at least one; the last is the row
    std::vector<std::vector<Index>> strides;  // [operand][axis], in elements

    [[nodiscard]] Index row() const { return extents.back(); }
    [[nodiscard]] Index row_stride(std::size_t operand) const { return strides[operand].back(); }
};
/// `strides` are one list an operand, of shape.ndim() strides each.
[[nodiscard]] LoopPlan plan_loop(const Shape& shape, std::vector<std::vector<Index>> strides);

/// The offsets, one an operand in elements, of the rows of a plan one after the other.
class Rows {
public:
    explicit Rows(const LoopPlan& plan);
    [[nodiscard]] bool done() const noexcept { return done_; }
    [[nodiscard]] Index offset(std::size_t operand) const noexcept { return offsets_[operand]; }
    void next();

private:
    const LoopPlan& plan_;
    std::vector<Index> position_;
    std::vector<Index> offsets_;
    bool done_;
};

/// Room for the result.
template <class Result>
[[nodiscard]] Result make_result(const Dtype& dtype, const Frame& frame) {
    if constexpr (std::same_as<Result, MPIArray>) {
        return MPIArray::uninitialized(frame.like->comm(), dtype, *frame.distribution);
    } else {
        return Array::uninitialized(dtype, frame.local);
    }
}

[[nodiscard]] inline Array& block_of(Array& array) noexcept { return array; }
[[nodiscard]] inline Array& block_of(MPIArray& array) noexcept { return array.local(); }

}  // namespace detail

}  // namespace memdata
