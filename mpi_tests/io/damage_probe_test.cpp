// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// Makes damaged files and tries each in a child process, one rank, so that a crash inside libhdf5 ends the child and
// not the test: it is noted, with what was done to the file and where it crashed. A crash in memdata, a hang, or an
// outcome that may not be fails the test. damage_test.cpp then takes the files with several ranks.
//     MEMDATA_DAMAGE_FILES  how many to make of the seeds, besides the crafted ones; above 1000 the slow ones of these,
//     too MEMDATA_DAMAGE_SEED   where the numbers of the damages begin MEMDATA_DAMAGE_ONLY   only files whose names
//     contain this
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "damage_child.hpp"
#include "damage_crafted.hpp"
#include "damage_mutate.hpp"
#include "damage_outcome.hpp"
#include "damage_seeds.hpp"
#include "h5/call.hpp"
#include "scratch.hpp"

namespace fs = std::filesystem;
using namespace memdata_test;

namespace {

std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text != nullptr && *text != '\0' ? std::strtoull(text, nullptr, 10) : otherwise;
}

std::string read_file(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

struct Case {
    std::string file;
    std::string what;  // was done to it
};

/// In a child, too: MPI cannot be started twice, and nothing of it is to be in the process that forks.
std::vector<Case> make_files(const std::string& folder) {
    const std::string list = scratch("made.txt");
    run_child(scratch("making.log"), [&] {
        const memdata::h5::QuietErrors quiet;
        const memdata::Communicator self;
        std::ofstream out(list);
        const std::string seeds = scratch("seeds");
        fs::create_directories(seeds);
        fs::create_directories(folder);
        const std::uint64_t seed = number_from_environment("MEMDATA_DAMAGE_SEED", 1);
        const std::uint64_t count = number_from_environment("MEMDATA_DAMAGE_FILES", 60);
        const char* only = std::getenv("MEMDATA_DAMAGE_ONLY");
        const auto is_wanted = [&](const std::string& name) {
            return only == nullptr || name.find(only) != std::string::npos;
        };
        for (const Crafted& crafted : crafted_files()) {
            if (is_wanted(crafted.name) && (count > 1000 || only != nullptr || !crafted.is_slow())) {
                try {
                    crafted.make(folder + "/" + crafted.name + ".h5");
                    out << crafted.name << ".h5\tcrafted\n" << std::flush;
                } catch (const memdata::Error& error) {
                    std::cerr << "HDF5 does not make " << crafted.name << ": " << error.what() << '\n';
                }
            }
        }
        std::vector<std::pair<std::string, Damager>> damagers;
        std::size_t pieces = 0;
        for (const std::string& name : make_seeds(self, seeds)) {
            damagers.emplace_back(name, Damager(read_file(seeds + "/" + name + ".h5")));
            pieces += damagers.back().second.checked_pieces();
        }
        if (pieces < 20) {
            throw std::runtime_error("only " + std::to_string(pieces) + " checksums were found");
        }
        for (std::uint64_t i = 0; i < count; ++i) {
            const auto& [name, damager] = damagers[i % damagers.size()];
            const std::string file = name + "_" + std::to_string(seed + i) + ".h5";
            if (is_wanted(file)) {
                const Damaged damaged = damager(seed + i);
                std::ofstream(folder + "/" + file, std::ios::binary) << damaged.bytes;
                out << file << '\t' << damaged.what << '\n';
            }
        }
    });
    std::vector<Case> cases;
    std::ifstream in(list);
    for (Case next; std::getline(in, next.file, '\t') && std::getline(in, next.what);) {
        cases.push_back(next);
    }
    return cases;
}

class Probe {
public:
    Probe(std::string folder, std::vector<Case> cases) : folder_(std::move(folder)), cases_(std::move(cases)) {}

    void run() {
        Step& step = shared_step();
        const std::size_t steps = cases_.size() * damage_operations.size();
        int deaths = 0;
        for (std::size_t next = 0; next < steps; ++deaths) {
            step.number = next;
            const std::string log = scratch("child_" + std::to_string(deaths) + ".log");
            const Death death = run_child(log, [&] { work(step, steps); });
            next = step.number + 1;
            if (!death.happened) {
                fs::remove(log);
                break;
            }
            note(step.number, death, log);
        }
        report(deaths);
    }

private:
    void work(Step& step, std::size_t steps) {
        const memdata::Communicator self;
        std::ofstream out(scratch("outcomes.txt"), std::ios::app);
        std::ofstream times(scratch("times.txt"), std::ios::app);
        limit_memory();
        for (; step.number < steps; ++step.number) {
            const Case& one = cases_[step.number / damage_operations.size()];
            const char operation = damage_operations[step.number % damage_operations.size()];
            const auto began = std::chrono::steady_clock::now();
            limit_time(30);
            std::string outcome = try_operation(self, operation, folder_ + "/" + one.file);
            limit_time(0);
            std::ranges::replace(outcome, '\n', ' ');
            out << one.file << '\t' << operation << '\t' << outcome << '\n' << std::flush;
            struct rusage used {};
            getrusage(RUSAGE_SELF, &used);
            times << one.file << '\t' << operation << '\t'
                  << std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count() << '\t'
                  << used.ru_maxrss / 1024 << '\n'
                  << std::flush;
        }
    }

    void note(std::size_t step, const Death& death, const std::string& log) {
        const Case& one = cases_[step / damage_operations.size()];
        const char operation = damage_operations[step % damage_operations.size()];
        lost_[one.file] += operation;
        fs::create_directories(scratch("crashes"));
        fs::copy_file(folder_ + "/" + one.file, scratch("crashes/" + one.file), fs::copy_options::skip_existing);
        const std::string text = one.file + "\t" + operation + "\t" + one.what + "\t" + death.how + "\t" + death.where;
        std::ofstream(scratch("crashes.txt"), std::ios::app) << text << '\n';
        if (death.in_libhdf5) {
            ++in_library_[death.where];
        } else {
            ADD_FAILURE() << "not a crash of libhdf5 (see " << log << "): " << text;
        }
    }

    void report(int deaths) {
        std::ifstream in(scratch("outcomes.txt"));
        std::map<std::string, int> kinds;
        for (std::string file, operation, outcome;
             std::getline(in, file, '\t') && std::getline(in, operation, '\t') && std::getline(in, outcome);) {
            EXPECT_FALSE(outcome.starts_with("bad: ")) << file << ", operation " << operation << ": " << outcome;
            ++kinds[outcome.substr(0, outcome.find_first_of(": "))];
        }
        std::ofstream list(scratch("files.txt"));
        for (const Case& one : cases_) {
            std::string operations;
            for (const char operation : damage_operations) {
                operations += lost_[one.file].find(operation) == std::string::npos ? std::string(1, operation) : "";
            }
            list << one.file << '\t' << operations << '\n';
        }
        std::cout << cases_.size() << " files, " << deaths << " crashes";
        for (const auto& [kind, count] : kinds) {
            std::cout << ", " << kind << ": " << count;
        }
        std::cout << '\n';
        for (const auto& [where, count] : in_library_) {
            std::cout << "  " << count << " crash(es) of libhdf5 in " << where << '\n';
        }
    }

    std::string folder_;
    std::vector<Case> cases_;
    std::map<std::string, std::string> lost_;  // operations by file
    std::map<std::string, int> in_library_;
};

TEST(DamageProbe, every_file_loads_or_is_refused) {
    const std::string folder = scratch("files");
    std::vector<Case> cases = make_files(folder);
    ASSERT_GT(cases.size(), std::getenv("MEMDATA_DAMAGE_ONLY") != nullptr ? 0U : 100U)
        << read_file(scratch("making.log"));
    Probe(folder, std::move(cases)).run();
}

}  // namespace
