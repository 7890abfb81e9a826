// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include <array>
#include <cstdint>

#include "damage_crafted.hpp"
#include "damage_crafted_file.hpp"

namespace memdata_test {

namespace h5 = memdata::h5;

namespace {

h5::Type int_array(h5::Type of) {
    const std::array<hsize_t, 1> one{1};
    return h5::Type(h5::check(H5Tarray_create2(of.get(), 1, one.data()), "H5Tarray_create2"));
}

h5::Type sequence(h5::Type of) { return h5::Type(h5::check(H5Tvlen_create(of.get()), "H5Tvlen_create")); }

h5::Type compound(h5::Type of) {
    h5::Type made(h5::check(H5Tcreate(H5T_COMPOUND, H5Tget_size(of.get())), "H5Tcreate"));
    h5::check(H5Tinsert(made.get(), "m", 0, of.get()), "H5Tinsert");
    return made;
}

void add_nested(std::vector<Crafted>& files) {
    using Wrap = h5::Type (*)(h5::Type);
    struct Case {
        const char* name;
        Wrap wrap;
        int depth;
    };
    for (const Case& one : {Case{"array_60", int_array, 60}, Case{"array_400", int_array, 400},
                            Case{"sequence_60", sequence, 60}, Case{"sequence_400", sequence, 400},
                            Case{"compound_60", compound, 60}, Case{"compound_400", compound, 400}}) {
        for (const bool as_attribute : {false, true}) {
            files.push_back({std::string("type_nested_") + one.name + (as_attribute ? "_attribute" : ""),
                             [one, as_attribute](const std::string& name_of) {
                                 CraftedFile file(name_of);
                                 h5::Type type(h5::check(H5Tcopy(H5T_STD_I32LE), "H5Tcopy"));
                                 for (int i = 0; i < one.depth; ++i) {
                                     type = one.wrap(std::move(type));
                                 }
                                 if (as_attribute) {
                                     file.attribute(file.id(), "nested", type.get(), CraftedFile::space({}));
                                 } else {
                                     file.dataset("f64", type.get(), {6, 4});
                                 }
                             }});
        }
    }
}

void add_types(std::vector<Crafted>& files) {
    const auto add = [&](const char* name, auto make_type, std::vector<hsize_t> extents) {
        files.push_back({std::string("type_") + name, [=](const std::string& name_of) {
                             CraftedFile file(name_of);
                             const h5::Type type = make_type();
                             file.dataset("f64", type.get(), extents);
                             file.dataset("chunked", type.get(), {2}, {1}, 1);
                         }});
    };
    add("string_of_2_gib",
        [] {
            h5::Type type(h5::check(H5Tcopy(H5T_C_S1), "H5Tcopy"));
            h5::check(H5Tset_size(type.get(), std::size_t{1} << 31U), "H5Tset_size");
            return type;
        },
        {4});
    add("opaque_of_4_gib",
        [] { return h5::Type(h5::check(H5Tcreate(H5T_OPAQUE, (std::size_t{1} << 32U) - 1), "H5Tcreate")); }, {3});
    add("array_of_1_gib",
        [] {
            const std::array<hsize_t, 3> dims{1024, 1024, 1024};
            return h5::Type(h5::check(H5Tarray_create2(H5T_STD_I8LE, 3, dims.data()), "H5Tarray_create2"));
        },
        {2});
    add("compound_of_900",
        [] {
            h5::Type type(h5::check(H5Tcreate(H5T_COMPOUND, 900), "H5Tcreate"));
            for (std::size_t i = 0; i < 900; ++i) {
                h5::check(H5Tinsert(type.get(), ("member" + std::to_string(i)).c_str(), i, H5T_STD_I8LE), "H5Tinsert");
            }
            return type;
        },
        {5});
    add("integers_of_3_bytes",
        [] {
            h5::Type type(h5::check(H5Tcopy(H5T_STD_I32LE), "H5Tcopy"));
            h5::check(H5Tset_precision(type.get(), 17), "H5Tset_precision");
            h5::check(H5Tset_offset(type.get(), 3), "H5Tset_offset");
            return type;
        },
        {5});
    add("floats_of_odd_bits",
        [] {
            h5::Type type(h5::check(H5Tcopy(H5T_IEEE_F64LE), "H5Tcopy"));
            h5::check(H5Tset_fields(type.get(), 63, 61, 2, 0, 61), "H5Tset_fields");
            return type;
        },
        {5});
    add("enumeration_without_names",
        [] { return h5::Type(h5::check(H5Tenum_create(H5T_NATIVE_INT), "H5Tenum_create")); }, {5});
    add("reference", [] { return h5::Type(h5::check(H5Tcopy(H5T_STD_REF_OBJ), "H5Tcopy")); }, {5});
    add("bits", [] { return h5::Type(h5::check(H5Tcopy(H5T_STD_B16LE), "H5Tcopy")); }, {5});
    add("time", [] { return h5::Type(h5::check(H5Tcopy(H5T_UNIX_D32LE), "H5Tcopy")); }, {5});
}

std::string repeated(const std::string& text, int times) {
    std::string result;
    for (int i = 0; i < times; ++i) {
        result += text;
    }
    return result;
}

void add_text(std::vector<Crafted>& files) {
    const std::string prefix = "!!_memh5_json:";
    const auto add = [&](const char* name, const std::string& value) {
        files.push_back({std::string("json_") + name, [value](const std::string& name_of) {
                             CraftedFile file(name_of);
                             const h5::Dataset dataset = file.dataset("f64", H5T_IEEE_F64LE, {6, 4});
                             file.text(file.id(), "json", value);
                             file.text(dataset.get(), "json", value);
                         }});
    };
    add("empty", prefix);
    add("of_100000_levels", prefix + std::string(100000, '['));
    add("closed_again", prefix + std::string(100000, '[') + std::string(100000, ']'));
    add("objects", prefix + repeated("{\"a\":", 50000) + "1" + std::string(50000, '}'));
    add("itself", prefix + "\"" + prefix + "\\\"" + prefix + "\\\"\"");
    add("number", prefix + std::string(100000, '9') + "e" + std::string(1000, '9'));
    add("escapes", prefix + R"("\ud800\udc00\ud800\ud800\udfff\u12")");
    add("not_utf8", prefix + "\"\xff\xfe\xc0\x80\"");
    add("python", prefix + "[NaN, -Infinity, Infinity, NaNN]");
    add("long", prefix + "\"" + std::string(2'000'000, 'x') + "\"");
}

void add_attributes(std::vector<Crafted>& files) {
    files.push_back({"attribute_of_32_mib", [](const std::string& name_of) {
                         CraftedFile file(name_of, true);
                         const std::vector<double> values(4 << 20, 1.5);
                         file.attribute(file.id(), "large", H5T_IEEE_F64LE, CraftedFile::space({4 << 20}),
                                        values.data());
                         file.dataset("f64", H5T_IEEE_F64LE, {6, 4});
                     }});
    files.push_back({"attribute_claims_much", [](const std::string& name_of) {
                         CraftedFile file(name_of, true);
                         file.attribute(file.id(), "zero", H5T_IEEE_F64LE, CraftedFile::space({0, hsize_t{1} << 62U}));
                         file.dataset("f64", H5T_IEEE_F64LE, {6, 4});
                     }});
    for (const bool newest : {false, true}) {
        files.push_back({newest ? "attributes_3000_newest" : "attributes_600", [newest](const std::string& name_of) {
                             CraftedFile file(name_of, newest);
                             for (int i = 0; i < (newest ? 3000 : 600); ++i) {
                                 file.attribute(file.id(), "a" + std::to_string(i), H5T_NATIVE_INT,
                                                CraftedFile::space({}), &i);
                             }
                             file.dataset("f64", H5T_IEEE_F64LE, {6, 4});
                         }});
    }
    files.push_back({"attribute_names", [](const std::string& name_of) {
                         CraftedFile file(name_of);
                         const int value = 1;
                         for (const std::string& name :
                              {std::string(60000, 'n'), std::string(" "), std::string("/"), std::string("\xff\xfe"),
                               std::string("__memh5_distributed_file"), std::string("a\nb")}) {
                             file.attribute(file.id(), name, H5T_NATIVE_INT, CraftedFile::space({}), &value);
                         }
                         file.dataset("f64", H5T_IEEE_F64LE, {6, 4});
                     }});
}

}  // namespace

void add_crafted_types(std::vector<Crafted>& files) {
    add_nested(files);
    add_types(files);
    add_text(files);
    add_attributes(files);
}

}  // namespace memdata_test
