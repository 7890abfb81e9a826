// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// Saving and loading by several threads. Each thread level is a process of its own: MEMDATA_TEST_THREADS, see
// mpi_tests/support/main.cpp; tests that need another level are skipped.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <random>
#include <string>
#include <thread>

#include "expect_on_all.hpp"
#include "memdata/memdata.hpp"
#include "scratch.hpp"

namespace md = memdata;
using memdata_test::scratch;

namespace {

/// Runs a function in a thread of its own, and tells what it threw.
std::string thrown_in_a_thread(const std::function<void()>& function) {
    std::string text;
    std::thread([&] {
        try {
            function();
        } catch (const std::exception& error) {
            text = error.what();
        }
    }).join();
    return text;
}

void wait_for(const std::atomic<bool>& flag) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!flag && std::chrono::steady_clock::now() < limit) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

class Thread : public ::testing::Test {
protected:
    md::Communicator world;
    /// Of its own: two threads may not be in collective calls on one communicator.
    md::Communicator other{world, boost::mpi::comm_duplicate};

    static int level() {
        int level = MPI_THREAD_SINGLE;
        MPI_Query_thread(&level);
        return level;
    }

    static md::MemGroup tree(const md::Communicator& comm, int number) {
        md::MemGroup made(comm);
        made.attrs()["number"] = number;
        made.create_dataset("common", md::Array::full({20}, 1.0 * number));
        for (const int axis : {0, 1}) {
            auto array = md::MPIArray::zeros<std::int32_t>(comm, {30, 40}, md::Axis{axis});
            auto view = array.local<std::int32_t, 2>();
            for (auto [i, row] : array.indices(md::Axis{0})) {
                for (auto [j, column] : array.indices(md::Axis{1})) {
                    view(i, j) = static_cast<std::int32_t>(row * 40 + column + 10000 * number);
                }
            }
            md::Storage storage =
                axis == 0 ? md::Storage{} : md::Storage{.chunks = {8, 16}, .filters = {md::Deflate{1}}};
            made.create_dataset("of_axis_" + std::to_string(axis), std::move(array), std::move(storage));
        }
        return made;
    }

    /// Is it tree(number)?
    static bool is_right(const md::MemGroup& loaded, int number) {
        bool right = loaded.attrs().at("number").as<int>() == number;
        for (const double x : loaded.dataset("common").common().span<double>()) {
            right = right && x == number;
        }
        for (const char* name : {"of_axis_0", "of_axis_1"}) {
            const md::MPIArray& array = loaded.dataset(name).distributed();
            const auto view = array.local<std::int32_t, 2>();
            for (auto [i, row] : array.indices(md::Axis{0})) {
                for (auto [j, column] : array.indices(md::Axis{1})) {
                    right = right && view(i, j) == static_cast<std::int32_t>(row * 40 + column + 10000 * number);
                }
            }
        }
        return right;
    }
};

TEST_F(Thread, any_may_save_and_load_where_the_level_allows_it) {
    const std::string file = scratch("by_a_thread.h5");
    const md::MemGroup made = tree(world, 7);
    bool right = false;
    const std::string thrown = thrown_in_a_thread([&] {
        md::save(made, file, {.sync = false});
        right = is_right(md::load(world, file), 7);
    });
    if (level() < MPI_THREAD_SERIALIZED) {
        EXPECT_ON_ALL(world, thrown.find("save() of '" + file) == 0 &&
                                 thrown.find("needs thread level 'serialized' or 'multiple'") != std::string::npos)
            << thrown;
        const std::string of_load = thrown_in_a_thread([&] { static_cast<void>(md::load(world, file)); });
        EXPECT_ON_ALL(world, of_load.find("load() of '" + file) == 0) << of_load;
        md::save(made, file, {.sync = false});  // by this one
        EXPECT_ON_ALL(world, is_right(md::load(world, file), 7));
    } else {
        EXPECT_ON_ALL(world, right) << thrown;
    }
}

