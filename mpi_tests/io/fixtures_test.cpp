// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// Files that caput wrote (mpi_tests/data/caput): loaded, judged by what h5py says of them (EXPECTED.txt) and by
// values written down here, and saved again for compare_h5.py to judge.
#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <set>
#include <sstream>

#include "expect_on_all.hpp"
#include "memdata/memdata.hpp"
#include "scratch.hpp"

namespace md = memdata;

namespace {

/// A line of EXPECTED.txt.
struct Row {
    std::string dtype, shape, where, storage, attributes;
};
using Table = std::map<std::string, std::map<std::string, Row>>;  // by file and path

Table read_table() {
    Table table;
    std::ifstream in(memdata_test::data_file("caput/EXPECTED.txt"));
    for (std::string line; std::getline(in, line);) {
        std::vector<std::string> words;
        for (std::size_t start = 0; start != std::string::npos;) {
            const std::size_t end = line.find(" | ", start);
            words.push_back(line.substr(start, end == std::string::npos ? end : end - start));
            start = end == std::string::npos ? end : end + 3;
        }
        table[words.at(0)][words.at(1)] = {words.at(2), words.at(3), words.at(4), words.at(5), words.at(6)};
    }
    return table;
}

Row describe(const md::MemNode& node) {
    const std::string attributes = std::to_string(node.attrs().size());
    if (node.is_group()) {
        return {"-", "-", "group", "-", attributes};
    }
    const md::MemDataset& dataset = node.as_dataset();
    const md::Storage& storage = dataset.storage();
    return {to_string(dataset.dtype()), to_string(dataset.shape()),
            dataset.is_common() ? "common" : std::to_string(dataset.distributed().axis()),
            to_string(md::Storage{.chunks = storage.chunks, .filters = storage.filters}) +
                (storage.file_dtype ? ", big-endian" : ""),
            attributes};
}

std::string compare(const md::MemNode& node, const std::map<std::string, Row>& rows) {
    const auto row = rows.find(node.path());
    if (row == rows.end()) {
        return node.path() + " is not expected";
    }
    const Row found = describe(node);
    const Row& wanted = row->second;
    std::string wrong;
    for (const auto member : {&Row::dtype, &Row::shape, &Row::where, &Row::storage, &Row::attributes}) {
        if (found.*member != wanted.*member) {
            wrong += node.path() + ": " + found.*member + ", not " + wanted.*member + "; ";
        }
    }
    return wrong;
}

class Fixtures : public ::testing::Test {
protected:
    md::Communicator world;
    const Table table = read_table();

    md::MemGroup load(const std::string& name) const {
        return md::load(world, memdata_test::data_file("caput/" + name));
    }

