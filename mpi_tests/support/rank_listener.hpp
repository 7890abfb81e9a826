// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <gtest/gtest.h>
#include <mpi.h>

#include <memory>
#include <string>
#include <vector>

#include "leak_check.hpp"

namespace memdata_test {

/// Prints for all ranks and watches that they stay in step.
///
/// Rank 0 prints the usual progress; every rank prints its own failures, with "[rank r/P]" before
/// them. After each test the ranks exchange whether it failed, on a communicator of their own. A
/// rank that left a test early (an exception, a fatal failure) while others still wait in a
/// collective call of the test would hang the job; here the exchange does not complete, and after
/// a grace the rank says so and aborts the job. The grace is 10 s for a rank whose test failed
/// (MEMDATA_TEST_GRACE sets another number) and three times as long for one whose test passed,
/// which may just be faster than the others.
///
/// A test that leaves something behind (LeakCheck; objects of MPI, too) fails.
class RankListener : public ::testing::TestEventListener {
public:
    /// `printer` is GoogleTest's own, taken from its listeners; only rank 0 uses it.
    RankListener(MPI_Comm comm, std::unique_ptr<::testing::TestEventListener> printer);

    /// Gathers every rank's exit status; rank 0 prints a line for each rank with failures.
    /// Returns the maximum over the ranks. Collective on the communicator.
    int finish(int status);

    void OnTestProgramStart(const ::testing::UnitTest& unit_test) override;
    void OnTestIterationStart(const ::testing::UnitTest& unit_test, int iteration) override;
    void OnEnvironmentsSetUpStart(const ::testing::UnitTest& unit_test) override;
    void OnEnvironmentsSetUpEnd(const ::testing::UnitTest& unit_test) override;
    void OnTestSuiteStart(const ::testing::TestSuite& suite) override;
    void OnTestStart(const ::testing::TestInfo& test) override;
    void OnTestPartResult(const ::testing::TestPartResult& result) override;
    void OnTestEnd(const ::testing::TestInfo& test) override;
    void OnTestSuiteEnd(const ::testing::TestSuite& suite) override;
    void OnEnvironmentsTearDownStart(const ::testing::UnitTest& unit_test) override;
    void OnEnvironmentsTearDownEnd(const ::testing::UnitTest& unit_test) override;
    void OnTestIterationEnd(const ::testing::UnitTest& unit_test, int iteration) override;
    void OnTestProgramEnd(const ::testing::UnitTest& unit_test) override;

private:
    /// One number from every rank, or the end of the job when they do not all come.
    std::vector<int> exchange(int mine, bool failed, const std::string& where) const;

    MPI_Comm comm_;
    int rank_ = 0;
    int size_ = 1;
    double grace_ = 10.0;
    int failed_tests_ = 0;
    // GoogleTest holds its lock while it reports a result, so it cannot be asked for the name then.
    std::string current_test_;
    LeakCheck leaks_{live_mpi_objects};
    std::unique_ptr<::testing::TestEventListener> printer_;  // null on other ranks than 0
};

}  // namespace memdata_test
