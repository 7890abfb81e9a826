// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "inject_sweep.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <typeinfo>

#include "call_counts.hpp"
#include "expect_on_all.hpp"
#include "inject_alarm.hpp"
#include "mpi/node.hpp"
#include "scratch.hpp"

namespace memdata_test {

namespace md = memdata;
namespace fs = std::filesystem;

namespace {

std::string read_file(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void write_file(const std::string& file, const std::string& bytes) {
    fs::remove(file);
    std::ofstream(file, std::ios::binary) << bytes;
}

std::uint64_t number_in(const char* variable, std::uint64_t otherwise) {
    const char* text = std::getenv(variable);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

std::int64_t samples() { return static_cast<std::int64_t>(number_in("MEMDATA_INJECT_SAMPLES", 25)); }

/// Another one every time, unless it is given.
std::uint64_t seed() {
    static const std::uint64_t chosen = [] {
        std::uint64_t value = number_in("MEMDATA_INJECT_SEED", std::random_device()());
        MPI_Bcast(&value, 1, MPI_UINT64_T, 0, MPI_COMM_WORLD);
        return value;
    }();
    return chosen;
}

bool anywhere(const md::Communicator& comm, bool value) {
    int number = value ? 1 : 0;
    MPI_Allreduce(MPI_IN_PLACE, &number, 1, MPI_INT, MPI_MAX, comm);
    return number != 0;
}

}  // namespace

Sweep::Sweep(const InjectCase& which)
    : which_(which), folder_(scratch("folder")), file_(folder_ + "/inject.h5"), random_(seed()) {
    md::mpi::NodeTest::most_ranks = 1;
    apart_ = md::Communicator(world_, boost::mpi::comm_duplicate);
    static_cast<void>(md::mpi::Node::of(apart_));
    md::mpi::NodeTest::most_ranks = 0;
    if (world_.rank() == 0) {
        fs::remove_all(folder_);
        fs::create_directory(folder_);
    }
    world_.barrier();
    watch_file(file_);
    which_.prepare(world_, file_);
    if (world_.rank() == 0 && fs::exists(file_)) {
        bytes_ = read_file(file_);
    }
    world_.barrier();
    // Once for all that is done on first use: a backend is chosen, plug-ins are loaded.
    run_clean({[] {}, [] { return false; }});
}

Sweep::~Sweep() {
    world_.barrier();
    if (world_.rank() == 0) {
        std::error_code ignored;
        fs::remove_all(folder_, ignored);
    }
    world_.barrier();
}

const md::Communicator& Sweep::comm() const { return which_.ranks == InjectCase::Ranks::apart ? apart_ : world_; }

Sweep::Result Sweep::attempt(const Injector& injector, bool armed_here, bool& struck) {
    Result result;
    const md::Communicator fresh = which_.ranks == InjectCase::Ranks::unknown
                                       ? md::Communicator(world_, boost::mpi::comm_duplicate)
                                       : md::Communicator(comm());
    const auto operation = which_.operation(fresh);
    world_.barrier();
    if (armed_here) {
        injector.arm();
    }
    std::exception_ptr failure;
    try {
        operation(file_);
    } catch (...) {
        failure = std::current_exception();
    }
    struck = armed_here && injector.disarm();
    try {
        if (failure) {
            result.threw = true;
            std::rethrow_exception(failure);
        }
    } catch (const md::Error& error) {
        result.text = std::string(md::to_string(error.kind())) + ": " + error.what();
        result.is_complete = result.text.find("is saved and complete, but") != std::string::npos;
    } catch (const std::exception& error) {
        result.text = type_name(typeid(error)) + ", no memdata::Error: " + error.what();
    }
    return result;
}

void Sweep::run_clean(const Injector& injector) {
    const CaseAlarm alarm(which_.name + " in which nothing fails");
    bool struck = false;
    const Result result = attempt(injector, true, struck);
    judge(result, false, which_.name + " in which nothing fails");
}

bool Sweep::run(int rank, const Injector& injector, const std::string& text) {
    const std::string what =
        which_.name + ", rank " + std::to_string(rank) + ", " + text + ", seed " + std::to_string(seed());
    const CaseAlarm alarm(what);
    ++runs_;
    bool struck = false;
    const Result result = attempt(injector, rank == world_.rank(), struck);
    struck = anywhere(world_, struck);
    strikes_ += struck ? 1 : 0;
    judge(result, struck, what);
    return struck;
}

void Sweep::judge(const Result& result, bool struck, const std::string& what) {
    EXPECT_TRUE(
        all_ok_and_alike(world_, what.c_str(), {!result.threw || struck, result.threw ? result.text : "success"}));
    const bool threw = anywhere(world_, result.threw);
    failures_ += threw ? 1 : 0;
    const bool is_new = which_.is_save && (!threw || anywhere(world_, result.is_complete));
    if (!threw) {  // nothing failed, or it did no harm
        const std::string wrong = [&] {
            try {
                return which_.check(world_, file_);
            } catch (const std::exception& error) {
                return std::string(error.what());
            }
        }();
        EXPECT_TRUE(all_ok(world_, what.c_str(), {wrong.empty(), wrong}));
    }
    if (world_.rank() == 0) {
        const bool is_there = fs::exists(file_);
        EXPECT_EQ(is_there, is_new || which_.replaces) << what;
        if (!is_new && is_there) {
            EXPECT_TRUE(read_file(file_) == bytes_) << what << ": the old file is not what it was";
        }
    }
    expect_nothing_left(what);
    if (is_new) {
        restore();
    }
    world_.barrier();
}

void Sweep::expect_nothing_left(const std::string& what) {
    if (world_.rank() != 0) {
        return;
    }
    for (const auto& entry : fs::directory_iterator(folder_)) {
        if (entry.path() != file_) {
            ADD_FAILURE() << what << ": " << entry.path() << " is left behind";
            fs::remove_all(entry.path());
        }
    }
}

void Sweep::restore() {
    if (world_.rank() == 0) {
        fs::remove(file_);
        if (which_.replaces) {
            write_file(file_, bytes_);
        }
    }
}

bool Sweep::is_complete() { return samples() == 0; }

std::vector<std::int64_t> Sweep::numbers(std::int64_t count) {
    const std::int64_t wanted = samples();
    const std::int64_t step = wanted == 0 ? 1 : std::max<std::int64_t>(1, count / wanted);
    std::vector<std::int64_t> result;
    for (std::int64_t n = 1 + static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(step)); n <= count;
         n += step) {
        result.push_back(n);
    }
    return result;
}

std::int64_t Sweep::from_rank(int rank, std::int64_t value) const {
    MPI_Bcast(&value, 1, MPI_INT64_T, rank, world_);
    return value;
}

std::string Sweep::summary() const {
    std::ostringstream text;
    text << "inject: " << which_.name << ": " << runs_ << " runs, " << strikes_ << " faults, " << failures_
         << " operations failed, on " << world_.size() << " ranks";
    return text.str();
}

}  // namespace memdata_test
