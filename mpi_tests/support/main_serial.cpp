// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause

// The main program of tests that need no MPI: GoogleTest's own, after emptying the scratch folder, and
// with a check for leaks.

#include <gtest/gtest.h>

#include "leak_check.hpp"
#include "scratch.hpp"

int main(int argc, char** argv) {
    ::testing::InitGoogleTest(&argc, argv);
    memdata_test::prepare_scratch();
    ::testing::UnitTest::GetInstance()->listeners().Append(new memdata_test::LeakListener);  // takes ownership
    return RUN_ALL_TESTS();
}
