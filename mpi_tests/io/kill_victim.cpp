// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// One half of the kill test (kill_test.sh): checks what is left by the one before it, then saves generation after
// generation, or loads, until it is killed. Usage: kill_victim save|update|load|check FILE FOLDER
//
// FILE is alone in its folder. FOLDER/state says which generation was the last that a save has finished, and in which
// phase rank 0 is; FOLDER/pids/RANK who the ranks are; FOLDER/ready that they may be killed. With MEMDATA_TEST_WATCHDOG
// a watchdog ends the job after so many seconds in a phase; with MEMDATA_TEST_BREAK_LOCK the first save breaks the
// lock.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <utility>

#include "fault_tree.hpp"

namespace md = memdata;
namespace fs = std::filesystem;

namespace {

/// Of an environment variable; 0 when it is not set.
double number(const char* variable) {
    const char* value = std::getenv(variable);
    return value == nullptr ? 0 : std::atof(value);
}

/// What rank 0 writes down, in one write each time, and all ranks know.
class State {
public:
    State(const std::string& file, bool is_rank_0)
        : is_rank_0_(is_rank_0), file_(open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)) {
        std::array<char, size + 1> text{};
        if (pread(file_, text.data(), size, 0) == size) {
            generation_ = std::atoi(text.data());
        }
    }
    ~State() { close(file_); }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    [[nodiscard]] int generation() const { return generation_; }
    void finished(int generation) {
        generation_ = generation;
        if (is_rank_0_) {
            in_phase("between");
        }
    }
    void in_phase(const std::string& phase) const {
        std::string text = std::to_string(generation_) + " " + phase;
        text.resize(size, ' ');
        if (pwrite(file_, text.data(), size, 0) != size) {
            std::perror("state");
            std::abort();
        }
    }

private:
    static constexpr std::size_t size = 40;
    bool is_rank_0_;
    int file_;
    int generation_ = 0;
};

class Victim {
public:
    Victim(const md::Communicator& world, const std::string& file, const std::string& folder)
        : world_(world), file_(file), folder_(folder), state_(folder + "/state", world.rank() == 0) {}

    /// Is the file whole, and as new as it has to be? Does the next save succeed, in spite of what the dead left, and
    /// is nothing left of that?
    bool check(md::IfExists how) {
        if (!is_there()) {
            if (state_.generation() > 0) {
                return fail("the file is lost");
            }
            save_next(how);
            return true;
        }
        const md::MemGroup tree = md::load(world_, file_);
        const int generation = tree.attrs().at("generation").as<int>();
        // The last save may have been killed when the file had its name already.
        if (generation != state_.generation() && generation != state_.generation() + 1) {
            return fail("generation " + std::to_string(generation) + ", but " + std::to_string(state_.generation()) +
                        " was finished");
        }
        if (const std::string wrong = memdata_test::check_tree(tree, generation); !wrong.empty()) {
            return fail("generation " + std::to_string(generation) + ": " + wrong);
        }
        state_.finished(generation);
        save_next(how);
        if (!memdata_test::check_tree(md::load(world_, file_), state_.generation()).empty()) {
            return fail("the next save did not do what it should");
        }
        return is_alone();
    }

    [[noreturn]] void go_on_for_ever(const std::string& mode) {
        const md::IfExists how = mode == "update" ? md::IfExists::update : md::IfExists::replace;
        std::ofstream(folder_ + "/pids/" + std::to_string(world_.rank())) << getpid() << '\n';
        world_.barrier();
        if (world_.rank() == 0) {
            std::ofstream(folder_ + "/ready") << "1\n";
        }
        for (;;) {
            if (mode == "load") {
                const md::MemGroup tree =
                    md::load(world_, file_, {.transfer = {.progress = callback(), .watchdog = watchdog_}});
            } else {
                save_next(how);
            }
        }
    }

private:
    /// Stays in each phase for a moment, so that kills do not all fall into the longest one.
    md::ProgressCallback callback() {
        return [this](const md::Progress& progress) {
            state_.in_phase(progress.operation + ":" + progress.phase);
            usleep(static_cast<useconds_t>(random_() % 3000));
        };
    }

    void save_next(md::IfExists how) {
        const int next = state_.generation() + 1;
        md::SaveOptions options{.if_exists = how, .break_lock = std::exchange(break_lock_, false)};
        options.transfer.progress = callback();
        options.transfer.watchdog = watchdog_;
        md::save(memdata_test::make_tree(world_, next), file_, options);
        state_.finished(next);
    }

    [[nodiscard]] bool is_there() const {
        int is_there = world_.rank() == 0 && fs::exists(file_) ? 1 : 0;
        MPI_Bcast(&is_there, 1, MPI_INT, 0, world_);
        return is_there != 0;
    }

    [[nodiscard]] bool is_alone() const {
        if (world_.rank() == 0) {
            for (const auto& entry : fs::directory_iterator(fs::path(file_).parent_path())) {
                if (entry.path() != fs::path(file_)) {
                    return fail("rubbish: " + entry.path().string());
                }
            }
        }
        return true;
    }

    [[nodiscard]] bool fail(const std::string& what) const {
        std::fprintf(stderr, "rank %d: %s\n", world_.rank(), what.c_str());
        return false;
    }

    md::Communicator world_;
    std::string file_;
    std::string folder_;
    State state_;
    md::Watchdog watchdog_{.seconds = number("MEMDATA_TEST_WATCHDOG"), .abort = true};
    bool break_lock_ = number("MEMDATA_TEST_BREAK_LOCK") != 0;
    std::mt19937 random_{static_cast<unsigned>(getpid())};
};

}  // namespace

int main(int argc, char** argv) {
    const md::Environment environment(argc, argv);
    const md::Communicator world;
    const std::string mode = argc == 4 ? argv[1] : "";
    if (mode != "save" && mode != "update" && mode != "load" && mode != "check") {
        std::fprintf(stderr, "usage: kill_victim save|update|load|check FILE FOLDER\n");
        return 2;
    }
    Victim victim(world, argv[2], argv[3]);
    world.barrier();  // all have read the state
    if (!victim.check(mode == "update" ? md::IfExists::update : md::IfExists::replace)) {
        MPI_Abort(world, 1);
    }
    if (mode == "check") {
        return 0;
    }
    victim.go_on_for_ever(mode);
}
