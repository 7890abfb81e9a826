// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// Files that are removed, replaced, cut or written into while they are loaded or saved, at the beginning of each phase:
// the ranks get a whole tree of one generation or all the same error, and the file is whole.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "expect_on_all.hpp"
#include "fault_tree.hpp"
#include "memdata/memdata.hpp"
#include "scratch.hpp"

namespace md = memdata;
namespace fs = std::filesystem;
using memdata_test::check_tree;
using memdata_test::make_tree;
using memdata_test::Outcome;
using memdata_test::scratch;

namespace {

struct Change {
    std::string name;
    std::function<void(const std::string& file)> make;
};

std::vector<std::string> phases_of(const md::TransferStatistics& statistics) {
    std::vector<std::string> names;
    for (const md::TransferPhase& phase : statistics.phases) {
        if (phase.name != "checking") {  // nothing is open yet
            names.push_back(phase.name);
        }
    }
    return names;
}

void copy_into(const std::string& from, const std::string& to) {
    std::ifstream in(from, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    std::fstream(to, std::ios::binary | std::ios::in | std::ios::out) << bytes;
}

class ChangeTest : public ::testing::Test {
protected:
    md::Environment environment;
    md::Communicator world;
    std::string folder = scratch("folder");
    std::string file = folder + "/change.h5";
    std::string other = scratch("other.h5");  // a tree of generation 2

    template <class F>
    void on_rank_0(F&& f) {
        if (world.rank() == 0) {
            f();
        }
        world.barrier();
    }
    /// A folder with nothing but the file, of generation 1 and an hour ago: what happens now shows in its time.
    void start_anew() {
        on_rank_0([&] {
            fs::remove_all(folder);
            fs::remove_all(folder + ".moved");
            fs::create_directory(folder);
        });
        save(file, 1);
        on_rank_0([&] { fs::last_write_time(file, fs::last_write_time(file) - std::chrono::hours(1)); });
    }
    void SetUp() override {
        start_anew();
        save(other, 2);
    }
    void TearDown() override {
        on_rank_0([&] { fs::remove_all(folder); });
    }
    md::TransferStatistics save(const std::string& name, int generation, md::SaveOptions options = {}) {
        options.sync = false;
        md::MemGroup tree = make_tree(world, generation);
        if (!filtered) {
            tree.dataset("packed").set_storage({.chunks = {50, 20}});
        }
        return md::save(tree, name, options);
    }
    /// Makes the change when rank 0 comes to the phase, once.
    md::ProgressCallback at(const std::string& phase, const Change& change) {
        return [this, phase, make = change.make, done = false](const md::Progress& progress) mutable {
            if (progress.phase == phase && !done) {
                done = true;
                make(file);
            }
        };
    }
    /// The generation, or why it is not whole.
    std::string whole(const md::MemGroup& tree) {
        const int generation = tree.attrs().at("generation").as<int>();
        const std::string wrong = check_tree(tree, generation);
        return wrong.empty() ? std::to_string(generation) : "wrong: " + wrong;
    }
    /// What f returns, or throws; the same on all ranks, and nothing wrong.
    std::string outcome_of(const std::function<std::string()>& f, const std::string& where) {
        Outcome mine{true, ""};
        try {
            mine.text = f();
            mine.ok = !mine.text.starts_with("wrong");
        } catch (const md::IoError& error) {
            mine.text = std::string("IoError: ") + error.what();
        } catch (const md::FormatError& error) {
            mine.text = std::string("FormatError: ") + error.what();
        } catch (const md::LockError& error) {
            mine.text = std::string("LockError: ") + error.what();
        } catch (const std::exception& error) {
            mine = {false, std::string("another error: ") + error.what()};
        }
        EXPECT_TRUE(memdata_test::all_ok_and_alike(world, where.c_str(), mine)) << mine.text;
        return mine.text;
    }
    std::string load_outcome(const std::string& where, md::LoadOptions options = {}) {
        return outcome_of([&] { return whole(md::load(world, file, options)); }, where);
    }
    /// Nothing but the file is in the folder.
    void expect_alone(const std::string& where) {
        on_rank_0([&] {
            for (const auto& entry : fs::directory_iterator(folder)) {
                EXPECT_EQ(entry.path(), file) << where;
            }
        });
    }

    bool filtered = true;
};

/// What other programs may do to a file that is there.
std::vector<Change> changes_of_a_file(const std::string& other) {
    return {{"remove", [](const std::string& file) { fs::remove(file); }},
            {"replace",
             [other](const std::string& file) {
                 fs::copy_file(other, file + ".new");
                 fs::rename(file + ".new", file);
             }},
            {"replace by text",
             [](const std::string& file) {
                 std::ofstream(file + ".new") << "text";
                 fs::rename(file + ".new", file);
             }},
            {"replace by a folder",
             [](const std::string& file) {
                 fs::remove(file);
                 fs::create_directories(file + "/in");
             }},
            {"cut in half", [](const std::string& file) { fs::resize_file(file, fs::file_size(file) / 2); }},
            {"cut all", [](const std::string& file) { fs::resize_file(file, 0); }},
            {"write into", [other](const std::string& file) { copy_into(other, file); }}};
}

TEST_F(ChangeTest, while_it_is_loaded) {
    // With filters most that is wrong shows: a chunk of another length is no chunk. Without, nothing does.
    for (const auto& [with_filters, way] :
         {std::pair(true, md::TransferWay::automatic), std::pair(true, md::TransferWay::hdf5),
          std::pair(false, md::TransferWay::automatic)}) {
        filtered = with_filters;
        start_anew();
        save(other, 2);
        md::LoadOptions options{.transfer = {.way = way}};
        md::TransferStatistics statistics;
        static_cast<void>(md::load(world, file, options, &statistics));
        for (const std::string& phase : phases_of(statistics)) {
            for (const Change& change : changes_of_a_file(other)) {
                options.transfer.progress = at(phase, change);
                const std::string where =
                    change.name + " in phase " + phase + (way == md::TransferWay::hdf5 ? ", by HDF5" : "");
                const std::string result = load_outcome(where, options);
                if (phase == "data" && way == md::TransferWay::automatic && change.name.starts_with("re")) {
                    EXPECT_EQ(result, "1") << where << ": it is open, nobody has to care";
                }
                if (phase == "data" && !change.name.starts_with("re")) {
                    EXPECT_NE(result, "1") << where;
                    EXPECT_NE(result, "2") << where;
                }
                start_anew();
            }
        }
    }
}

/// All of it is read by rank 0.
TEST_F(ChangeTest, while_common_data_are_loaded) {
    for (const Change& change : changes_of_a_file(other)) {
        md::LoadOptions options{.hints = false, .transfer = {.progress = at("structure", change)}};
        const std::string result = outcome_of(
            [&] {
                const md::MemGroup tree = md::load(world, file, options);
                const int generation = tree.attrs().at("generation").as<int>();
                const double first = tree.dataset("packed").local<double, 2>()(0, 0);
                return first == generation * 1e6 ? std::to_string(generation) : "wrong: " + std::to_string(first);
            },
            change.name);
        start_anew();
    }
}

std::string in_the_making(const std::string& file) {
    return fs::path(file).parent_path() / ("." + fs::path(file).filename().string());
}

/// Does it when there is something to be done it to.
Change to_temporary(const Change& change) {
    return {change.name + ", the temporary file", [make = change.make](const std::string& file) {
                if (fs::exists(in_the_making(file))) {
                    make(in_the_making(file));
                }
            }};
}

TEST_F(ChangeTest, the_temporary_file_while_it_is_saved) {
    for (const md::IfExists how : {md::IfExists::replace, md::IfExists::update}) {
        for (const bool with_filters : {true, false}) {
            filtered = with_filters;
            start_anew();
            md::SaveOptions options{.if_exists = how};
            const std::vector<std::string> phases = phases_of(save(file, 1, options));
            for (const std::string& phase : phases) {
                for (const Change& change : changes_of_a_file(other)) {
                    if (filtered && !change.name.starts_with("re")) {
                        continue;  // rank 0 has it open still: not every such change can be seen
                    }
                    if (change.name == "write into" ||
                        (change.name == "cut in half" && (phase == "opening" || phase == "data"))) {
                        continue;  // nor can this, nor what the data make good in length
                    }
                    options.transfer.progress = at(phase, to_temporary(change));
                    const std::string where = change.name + " in phase " + phase + (filtered ? ", filters" : "") +
                                              (how == md::IfExists::update ? ", update" : "");
                    const std::string result = outcome_of(
                        [&] {
                            save(file, 2, options);
                            return std::string("saved");
                        },
                        where);
                    EXPECT_EQ(load_outcome(where), result == "saved" ? "2" : "1") << where << ": " << result;
                    if (phase == "data" || phase == "closing" || phase == "renaming") {
                        EXPECT_TRUE(result.starts_with("IoError")) << where << result;
                    }
                    on_rank_0([&] { fs::remove_all(in_the_making(file)); });  // a folder stays
                    on_rank_0([&] { fs::remove_all(in_the_making(file) + ".new"); });
                    save(file, 1);
                    expect_alone(where);
                }
            }
        }
    }
}

TEST_F(ChangeTest, what_is_around_it_while_it_is_saved) {
    const std::vector<Change> changes{
        {"remove the lock", [](const std::string& name) { fs::remove(in_the_making(name) + ".lock"); }},
        {"break the lock",
         [](const std::string& name) {
             static std::optional<md::LockFile> breaker;
             breaker.reset();
             breaker.emplace(name, md::LockFile::Options{.break_lock = true});
         }},
        {"move the folder",
         [](const std::string& name) {
             const std::string here = fs::path(name).parent_path();
             fs::rename(here, here + ".moved");
         }},
        {"remove the folder", [](const std::string& name) { fs::remove_all(fs::path(name).parent_path()); }},
        {"replace the old file by a folder",
         [](const std::string& name) {
             fs::remove(name);
             fs::create_directories(name + "/in");
         }},
        {"remove the old file", [](const std::string& name) { fs::remove(name); }},
        {"write into the old file", [this](const std::string& name) { copy_into(other, name); }},
    };
    for (const md::IfExists how : {md::IfExists::replace, md::IfExists::update}) {
        md::SaveOptions options{.if_exists = how};
        const std::vector<std::string> phases = phases_of(save(file, 1, options));
        for (const std::string& phase : phases) {
            for (const Change& change : changes) {
                start_anew();
                options.transfer.progress = at(phase, change);
                const std::string where =
                    change.name + " in phase " + phase + (how == md::IfExists::update ? ", update" : "");
                const std::string result = outcome_of(
                    [&] {
                        save(file, 3, options);
                        return std::string("saved");
                    },
                    where);
                on_rank_0([&] {
                    if (fs::exists(folder + ".moved")) {
                        fs::remove_all(folder);
                        fs::rename(folder + ".moved", folder);
                    }
                    if (change.name == "remove the folder") {
                        fs::create_directory(folder);
                    }
                });
                const bool is_there = change.name != "remove the folder" &&
                                      change.name != "replace the old file by a folder" &&
                                      change.name != "remove the old file";
                if (result == "saved") {
                    EXPECT_EQ(load_outcome(where), "3") << where;
                } else if (is_there) {
                    EXPECT_EQ(load_outcome(where), change.name == "write into the old file" ? "2" : "1") << where;
                }
                if (phase == "renaming" && !change.name.ends_with("the lock") && change.name != "remove the old file") {
                    EXPECT_TRUE(result != "saved" ||
                                (change.name == "write into the old file" && how == md::IfExists::replace))
                        << where;
                }
                on_rank_0([&] { fs::remove_all(change.name.ends_with("by a folder") ? file : folder + "/none"); });
                save(file, 1, {.break_lock = change.name == "break the lock"});
                EXPECT_EQ(load_outcome(where), "1");
                expect_alone(where);
            }
        }
    }
}

}  // namespace
