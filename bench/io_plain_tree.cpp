// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "io_plain_tree.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdint>

namespace md = memdata;

namespace bench {

namespace {

/// A result of HDF5 that is no error.
template <class Result>
Result ok(Result result) {
    if (result < 0) {
        throw md::IoError("plain HDF5 fails in the benchmark");
    }
    return result;
}

/// The types and spaces of all attributes.
class Attributes {
public:
    Attributes()
        : text_(ok(H5Tcopy(H5T_C_S1))), truth_(ok(H5Tenum_create(H5T_STD_I8LE))), scalar_(ok(H5Screate(H5S_SCALAR))) {
        ok(H5Tset_size(text_, H5T_VARIABLE));
        ok(H5Tset_cset(text_, H5T_CSET_UTF8));
        constexpr std::array<signed char, 2> values{0, 1};
        for (const signed char value : values) {
            ok(H5Tenum_insert(truth_, value == 0 ? "FALSE" : "TRUE", &value));
        }
        const hsize_t three = 3;
        vector_ = ok(H5Screate_simple(1, &three, nullptr));
    }
    Attributes(const Attributes&) = delete;
    Attributes& operator=(const Attributes&) = delete;
    ~Attributes() {
        H5Tclose(text_);
        H5Tclose(truth_);
        H5Sclose(scalar_);
        H5Sclose(vector_);
    }

    void write_to_file(hid_t file) const {
        const signed char yes = 1;
        write(file, "__memh5_distributed_file", truth_, &yes, scalar_);
    }
    void write_to_dataset(hid_t dataset, int number) const {
        const std::int32_t i = number;
        const double f = 0.5 * number;
        const char* s = "some text";
        const auto b = static_cast<signed char>(number % 2);
        const double v[3] = {1, 2, 3};
        const auto distributed = static_cast<signed char>(SmallTree::is_distributed(number));
        const std::int64_t axis = 0;
        write(dataset, "__memh5_distributed_dset", truth_, &distributed, scalar_);
        if (distributed != 0) {
            write(dataset, "__memh5_distributed_axis", H5T_STD_I64LE, &axis, scalar_);
        }
        write(dataset, "b", truth_, &b, scalar_);
        write(dataset, "f", H5T_IEEE_F64LE, &f, scalar_);
        write(dataset, "i", H5T_STD_I32LE, &i, scalar_);
        write(dataset, "s", text_, &s, scalar_);
        write(dataset, "v", H5T_IEEE_F64LE, v, vector_);
    }

private:
    static void write(hid_t object, const char* name, hid_t type, const void* value, hid_t space) {
        const hid_t attribute = ok(H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT));
        ok(H5Awrite(attribute, type, value));
        ok(H5Aclose(attribute));
    }

    hid_t text_;
    hid_t truth_;
    hid_t scalar_;
    hid_t vector_ = H5I_INVALID_HID;
};

PlainAttribute read_attribute(hid_t object, const char* name) {
    PlainAttribute value{.name = name};
    const hid_t attribute = ok(H5Aopen(object, name, H5P_DEFAULT));
    const hid_t type = ok(H5Aget_type(attribute));
    const hid_t space = ok(H5Aget_space(attribute));
    value.kind = ok(H5Tget_class(type));
    value.dims.resize(static_cast<std::size_t>(ok(H5Sget_simple_extent_ndims(space))));
    ok(H5Sget_simple_extent_dims(space, value.dims.data(), nullptr));
    if (ok(H5Tis_variable_str(type)) > 0) {
        char* text = nullptr;
        ok(H5Aread(attribute, type, &text));
        value.text = text;
        ok(H5Dvlen_reclaim(type, space, H5P_DEFAULT, &text));
    } else {
        value.bytes.resize(H5Tget_size(type) * static_cast<std::size_t>(H5Sget_simple_extent_npoints(space)));
        ok(H5Aread(attribute, type, value.bytes.data()));
    }
    ok(H5Sclose(space));
    ok(H5Tclose(type));
    ok(H5Aclose(attribute));
    return value;
}

std::vector<PlainAttribute> read_attributes(hid_t object) {
    std::vector<PlainAttribute> values;
    const auto visit = [](hid_t location, const char* name, const H5A_info_t*, void* out) -> herr_t {
        static_cast<std::vector<PlainAttribute>*>(out)->push_back(read_attribute(location, name));
        return 0;
    };
    ok(H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_NATIVE, nullptr, visit, &values));
    return values;
}

