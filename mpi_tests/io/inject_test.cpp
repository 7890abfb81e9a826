// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// Something fails on one rank, wherever it can, in every save and load of inject_cases.cpp: at every named fault point,
// every allocation, every call to the file system. See docs/errors.md.
#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <optional>
#include <set>

#include "base/fault_point.hpp"
#include "call_faults.hpp"
#include "expect_on_all.hpp"
#include "inject_memory.hpp"
#include "inject_sweep.hpp"

namespace md = memdata;
using memdata_test::FilePlan;
using memdata_test::InjectCase;
using memdata_test::Injector;
using memdata_test::Sweep;

namespace {

class Inject : public ::testing::TestWithParam<InjectCase> {
protected:
    md::Environment environment;

    static void report(const Sweep& sweep) {
        if (sweep.world().rank() == 0) {
            std::printf("%s\n", sweep.summary().c_str());
        }
    }
};

std::string name_of(const ::testing::TestParamInfo<InjectCase>& info) { return info.param.name; }

// --- named points ---------------------------------------------------------------------------------------------------

#ifdef MEMDATA_FAULT_POINTS

/// Nothing that can be injected: see fault_points.def.
const std::map<std::string, bool>& listed_points() {
    static const std::map<std::string, bool> points{
#define FAULT_POINT(name) {name, true},
#define NO_FAULT_POINT(name) {name, false},
#include "base/fault_points.def"
#undef FAULT_POINT
#undef NO_FAULT_POINT
    };
    return points;
}

/// All that any case passed in this process.
std::set<std::string>& passed_points() {
    static std::set<std::string> points;
    return points;
}

struct Strike {
    int rank;
    std::int64_t pass;
    md::faults::Kind kind;
};

/// Every rank that passes a point, the first time and another one, and everything that can be thrown; or one of these.
std::vector<Strike> strikes(Sweep& sweep, std::int64_t passes_here, std::size_t turn) {
    using md::faults::Kind;
    std::vector<Strike> all;
    for (int rank = 0; rank < sweep.world().size(); ++rank) {
        const std::int64_t passes = sweep.from_rank(rank, passes_here);
        std::set<std::int64_t> tried;
        if (passes > 0) {
            tried = {1, sweep.numbers(passes).back()};
        }
        for (const std::int64_t pass : tried) {
            for (const Kind kind : {Kind::memdata_error, Kind::bad_alloc, Kind::runtime_error}) {
                all.push_back({rank, pass, kind});
            }
        }
    }
    if (!Sweep::is_complete() && !all.empty()) {
        return {all[7 * turn % all.size()]};
    }
    return all;
}

using InjectPoints = Inject;

TEST_P(InjectPoints, every_point_on_every_rank) {
    Sweep sweep(GetParam());
    std::map<std::string, int> passed;
    const Injector counter{[] { md::faults::count(); },
                           [&] {
                               passed = md::faults::disarm();
                               return false;
                           }};
    sweep.run_clean(counter);
    for (const auto& [name, passes] : passed) {
        passed_points().insert(name);
        EXPECT_TRUE(listed_points().contains(name)) << "'" << name << "' is not in fault_points.def";
    }
    std::size_t turn = 0;
    for (const auto& [name, may_fail] : listed_points()) {
        if (!may_fail) {
            continue;
        }
        const auto found = passed.find(name);
        for (const auto& [rank, pass, kind] : strikes(sweep, found == passed.end() ? 0 : found->second, turn++)) {
            const Injector injector{[&point = name, pass = pass, kind = kind] {
                                        md::faults::arm({point, static_cast<int>(pass), kind});
                                    },
                                    [&point = name, pass = pass] {
                                        const auto now = md::faults::disarm();
                                        const auto there = now.find(point);
                                        return there != now.end() && there->second >= pass;
                                    }};
            EXPECT_TRUE(sweep.run(rank, injector,
                                  "point '" + name + "', pass " + std::to_string(pass) + ", kind " +
                                      std::to_string(static_cast<int>(kind))));
        }
    }
    report(sweep);
}

INSTANTIATE_TEST_SUITE_P(Cases, InjectPoints, ::testing::ValuesIn(memdata_test::inject_cases()), name_of);

/// Runs after the others: GoogleTest keeps to the order of the file among tests with parameters.
class InjectPointsList : public ::testing::TestWithParam<int> {};

TEST_P(InjectPointsList, every_point_is_reached) {
    if (md::Communicator().size() == 1 || passed_points().empty()) {
        GTEST_SKIP() << "one rank has nobody to tell; or the other tests did not run";
    }
    for (const auto& [name, may_fail] : listed_points()) {
        int reached = passed_points().contains(name) ? 1 : 0;
        MPI_Allreduce(MPI_IN_PLACE, &reached, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
        EXPECT_EQ(reached, 1) << "no case passes '" << name << "'";
    }
}

INSTANTIATE_TEST_SUITE_P(After, InjectPointsList, ::testing::Values(0));

#endif

// --- memory ---------------------------------------------------------------------------------------------------------

using InjectMemory = Inject;

TEST_P(InjectMemory, every_allocation_on_every_rank) {
    Sweep sweep(GetParam());
    std::int64_t mine = 0;
    const Injector counter{[] { memdata_test::arm_allocation_fault(0); },
                           [&] {
                               mine = memdata_test::disarm_allocation_fault().allocations;
                               return false;
                           }};
    sweep.run_clean(counter);  // what is made once in a process
    sweep.run_clean(counter);
    for (int rank = 0; rank < sweep.world().size(); ++rank) {
        for (const std::int64_t number : sweep.numbers(sweep.from_rank(rank, mine))) {
            const Injector injector{[&] { memdata_test::arm_allocation_fault(number); },
                                    [] { return memdata_test::disarm_allocation_fault().struck; }};
            sweep.run(rank, injector, "allocation " + std::to_string(number));
        }
    }
    EXPECT_GT(sweep.strikes(), 0);
    report(sweep);
}

INSTANTIATE_TEST_SUITE_P(Cases, InjectMemory, ::testing::ValuesIn(memdata_test::inject_cases()), name_of);

// --- files ----------------------------------------------------------------------------------------------------------

class InjectFiles : public Inject {
protected:
    /// Every call number of the plan's kind, on every rank.
    void sweep_calls(FilePlan plan, const std::vector<int>& errors) {
        Sweep sweep(GetParam());
        plan.number = 0;
        std::int64_t mine = 0;
        const Injector counter{[&] { memdata_test::arm_file_fault(plan); },
                               [&] {
                                   mine = memdata_test::disarm_file_fault().calls;
                                   return false;
                               }};
        sweep.run_clean(counter);
        sweep.run_clean(counter);
        std::size_t turn = 0;
        for (int rank = 0; rank < sweep.world().size(); ++rank) {
            for (const std::int64_t number : sweep.numbers(sweep.from_rank(rank, mine))) {
                plan.number = number;
                plan.error = errors[turn++ % errors.size()];
                const Injector injector{[&] { memdata_test::arm_file_fault(plan); },
                                        [] { return !memdata_test::disarm_file_fault().struck.empty(); }};
                sweep.run(rank, injector, "call " + std::to_string(number) + " with " + std::strerror(plan.error));
            }
        }
        EXPECT_GT(sweep.strikes(), 0);
        report(sweep);
    }
};

TEST_P(InjectFiles, every_call_fails_once) {
    sweep_calls({.kind = FilePlan::Kind::once}, {EIO, ENOSPC, EDQUOT, EACCES});
}

TEST_P(InjectFiles, the_disk_is_full_from_any_call_on) {
    if (GetParam().is_save) {
        sweep_calls({.kind = FilePlan::Kind::full}, {ENOSPC, EDQUOT});
    }
}

TEST_P(InjectFiles, every_access_is_cut_short) { sweep_calls({.kind = FilePlan::Kind::cut_short}, {0}); }

/// Those in which only memdata accesses the file. With MEMDATA_INJECT_HDF5 in the environment the others as well, to
/// see what HDF5 and MPI-IO do when an access fails in a collective call of theirs.
std::vector<InjectCase> cases_of_memdata() {
    std::vector<InjectCase> cases = memdata_test::inject_cases();
    if (std::getenv("MEMDATA_INJECT_HDF5") != nullptr) {
        return cases;
    }
    std::erase_if(cases, [](const InjectCase& which) { return which.by_hdf5; });
    return cases;
}

INSTANTIATE_TEST_SUITE_P(Cases, InjectFiles, ::testing::ValuesIn(cases_of_memdata()), name_of);

}  // namespace