TEST_F(Thread, a_second_one_is_refused_on_all_ranks_and_the_first_goes_on) {
    if (level() < MPI_THREAD_MULTIPLE) {
        GTEST_SKIP() << "needs MPI_THREAD_MULTIPLE";
    }
    const std::string first = scratch("first.h5");
    const std::string second = scratch("second.h5");
    const md::MemGroup of_first = tree(world, 1);
    const md::MemGroup of_second = tree(other, 2);
    md::save(of_second, second, {.sync = false});

    std::atomic<bool> has_begun = false;
    std::atomic<bool> is_refused = false;
    std::array<std::string, 4> thrown;
    std::thread another([&] {
        if (other.rank() == 0) {
            wait_for(has_begun);
        }
        other.barrier();
        const std::array<std::function<void()>, 4> calls{
            [&] { md::save(of_second, second, {.sync = false}); }, [&] { static_cast<void>(md::load(other, second)); },
            [&] {
                md::save_dataset(other, md::Array::zeros<int>({3}), second, "x", {},
                                 {.if_exists = md::IfExists::update});
            },
            [&] { static_cast<void>(md::load_dataset(other, second, "of_axis_0")); }};
        for (std::size_t i = 0; i < calls.size(); ++i) {
            try {
                calls[i]();
            } catch (const md::Error& error) {
                thrown[i] = error.what();
            } catch (const std::exception& error) {
                thrown[i] = std::string("something else: ") + error.what();
            }
        }
        is_refused = true;
    });
    md::SaveOptions options{.sync = false};
    options.transfer.progress = [&](const md::Progress& progress) {
        if (progress.phase == "structure") {  // all ranks have agreed to go on
            has_begun = true;
            wait_for(is_refused);
        }
    };
    md::save(of_first, first, options);
    another.join();
    EXPECT_ON_ALL(world, is_right(md::load(world, first), 1));
    EXPECT_ON_ALL(world, is_right(md::load(world, second), 2));  // as it was
    const std::array<std::string, 4> functions{"save", "load", "save_dataset", "load_dataset"};
    for (std::size_t i = 0; i < functions.size(); ++i) {
        EXPECT_THROW_ON_ALL(
            world, if (!thrown[i].empty()) throw md::Error(thrown[i]), md::Error,
            functions[i] + "() of '" + second + "' at the same time as save() of '" + first + "' by another thread");
    }
}

TEST_F(Thread, two_below_the_level_are_refused_without_mpi) {
    if (level() != MPI_THREAD_SERIALIZED) {
        GTEST_SKIP() << "needs MPI_THREAD_SERIALIZED";
    }
    const std::string file = scratch("serialized.h5");
    const md::MemGroup made = tree(world, 3);
    md::SaveOptions options{.sync = false};
    std::string thrown;
    options.transfer.progress = [&](const md::Progress& progress) {
        if (progress.phase == "structure") {
            thrown = thrown_in_a_thread([&] { md::save(made, file); });
        }
    };
    md::save(made, file, options);
    EXPECT_TRUE(world.rank() != 0 || thrown.find("at the same time as save() of '" + file) != std::string::npos)
        << thrown;
    EXPECT_ON_ALL(world, is_right(md::load(world, file), 3));
}

/// A callback is in the thread that saves: what it saves by itself does not disturb HDF5.
TEST_F(Thread, a_turn_inside_a_turn) {
    const std::string file = scratch("outer.h5");
    const std::string inner = scratch("inner.h5");
    md::SaveOptions options{.sync = false};
    options.transfer.progress = [&](const md::Progress& progress) {
        if (progress.phase == "structure") {
            md::MemGroup alone;
            alone.create_dataset("d", md::Array::full({5}, 2.5));
            md::save(alone, inner, {.sync = false});
        }
    };
    md::save(tree(world, 4), file, options);
    EXPECT_ON_ALL(world, is_right(md::load(world, file), 4));
    const md::MemGroup loaded = md::load(world, inner);
    EXPECT_ON_ALL(world, loaded.dataset("d").common().span<double>()[4] == 2.5);
}

