// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <gtest/gtest.h>

#include <concepts>
#include <cstdint>
#include <exception>
#include <string>
#include <tuple>

#include "memdata/base/dtype.hpp"
#include "memdata/base/error.hpp"

namespace memdata::testing {

/// The message of the exception E that `f` throws; anything else fails the test.
template <class E, class F>
std::string message_of(F&& f) {
    try {
        f();
    } catch (const E& error) {
        return error.what();
    } catch (const std::exception& error) {
        ADD_FAILURE() << "another exception: " << error.what();
        return "";
    }
    ADD_FAILURE() << "no exception";
    return "";
}

/// Every element type of THE list, for typed tests.
template <class List>
struct AsTypes;
template <class... E>
struct AsTypes<std::tuple<E...>> {
    using type = ::testing::Types<typename E::type...>;
};
using AllTypes = AsTypes<detail::ElementTypes>::type;

/// Some value of a type, another one for every i below 100 (bool: 2).
template <class T>
T sample(int i) {
    if constexpr (std::same_as<T, std::string>) {
        return "text " + std::to_string(i) + std::string(static_cast<std::size_t>(i), 'x');
    } else if constexpr (std::same_as<T, bool>) {
        return i % 2 == 1;
    } else {
        return static_cast<T>(static_cast<std::int8_t>(i + 1));
    }
}

}  // namespace memdata::testing
