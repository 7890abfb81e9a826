// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <string>

namespace memdata_test {

/// Path of the file `name` in this test's scratch folder. The folder is made when it is missing.
/// It is the one in MEMDATA_TEST_DIR (set by ctest), or one under the system's temporary folder.
/// Works without MPI; every rank may call it alone.
std::string scratch(const std::string& name);

/// Path of the fixture `name` in mpi_tests/data (MEMDATA_TEST_DATA, set by ctest).
/// Throws std::runtime_error when the variable is not set.
std::string data_file(const std::string& name);

/// Empties the scratch folder that an earlier run of the same test left behind. Only a folder made
/// by this code is emptied (it holds a marker). One process calls it, before the tests.
void prepare_scratch();

}  // namespace memdata_test
