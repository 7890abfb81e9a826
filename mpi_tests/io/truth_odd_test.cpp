// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// Loads the files of unusual types that truth_odd.py made through h5py: what is expected of each is written there.
#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <complex>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "expect_on_all.hpp"
#include "memdata/memdata.hpp"
#include "scratch.hpp"

namespace md = memdata;

namespace {

enum class Colour : std::int32_t { red = 70000, blue = -1 };

struct Inner {
    std::array<md::FixedString<3>, 2> names;
    std::complex<float> z;
};

struct Record {
    std::int64_t id;  // int32 in the file
    Inner inner[2];
};

}  // namespace

template <>
struct memdata::Described<Colour> {
    static Dtype dtype() { return describe<Colour>("red", Colour::red, "blue", Colour::blue); }
};
template <>
struct memdata::Described<Inner> {
    static Dtype dtype() { return describe<Inner>("names", &Inner::names, "z", &Inner::z); }
};
template <>
struct memdata::Described<Record> {
    static Dtype dtype() { return describe<Record>("id", &Record::id, "inner", &Record::inner); }
};

namespace {

class TruthOdd : public ::testing::Test {
protected:
    md::Communicator world;

    static std::string folder() {
        const char* folder = std::getenv("MEMDATA_TRUTH_FILES");
        if (folder == nullptr) {
            throw std::runtime_error("MEMDATA_TRUTH_FILES is not set");
        }
        return folder;
    }
    /// The file, and what it is after saving it.
    std::vector<md::MemGroup> odd(const md::LoadOptions& options = {}) const {
        std::vector<md::MemGroup> trees;
        trees.push_back(md::load(world, folder() + "/odd.h5", options));
        const std::string file = memdata_test::scratch("odd.h5");
        md::save(trees[0], file, {.sync = false});
        trees.push_back(md::load(world, file));
        return trees;
    }
    /// Is the array the truth's NUMBER, or its last bit, all of it or this rank's block?
    bool is_number(const md::MemDataset& dataset) const {
        const md::Array whole = dataset.is_common() ? dataset.common().clone() : dataset.distributed().allgather();
        return is_number(whole);
    }
    static bool is_number(const md::Array& whole) {
        const md::Array numbers = md::converted(whole, md::TypeKind::int64);
        const md::Index modulus = whole.dtype().kind() == md::TypeKind::boolean ? 2 : 40;
        for (md::Index i = 0; i < numbers.size(); ++i) {
            if (numbers.span<std::int64_t>()[static_cast<std::size_t>(i)] != i % 40 % modulus) {
                return false;
            }
        }
        return whole.shape() == md::Shape{11, 5};
    }
};

TEST_F(TruthOdd, numbers_of_unusual_sizes_become_the_smallest_type_that_holds_them) {
    using md::TypeKind;
    const std::map<std::string, TypeKind> kinds = {
        {"int24", TypeKind::int32},        {"int20_big", TypeKind::int32},    {"uint12", TypeKind::uint16},
        {"int9_wide", TypeKind::int16},    {"bfloat16", TypeKind::float32},   {"float24", TypeKind::float32},
        {"other_bias", TypeKind::float64}, {"bool_uint8", TypeKind::boolean}, {"bool_int32_big", TypeKind::boolean}};
    for (const md::MemGroup& tree : odd()) {
        for (const auto& entry : kinds) {  // clang 14 does not capture structured bindings
            const auto& name = entry.first;
            const TypeKind kind = entry.second;
            for (const char* place : {"common/", "rows/", "columns/"}) {
                const md::MemDataset& dataset = tree.dataset(place + name);
                EXPECT_ON_ALL(world, dataset.dtype() == md::Dtype(kind)) << place << name << to_string(dataset.dtype());
                EXPECT_ON_ALL(world, is_number(dataset)) << place << name;
            }
            EXPECT_ON_ALL(world, tree.attrs().at(name).array().dtype() == md::Dtype(kind)) << name;
            EXPECT_ON_ALL(world, is_number(tree.attrs().at(name).array())) << name;
            EXPECT_ON_ALL(world, tree.dataset("rows/" + name).is_distributed());
        }
        for (const char* path : {"common/mixed", "rows/mixed"}) {
            const md::Array mixed = tree.dataset(path).is_common() ? tree.dataset(path).common().clone()
                                                                   : tree.dataset(path).distributed().allgather();
            ASSERT_ON_ALL(world, to_string(mixed.dtype()) == "{a: int32, b: float64, c: bool}");
            EXPECT_ON_ALL(world, to_string(md::AttrValue(mixed.clone()), 100)
                                     .starts_with("[[{a: -20, b: 0.0, c: false}, {a: -19, b: 0.25, c: true}, "));
        }
    }
    // A part, in another order.
    const md::MemGroup part =
        md::load(world, folder() + "/odd.h5",
                 {.select = {{"columns/int24", md::Selection{}.on(md::Axis{0}, {7, 2, 2})}}, .hints = true});
    const md::Array some = part.dataset("columns/int24").distributed().allgather();
    EXPECT_ON_ALL(world, some.view<std::int32_t, 2>()(0, 1) == 36 && some.view<std::int32_t, 2>()(2, 4) == 14);
}

TEST_F(TruthOdd, committed_types_and_structs) {
    for (const md::MemGroup& tree : odd()) {
        const md::MemDataset& colours = tree.dataset("committed/colours");
        ASSERT_ON_ALL(world, colours.dtype() == md::dtype_of<Colour>());
        EXPECT_ON_ALL(world, colours.storage().file_dtype->byte_order() == md::ByteOrder::big);
        const auto view = colours.common().view<Colour, 1>();
        EXPECT_ON_ALL(world, view(0) == Colour::blue && view(1) == Colour::red && static_cast<int>(view(2)) == 5);
        EXPECT_ON_ALL(world, tree["committed/records"].attrs().at("colour").as<Colour>() == Colour::red);
        const md::Dtype& packed = tree.dataset("committed/records").dtype();
        EXPECT_ON_ALL(world, to_string(packed) == "{id: int32, inner: {names: string[3](2,), z: complex64}(2,)}")
            << to_string(packed);
    }
    const md::MemGroup tree = md::load(world, folder() + "/odd.h5",
                                       {.distribute = {{"committed/records", md::Axis{0}}},
                                        .convert = {{"committed/records", {md::dtype_of<Record>()}}}});
    const md::MPIArray& records = tree.dataset("committed/records").distributed();
    const auto view = records.local<Record, 1>();
    const char* names[] = {"a", "", "abc", nullptr};
    for (auto [local, global] : records.indices(md::Axis{0})) {
        EXPECT_EQ(view(local).id, (global + 1) * (global % 2 == 0 ? 1 : -1));
        const md::FixedString<3>& name = view(local).inner[1].names[1];
        EXPECT_EQ(name.view(), global < 3 ? std::string_view(names[global]) : std::string_view("b\0c", 3));
        EXPECT_EQ(view(local).inner[0].z, global == 0   ? std::complex<float>(1, 2)
                                          : global == 3 ? std::complex<float>(0, -1)
                                                        : std::complex<float>());
    }
}

TEST_F(TruthOdd, times_bools_and_many_attributes) {
    for (const md::MemGroup& tree : odd()) {
        const md::MemDataset& times = tree.dataset("times");
        EXPECT_ON_ALL(world, times.dtype() == md::Dtype::opaque(8, "NUMPY:<M8[s]")) << to_string(times.dtype());
        EXPECT_ON_ALL(world, tree["times"].attrs().at("times").array() == times.common());
        const auto bytes = times.common().view<std::array<std::byte, 8>, 1>();
        EXPECT_ON_ALL(world, std::bit_cast<std::int64_t>(bytes(0)) == 1709210096);
        EXPECT_ON_ALL(world, std::bit_cast<std::int64_t>(bytes(2)) == std::numeric_limits<std::int64_t>::min());
        EXPECT_ON_ALL(world, tree["many"].attrs().size() == 300);
        for (int i = 0; i < 300; i += 7) {
            const md::Array& value = tree["many"].attrs().at("attribute " + std::to_string(i)).array();
            EXPECT_ON_ALL(world, value.size() == 300 && value.span<std::int32_t>()[299] == i);
        }
    }
}

TEST_F(TruthOdd, null_dataspaces_stay_null) {
    const std::map<std::string, md::Dtype> types = {
        {"f8", md::TypeKind::float64},
        {"big", md::TypeKind::int32},
        {"text", md::TypeKind::variable_string},
        {"fixed", md::Dtype::fixed_string(5)},
        {"half", md::TypeKind::float16},
        {"vlen", md::Dtype::sequence(md::TypeKind::int32)},
        {"opaque", md::Dtype::opaque(3)},
        {"enum", md::Dtype::enumeration(md::TypeKind::int64, {{"a", 1}})},
        {"compound",
         md::Dtype::compound(
             {{"x", 0, md::TypeKind::int32}, {"y", 4, md::Dtype::subarray(md::Dtype::fixed_string(3), {2})}}, 10)}};
    for (const md::MemGroup& tree : odd()) {
        for (const auto& entry : types) {
            const auto& name = entry.first;
            const md::Dtype& dtype = entry.second;
            const md::MemDataset& dataset = tree.dataset("null/" + name);
            EXPECT_ON_ALL(world, dataset.is_common() && dataset.shape() == md::Shape{0}) << name;
            EXPECT_ON_ALL(world, dataset.dtype().kind() == dtype.kind()) << name << to_string(dataset.dtype());
            EXPECT_ON_ALL(world, name == "enum" || dataset.dtype() == dtype) << name << to_string(dataset.dtype());
            EXPECT_ON_ALL(world, dataset.storage().null_space) << name;
            EXPECT_ON_ALL(world, dataset.attrs().at("unit").as<std::string>() == "m");
        }
        EXPECT_ON_ALL(world, tree.dataset("null/big").storage().file_dtype.has_value());
    }
    const md::LoadOptions distributed{.distribute = {{"null/f8", md::Axis{0}}}};
    EXPECT_THROW_ON_ALL(world, (void)md::load(world, folder() + "/odd.h5", distributed), md::ArgumentError, "/null/f8");
}

/// A chunk that goes through filters is converted as a whole, but what nobody asked for does not matter.
TEST_F(TruthOdd, only_what_is_selected_must_convert) {
    for (const std::string path : {"/convertible/plain", "/convertible/packed"}) {
        const auto load = [&](const md::Selection& selection, int axis, md::Conversion how = md::Conversion::exact) {
            const md::MemGroup tree = md::load(world, folder() + "/odd.h5",
                                               {.only = {path},
                                                .select = {{path, selection}},
                                                .distribute = {{path, md::Axis{axis}}},
                                                .convert = {{path, {md::TypeKind::int32, how}}}});
            return tree.dataset(path).distributed().allgather();
        };
        const std::vector<std::vector<md::Index>> lists = {{3}, {0, 1, 3, 4, 5, 6, 7, 8, 9}, {9, 4, 4}};
        for (const int axis : {0, 1}) {
            for (const std::vector<md::Index>& rows : lists) {
                const md::Array found = load(md::Selection{}.on(md::Axis{0}, rows), axis);
                std::vector<std::int32_t> expected;
                for (const md::Index row : rows) {
                    for (md::Index column = 0; column < 7; ++column) {
                        expected.push_back(static_cast<std::int32_t>(7 * row + column));
                    }
                }
                EXPECT_ON_ALL(world, found == md::Array(expected, md::Shape{static_cast<md::Index>(rows.size()), 7}));
            }
            EXPECT_THROW_ON_ALL(world, (void)load({}, axis), md::DtypeError, "'" + path + "': 14.5 at index (2, 0)");
            const md::Array cut = load({}, axis, md::Conversion::lossy);
            EXPECT_ON_ALL(world, cut.view<std::int32_t, 2>()(2, 6) == 20 && cut.view<std::int32_t, 2>()(9, 6) == 69);
        }
    }
}

/// What is not taken of a dataset costs nothing, and too much of it is an error at once.
TEST_F(TruthOdd, a_corner_of_a_sparse_dataset) {
    constexpr md::Index rows = md::Index{1} << 40;
    const auto corner = md::Selection{}.on(md::Axis{0}, {6, rows - 1, 5, 4}).on(md::Axis{1}, {8, 2, -1, 4});
    const md::Array expected(std::vector<std::int32_t>{68, -1, -1, 64, -1, -1, 7, -1, 58, -1, -1, 54, -1, -1, -1, -1},
                             md::Shape{4, 4});
    for (const std::string path : {"/plain", "/packed"}) {
        for (const auto& place : {md::Placement{}, md::Placement{md::Axis{0}}, md::Placement{md::Axis{1}}}) {
            const md::MemGroup tree =
                md::load(world, folder() + "/sparse.h5",
                         {.only = {path}, .select = {{path, corner}}, .distribute = {{path, place}}});
            const md::MemDataset& found = tree.dataset(path);
            EXPECT_ON_ALL(world, (place ? found.distributed().allgather() : found.common().clone()) == expected);
            EXPECT_THROW_ON_ALL(
                world, (void)md::load(world, folder() + "/sparse.h5", {.only = {path}, .distribute = {{path, place}}}),
                md::MemoryError, path);
        }
    }
}

TEST_F(TruthOdd, fixed_strings_become_strings_of_any_length) {
    for (const std::string path : {"/convertible/names_plain", "/convertible/names_packed"}) {
        for (const md::Placement& place : {md::Placement{md::Axis{0}}, md::Placement{}}) {
            const md::MemGroup tree = md::load(world, folder() + "/odd.h5",
                                               {.only = {path},
                                                .select = {{path, md::Selection{}.on(md::Axis{0}, {3, 0, 1, 1, 2})}},
                                                .distribute = {{path, place}},
                                                .convert = {{path, {md::TypeKind::variable_string}}}});
            const md::MemDataset& found = tree.dataset(path);
            ASSERT_ON_ALL(world, found.is_distributed() == place.has_value());
            const md::Array names = place ? found.distributed().allgather() : found.common().clone();
            EXPECT_ON_ALL(world, names == md::Array(std::vector<std::string>{"ccc   ", "a", "bb", "bb", ""}));
        }
    }
}

/// What was never written is zero where the file names no fill value.
TEST_F(TruthOdd, undefined_fill_values) {
    for (const std::string name : {"plain", "packed", "unwritten"}) {
        const std::string path = "/undefined/" + name;
        for (const auto& place : {md::Placement{}, md::Placement{md::Axis{0}}, md::Placement{md::Axis{1}}}) {
            const md::MemGroup tree =
                md::load(world, folder() + "/odd.h5", {.only = {path}, .distribute = {{path, place}}});
            const md::MemDataset& dataset = tree.dataset(path);
            const md::Array found = place ? dataset.distributed().allgather() : dataset.common().clone();
            std::vector<std::int32_t> expected(55, 0);
            for (std::int32_t i = 0; i < 20 && name != "unwritten"; ++i) {
                expected[static_cast<std::size_t>(i)] = i;
            }
            EXPECT_ON_ALL(world, found == md::Array(expected, md::Shape{11, 5})) << path;
        }
    }
}

/// No way leads to another file; a soft link to nowhere is nothing; groups may have several names.
TEST_F(TruthOdd, links) {
    const std::string file = folder() + "/odd_links.h5";
    for (const std::string path : {"elsewhere", "elsewhere/colours", "far", "far_group", "far_group/colours"}) {
        EXPECT_THROW_ON_ALL(world, (void)md::load(world, file, {.only = {path}}), md::FormatError,
                            "link to another file");
    }
    EXPECT_THROW_ON_ALL(world, (void)md::load(world, file), md::FormatError, "link to another file");
    EXPECT_THROW_ON_ALL(world, (void)md::load(world, file, {.from = "far_group"}), md::PathError,
                        "link to another file");
    const md::MemGroup good = md::load(world, file, {.from = "good"});
    std::vector<std::string> paths;
    good.visit([&](const md::MemNode& node) { paths.push_back(node.path()); });
    EXPECT_ON_ALL(world,
                  paths == (std::vector<std::string>{"/data", "/group", "/group/data", "/same", "/same/data", "/soft"}))
        << ::testing::PrintToString(paths);
    EXPECT_ON_ALL(world, is_number(good.dataset("data")) && is_number(good.dataset("soft")));
    EXPECT_ON_ALL(world, good.dataset("same/data").common() == good.dataset("group/data").common());
    EXPECT_THROW_ON_ALL(world, (void)md::load(world, file, {.from = "good", .only = {"gone"}}), md::PathError,
                        "neither a dataset nor a group");
    if (world.size() == 2) {  // takes a second
        EXPECT_THROW_ON_ALL(world, (void)md::load(world, file, {.from = "many"}), md::FormatError,
                            "here of '/many/a/a/a");
    }
}

/// h5py's dimension scales, which are attributes with references, are left out with one line on stderr.
TEST_F(TruthOdd, attributes_with_references) {
    const std::string file = folder() + "/references.h5";
    testing::internal::CaptureStderr();
    for (const std::string_view only : {"", "", "group/data"}) {
        md::LoadOptions options;
        if (!only.empty()) {
            options.only = {std::string(only)};
        }
        const md::MemGroup tree = md::load(world, file, options);
        EXPECT_ON_ALL(world, is_number(tree.dataset("group/data")) && tree["group"].attrs().empty());
        if (only.empty()) {
            EXPECT_ON_ALL(world, is_number(tree.dataset("data")) && tree["data"].attrs().size() == 1);
            EXPECT_ON_ALL(world, tree["data"].attrs().at("unit").as<std::string>() == "K");
            EXPECT_ON_ALL(world, tree["x"].attrs().size() == 2 && tree["x"].attrs().contains("NAME"));
        }
    }
    const std::string printed = testing::internal::GetCapturedStderr();
    EXPECT_EQ(printed, world.rank() != 0 ? ""
                                         : "memdata: of file '" + file +
                                               "', 5 attribute(s) are not loaded, as they refer to objects of the file "
                                               "(dimension scales, say); the first is '/data @DIMENSION_LIST'\n");
}

/// Whatever no Dtype is, is an error that names the path and the type.
TEST_F(TruthOdd, unreadable_types) {
    const std::map<std::string, std::string> names = {{"object_reference", "reference"},
                                                      {"region_reference", "reference"},
                                                      {"bits", "bit field"},
                                                      {"time", "time"},
                                                      {"long_double", "floating-point number of 16 bytes"},
                                                      {"int128", "integer of 100 bits"},
                                                      {"sequences_of_sequences", "variable length"},
                                                      {"texts_in_compound", "\"text\" of a compound is of variable"},
                                                      {"reference_in_compound", "reference"},
                                                      {"bits_in_array", "bit field"}};
    int files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder())) {
        files += entry.path().filename().string().starts_with("bad_") ? 1 : 0;
    }
    EXPECT_ON_ALL(world, files == static_cast<int>(2 * names.size()) - 3);  // references in attributes
    for (const auto& [name, what] : names) {
        for (const std::string suffix : {"", "_attribute"}) {
            const std::string file = folder() + "/bad_" + name + suffix + ".h5";
            if (!suffix.empty() && what == "reference") {
                continue;
            }
            EXPECT_THROW_ON_ALL(world, (void)md::load(world, file), md::DtypeError, what);
            const std::string path = suffix.empty() ? "/group/" + name : "/group @" + name;
            EXPECT_THROW_ON_ALL(world, (void)md::load(world, file), md::DtypeError, path);
        }
    }
}

}  // namespace
