// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause

#include "rank_listener.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <thread>
#include <utility>

namespace memdata_test {
namespace {

/// One write for the whole text, so that lines of several ranks do not mix.
void print(const std::string& text) {
    std::fflush(stdout);
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
}

/// "1, 3" for the ranks whose value is not zero.
std::string nonzero_ranks(const std::vector<int>& values) {
    std::string text;
    for (std::size_t r = 0; r < values.size(); ++r)
        if (values[r] != 0) text += (text.empty() ? "" : ", ") + std::to_string(r);
    return text;
}

}  // namespace

RankListener::RankListener(MPI_Comm comm, std::unique_ptr<::testing::TestEventListener> printer) : comm_(comm) {
    MPI_Comm_rank(comm_, &rank_);
    MPI_Comm_size(comm_, &size_);
    if (rank_ == 0) printer_ = std::move(printer);
    if (const char* text = std::getenv("MEMDATA_TEST_GRACE")) {
        const double seconds = std::atof(text);
        if (seconds > 0) grace_ = seconds;
    }
}

std::vector<int> RankListener::exchange(int mine, bool failed, const std::string& where) const {
    std::vector<int> all(static_cast<std::size_t>(size_));
    MPI_Request request = MPI_REQUEST_NULL;
    MPI_Iallgather(&mine, 1, MPI_INT, all.data(), 1, MPI_INT, comm_, &request);
    const double limit = failed ? grace_ : 3 * grace_;
    const double start = MPI_Wtime();
    for (int done = 0;;) {
        MPI_Test(&request, &done, MPI_STATUS_IGNORE);
        if (done != 0) return all;
        const double waited = MPI_Wtime() - start;
        if (waited > limit) {
            std::ostringstream text;
            text << "[rank " << rank_ << "/" << size_ << "] ranks no longer in step after " << where << " ("
                 << (failed ? "failed" : "passed") << " here, the others did not "
                 << "arrive within " << limit << " s): aborting\n";
            print(text.str());
            MPI_Abort(MPI_COMM_WORLD, 1);
        }
        // Leave the cores to the ranks that are still at work.
        if (waited > 0.01)
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
        else
            std::this_thread::yield();
    }
}

int RankListener::finish(int status) {
    const bool failed = status != 0;
    const std::vector<int> tests = exchange(failed_tests_, failed, "the last test");
    const std::vector<int> all = exchange(status, failed, "the last test");
    const int worst = *std::max_element(all.begin(), all.end());
    if (rank_ == 0 && worst != 0) {
        std::ostringstream text;
        for (std::size_t r = 0; r < all.size(); ++r)
            if (all[r] != 0)
                text << "[  FAILED  ] rank " << r << "/" << size_ << ": " << tests[r] << " failed test(s), exit status "
                     << all[r] << "\n";
        print(text.str());
    }
    return worst;
}

void RankListener::OnTestPartResult(const ::testing::TestPartResult& result) {
    if (result.passed()) return;
    if (result.skipped() && rank_ != 0) return;
    std::ostringstream prefix;
    prefix << "[rank " << rank_ << "/" << size_ << "] ";
    std::ostringstream text;
    text << prefix.str();
    if (result.file_name() != nullptr) text << result.file_name() << ":" << result.line_number() << ": ";
    text << (result.skipped() ? "Skipped" : "Failure");
    if (!current_test_.empty()) text << " in " << current_test_;
    text << "\n";
    std::istringstream lines(result.message());
    for (std::string line; std::getline(lines, line);) text << prefix.str() << "  " << line << "\n";
    print(text.str());
}

void RankListener::OnTestEnd(const ::testing::TestInfo& test) {
    leaks_.expect_nothing(test);
    const bool failed = test.result()->Failed();
    if (failed) ++failed_tests_;
    const std::string name = std::exchange(current_test_, {});
    const std::vector<int> all = exchange(failed ? 1 : 0, failed, "test " + name);
    if (!printer_) return;
    const std::string ranks = nonzero_ranks(all);
    if (ranks.empty())
        printer_->OnTestEnd(test);
    else
        print("[  FAILED  ] " + name + " on rank(s) " + ranks + " of " + std::to_string(size_) + " (" +
              std::to_string(test.result()->elapsed_time()) + " ms)\n");
}

void RankListener::OnTestProgramStart(const ::testing::UnitTest& unit_test) {
    if (printer_) printer_->OnTestProgramStart(unit_test);
}
void RankListener::OnTestIterationStart(const ::testing::UnitTest& unit_test, int iteration) {
    if (printer_) printer_->OnTestIterationStart(unit_test, iteration);
}
void RankListener::OnEnvironmentsSetUpStart(const ::testing::UnitTest& unit_test) {
    if (printer_) printer_->OnEnvironmentsSetUpStart(unit_test);
}
void RankListener::OnEnvironmentsSetUpEnd(const ::testing::UnitTest& unit_test) {
    if (printer_) printer_->OnEnvironmentsSetUpEnd(unit_test);
}
void RankListener::OnTestSuiteStart(const ::testing::TestSuite& suite) {
    if (printer_) printer_->OnTestSuiteStart(suite);
}
void RankListener::OnTestStart(const ::testing::TestInfo& test) {
    current_test_ = std::string(test.test_suite_name()) + "." + test.name();
    if (printer_) printer_->OnTestStart(test);
    leaks_.start();
}
void RankListener::OnTestSuiteEnd(const ::testing::TestSuite& suite) {
    if (printer_) printer_->OnTestSuiteEnd(suite);
}
void RankListener::OnEnvironmentsTearDownStart(const ::testing::UnitTest& unit_test) {
    if (printer_) printer_->OnEnvironmentsTearDownStart(unit_test);
}
void RankListener::OnEnvironmentsTearDownEnd(const ::testing::UnitTest& unit_test) {
    if (printer_) printer_->OnEnvironmentsTearDownEnd(unit_test);
}
void RankListener::OnTestIterationEnd(const ::testing::UnitTest& unit_test, int iteration) {
    if (printer_) printer_->OnTestIterationEnd(unit_test, iteration);
}
void RankListener::OnTestProgramEnd(const ::testing::UnitTest& unit_test) {
    if (printer_) printer_->OnTestProgramEnd(unit_test);
}

}  // namespace memdata_test
