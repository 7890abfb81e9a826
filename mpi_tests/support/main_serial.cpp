// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause

// The main program of tests that need no MPI: GoogleTest's own, after emptying the scratch folder.

#include <gtest/gtest.h>

#include "scratch.hpp"

int main(int argc, char** argv) {
    ::testing::InitGoogleTest(&argc, argv);
    memdata_test::prepare_scratch();
    return RUN_ALL_TESTS();
}
