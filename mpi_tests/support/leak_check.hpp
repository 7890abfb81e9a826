// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause

#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "live_mpi.hpp"

namespace memdata_test {

/// Counts what a process holds before a test and after it: ids of HDF5, descriptors of files, threads, memory that
/// ranks of a node share, and what else `more` tells (objects of MPI). Memory is the address sanitiser's business.
///
/// What memdata keeps for good is known: the shared memory of a node belongs to a communicator, and counts only when
/// that is gone. Descriptors of devices, sockets and pipes are MPI's.
class LeakCheck {
public:
    using Source = std::function<Live()>;
    explicit LeakCheck(Source more = {});

    void start();
    /// What there is more of than at the start: "2 x HDF5 dataset, 1 x thread"; empty: nothing. What is about to go (a
    /// thread that was joined is to be seen for a moment) gets half a second for it.
    [[nodiscard]] std::string leaked() const;
    /// Makes leaked() a failure of the test that is running, unless it has failed already.
    void expect_nothing(const ::testing::TestInfo& test) const;

private:
    [[nodiscard]] Live count() const;
    [[nodiscard]] std::string difference() const;

    std::vector<Source> sources_;
    Live before_;
};

/// The check as a listener of its own, for tests without MPI.
class LeakListener : public ::testing::EmptyTestEventListener {
public:
    void OnTestStart(const ::testing::TestInfo& /*test*/) override { check_.start(); }
    void OnTestEnd(const ::testing::TestInfo& test) override { check_.expect_nothing(test); }

private:
    LeakCheck check_;
};

}  // namespace memdata_test