    /// Calls f(element of this rank, its global number) until it says no.
    template <class T, class F>
    static bool all_of(const md::MemDataset& dataset, F&& f) {
        const auto strides = dataset.shape().strides();
        const md::Shape& local = dataset.local().shape();
        const auto elements = dataset.local().span<T>();
        for (std::size_t i = 0; i < elements.size(); ++i) {
            md::Index rest = static_cast<md::Index>(i);
            md::Index number = 0;
            for (int axis = local.ndim() - 1; axis >= 0; --axis) {
                const bool cut = dataset.is_distributed() && axis == dataset.distributed().axis();
                const md::Index offset = cut ? dataset.distributed().local_bounds().start : 0;
                number += (rest % local[axis] + offset) * strides[static_cast<std::size_t>(axis)];
                rest /= local[axis];
            }
            if (!f(elements[i], number)) {
                return false;
            }
        }
        return true;
    }
    /// The real numbers of the files: -7, nan, inf, -inf, -0, a denormal, the largest, then quarters that begin
    /// again after 97.
    static bool is_real(double x, md::Index number) {
        switch (number) {
            case 1:
                return std::isnan(x);
            case 2:
            case 3:
                return std::isinf(x) && (x > 0) == (number == 2);
            case 4:
                return x == 0 && std::signbit(x);
            case 5:
                return x > 0 && x < 1e-38;
            case 6:
                return x == std::numeric_limits<double>::max();
            default:
                return x == -7 + 0.25 * static_cast<double>(number % 97);
        }
    }
};

TEST_F(Fixtures, are_as_h5py_says) {
    ASSERT_ON_ALL(world, table.size() == 19);
    for (const auto& [name, rows] : table) {
        const md::MemGroup tree = load(name);
        std::string wrong = compare(tree, rows);
        std::size_t nodes = 1;
        tree.visit([&, &expected = rows](const md::MemNode& node) {
            wrong += compare(node, expected);
            ++nodes;
        });
        EXPECT_ON_ALL(world, wrong == "") << name << ": " << wrong;
        const std::size_t expected_nodes = rows.size();
        EXPECT_ON_ALL(world, nodes == expected_nodes) << name << " has " << nodes << " nodes, not " << expected_nodes;
    }
}

TEST_F(Fixtures, hold_these_numbers) {
    const auto real = [](double x, md::Index number) { return is_real(x, number); };
    const std::vector<std::pair<std::string, std::vector<std::string>>> paths = {
        {"dist_axes.h5", {"a0", "a1", "a2", "one_d"}},
        {"dist_uneven.h5", {"rows7", "cols7"}},
        {"bigendian_h5py.h5", {"dist_f8", "dist1_f8"}},
        {"chunked_dist.h5", {"c_aligned", "c_axis1", "c_straddle"}},
        {"groups_nested.h5", {"level1/d", "level1/level2/d", "level1/level2/level3/level4/level5/d"}},
        {"many_small.h5", {"g000/d0", "g017/d2", "g029/d1"}},
        {"no_hints_h5py.h5", {"a"}}};
    for (const auto& [name, datasets] : paths) {
        const md::MemGroup tree = load(name);
        for (const std::string& path : datasets) {
            EXPECT_ON_ALL(world, all_of<double>(tree.dataset(path), real)) << name << " " << path;
        }
    }
    const auto complex = [](const auto& z, md::Index number) {
        return number == 1 ? std::isnan(z.real()) && std::isinf(z.imag())
                           : z.real() == -7 + 0.25F * static_cast<float>(number % 97) &&
                                 z.imag() == -2 + 0.5F * static_cast<float>(number % 31);
    };
    const md::MemGroup big = load("bigendian_h5py.h5");
    EXPECT_ON_ALL(world, all_of<std::complex<double>>(big.dataset("dist_c16"), complex));
    EXPECT_ON_ALL(world, all_of<std::complex<float>>(big.dataset("dist1_c8"), complex));
    EXPECT_ON_ALL(world, all_of<std::complex<float>>(load("container.h5").dataset("vis"), complex));
    EXPECT_ON_ALL(world, all_of<std::complex<double>>(load("dist_uneven.h5").dataset("last7"), complex));
}

TEST_F(Fixtures, hold_these_integers_and_strings) {
    const std::map<md::Index, std::int16_t> shorts = {{0, 32767}, {1, -19711}, {2, -10238}, {3, -765},
                                                      {4, 8708},  {5, 18181},  {19, 22291}, {20, -32768}};
    const md::MemGroup big = load("bigendian_h5py.h5");
    EXPECT_ON_ALL(world, all_of<std::int16_t>(big.dataset("dist1_i2"), [&](std::int16_t x, md::Index number) {
                      return !shorts.contains(number) || shorts.at(number) == x;
                  }));
    const std::map<md::Index, std::int32_t> ints = {
        {0, 2147483647}, {1, -1291845631}, {5, 1191182341}, {16, -402653168}, {17, -2147483648}};
    const std::map<md::Index, std::string> texts = {{0, ""},         {1, "s001a"}, {2, "s002ab"}, {3, "s003abc"},
                                                    {4, "s004abcd"}, {5, ""},      {16, "s016"},  {17, "s017a"}};
    const md::MemGroup types = load("dtypes_dist.h5");
    EXPECT_ON_ALL(world, all_of<std::int32_t>(types.dataset("i4"), [&](std::int32_t x, md::Index number) {
                      return !ints.contains(number) || ints.at(number) == x;
                  }));
    EXPECT_ON_ALL(world, all_of<md::FixedString<10>>(types.dataset("S10"), [&](const auto& x, md::Index number) {
                      return !texts.contains(number) || texts.at(number) == x.view();
                  }));
    const std::set<md::Index> no = {1, 2, 4, 5, 16, 17};
    EXPECT_ON_ALL(world, all_of<bool>(types.dataset("bool"), [&](bool x, md::Index number) {
                      return number == 0 || number == 3 ? x : !no.contains(number) || !x;
                  }));
}

TEST_F(Fixtures, have_these_attributes) {
    const md::MemGroup kinds = load("attrs_kinds.h5");
    for (const char* path : {"/", "/common", "/dist", "/grp"}) {
        const md::MemAttrs& attrs = kinds[path].attrs();
        EXPECT_ON_ALL(world, attrs.size() == 50) << attrs.size();
        EXPECT_ON_ALL(world, attrs.at("int_big").as<std::int64_t>() == 4611686018427387904);
        EXPECT_ON_ALL(world, attrs.at("uint64_max").as<std::uint64_t>() == 18446744073709551615U);
        EXPECT_ON_ALL(world, attrs.at("float").as<double>() == 3.141592653589793);
        EXPECT_ON_ALL(world, std::isnan(attrs.at("nan").as<double>()));
        EXPECT_ON_ALL(world, attrs.at("inf").as<double>() == -INFINITY);
        EXPECT_ON_ALL(world, attrs.at("complex").as<std::complex<double>>() == std::complex<double>(1.5, -2));
        EXPECT_ON_ALL(world, attrs.at("bool_array").as_vector<bool>() == (std::vector<bool>{true, false, true}));
        EXPECT_ON_ALL(world, attrs.at("i4_array_2d").array().shape() == (md::Shape{2, 3}));
        EXPECT_ON_ALL(world, attrs.at("i4_array_2d").as_vector<int>() == (std::vector<int>{0, 1, 2, 3, 4, 5}));
        EXPECT_ON_ALL(world, attrs.at("empty_list").array().shape() == md::Shape{0});
        EXPECT_ON_ALL(world, attrs.at("zero_d_array").array().shape().is_scalar());
        EXPECT_ON_ALL(world, attrs.at("len1_array").array().shape() == md::Shape{1});
        EXPECT_ON_ALL(world, attrs.at("bytes").array().dtype() == md::Dtype::variable_string(md::Charset::ascii));
        EXPECT_ON_ALL(world, attrs.at("list_bytes").array().dtype() == md::Dtype::fixed_string(5));
        EXPECT_ON_ALL(
            world, attrs.at("U_array_2d").as_vector<std::string>() == (std::vector<std::string>{"x", "yy", "z", ""}));
        EXPECT_ON_ALL(world, attrs.at("be_f8_array").file_dtype().byte_order() == md::ByteOrder::big);
        EXPECT_ON_ALL(world, attrs.at("be_f8_array").as_vector<double>() == (std::vector<double>{0, 1, 2}));
        EXPECT_ON_ALL(world, attrs.at("str_unicode").as<std::string>() == "naïve café 日本語 🚀");
        EXPECT_ON_ALL(world, attrs.at("list_str_unicode").as_vector<std::string>() ==
                                 (std::vector<std::string>{"é", "日本", ""}));
        EXPECT_ON_ALL(world, attrs.at("ключ").as<std::string>() == "unicode name");
        EXPECT_ON_ALL(world, attrs.at("name with spaces/and slash").as<int>() == 1);
        EXPECT_ON_ALL(world, to_string(attrs.at("struct").array().dtype()) == "{a: int32, b: float64}");
    }
    const md::MemGroup json = load("attrs_json.h5");
    for (const char* path : {"/", "/dist", "/grp"}) {
        const md::MemAttrs& attrs = json[path].attrs();
        EXPECT_ON_ALL(world, attrs.at("dict").json_text() == R"({"foo": {"bar": [1, 2, 3], "fu": "1"}})");
        EXPECT_ON_ALL(world, attrs.at("dict_nan").json_text() == R"({"nan": NaN, "inf": Infinity})");
        EXPECT_ON_ALL(world, attrs.at("plain_str_that_looks_like_json").is_string());
        const auto time = attrs.at("datetime").as<md::AttrValue::TimePoint>();
        EXPECT_ON_ALL(world, md::AttrValue(time).json_text() == "\"2024-02-29T12:34:56.789000\"");
    }
    EXPECT_ON_ALL(world, load("container.h5").attrs().at("__memh5_subclass").as<std::string>() ==
                             "interop_types.InteropContainer");
}

/// The copies that compare_h5.py then compares with the originals, and with those of other numbers of ranks.
TEST_F(Fixtures, are_saved_again) {
    for (const auto& [name, rows] : table) {
        const md::MemGroup tree = load(name);
        const bool hints = name != "no_hints_h5py.h5";
        md::save(tree, memdata_test::scratch("copies_" + name), {.hints = hints, .sync = false});
    }
    world.barrier();
    if (world.rank() == 0) {  // one folder with the names of the originals
        const std::filesystem::path folder = memdata_test::scratch("copies");
        std::filesystem::create_directory(folder);
        for (const auto& [name, rows] : table) {
            std::filesystem::rename(memdata_test::scratch("copies_" + name), folder / name);
        }
    }
}

}  // namespace