/// Two threads save and load whenever they like. Each time they are refused or all is right, on all ranks alike.
TEST_F(Thread, two_at_random_are_right_or_refused) {
    if (level() < MPI_THREAD_MULTIPLE) {
        GTEST_SKIP() << "needs MPI_THREAD_MULTIPLE";
    }
    constexpr int cycles = 60;
    struct Result {
        int saved = 0;
        int loaded = 0;
        int refused = 0;
        std::string wrong;
    };
    const auto run = [&](const md::Communicator& comm, const std::string& file, int first, Result& result) {
        std::minstd_rand random(static_cast<unsigned>(first) + 1U);  // the same on all ranks
        int in_file = -1;
        for (int k = 0; k < cycles && result.wrong.empty(); ++k) {
            try {
                md::save(tree(comm, first + k), file, {.sync = false});
                in_file = first + k;
                ++result.saved;
            } catch (const md::Error& error) {
                ++result.refused;
                if (std::string(error.what()).find("at the same time as") == std::string::npos) {
                    result.wrong = error.what();
                }
            }
            std::this_thread::sleep_for(std::chrono::microseconds(random() % 3000));
            try {
                if (in_file >= 0) {
                    result.wrong += is_right(md::load(comm, file), in_file) ? "" : "wrong data";
                    ++result.loaded;
                }
            } catch (const md::Error& error) {
                ++result.refused;
                if (std::string(error.what()).find("at the same time as") == std::string::npos) {
                    result.wrong = error.what();
                }
            }
            std::this_thread::sleep_for(std::chrono::microseconds(random() % 3000));
        }
    };
    Result a;
    Result b;
    std::thread another([&] { run(other, scratch("b.h5"), 500, b); });
    run(world, scratch("a.h5"), 100, a);
    another.join();
    for (const char* name : {"a.h5", "b.h5"}) {  // now that nobody else does
        md::save(tree(other, 9), scratch(name), {.sync = false});
        EXPECT_ON_ALL(world, is_right(md::load(world, scratch(name)), 9));
    }
    for (const Result* result : {&a, &b}) {
        EXPECT_ON_ALL(world, result->wrong.empty()) << result->wrong;
        if (world.rank() == 0) {
            std::printf("%d saved, %d loaded, %d refused\n", result->saved, result->loaded, result->refused);
        }
    }
}

/// Arrays know no turns: two threads may work on two communicators.
TEST_F(Thread, arrays_on_two_communicators) {
    if (level() < MPI_THREAD_MULTIPLE) {
        GTEST_SKIP() << "needs MPI_THREAD_MULTIPLE";
    }
    const auto run = [](const md::Communicator& comm, int number, std::string& wrong) {
        try {
            for (int k = 0; k < 40; ++k) {
                const md::Communicator mine(comm, boost::mpi::comm_duplicate);  // with a node of its own
                auto array = md::MPIArray::zeros<double>(mine, {33, 47}, md::Axis{0});
                auto view = array.local<double, 2>();
                for (auto [i, row] : array.indices(md::Axis{0})) {
                    for (md::Index j = 0; j < 47; ++j) {
                        view(i, j) = static_cast<double>(row * 47 + j + number * k);
                    }
                }
                const md::MPIArray before = array.clone();
                array.redistribute(md::Axis{1});
                const md::Array whole = array.allgather();
                array.redistribute(md::Axis{0});
                if (!(array.local() == before.local()) ||
                    whole.span<double>()[33 * 47 - 1] != 33 * 47 - 1 + number * k) {
                    wrong = "wrong elements";
                }
            }
        } catch (const std::exception& error) {
            wrong = error.what();
        }
    };
    std::array<std::string, 2> wrong;
    std::thread another([&] { run(other, 3, wrong[1]); });
    run(world, 1, wrong[0]);
    another.join();
    EXPECT_ON_ALL(world, wrong[0].empty() && wrong[1].empty()) << wrong[0] << wrong[1];
}

}  // namespace
