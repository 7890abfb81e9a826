// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "damage_seeds.hpp"

#include <hdf5.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <numeric>

#include "formula.hpp"
#include "h5/call.hpp"
#include "scratch.hpp"

namespace memdata_test {

namespace md = memdata;
namespace h5 = memdata::h5;

namespace {

void add_attributes(md::MemAttrs& attrs) {
    attrs["number"] = 3;
    attrs["numbers"] = std::vector<double>{1.5, -0.0, 1e300};
    attrs["text"] = "na\xc3\xafve";
    attrs["texts"] = std::vector<std::string>{"a", "", "three"};
    attrs["nothing"] = md::AttrValue();
    attrs["yes"] = true;
    attrs["complex"] = std::complex<float>(1, 2);
    attrs["json"] = md::AttrValue::json({{"a", 1}, {"b", {1.5, nullptr, "x"}}});
    attrs["time"] = md::AttrValue::TimePoint(std::chrono::sys_days(std::chrono::year(2024) / 2 / 29));
}

/// Every element type, common and distributed, contiguous.
md::MemGroup all_types(const md::Communicator& self) {
    md::MemGroup tree(self);
    add_attributes(tree.attrs());
    create(tree, "f64", md::TypeKind::float64, {6, 4}, md::Axis{0});
    const std::vector<md::Dtype> types = element_types();
    for (std::size_t i = 0; i < types.size(); ++i) {
        const std::string name = "type" + std::to_string(i);
        create(tree, i % 2 == 0 ? "even/" + name : "odd/" + name, types[i], {3, 2},
               i % 3 == 0 ? md::Placement() : md::Axis{static_cast<int>(i % 2)});
    }
    add_attributes(tree.group("even").attrs());
    add_attributes(tree.dataset("f64").attrs());
    return tree;
}

/// Chunks and filters.
md::MemGroup all_storages(const md::Communicator& self) {
    md::MemGroup tree(self);
    tree.attrs()["number"] = 3;
    create(tree, "f64", md::TypeKind::float64, {6, 4}, md::Axis{0}, {.chunks = {2, 3}, .filters = {md::Deflate{}}});
    const std::vector<std::vector<md::Filter>> pipelines = {
        {},           {md::Shuffle{}, md::Deflate{1}}, {md::Fletcher32{}},
        {md::Szip{}}, {md::Filter{6, {2, 0}}},         {md::Filter{5, {}}}};
    for (std::size_t i = 0; i < pipelines.size(); ++i) {
        const std::string name = "filtered/" + std::to_string(i);
        create(tree, name, md::TypeKind::int32, {8, 4}, i % 2 == 0 ? md::Placement() : md::Axis{1},
               {.chunks = {5, 4}, .filters = pipelines[i]});
    }
    create(tree, "texts", md::TypeKind::variable_string, {5}, {}, {.chunks = {2}});
    create(tree, "big", md::TypeKind::int16, {5}, md::Axis{0},
           {.file_dtype = md::Dtype(md::TypeKind::int16).with_byte_order(md::ByteOrder::big)});
    create(tree, "empty", md::TypeKind::int16, {0, 3});
    create(tree, "scalar", md::TypeKind::float32, {});
    tree.create_dataset("null", md::Array::zeros(md::TypeKind::int8, {0}), {.null_space = true});
    return tree;
}

/// Attributes beyond an object header: fractal heaps and B-trees of version 2.
md::MemGroup dense_attributes(const md::Communicator& self) {
    md::MemGroup tree(self);
    add_attributes(tree.attrs());
    tree.attrs()["large"] = std::vector<double>(9000, 1.5);
    create(tree, "f64", md::TypeKind::float64, {6, 4}, md::Axis{0});
    return tree;
}

/// Writes through HDF5 itself; `newest` or oldest format.
class RawFile {
public:
    RawFile(const std::string& file, bool newest, hsize_t user_block) {
        const h5::PropertyList creation(h5::check(H5Pcreate(H5P_FILE_CREATE), "H5Pcreate"));
        h5::check(H5Pset_userblock(creation.get(), user_block), "H5Pset_userblock");
        const h5::PropertyList access(h5::check(H5Pcreate(H5P_FILE_ACCESS), "H5Pcreate"));
        h5::check(
            H5Pset_libver_bounds(access.get(), newest ? H5F_LIBVER_LATEST : H5F_LIBVER_EARLIEST, H5F_LIBVER_LATEST),
            "H5Pset_libver_bounds");
        file_ = h5::File(h5::check(H5Fcreate(file.c_str(), H5F_ACC_TRUNC, creation.get(), access.get()), "H5Fcreate"));
    }

    [[nodiscard]] hid_t id() const { return file_.get(); }

