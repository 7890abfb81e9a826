// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// One dataset to and from a file, and parts of a file (LoadOptions::from, only).
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>

#include "expect_on_all.hpp"
#include "formula.hpp"
#include "scratch.hpp"

namespace md = memdata;
using memdata_test::all_indices;
using memdata_test::create;
using memdata_test::local_indices;
using memdata_test::scratch;

namespace {

const md::Shape shape = {61, 23};
const md::Storage packed = {.chunks = {16, 8}, .filters = {md::Shuffle{}, md::Deflate{4}}};
md::SaveOptions update_options() { return {.if_exists = md::IfExists::update, .sync = false}; }

class DatasetIo : public ::testing::Test {
protected:
    md::Communicator world;
    md::Dtype float64 = md::dtype_of<double>();
    std::string file = scratch("dataset.h5");

    void remove(const std::string& name) {
        if (world.rank() == 0) {
            std::filesystem::remove(name);
        }
        world.barrier();
    }
    /// The array that the formula gives for a path.
    md::MPIArray array(const std::string& path, md::Axis axis, const md::Dtype& dtype, const md::Shape& of = shape) {
        md::MemGroup tree(world);
        return std::move(create(tree, path, dtype, of, axis).distributed());
    }
    bool holds(const md::MPIArray& found, const std::string& path, const memdata_test::Indices& taken) {
        return memdata_test::check(found.local(), path, shape, local_indices(found, taken)).empty();
    }
    bool holds(const md::MPIArray& found, const std::string& path) { return holds(found, path, all_indices(shape)); }
};

TEST_F(DatasetIo, distributed_to_and_fro) {
    for (const md::Dtype& dtype : {float64, md::dtype_of<bool>(), md::Dtype::variable_string()}) {
        for (const int axis : {0, 1}) {
            remove(file);
            const md::MPIArray data = array("/group/data", md::Axis{axis}, dtype);
            save_dataset(data, file, "group/data", {.attrs = {}}, {.sync = false});
            EXPECT_ON_ALL(world, holds(data, "/group/data"));
            for (const char* path : {"group/data", "/group//data/"}) {
                const md::MPIArray hinted = md::load_dataset(world, file, path);
                EXPECT_ON_ALL(world, hinted.axis() == axis && holds(hinted, "/group/data"));
                const md::MPIArray other = md::load_dataset(world, file, path, md::Axis{axis - 1});
                EXPECT_ON_ALL(world, other.axis() == (axis + 1) % 2 && holds(other, "/group/data"));
                const md::Array whole = md::load_common(world, file, path);
                EXPECT_ON_ALL(world, memdata_test::check(whole, "/group/data", shape, all_indices(shape)).empty());
            }
        }
    }
}

TEST_F(DatasetIo, common_to_and_fro) {
    md::MemGroup tree;
    const md::Array& data = create(tree, "data", float64, shape).common();
    save_dataset(world, data, file, "data", {.storage = packed}, {.sync = false});
    const md::Array whole = md::load_common(world, file, "data");
    EXPECT_ON_ALL(world, whole == data);
    EXPECT_ON_ALL(world, holds(md::load_dataset(world, file, "data", md::Axis{1}), "/data"));
    EXPECT_THROW_ON_ALL(world, (void)md::load_dataset(world, file, "data"), md::ArgumentError,
                        "does not say over which axis");
}

TEST_F(DatasetIo, what_was_loaded_goes_back_into_the_chunks_of_h5py) {
    const char* folder = std::getenv("MEMDATA_UPDATE_FILES");
    if (folder == nullptr) {
        GTEST_SKIP() << "no files of h5py";
    }
    // update_truth.py judges what becomes of them.
    for (const auto& [name, paths] : std::map<std::string, std::vector<std::string>>{
             {"resized.h5", {"plain", "packed", "huge"}}, {"end.h5", {"x"}}}) {
        const std::string copy = scratch(name);
        if (world.rank() == 0) {
            std::filesystem::copy_file(std::filesystem::path(folder) / name, copy,
                                       std::filesystem::copy_options::overwrite_existing);
        }
        world.barrier();
        for (const std::string& path : paths) {
            md::MPIArray data = md::load_dataset(world, copy, path, md::Axis{0});
            auto* elements = reinterpret_cast<double*>(data.local().data());
            for (md::Index i = 0; i < data.local_shape()[0]; ++i) {
                elements[i] += 100;
            }
            // Without hints nothing new comes behind the chunk at the end of end.h5.
            md::save_dataset(data, copy, path, {}, {.if_exists = md::IfExists::update, .hints = false, .sync = false});
        }
    }
}

TEST_F(DatasetIo, a_chunk_of_two_pieces_that_is_one_in_the_type_of_the_file) {
    // In memory the chunk is larger than a piece (4 MiB), and of several ranks; in the file it is not.
    md::save_dataset(md::MPIArray::full(world, {600000}, md::Axis{0}, 1.5), scratch("narrow.h5"), "x",
                     {.storage = md::Storage{.chunks = {600000}, .file_dtype = md::dtype_of<float>()}},
                     {.sync = false});
}

TEST_F(DatasetIo, the_memory_is_not_copied) {
    const md::MPIArray data = array("/data", md::Axis{0}, float64);
    const auto* before = data.local().data();
    save_dataset(data, file, "data", {}, {.sync = false});
    EXPECT_ON_ALL(world, data.local().data() == before && data.local().owns_memory() && holds(data, "/data"));
}

TEST_F(DatasetIo, selections) {
    save_dataset(array("/data", md::Axis{0}, float64), file, "data", {.storage = packed}, {.sync = false});
    const md::DatasetLoadOptions options{
        .select = md::Selection{}.on(md::Axis{0}, md::slice(3, 40, 5)).on(md::Axis{1}, {7, 0, 7})};
    const memdata_test::Indices taken = {{3, 8, 13, 18, 23, 28, 33, 38}, {7, 0, 7}};
    EXPECT_ON_ALL(world, holds(md::load_dataset(world, file, "data", options), "/data", taken));
    EXPECT_ON_ALL(world, holds(md::load_dataset(world, file, "data", md::Axis{1}, options), "/data", taken));
    const md::Array whole = md::load_common(world, file, "data", options);
    EXPECT_ON_ALL(world, memdata_test::check(whole, "/data", shape, taken).empty());
}

// update_truth.py looks into one.h5 afterwards.
TEST_F(DatasetIo, update_in_place_keeps_the_storage) {
    file = scratch("one.h5");
    remove(file);
    md::DatasetSettings settings{.storage = packed};
    settings.attrs["unit"] = "Jy";
    settings.attrs["n"] = 1;
    save_dataset(array("/first", md::Axis{0}, float64), file, "group/packed", settings, update_options());
    save_dataset(array("/first", md::Axis{0}, float64), file, "group/plain", settings, update_options());
    md::MemGroup text;
    save_dataset(world, create(text, "text", md::Dtype::variable_string(), {61}).common(), file, "text", {},
                 update_options());
    md::DatasetSettings more;
    more.attrs["n"] = 2;
    md::SaveOptions into = update_options();
    into.into = "group";
    save_dataset(array("/second", md::Axis{1}, float64), file, "packed", more, into);
    save_dataset(array("/second", md::Axis{1}, float64), file, "group/plain", {.storage = md::Storage{}},
                 update_options());
    const md::MemGroup tree = md::load(world, file);
    const md::MemDataset& data = tree.dataset("group/packed");
    EXPECT_ON_ALL(world, data.storage() == packed && data.distributed().axis() == 1);
    EXPECT_ON_ALL(world, holds(data.distributed(), "/second"));
    EXPECT_ON_ALL(world, data.attrs().at("unit").as<std::string>() == "Jy" && data.attrs().at("n").as<int>() == 2);
    EXPECT_ON_ALL(world, tree.dataset("group/plain").storage() == md::Storage{});
    EXPECT_ON_ALL(world, tree.contains("text"));
}

TEST_F(DatasetIo, bad_arguments) {
    remove(file);
    const md::MPIArray data = array("/data", md::Axis{0}, float64);
    EXPECT_THROW_ON_ALL(world, (void)md::load_dataset(world, file, "data"), md::IoError, "No such file");
    EXPECT_THROW_ON_ALL(world, save_dataset(data, file, "//"), md::ArgumentError, "names no dataset");
    EXPECT_THROW_ON_ALL(world, save_dataset(data, file, "x", {.storage = md::Storage{.chunks = {5}}}),
                        md::ArgumentError, "/x");
    EXPECT_ON_ALL(world, !std::filesystem::exists(file));
    save_dataset(data, file, "group/data", {}, {.sync = false});
    EXPECT_THROW_ON_ALL(world, (void)md::load_common(world, file, "absent"), md::PathError, "'/absent'");
    EXPECT_THROW_ON_ALL(world, (void)md::load_dataset(world, file, "absent"), md::PathError, "'/absent'");
    EXPECT_THROW_ON_ALL(world, (void)md::load_dataset(world, file, "group"), md::PathError, "not a dataset");
    EXPECT_THROW_ON_ALL(world, (void)md::load_dataset(world, file, "group", md::Axis{0}), md::PathError,
                        "no dataset of the file");
    EXPECT_THROW_ON_ALL(world, (void)md::load_dataset(world, file, "group/data", md::Axis{2}), md::ArgumentError,
                        "/group/data");
    if (world.size() > 1) {
        const bool last = world.rank() == world.size() - 1;
        EXPECT_THROW_ON_ALL(world, (void)md::load_dataset(world, file, last ? "group/data" : "x"), md::MismatchError,
                            "path of load_dataset");
        EXPECT_THROW_ON_ALL(world, save_dataset(data, file, last ? "x" : "y"), md::MismatchError, "save_dataset");
        EXPECT_THROW_ON_ALL(
            world,
            save_dataset(data, file, "x", {.storage = last ? std::optional(packed) : std::nullopt}, update_options()),
            md::MismatchError, "save_dataset");
        EXPECT_THROW_ON_ALL(world, save_dataset(data, file, "x", {.storage = last ? packed : md::Storage{}}),
                            md::MismatchError, "/x");
        // A storage that is impossible on one rank only.
        EXPECT_THROW_ON_ALL(
            world, save_dataset(data, file, "x", {.storage = last ? md::Storage{.chunks = {5}} : md::Storage{}}),
            md::ArgumentError, "/x");
    }
}

// --- parts of a file ------------------------------------------------------------------------------------------------

class PartOfFile : public DatasetIo {
protected:
    void SetUp() override {
        md::MemGroup tree(world);
        tree.attrs()["of"] = "root";
        create(tree, "a/b/rows", float64, shape, md::Axis{0});
        create(tree, "a/b/packed", float64, shape, md::Axis{1}, packed);
        create(tree, "a/common", float64, shape);
        create(tree, "ab", float64, shape);
        tree.group("a").attrs()["of"] = "a";
        tree.group("a/b").attrs()["of"] = "b";
        md::save(tree, file, {.sync = false});
    }
    static std::vector<std::string> paths(const md::MemGroup& tree) {
        std::vector<std::string> found;
        tree.visit([&](const md::MemNode& node) { found.push_back(node.path()); });
        return found;
    }
    bool holds_all(const md::MemGroup& tree, const std::string& from) {
        bool good = true;
        tree.visit([&](const md::MemNode& node) {
            good =
                good && (node.is_group() ||
                         memdata_test::check(node.as_dataset(), shape, all_indices(shape), from + node.path()).empty());
        });
        return good;
    }
    using Paths = std::vector<std::string>;
};

TEST_F(PartOfFile, from_a_group) {
    for (const char* from : {"/a/b", "a//b/"}) {
        const md::MemGroup tree = md::load(world, file, {.from = from});
        EXPECT_ON_ALL(world, paths(tree) == Paths{"/packed", "/rows"});
        EXPECT_ON_ALL(world, holds_all(tree, "/a/b") && tree.attrs().at("of").as<std::string>() == "b");
        EXPECT_ON_ALL(world, tree.dataset("packed").distributed().axis() == 1);
    }
    const md::MemGroup tree = md::load(world, file,
                                       {.from = "a",
                                        .only = {"b/rows"},
                                        .select = {{"b/rows", md::Selection{}.on(md::Axis{0}, md::slice(7))}},
                                        .distribute = {{"/b/rows", md::Axis{1}}}});
    EXPECT_ON_ALL(world, paths(tree) == Paths{"/b", "/b/rows"} && tree.dataset("b/rows").shape() == md::Shape{7, 23});
    EXPECT_ON_ALL(world, tree.dataset("b/rows").distributed().axis() == 1);
}

TEST_F(PartOfFile, only) {
    const auto load = [&](Paths only) { return md::load(world, file, {.only = std::move(only)}); };
    EXPECT_ON_ALL(world, paths(load({"a/b/rows"})) == Paths{"/a", "/a/b", "/a/b/rows"});
    EXPECT_ON_ALL(world, paths(load({"/a/b"})) == Paths{"/a", "/a/b", "/a/b/packed", "/a/b/rows"});
    EXPECT_ON_ALL(world, paths(load({"ab", "a/common"})) == Paths{"/a", "/a/common", "/ab"});
    EXPECT_ON_ALL(world, paths(load({"/"})).size() == 6);
    const md::MemGroup tree = load({"a/b", "a/b/rows"});
    EXPECT_ON_ALL(world, holds_all(tree, ""));
    EXPECT_ON_ALL(world, tree.attrs().empty() && tree.group("a").attrs().empty() &&
                             tree.group("a/b").attrs().at("of").as<std::string>() == "b");
}

TEST_F(PartOfFile, names_that_are_not_there) {
    const auto expect = [&](const md::LoadOptions& options, const std::string& message) {
        EXPECT_THROW_ON_ALL(world, (void)md::load(world, file, options), md::PathError, message);
    };
    expect({.from = "/a/x"}, "'/a/x' is no group");
    expect({.from = "/ab"}, "'/ab' is no group");
    expect({.from = "/ab/x"}, "'/ab' is no group");
    expect({.only = {"a", "x"}}, "'/x', which is to be loaded, is neither");
    expect({.only = {"ab/x"}}, "'/ab/x', which is to be loaded, is neither");
    expect({.from = "a", .only = {"/ab"}}, "'/a/ab', which is to be loaded, is neither");
    expect({.only = {"a"}, .distribute = {{"ab", md::Axis{0}}}}, "no dataset of the file");
    if (world.size() > 1) {
        const bool last = world.rank() == world.size() - 1;
        EXPECT_THROW_ON_ALL(world, (void)md::load(world, file, {.only = {last ? "a" : "ab"}}), md::MismatchError,
                            "option only[0] must be the same");
        EXPECT_THROW_ON_ALL(world, (void)md::load(world, file, {.from = last ? "a" : "/"}), md::MismatchError,
                            "option from must be the same");
    }
}

/// A file of h5py (see update_truth.py) that cannot be loaded whole: types that no tree has, links to other files.
TEST_F(PartOfFile, what_cannot_be_read_does_not_matter) {
    const char* folder = std::getenv("MEMDATA_UPDATE_FILES");
    if (folder == nullptr) {
        GTEST_SKIP() << "no files of h5py";
    }
    const std::string old = std::string(folder) + "/old.h5";
    EXPECT_THROW_ON_ALL(world, (void)md::load(world, old), md::Error, "");
    EXPECT_ON_ALL(world, paths(md::load(world, old, {.from = "same"})).size() == 11);
    EXPECT_ON_ALL(world, paths(md::load(world, old, {.only = {"untouched/packed", "untouched/plain"}})).size() == 3);
    EXPECT_ON_ALL(world, md::load_dataset(world, old, "untouched/packed", md::Axis{1}).shape() == shape);
    EXPECT_THROW_ON_ALL(world, (void)md::load(world, old, {.only = {"untouched/elsewhere"}}), md::FormatError,
                        "link to another file");
    EXPECT_THROW_ON_ALL(world, (void)md::load(world, old, {.from = "untouched/elsewhere"}), md::PathError,
                        "link to another file");
}

}  // namespace
