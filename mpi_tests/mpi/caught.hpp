// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <exception>
#include <string>
#include <typeinfo>

#include "expect_on_all.hpp"
#include "memdata/base/error.hpp"

namespace memdata::testing {

/// What a statement threw, on one rank.
struct Caught {
    bool thrown = false;
    std::string type;  // exactly, as in source code
    std::string what;
    ErrorContext context;
};

template <class F>
Caught caught(F&& f) {
    try {
        static_cast<void>(f());
    } catch (const Error& error) {
        return {true, memdata_test::type_name(typeid(error)), error.what(), error.context()};
    } catch (const std::exception& error) {
        return {true, memdata_test::type_name(typeid(error)), error.what(), {}};
    } catch (...) {
        return {true, "something else", "", {}};
    }
    return {};
}

template <class E>
bool is(const Caught& error) {
    return error.thrown && error.type == memdata_test::type_name(typeid(E));
}

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace memdata::testing