    /// A table of 6 x 4 doubles; `properties` is for its property list.
    template <class Properties>
    void table(const std::string& name, std::array<hsize_t, 2> most, Properties&& properties) {
        const std::array<hsize_t, 2> extents = {6, 4};
        const h5::Space space(h5::check(H5Screate_simple(2, extents.data(), most.data()), "H5Screate_simple"));
        const h5::PropertyList list(h5::check(H5Pcreate(H5P_DATASET_CREATE), "H5Pcreate"));
        h5::check(H5Pset_obj_track_times(list.get(), false), "H5Pset_obj_track_times");
        properties(list.get());
        const h5::Dataset dataset(
            h5::check(H5Dcreate2(id(), name.c_str(), H5T_IEEE_F64LE, space.get(), H5P_DEFAULT, list.get(), H5P_DEFAULT),
                      "H5Dcreate2"));
        std::array<double, 24> values{};
        std::iota(values.begin(), values.end(), 1.0);
        h5::check(H5Dwrite(dataset.get(), H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), "H5Dwrite");
    }
    void chunked(const std::string& name, std::array<hsize_t, 2> most, std::array<hsize_t, 2> chunk,
                 H5D_alloc_time_t when = H5D_ALLOC_TIME_INCR, int level = -1) {
        table(name, most, [&](hid_t list) {
            h5::check(H5Pset_chunk(list, 2, chunk.data()), "H5Pset_chunk");
            h5::check(H5Pset_alloc_time(list, when), "H5Pset_alloc_time");
            if (level >= 0) {
                h5::check(H5Pset_deflate(list, static_cast<unsigned>(level)), "H5Pset_deflate");
            }
        });
    }
    void attribute(const std::string& object, const std::string& name, double value) {
        const h5::Object owner(h5::check(H5Oopen(id(), object.c_str(), H5P_DEFAULT), "H5Oopen"));
        const h5::Space space(h5::check(H5Screate(H5S_SCALAR), "H5Screate"));
        const h5::Attribute attribute(
            h5::check(H5Acreate2(owner.get(), name.c_str(), H5T_IEEE_F64LE, space.get(), H5P_DEFAULT, H5P_DEFAULT),
                      "H5Acreate2"));
        h5::check(H5Awrite(attribute.get(), H5T_NATIVE_DOUBLE, &value), "H5Awrite");
    }
    void group(const std::string& name) {
        h5::Group(h5::check(H5Gcreate2(id(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), "H5Gcreate2"));
    }

private:
    h5::File file_;
};

/// Links of every kind, a named type, many names and attributes, every layout and every index of chunks.
void write_raw(const std::string& file, bool newest, hsize_t user_block) {
    RawFile raw(file, newest, user_block);
    const std::array<hsize_t, 2> fixed = {6, 4};
    const std::array<hsize_t, 2> one = {H5S_UNLIMITED, 4};
    const std::array<hsize_t, 2> two = {H5S_UNLIMITED, H5S_UNLIMITED};
    raw.table("f64", fixed, [](hid_t) {});
    raw.table("compact", fixed, [](hid_t list) { h5::check(H5Pset_layout(list, H5D_COMPACT), "H5Pset_layout"); });
    raw.chunked("fixed_array", fixed, {2, 3});
    raw.chunked("fixed_array_deflated", fixed, {2, 3}, H5D_ALLOC_TIME_INCR, 6);
    raw.chunked("implicit", fixed, {2, 3}, H5D_ALLOC_TIME_EARLY);
    raw.chunked("single", fixed, {6, 4}, H5D_ALLOC_TIME_INCR, 6);
    raw.chunked("extensible", one, {2, 3});
    raw.chunked("tree", two, {2, 3}, H5D_ALLOC_TIME_INCR, 6);
    raw.group("many");
    for (int i = 0; i < 40; ++i) {
        raw.group("many/" + std::to_string(i));
        raw.attribute("many", "attribute" + std::to_string(i), i);
    }
    h5::check(H5Lcreate_soft("/f64", raw.id(), "soft", H5P_DEFAULT, H5P_DEFAULT), "H5Lcreate_soft");
    h5::check(H5Lcreate_hard(raw.id(), "f64", raw.id(), "hard", H5P_DEFAULT, H5P_DEFAULT), "H5Lcreate_hard");
    const h5::Type named(h5::check(H5Tcopy(H5T_NATIVE_INT), "H5Tcopy"));
    h5::check(H5Tcommit2(raw.id(), "named", named.get(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), "H5Tcommit2");
    if (newest) {
        raw.table("virtual", fixed, [&](hid_t list) {
            const h5::Space space(h5::check(H5Screate_simple(2, fixed.data(), nullptr), "H5Screate_simple"));
            h5::check(H5Pset_virtual(list, space.get(), ".", "/f64", space.get()), "H5Pset_virtual");
        });
    }
}

}  // namespace

std::vector<std::string> make_seeds(const md::Communicator& self, const std::string& folder) {
    std::vector<std::string> names;
    const auto file = [&](const std::string& name) {
        names.push_back(name);
        return folder + "/" + name + ".h5";
    };
    const md::SaveOptions options{.sync = false};
    md::save(all_types(self), file("types"), options);
    md::save(all_storages(self), file("storages"), options);
    md::save(dense_attributes(self), file("dense"), options);
    write_raw(file("oldest"), false, 0);
    write_raw(file("user_block"), false, 512);
    write_raw(file("newest"), true, 0);
    for (const char* name : {"attrs_json", "dtypes_dist", "bigendian_h5py", "chunked_dist", "container", "dist_axes",
                             "groups_nested", "no_hints_h5py", "scalars_h5py", "strings_fixed", "strings_vlen"}) {
        std::filesystem::copy_file(data_file(std::string("caput/") + name + ".h5"), file(name),
                                   std::filesystem::copy_options::overwrite_existing);
    }
    return names;
}

}  // namespace memdata_test
