// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <gtest/gtest.h>
#include <mpi.h>

#include <exception>
#include <string>
#include <typeinfo>
#include <utility>

namespace memdata_test {

/// What happened on one rank; gathered and compared by the functions below.
struct Outcome {
    bool ok = false;
    std::string text;  // what was thrown, or why it is not ok
};

/// Name of a type as written in source code.
std::string type_name(const std::type_info& type);

/// Success when every rank's outcome is ok; else the ranks that are not and their texts.
/// Rank 0 of `comm` gets the full report, the others one line. Collective on comm.
::testing::AssertionResult all_ok(MPI_Comm comm, const char* expression, const Outcome& mine);

/// As all_ok(); the texts must also be the same on all ranks. Collective on comm.
::testing::AssertionResult all_ok_and_alike(MPI_Comm comm, const char* expression, const Outcome& mine);

template <class Condition>
Outcome check_condition(Condition condition) {
    try {
        return {condition(), "false"};
    } catch (const std::exception& error) {
        return {false, "threw " + type_name(typeid(error)) + ": " + error.what()};
    } catch (...) {
        return {false, "threw something that is not a std::exception"};
    }
}

template <class Exception, class Statement>
Outcome check_throw(Statement statement, const std::string& substring) {
    try {
        try {
            statement();
        } catch (const Exception& error) {
            std::string what = error.what();
            if (what.find(substring) != std::string::npos) return {true, std::move(what)};
            return {false, "the message lacks \"" + substring + "\": " + what};
        }
    } catch (const std::exception& error) {
        return {false, "threw another type, " + type_name(typeid(error)) + ": " + error.what()};
    } catch (...) {
        return {false, "threw something that is not a std::exception"};
    }
    return {false, "threw nothing"};
}

}  // namespace memdata_test

// The switch keeps an `if (..) EXPECT_ON_ALL(..); else ..` around these macros unambiguous.
#define MEMDATA_TEST_REPORT_(result, report)                                  \
    switch (0)                                                                \
    case 0:                                                                   \
    default:                                                                  \
        if (const ::testing::AssertionResult memdata_test_result_ = (result)) \
            ;                                                                 \
        else                                                                  \
            report() << memdata_test_result_.message()

/// EXPECT_ON_ALL(comm, condition): the condition holds on every rank of the communicator. Each rank
/// evaluates it; all ranks pass or all fail. An exception counts as false. Collective on comm.
#define EXPECT_ON_ALL(comm, ...) MEMDATA_TEST_ON_ALL_(ADD_FAILURE, comm, __VA_ARGS__)

/// The same, and leaves the test. Safe: all ranks leave it together.
#define ASSERT_ON_ALL(comm, ...) MEMDATA_TEST_ON_ALL_(FAIL, comm, __VA_ARGS__)

#define MEMDATA_TEST_ON_ALL_(report, comm, ...)                                                                       \
    MEMDATA_TEST_REPORT_(::memdata_test::all_ok((comm), #__VA_ARGS__, ::memdata_test::check_condition([&]() -> bool { \
                                                    return static_cast<bool>(__VA_ARGS__);                            \
                                                })),                                                                  \
                         report)

/// EXPECT_THROW_ON_ALL(comm, statement, Exception, substring): on every rank the statement throws
/// the type (or one derived from it) with a message that contains the substring, and the message is
/// the same on all ranks. A statement with commas goes into parentheses or a lambda call.
/// Collective on comm.
#define EXPECT_THROW_ON_ALL(comm, statement, exception, substring)                                                 \
    MEMDATA_TEST_REPORT_(                                                                                          \
        ::memdata_test::all_ok_and_alike((comm), #statement " throws " #exception,                                 \
                                         ::memdata_test::check_throw<exception>([&] { statement; }, (substring))), \
        ADD_FAILURE)
