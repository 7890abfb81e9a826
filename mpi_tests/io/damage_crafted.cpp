// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "damage_crafted.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string_view>

#include "damage_crafted_file.hpp"

namespace memdata_test {

namespace h5 = memdata::h5;

namespace {

constexpr hsize_t huge = hsize_t{1} << 62U;

void add_hints(std::vector<Crafted>& files) {
    constexpr const char* dataset_hint = "__memh5_distributed_dset";
    constexpr const char* axis_hint = "__memh5_distributed_axis";
    const auto with_axis = [&](const std::string& name, std::int64_t axis, const std::vector<hsize_t>& extents) {
        files.push_back({"hint_axis_" + name, [=](const std::string& name_of) {
                             CraftedFile file(name_of);
                             const h5::Dataset dataset = file.dataset("f64", H5T_IEEE_F64LE, extents);
                             const signed char yes = 1;
                             file.attribute(dataset.get(), dataset_hint, H5T_STD_I8LE, CraftedFile::space({}), &yes);
                             file.attribute(dataset.get(), axis_hint, H5T_STD_I64LE, CraftedFile::space({}), &axis);
                         }});
    };
    with_axis("beyond", 2, {6, 4});
    with_axis("negative", -3, {6, 4});
    with_axis("last", -1, {6, 4});
    with_axis("huge", std::numeric_limits<std::int64_t>::max(), {6, 4});
    with_axis("least", std::numeric_limits<std::int64_t>::min(), {6, 4});
    with_axis("wraps_an_int", (std::int64_t{1} << 32) + 1, {6, 4});
    with_axis("of_scalar", 0, {});
    // Hints of other types, and of no or several values.
    const auto with_type = [&](const std::string& name, auto make) {
        for (const char* hint : {dataset_hint, axis_hint}) {
            files.push_back({"hint_" + name + (hint == axis_hint ? "_axis" : "_dset"), [=](const std::string& name_of) {
                                 CraftedFile file(name_of);
                                 const h5::Dataset dataset = file.dataset("f64", H5T_IEEE_F64LE, {6, 4});
                                 if (hint == axis_hint) {
                                     const signed char yes = 1;
                                     file.attribute(dataset.get(), dataset_hint, H5T_STD_I8LE, CraftedFile::space({}),
                                                    &yes);
                                 }
                                 make(file, dataset.get(), hint);
                             }});
        }
    };
    with_type("text", [](CraftedFile& file, hid_t owner, const char* hint) { file.text(owner, hint, "one"); });
    with_type("json", [](CraftedFile& file, hid_t owner, const char* hint) {
        file.text(owner, hint, "!!_memh5_json:{\"axis\": 1}");
    });
    with_type("nan", [](CraftedFile& file, hid_t owner, const char* hint) {
        const double value = std::numeric_limits<double>::quiet_NaN();
        file.attribute(owner, hint, H5T_NATIVE_DOUBLE, CraftedFile::space({}), &value);
    });
    with_type("fraction", [](CraftedFile& file, hid_t owner, const char* hint) {
        const double value = 0.5;
        file.attribute(owner, hint, H5T_NATIVE_DOUBLE, CraftedFile::space({}), &value);
    });
    with_type("none", [](CraftedFile& file, hid_t owner, const char* hint) {
        file.attribute(owner, hint, H5T_NATIVE_INT, CraftedFile::space({0}));
    });
    with_type("three", [](CraftedFile& file, hid_t owner, const char* hint) {
        const std::array<int, 3> values{1, 0, 1};
        file.attribute(owner, hint, H5T_NATIVE_INT, CraftedFile::space({3}), values.data());
    });
    with_type("unsigned_max", [](CraftedFile& file, hid_t owner, const char* hint) {
        const std::uint64_t value = std::numeric_limits<std::uint64_t>::max();
        file.attribute(owner, hint, H5T_NATIVE_UINT64, CraftedFile::space({}), &value);
    });
}

void add_shapes(std::vector<Crafted>& files) {
    struct Case {
        const char* name;
        std::vector<hsize_t> extents;
        std::vector<hsize_t> chunk;
        int deflate = -1;
    };
    const std::vector<hsize_t> ones(H5S_MAX_RANK, 1);
    const std::vector<hsize_t> twos(H5S_MAX_RANK, 2);
    for (const Case& one : std::vector<Case>{{"chunked_2_62", {huge}, {1000}},
                                             {"chunked_2_63", {2 * huge}, {1000}},
                                             {"chunked_most", {std::numeric_limits<hsize_t>::max() - 1}, {1000}},
                                             {"chunked_product_overflows", {huge, huge}, {10, 10}},
                                             {"chunked_bytes_overflow", {huge, 1}, {10, 1}, 3},
                                             {"chunked_zero_times_huge", {huge, 0}, {10, 1}},
                                             {"contiguous_2_59", {huge / 8}, {}},
                                             {"contiguous_overflow", {huge}, {}},
                                             {"contiguous_product_overflows", {huge, huge}, {}},
                                             {"contiguous_8_mb", {1'000'000}, {}},
                                             {"chunked_8_mb", {1'000'000}, {100'000}, 3},
                                             {"chunk_of_nearly_4_gib", {1'000'000'000}, {536'870'911}},
                                             {"chunk_of_nearly_4_gib_deflated", {1'000'000'000}, {536'870'911}, 3},
                                             {"chunk_of_64_mib_deflated", {8'388'608}, {8'388'608}, 3},
                                             {"rank_32", ones, {}},
                                             {"rank_32_chunked", twos, ones},
                                             {"zero_axes", {0, 0, 0}, {1, 1, 1}, 3},
                                             {"many_chunks_of_one", {100'000}, {1}},
                                             {"billion_chunks_of_one", {1'000'000'000}, {1}}}) {
        files.push_back({std::string("shape_") + one.name, [one](const std::string& name_of) {
                             CraftedFile file(name_of);
                             file.dataset("f64", H5T_IEEE_F64LE, one.extents, one.chunk, one.deflate);
                         }});
    }
    files.push_back({"shape_null", [](const std::string& name_of) {
                         CraftedFile file(name_of);
                         file.dataset_with(H5P_DEFAULT, "f64", H5T_IEEE_F64LE,
                                           h5::Space(h5::check(H5Screate(H5S_NULL), "H5Screate")));
                     }});
    files.push_back({"strings_of_a_huge_shape", [](const std::string& name_of) {
                         CraftedFile file(name_of);
                         const h5::Type type(h5::check(H5Tcopy(H5T_C_S1), "H5Tcopy"));
                         h5::check(H5Tset_size(type.get(), H5T_VARIABLE), "H5Tset_size");
                         file.dataset("f64", type.get(), {500'000'000}, {1000});
                     }});
}

void add_links(std::vector<Crafted>& files) {
    const auto add = [&](const char* name, auto make) {
        files.push_back({std::string("links_") + name, [=](const std::string& name_of) {
                             CraftedFile file(name_of);
                             file.dataset("f64", H5T_IEEE_F64LE, {6, 4});
                             make(file);
                         }});
    };
    add("group_in_itself", [](CraftedFile& file) {
        const h5::Group group = file.group("a");
        file.hard(file.id(), "a", group.get(), "b");
    });
    add("root_below", [](CraftedFile& file) {
        const h5::Group inner = CraftedFile::group(file.group("a").get(), "b");
        file.hard(file.id(), "/", inner.get(), "root");
    });
    add("soft_circle", [](CraftedFile& file) {
        file.soft("/b", "a");
        file.soft("/a", "b");
        file.soft("/self", "self");
        file.soft("/", "root");
    });
    add("soft_group_in_itself", [](CraftedFile& file) {
        file.group("a");
        file.soft("/a", "a/again");
    });
    add("soft_odd", [](CraftedFile& file) {
        file.soft("////", "slashes");
        file.soft("./././f64", "dots");
        file.soft("../f64", "up");
        file.soft(std::string(60000, 'x'), "long");
        file.soft("/f64/f64/f64", "through_a_dataset");
    });
    add("external", [](CraftedFile& file) {
        file.external("nowhere.h5", "/x", "missing");
        file.external(".", "/", "folder");
    });
    add("external_self", [](CraftedFile& file) { file.external("links_external_self.h5", "/self", "self"); });
    add("exploding", [](CraftedFile& file) {  // 2 to the 40 names of few groups
        h5::Group above = file.group("g");
        for (int i = 0; i < 40; ++i) {
            h5::Group next = CraftedFile::group(above.get(), "a");
            file.hard(above.get(), "a", above.get(), "b");
            above = std::move(next);
        }
    });
    for (const int depth : {990, 1010, 10000}) {
        add(("deep_" + std::to_string(depth)).c_str(), [depth](CraftedFile& file) {
            h5::Group above = file.group("d");
            for (int i = 1; i < depth; ++i) {
                above = CraftedFile::group(above.get(), "d");
            }
        });
    }
    add("wide", [](CraftedFile& file) {
        for (int i = 0; i < 5000; ++i) {
            file.group("group" + std::to_string(i));
        }
    });
    add("names", [](CraftedFile& file) {
        file.group(std::string(60000, 'n'));
        file.group("\xff\xfe not UTF-8");
        file.group(" ");
        file.group("..");
        file.group("a\nb\033[2J");
        file.group("!!_memh5_json:{");
    });
    files.push_back({"virtual_of_itself", [](const std::string& name_of) {
                         CraftedFile file(name_of, true);
                         const h5::PropertyList list(h5::check(H5Pcreate(H5P_DATASET_CREATE), "H5Pcreate"));
                         const h5::Space space = CraftedFile::space({6, 4});
                         h5::check(H5Pset_virtual(list.get(), space.get(), ".", "/f64", space.get()), "H5Pset_virtual");
                         file.dataset_with(list.get(), "f64", H5T_IEEE_F64LE, space);
                     }});
    files.push_back({"virtual_circle", [](const std::string& name_of) {
                         CraftedFile file(name_of, true);
                         const h5::Space space = CraftedFile::space({6, 4});
                         for (const auto& [name, other] : {std::pair("f64", "/b"), std::pair("b", "/f64")}) {
                             const h5::PropertyList list(h5::check(H5Pcreate(H5P_DATASET_CREATE), "H5Pcreate"));
                             h5::check(H5Pset_virtual(list.get(), space.get(), ".", other, space.get()),
                                       "H5Pset_virtual");
                             file.dataset_with(list.get(), name, H5T_IEEE_F64LE, space);
                         }
                     }});
    for (const char* outside : {"nowhere.raw", "/dev/zero", "/dev/full", "."}) {
        std::string name = std::string("outside_") + outside;
        std::ranges::replace(name, '/', '_');
        files.push_back({name, [outside = std::string(outside)](const std::string& name_of) {
                             CraftedFile file(name_of);
                             const h5::PropertyList list(h5::check(H5Pcreate(H5P_DATASET_CREATE), "H5Pcreate"));
                             h5::check(H5Pset_external(list.get(), outside.c_str(), 0, 192), "H5Pset_external");
                             file.dataset_with(list.get(), "f64", H5T_IEEE_F64LE, CraftedFile::space({6, 4}));
                         }});
    }
}

/// No HDF5 at all, or no file.
void add_other_files(std::vector<Crafted>& files) {
    const auto add = [&](const char* name, const std::string& bytes) {
        files.push_back({std::string("other_") + name,
                         [bytes](const std::string& file) { std::ofstream(file, std::ios::binary) << bytes; }});
    };
    const std::string signature("\x89HDF\r\n\x1a\n", 8);
    add("empty", "");
    add("one_byte", "\x89");
    add("signature", signature);
    add("signature_and_zeros", signature + std::string(2000, '\0'));
    add("signature_and_ones", signature + std::string(2000, '\xff'));
    add("signature_late", std::string(512, '\0') + signature + std::string(100, '\1'));
    add("text", "a,b,c\n1,2,3\n");
    files.push_back({"other_pipe", [](const std::string& file) { mkfifo(file.c_str(), 0600); }});
    files.push_back({"other_link_to_itself", [](const std::string& file) {
                         std::filesystem::create_symlink(std::filesystem::path(file).filename(), file);
                     }});
    files.push_back(
        {"other_device", [](const std::string& file) { std::filesystem::create_symlink("/dev/zero", file); }});
}

}  // namespace

bool Crafted::is_slow() const {
    constexpr std::array<std::string_view, 9> slow = {
        "nearly_4_gib", "64_mib_deflated", "many_chunks_of_one", "exploding",
        "wide",         "deep_10000",      "of_1_gib",           "32_mib",
        "3000"};
    return std::ranges::any_of(slow, [&](std::string_view part) { return name.find(part) != std::string::npos; });
}

std::vector<Crafted> crafted_files() {
    std::vector<Crafted> files;
    add_hints(files);
    add_shapes(files);
    add_links(files);
    add_other_files(files);
    add_crafted_types(files);
    return files;
}

}  // namespace memdata_test
