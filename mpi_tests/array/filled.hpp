// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "truth.hpp"

// Arrays of values given by a function of the row-major global number.
namespace memdata::testing {

template <class T, class F>
Array filled_part(const Indices& shape, int axis, Index start, const Indices& block, F&& f) {
    Array result = Array::uninitialized(dtype_of<T>(), Shape(block));
    std::size_t element = 0;
    for (const Index number : global_numbers(shape, axis, start, block)) {
        result.span<T>()[element++] = static_cast<T>(f(number));
    }
    return result;
}

template <class T, class F>
Array filled_common(const Indices& shape, F&& f) {
    return filled_part<T>(shape, 0, 0, shape, f);
}

template <class T, class F>
MPIArray filled(const Communicator& comm, const Layout& layout, F&& f) {
    return {comm, layout.distribution(),
            filled_part<T>(layout.shape, layout.axis, layout.start(comm.rank()), layout.block(comm.rank()), f)};
}

template <class T, class F>
::testing::AssertionResult is_filled_part(const Array& array, const Indices& shape, int axis, Index start,
                                          const Indices& block, F&& f) {
    if (array.dtype() != dtype_of<T>() || array.shape() != Shape(block)) {
        return ::testing::AssertionFailure()
               << to_string(array.dtype()) << " " << to_string(array.shape()) << " and not " << to_string(dtype_of<T>())
               << " " << to_string(Shape(block));
    }
    std::size_t element = 0;
    for (const Index number : global_numbers(shape, axis, start, block)) {
        const T has = array.span<T>()[element++];
        const T wanted = static_cast<T>(f(number));
        if (!(has == wanted) && !(has != has && wanted != wanted)) {
            return ::testing::AssertionFailure()
                   << "at global number " << number << ": " << ::testing::PrintToString(has) << " and not "
                   << ::testing::PrintToString(wanted);
        }
    }
    return ::testing::AssertionSuccess();
}

template <class T, class F>
::testing::AssertionResult is_filled_common(const Array& array, const Indices& shape, F&& f) {
    return is_filled_part<T>(array, shape, 0, 0, shape, f);
}

template <class T, class F>
::testing::AssertionResult is_filled(const MPIArray& array, const Layout& layout, F&& f) {
    if (array.distribution() != layout.distribution()) {
        return ::testing::AssertionFailure()
               << to_string(array.distribution()) << ", not " << to_string(layout.distribution());
    }
    const int rank = array.comm().rank();
    return is_filled_part<T>(array.local(), layout.shape, layout.axis, layout.start(rank), layout.block(rank), f);
}

}  // namespace memdata::testing
