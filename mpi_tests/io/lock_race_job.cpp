// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// One of several MPI jobs that start saving the same name at once (lock_race_test.sh).
//   lock_race_job FOLDER JOBS NUMBER ROUNDS
// The first ranks of the jobs meet in shared memory, FOLDER/meeting, which the script has made. In each round exactly
// one of them wins, and holds the lock until all others have been told who has it. Rounds differ in what lies there
// before: nothing, the lock of a dead process of this host (with a clock that was wrong), one whose pid is another
// process's by now, and one of another host, which stays.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>

#include "memdata/memdata.hpp"

namespace md = memdata;
namespace fs = std::filesystem;

namespace {

/// Zeros at first.
struct Meeting {
    std::atomic<int> arrived;
    std::atomic<int> refused;  // jobs that were told of another holder, over all rounds
    std::atomic<int> won;
    std::atomic<int> failed;
    std::atomic<int> winner_pid;
};

Meeting* open_meeting(const std::string& file) {
    const int descriptor = open(file.c_str(), O_RDWR | O_CLOEXEC);
    void* memory =
        descriptor < 0 ? MAP_FAILED : mmap(nullptr, sizeof(Meeting), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    close(descriptor);
    return memory == MAP_FAILED ? throw std::runtime_error("no " + file) : static_cast<Meeting*>(memory);
}

class Job {
public:
    Job(const md::Communicator& world, const std::string& folder, int jobs, int number)
        : world_(world), file_(folder + "/race.h5"), jobs_(jobs), number_(number) {
        if (world.rank() == 0) {
            meeting_ = open_meeting(folder + "/meeting");
        }
    }

    /// False when something was wrong, here or elsewhere.
    bool run(int rounds) {
        for (int round = 0; round < rounds; ++round) {
            prepare(round);
            meet();
            const bool is_free = round % 4 != 3;
            compete(round, is_free);
            meet();
            if (number_ == 0) {
                check(round, is_free);
            }
            meet();
        }
        int failed = world_.rank() == 0 ? meeting_->failed.load() : 0;
        MPI_Bcast(&failed, 1, MPI_INT, 0, world_);
        return failed == 0;
    }

private:
    template <class Condition>
    void wait_until(const char* what, Condition&& condition) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (!condition()) {
            if (std::chrono::steady_clock::now() > end) {
                fail(what);
                MPI_Abort(world_, 1);
            }
            std::this_thread::sleep_for(std::chrono::microseconds(200));
        }
    }

    /// All jobs are here.
    void meet() {
        if (world_.rank() == 0) {
            ++meetings_;
            ++meeting_->arrived;
            wait_until("not all jobs came", [&] { return meeting_->arrived >= meetings_ * jobs_; });
        }
        world_.barrier();
    }

    void fail(const std::string& what) {
        std::fprintf(stderr, "job %d: %s\n", number_, what.c_str());
        ++meeting_->failed;
    }

    static std::string with(std::string text, const std::string& field, const std::string& value) {
        const auto at = text.find("\"" + field + "\":") + field.size() + 3;
        return text.replace(at, text.find_first_of(",}", at) - at, value);
    }

    void prepare(int round) {
        if (number_ != 0 || world_.rank() != 0) {
            return;
        }
        std::string text;
        std::string name;
        {
            const md::LockFile lock(file_, {.break_lock = true});
            name = lock.lock();
            std::ifstream in(name);
            text.assign(std::istreambuf_iterator<char>(in), {});
        }
        const std::array<std::string, 4> texts{
            "", with(with(text, "pid", "4194305"), "time", R"("2399-01-01T00:00:00Z")"),  // beyond all pids
            with(with(text, "pid", std::to_string(getppid())), "time", R"("1970-01-01T00:00:00Z")"),
            with(text, "host", R"("elsewhere")")};
        if (const std::string& left = texts[static_cast<std::size_t>(round % 4)]; !left.empty()) {
            std::ofstream(name) << left;
        }
        meeting_->refused = 0;
        meeting_->won = 0;
        meeting_->winner_pid = 0;
    }

    /// Saves; who wins waits for the others' defeat while the data are written.
    void compete(int round, bool is_free) {
        md::MemGroup tree(world_);
        tree.attrs()["round"] = round;
        tree.attrs()["job"] = number_;
        tree.create_dataset("data", md::MPIArray::full<int>(world_, {64, 16}, md::Axis{0}, number_));
        const auto hold = [&, held = false](const md::Progress& progress) mutable {
            if (progress.phase == "data" && !held) {
                held = true;
                ++meeting_->won;
                meeting_->winner_pid = getpid();
                wait_until("the others were not refused", [&] { return meeting_->refused >= jobs_ - 1; });
            }
        };
        try {
            md::save(tree, file_, {.sync = false, .transfer = {.progress = hold}});
        } catch (const md::LockError& error) {
            if (world_.rank() == 0) {
                refused(error, is_free);
            }
        } catch (const std::exception& error) {
            if (world_.rank() == 0) {
                fail(std::string("not a LockError: ") + error.what());
                ++meeting_->refused;
            }
        }
    }

    void refused(const md::LockError& error, bool is_free) {
        if (is_free) {
            // The winner may not have come to its data yet.
            wait_until("nobody won", [&] { return meeting_->winner_pid != 0; });
        }
        const std::string holder =
            is_free ? "pid " + std::to_string(meeting_->winner_pid) + ", since " : std::string("host elsewhere, pid ");
        if (error.holder().find(holder) == std::string::npos) {
            fail("the holder is '" + error.holder() + "', not '" + holder + "'");
        }
        ++meeting_->refused;
    }

    void check(int round, bool is_free) {
        const md::MemGroup tree = md::load(world_, file_);
        if (world_.rank() != 0) {
            return;
        }
        const int job = tree.attrs().at("job").as<int>();
        const bool is_new = tree.attrs().at("round").as<int>() == round;
        if (meeting_->won != (is_free ? 1 : 0) || meeting_->refused != (is_free ? jobs_ - 1 : jobs_)) {
            fail("round " + std::to_string(round) + ": " + std::to_string(meeting_->won) + " won, " +
                 std::to_string(meeting_->refused) + " were refused");
        }
        if (is_new != is_free || tree.dataset("data").local<int, 2>()(0, 0) != job) {
            fail("round " + std::to_string(round) + ": the file is not the winner's");
        }
        if (const fs::path folder = fs::path(file_).parent_path(); is_free) {
            for (const auto& entry : fs::directory_iterator(folder)) {
                const std::string name = entry.path().filename();
                if (name.starts_with(".race")) {
                    fail("round " + std::to_string(round) + " left " + name);
                }
            }
        }
    }

    md::Communicator world_;
    std::string file_;
    int jobs_;
    int number_;
    int meetings_ = 0;
    Meeting* meeting_ = nullptr;  // on rank 0
};

}  // namespace

int main(int argc, char** argv) {
    const md::Environment environment(argc, argv);
    const md::Communicator world;
    if (argc != 5) {
        std::fprintf(stderr, "usage: lock_race_job FOLDER JOBS NUMBER ROUNDS\n");
        return 2;
    }
    Job job(world, argv[1], std::stoi(argv[2]), std::stoi(argv[3]));
    return job.run(std::stoi(argv[4])) ? 0 : 1;
}
