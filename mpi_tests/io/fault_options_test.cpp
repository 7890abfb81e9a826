// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// Options that differ between ranks, every one of them, and options that do not fit: the same exception on all ranks,
// before anything is touched.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>

#include "expect_on_all.hpp"
#include "fault_tree.hpp"
#include "scratch.hpp"

namespace md = memdata;
namespace fs = std::filesystem;
using memdata_test::make_tree;
using memdata_test::scratch;

namespace {

std::string bytes_of(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// What one rank has otherwise, and how the message calls it.
template <class Options>
struct Change {
    std::string name;
    std::function<void(Options&)> change;
};

template <class Options>
std::vector<Change<Options>> of_transfer() {
    // A new member is to be compared, and listed here.
    [[maybe_unused]] const auto& [way, round_bytes, mpi_info, progress, progress_bar, watchdog] = md::TransferOptions{};
    [[maybe_unused]] const auto& [seconds, abort] = md::Watchdog{};
    return {
        {"option transfer.way", [](Options& o) { o.transfer.way = md::TransferWay::exchange; }},
        {"option transfer.round_bytes", [](Options& o) { o.transfer.round_bytes = 4096; }},
        {"option transfer.mpi_info[\"cb_buffer_size\"]",
         [](Options& o) {
             o.transfer.mpi_info = {{"cb_buffer_size", "4096"}};
         }},
        {"option transfer.watchdog.seconds", [](Options& o) { o.transfer.watchdog.seconds = 600; }},
        {"option transfer.watchdog.abort", [](Options& o) { o.transfer.watchdog.abort = true; }},
    };
}

/// 40 numbers of which one is another.
template <class T>
std::vector<T> long_list(std::size_t where, T value) {
    std::vector<T> list(40, T{3});
    list[where] = value;
    return list;
}

class FaultOptions : public ::testing::Test {
protected:
    md::Communicator world;
    std::string file = scratch("options.h5");
    bool last = world.rank() == world.size() - 1;
    std::string before;

    void SetUp() override {
        md::save(make_tree(world, 1), file, {.sync = false});
        before = bytes_of(file);
        world.barrier();
    }
    void TearDown() override {
        EXPECT_ON_ALL(world, bytes_of(file) == before);
        EXPECT_ON_ALL(world, !fs::exists(scratch(".options.h5")) && !fs::exists(scratch(".options.h5.lock")));
        world.barrier();
    }
    /// `call` with options that are other ones on the last rank than on the rest.
    template <class Options, class F>
    void expect_mismatch(const std::vector<Change<Options>>& changes, const Options& common, F&& call) {
        for (const auto& [name, change] : changes) {
            Options options = common;
            if (last) {
                change(options);
            }
            EXPECT_THROW_ON_ALL(world, call(options), md::MismatchError, name + " must be the same on all ranks");
        }
    }
};

TEST_F(FaultOptions, of_save_differ) {
    if (world.size() == 1) {
        return;
    }
    [[maybe_unused]] const auto& [if_exists, into, hints, compare, sync, preserve, break_lock, transfer] =
        md::SaveOptions{};
    std::vector<Change<md::SaveOptions>> changes = of_transfer<md::SaveOptions>();
    changes.push_back({"option if_exists", [](md::SaveOptions& o) { o.if_exists = md::IfExists::update; }});
    changes.push_back({"option into", [](md::SaveOptions& o) { o.into = "/a"; }});
    changes.push_back({"option hints", [](md::SaveOptions& o) { o.hints = false; }});
    changes.push_back({"option compare_common_data", [](md::SaveOptions& o) { o.compare_common_data = false; }});
    changes.push_back({"option sync", [](md::SaveOptions& o) { o.sync = false; }});
    changes.push_back({"option preserve", [](md::SaveOptions& o) { o.preserve = true; }});
    changes.push_back({"option break_lock", [](md::SaveOptions& o) { o.break_lock = true; }});
    const md::MemGroup tree = make_tree(world, 2);
    expect_mismatch(changes, md::SaveOptions{}, [&](const auto& options) { md::save(tree, file, options); });
}

TEST_F(FaultOptions, of_load_differ) {
    if (world.size() == 1) {
        return;
    }
    using Load = md::LoadOptions;
    [[maybe_unused]] const auto& [from, only, select, distribute, convert, storage, hints, transfer] = Load{};
    std::vector<Change<Load>> changes = of_transfer<Load>();
    const auto add = [&](const std::string& name, const std::function<void(Load&)>& change) {
        changes.push_back({"option " + name, change});
    };
    add("from", [](Load& o) { o.from = "/group"; });
    add("hints", [](Load& o) { o.hints = false; });
    add("only[30]", [](Load& o) { o.only[30] = "by_column"; });
    add("only[39]", [](Load& o) { o.only.pop_back(); });
    add("select[\"by_row\"]", [](Load& o) { o.select.erase("by_row"); });
    for (const auto& other : {md::Selection{}.on(md::Axis{0}, long_list<md::Index>(35, 4)),
                              md::Selection{}.on(md::Axis{1}, long_list<md::Index>(39, 3)),
                              md::Selection{}.on(md::Axis{0}, std::vector<md::Index>(41, 3)), md::Selection{},
                              md::Selection{}.on(md::Axis{0}, md::slice(3))}) {
        add("select[\"by_row\"]", [=](Load& o) { o.select["by_row"] = other; });
    }
    for (const md::Slice& other : {md::slice(2, 9, 2), md::slice(1, 8, 2), md::slice(1, 9, 3),
                                   md::slice(std::nullopt, 9, 2), md::slice(1, std::nullopt, 2)}) {
        add("select[\"by_column\"]", [=](Load& o) { o.select["by_column"] = md::Selection{}.on(md::Axis{0}, other); });
    }
    add("distribute[\"by_row\"]", [](Load& o) { o.distribute["by_row"] = std::nullopt; });
    add("distribute[\"by_row\"]", [](Load& o) { o.distribute["by_row"] = md::Axis{1}; });
    add("distribute[\"by_row\"]", [](Load& o) { o.distribute.clear(); });
    // Types and storages that read alike.
    const md::Dtype pair = md::Dtype::compound({{"a", 0, md::TypeKind::int8}, {"b", 2, md::TypeKind::int8}}, 4);
    const md::Dtype shifted = md::Dtype::compound({{"a", 0, md::TypeKind::int8}, {"b", 1, md::TypeKind::int8}}, 4);
    const md::Dtype wider = md::Dtype::compound({{"a", 0, md::TypeKind::int8}, {"b", 2, md::TypeKind::int8}}, 8);
    for (const md::Dtype& other : {shifted, wider, md::Dtype(md::TypeKind::int8)}) {
        add("convert[\"by_row\"]", [=](Load& o) { o.convert["by_row"] = {other}; });
    }
    add("convert[\"by_row\"]", [=](Load& o) { o.convert["by_row"] = {pair, md::Conversion::lossy}; });
    add("convert[\"by_column\"]",
        [](Load& o) { o.convert["by_column"] = {md::Dtype::fixed_string(8, md::Charset::ascii)}; });
    [[maybe_unused]] const auto& [dtype, how] = md::ConvertTo{};
    [[maybe_unused]] const auto& [chunks, filters, file_dtype, conversion, null_space, automatic] = md::Storage{};
    [[maybe_unused]] const auto& [id, filter_options, mandatory] = md::Filter{};
    const auto stored = [&](const std::function<void(md::Storage&)>& change) {
        add("storage[\"packed\"]", [=](Load& o) { change(o.storage["packed"]); });
    };
    stored([](md::Storage& s) { s.chunks = {50, 21}; });
    stored([](md::Storage& s) { s.filters[0].id = 40001; });
    stored([](md::Storage& s) { s.filters[0].options[39] = 4; });
    stored([](md::Storage& s) { s.filters[0].mandatory = true; });
    stored([](md::Storage& s) { s.filters.emplace_back(md::Deflate{}); });
    stored([=](md::Storage& s) { s.file_dtype = shifted; });
    stored([](md::Storage& s) { s.conversion = md::Conversion::lossy; });
    stored([](md::Storage& s) { s.null_space = true; });
    stored([](md::Storage& s) { s.automatic_chunks = true; });
    const Load common{
        .only = std::vector<std::string>(40, "by_row"),
        .select = {{"by_row", md::Selection{}.on(md::Axis{0}, long_list<md::Index>(39, 3))},
                   {"by_column", md::Selection{}.on(md::Axis{0}, md::slice(1, 9, 2))}},
        .distribute = {{"by_row", md::Axis{0}}},
        .convert = {{"by_row", {pair}}, {"by_column", {md::Dtype::fixed_string(8, md::Charset::utf8)}}},
        .storage =
            {{"packed",
              {.chunks = {50, 20}, .filters = {md::Filter{40000, long_list<unsigned>(39, 3)}}, .file_dtype = pair}}},
    };
    expect_mismatch(changes, common, [&](const auto& options) { static_cast<void>(md::load(world, file, options)); });
    // These are rank 0's alone.
    Load free;
    free.transfer.progress_bar = last;
    if (last) {
        free.transfer.progress = [](const md::Progress&) {};
    }
    EXPECT_ON_ALL(world, memdata_test::check_tree(md::load(world, file, free), 1).empty());
}

TEST_F(FaultOptions, of_one_dataset_differ) {
    if (world.size() == 1) {
        return;
    }
    using Load = md::DatasetLoadOptions;
    [[maybe_unused]] const auto& [select, transfer] = Load{};
    [[maybe_unused]] const auto& [storage, attrs] = md::DatasetSettings{};
    std::vector<Change<Load>> changes = of_transfer<Load>();
    changes.push_back(
        {"option select", [](Load& o) { o.select = md::Selection{}.on(md::Axis{0}, long_list<md::Index>(38, 4)); }});
    const Load common{.select = md::Selection{}.on(md::Axis{0}, long_list<md::Index>(38, 3))};
    expect_mismatch(changes, common, [&](const Load& o) { (void)md::load_dataset(world, file, "by_row", o); });
    expect_mismatch(changes, common,
                    [&](const Load& o) { (void)md::load_dataset(world, file, "by_row", md::Axis{1}, o); });
    expect_mismatch(changes, common, [&](const Load& o) { (void)md::load_common(world, file, "by_row", o); });
    const std::string path = last ? "by_row" : "by_column";
    EXPECT_THROW_ON_ALL(world, (void)md::load_dataset(world, file, path), md::MismatchError, "path of load_dataset");
    EXPECT_THROW_ON_ALL(world, (void)md::load_dataset(world, file, path, md::Axis{0}), md::MismatchError,
                        "path of load_dataset");
    EXPECT_THROW_ON_ALL(world, (void)md::load_common(world, file, path), md::MismatchError, "path of load_common");
    EXPECT_THROW_ON_ALL(world, (void)md::load_dataset(world, file, "by_row", md::Axis{last ? 0 : 1}), md::MismatchError,
                        "axis of load_dataset");
    EXPECT_THROW_ON_ALL(world, (void)md::load_common(world, last ? file : file + "x", "by_row"), md::MismatchError,
                        "the file name");

    const md::MPIArray data = md::MPIArray::full<double>(world, {301, 67}, md::Axis{0}, 1);
    for (const auto if_exists : {md::IfExists::replace, md::IfExists::update}) {
        const md::SaveOptions options{.if_exists = if_exists, .sync = false};
        const auto save = [&](const md::DatasetSettings& settings) {
            save_dataset(data, file, "by_row", settings, options);
        };
        md::DatasetSettings settings{.storage = md::Storage{.chunks = {50, 20}}};
        if (last) {
            settings.storage->chunks = {50, 21};
        }
        EXPECT_THROW_ON_ALL(world, save(settings), md::MismatchError, "/by_row");
        if (last) {
            settings.storage.reset();
        }
        EXPECT_THROW_ON_ALL(world, save(settings), md::MismatchError, "the storage of save_dataset");
        settings = {};
        settings.attrs["unit"] = last ? "Jy" : "K";
        EXPECT_THROW_ON_ALL(world, save(settings), md::MismatchError, "/by_row attribute 'unit'");
    }
}

TEST_F(FaultOptions, that_do_not_fit) {
    using Load = md::LoadOptions;
    const auto expect_load = [&]<class Exception>(const Exception*, const Load& options, const std::string& message) {
        EXPECT_THROW_ON_ALL(world, static_cast<void>(md::load(world, file, options)), Exception, message);
    };
    constexpr const md::ArgumentError* argument = nullptr;
    const auto on_row = [](const auto& indices) {
        return Load{.select = {{"by_row", md::Selection{}.on(md::Axis{0}, indices)}}};
    };
    using List = std::vector<md::Index>;
    expect_load(argument, on_row(List{3, -302}), "index -302 is out of range on axis 0 of extent 301");
    expect_load(argument, on_row(List{301}), "index 301 is out of range on axis 0 of extent 301");
    expect_load(argument, on_row(md::slice(1, 9, 0)), "the step of a slice is 0 on axis 0");
    const md::Selection row = md::Selection{}.on(md::Axis{0}, md::slice(5));
    expect_load(argument, Load{.select = {{"by_row", md::Selection(row).on(md::Axis{-2}, md::slice(3))}}},
                "'/by_row': axis 0 is selected from twice");
    expect_load(argument, Load{.select = {{"by_row", md::Selection(row).on(md::Axis{-3}, md::slice(3))}}}, "'/by_row'");
    EXPECT_THROW_ON_ALL(world,
                        (void)md::load_dataset(world, file, "by_row", {.select = on_row(List{301}).select["by_row"]}),
                        md::ArgumentError, "index 301");
    // A range, by Python's rules, is cut where the axis ends.
    const md::MemGroup beyond = md::load(world, file, on_row(md::slice(299, 1000)));
    EXPECT_ON_ALL(world, beyond.dataset("by_row").shape() == (md::Shape{2, 67}));

    constexpr const md::PathError* path = nullptr;
    for (const char* name : {"by_rwo", "group", "group/absent", "/"}) {
        expect_load(path, Load{.select = {{name, row}}}, "option 'select' names '/");
        expect_load(path, Load{.distribute = {{name, md::Axis{0}}}}, "option 'distribute' names '/");
        expect_load(path, Load{.convert = {{name, {md::TypeKind::float32}}}}, "option 'convert' names '/");
        expect_load(path, Load{.storage = {{name, {}}}}, "option 'storage' names '/");
    }

    const auto stored = [](const md::Storage& storage) { return Load{.storage = {{"by_row", storage}}}; };
    expect_load(argument, stored({.chunks = {302, 1}}), "extent 302 on axis 0 is above the dataset's 301");
    expect_load(argument, stored({.chunks = {1, 68}}), "extent 68 on axis 1 is above the dataset's 67");
    expect_load(argument, stored({.chunks = {0, 1}}), "below 1");
    expect_load(argument, stored({.chunks = {5}}), "one extent per axis is needed");
    const std::string huge = memdata_test::data_file("huge_unwritten.h5");
    const md::Storage too_large{.chunks = {md::Index{1} << 29}};  // told before there is not enough memory
    EXPECT_THROW_ON_ALL(world, static_cast<void>(md::load(world, huge, {.storage = {{"huge", too_large}}})),
                        md::ArgumentError, "4 GiB or more");
    const md::MPIArray data = md::MPIArray::full<double>(world, {301, 67}, md::Axis{0}, 1);
    EXPECT_THROW_ON_ALL(world, save_dataset(data, file, "x", {.storage = md::Storage{.chunks = {302, 1}}}),
                        md::ArgumentError, "above the dataset's 301");
    EXPECT_THROW_ON_ALL(world, save_dataset(data, file, "x", {.storage = md::Storage{.filters = {md::Filter{61000}}}}),
                        md::ArgumentError, "HDF5_PLUGIN_PATH");
}

}  // namespace