std::vector<std::string> list(hid_t group) {
    std::vector<std::string> names;
    const auto visit = [](hid_t, const char* link, const H5L_info_t*, void* out) -> herr_t {
        static_cast<std::vector<std::string>*>(out)->emplace_back(link);
        return 0;
    };
    ok(H5Literate(group, H5_INDEX_NAME, H5_ITER_NATIVE, nullptr, visit, &names));
    return names;
}

/// What a collective call takes, this rank's part of a dataset.
class Part {
public:
    Part(const md::Communicator& comm, int dataset) {
        const hsize_t extent = SmallTree::extent(dataset);
        const auto block = md::Partition::balanced(static_cast<md::Index>(extent), comm.size());
        const bool all = !SmallTree::is_distributed(dataset);
        const auto start = all ? 0 : static_cast<hsize_t>(block.offset(comm.rank()));
        const auto count = all ? extent : static_cast<hsize_t>(block.count(comm.rank()));
        file_ = ok(H5Screate_simple(1, &extent, nullptr));
        ok(H5Sselect_hyperslab(file_, H5S_SELECT_SET, &start, nullptr, &count, nullptr));
        memory_ = ok(H5Screate_simple(1, &count, nullptr));
    }
    Part(const Part&) = delete;
    Part& operator=(const Part&) = delete;
    ~Part() {
        H5Sclose(memory_);
        H5Sclose(file_);
    }
    [[nodiscard]] hid_t file() const { return file_; }
    [[nodiscard]] hid_t memory() const { return memory_; }

private:
    hid_t file_ = H5I_INVALID_HID;
    hid_t memory_ = H5I_INVALID_HID;
};

/// The property lists of collective calls.
struct Collective {
    explicit Collective(const md::Communicator& comm) {
        ok(H5Pset_fapl_mpio(access, comm, MPI_INFO_NULL));
        ok(H5Pset_dxpl_mpio(transfer, H5FD_MPIO_COLLECTIVE));
    }
    Collective(const Collective&) = delete;
    Collective& operator=(const Collective&) = delete;
    ~Collective() {
        H5Pclose(transfer);
        H5Pclose(access);
    }
    hid_t access = ok(H5Pcreate(H5P_FILE_ACCESS));
    hid_t transfer = ok(H5Pcreate(H5P_DATASET_XFER));
};

}  // namespace

std::string SmallTree::group(int number) { return fmt::format("g{:03}", number); }

std::string SmallTree::name(int dataset) { return fmt::format("d{}", dataset % in_group); }

md::Index SmallTree::bytes() const {
    hsize_t elements = 0;
    for (int dataset = 0; dataset < datasets(); ++dataset) {
        elements += extent(dataset);
    }
    return static_cast<md::Index>(elements * sizeof(double));
}

