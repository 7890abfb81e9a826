// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "inject_cases.hpp"

namespace memdata_test {

/// A way to make something fail on this process.
struct Injector {
    std::function<void()> arm;
    /// Did it strike?
    std::function<bool()> disarm;
};

/// Runs one case again and again, each time with something that fails on one rank, and looks at what is left: the same
/// exception on every rank; a file that is what it was; nothing beside it. All of it is collective.
class Sweep {
public:
    explicit Sweep(const InjectCase& which);
    ~Sweep();
    Sweep(const Sweep&) = delete;
    Sweep& operator=(const Sweep&) = delete;

    [[nodiscard]] const memdata::Communicator& world() const noexcept { return world_; }
    /// One run with a fault on `rank`; `text` says which. Ranks other than `rank` arm nothing. Did it strike?
    bool run(int rank, const Injector& injector, const std::string& text);
    /// A run in which nothing fails, but `injector` counts on every rank.
    void run_clean(const Injector& injector);

    /// The numbers from 1 to `count` that are to be tried: all, or as many as MEMDATA_INJECT_SAMPLES says, spread
    /// evenly from a random beginning. The same on all ranks.
    [[nodiscard]] std::vector<std::int64_t> numbers(std::int64_t count);
    /// Is everything to be tried?
    [[nodiscard]] static bool is_complete();
    /// Of a value that one rank knows.
    [[nodiscard]] std::int64_t from_rank(int rank, std::int64_t value) const;
    /// How many runs there were, and how they ended, for people.
    [[nodiscard]] std::string summary() const;
    [[nodiscard]] int strikes() const noexcept { return strikes_; }

private:
    struct Result {
        bool threw = false;
        bool is_complete = false;  ///< it threw, but says that the new file is complete
        std::string text;
    };
    [[nodiscard]] const memdata::Communicator& comm() const;
    [[nodiscard]] Result attempt(const Injector& injector, bool armed_here, bool& struck);
    void judge(const Result& result, bool struck, const std::string& what);
    void restore();
    void expect_nothing_left(const std::string& what);

    const InjectCase& which_;
    memdata::Communicator world_;
    memdata::Communicator apart_;
    std::string folder_;
    std::string file_;
    std::string bytes_;  // of the file, on rank 0
    std::mt19937_64 random_;
    int runs_ = 0;
    int strikes_ = 0;
    int failures_ = 0;
};

}  // namespace memdata_test