void write_serially(const std::string& name, const SmallTree& tree, const std::vector<std::vector<double>>& data) {
    const Attributes attributes;
    const hsize_t large = SmallTree::large;
    const hsize_t small = SmallTree::small;
    const hid_t large_space = ok(H5Screate_simple(1, &large, nullptr));
    const hid_t small_space = ok(H5Screate_simple(1, &small, nullptr));
    const hid_t file = ok(H5Fcreate(name.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
    attributes.write_to_file(file);
    for (int g = 0; g < tree.groups; ++g) {
        const hid_t group = ok(H5Gcreate2(file, SmallTree::group(g).c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
        for (int d = g * SmallTree::in_group; d < (g + 1) * SmallTree::in_group; ++d) {
            const hid_t dataset = ok(H5Dcreate2(group, SmallTree::name(d).c_str(), H5T_IEEE_F64LE,
                                                SmallTree::is_distributed(d) ? large_space : small_space, H5P_DEFAULT,
                                                H5P_DEFAULT, H5P_DEFAULT));
            ok(H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT,
                        data[static_cast<std::size_t>(d)].data()));
            attributes.write_to_dataset(dataset, d);
            ok(H5Dclose(dataset));
        }
        ok(H5Gclose(group));
    }
    ok(H5Fclose(file));
    ok(H5Sclose(large_space));
    ok(H5Sclose(small_space));
}

std::vector<PlainDataset> read_serially(const std::string& name) {
    std::vector<PlainDataset> read;
    const hid_t file = ok(H5Fopen(name.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT));
    static_cast<void>(read_attributes(file));
    for (const std::string& group_name : list(file)) {
        const hid_t group = ok(H5Gopen2(file, group_name.c_str(), H5P_DEFAULT));
        static_cast<void>(read_attributes(group));
        for (const std::string& dataset_name : list(group)) {
            const hid_t dataset = ok(H5Dopen2(group, dataset_name.c_str(), H5P_DEFAULT));
            PlainDataset& one = read.emplace_back();
            one.path = group_name + "/" + dataset_name;
            one.attributes = read_attributes(dataset);
            const hid_t space = ok(H5Dget_space(dataset));
            one.data.resize(static_cast<std::size_t>(H5Sget_simple_extent_npoints(space)));
            ok(H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, one.data.data()));
            ok(H5Sclose(space));
            ok(H5Dclose(dataset));
        }
        ok(H5Gclose(group));
    }
    ok(H5Fclose(file));
    return read;
}

void write_each(const md::Communicator& comm, const std::string& name, const SmallTree& tree) {
    const Collective lists(comm);
    const Attributes attributes;
    const std::vector<double> buffer(SmallTree::large);
    const hid_t file = ok(H5Fcreate(name.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, lists.access));
    attributes.write_to_file(file);
    for (int g = 0; g < tree.groups; ++g) {
        const hid_t group = ok(H5Gcreate2(file, SmallTree::group(g).c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
        for (int d = g * SmallTree::in_group; d < (g + 1) * SmallTree::in_group; ++d) {
            const Part part(comm, d);
            const hid_t dataset = ok(H5Dcreate2(group, SmallTree::name(d).c_str(), H5T_IEEE_F64LE, part.file(),
                                                H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
            ok(H5Dwrite(dataset, H5T_NATIVE_DOUBLE, part.memory(), part.file(), lists.transfer, buffer.data()));
            attributes.write_to_dataset(dataset, d);
            ok(H5Dclose(dataset));
        }
        ok(H5Gclose(group));
    }
    ok(H5Fclose(file));
}

std::vector<PlainDataset> read_each(const md::Communicator& comm, const std::string& name, const SmallTree& tree) {
    const Collective lists(comm);
    std::vector<PlainDataset> read;
    const hid_t file = ok(H5Fopen(name.c_str(), H5F_ACC_RDONLY, lists.access));
    for (int d = 0; d < tree.datasets(); ++d) {
        const Part part(comm, d);
        PlainDataset& one = read.emplace_back();
        one.path = SmallTree::path(d);
        const hid_t dataset = ok(H5Dopen2(file, one.path.c_str(), H5P_DEFAULT));
        one.attributes = read_attributes(dataset);
        one.data.resize(static_cast<std::size_t>(H5Sget_simple_extent_npoints(part.memory())));
        ok(H5Dread(dataset, H5T_NATIVE_DOUBLE, part.memory(), part.file(), lists.transfer, one.data.data()));
        ok(H5Dclose(dataset));
    }
    ok(H5Fclose(file));
    return read;
}

}  // namespace bench
