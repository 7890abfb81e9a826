// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "io_tree.hpp"

#include <hdf5.h>

namespace md = memdata;

namespace bench {

namespace {

/// 200 groups of 5 small datasets, every other one distributed, 5 attributes on each.
class Tree {
public:
    explicit Tree(const Setup& setup) : setup_(setup), tree_(setup.world) {
        for (int i = 0; i < groups * datasets; ++i) {
            const std::string path = fmt::format("g{:03}/d{}", i / datasets, i % datasets);
            md::MemDataset& dataset =
                i % 2 == 0
                    ? tree_.create_dataset(path, md::MPIArray::full<double>(setup.world, {long_}, md::Axis{0}, i))
                    : tree_.create_dataset(path, md::Array::full<double>({short_}, i));
            dataset.attrs()["i"] = i;
            dataset.attrs()["f"] = 0.5 * i;
            dataset.attrs()["s"] = "some text";
            dataset.attrs()["b"] = i % 2 == 1;
            dataset.attrs()["v"] = std::vector<double>{1, 2, 3};
        }
    }

    void run() {
        const md::Index bytes = md::Index{8} * groups * datasets / 2 * (long_ + short_);
        const auto name = setup_.file("memdata");
        const std::vector<Method> save = {
            {"memdata", [&] { md::save(tree_, name, {.sync = false}); }, [&] { setup_.remove("memdata"); }},
            {"h5d_each", [&] { one_call_each(true); }, [&] { setup_.remove("h5d_each"); }}};
        measure(setup_, {.name = "tree", .op = "save", .axis = 0, .bytes = bytes, .objects = groups * datasets}, save);
        const std::vector<Method> load = {{"memdata", [&] { static_cast<void>(md::load(setup_.world, name)); }},
                                          {"h5d_each", [&] { one_call_each(false); }}};
        measure(setup_, {.name = "tree", .op = "load", .axis = 0, .bytes = bytes, .objects = groups * datasets}, load);
        setup_.remove("memdata");
        setup_.remove("h5d_each");
    }

private:
    static constexpr int groups = 200;
    static constexpr int datasets = 5;
    static constexpr md::Index long_ = 1000;
    static constexpr md::Index short_ = 100;

    /// A user's plain way: every dataset by a collective H5Dcreate/H5Dwrite or H5Dopen/H5Dread, without attributes.
    void one_call_each(bool write) {
        const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
        H5Pset_fapl_mpio(access, setup_.world, MPI_INFO_NULL);
        const hid_t collective = H5Pcreate(H5P_DATASET_XFER);
        H5Pset_dxpl_mpio(collective, H5FD_MPIO_COLLECTIVE);
        const hid_t links = H5Pcreate(H5P_LINK_CREATE);
        H5Pset_create_intermediate_group(links, 1);
        const std::string name = setup_.file("h5d_each");
        const hid_t file = write ? H5Fcreate(name.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access)
                                 : H5Fopen(name.c_str(), H5F_ACC_RDONLY, access);
        std::vector<double> buffer(static_cast<std::size_t>(long_));
        for (int i = 0; i < groups * datasets; ++i) {
            const std::string path = fmt::format("g{:03}/d{}", i / datasets, i % datasets);
            const bool distributed = i % 2 == 0;
            const auto extent = static_cast<hsize_t>(distributed ? long_ : short_);
            const hid_t space = H5Screate_simple(1, &extent, nullptr);
            const hid_t dataset =
                write ? H5Dcreate2(file, path.c_str(), H5T_IEEE_F64LE, space, links, H5P_DEFAULT, H5P_DEFAULT)
                      : H5Dopen2(file, path.c_str(), H5P_DEFAULT);
            const auto block = md::Partition::balanced(static_cast<md::Index>(extent), setup_.world.size());
            hsize_t start = distributed ? static_cast<hsize_t>(block.offset(setup_.world.rank())) : 0;
            hsize_t count = distributed ? static_cast<hsize_t>(block.count(setup_.world.rank())) : extent;
            const hid_t memory = H5Screate_simple(1, &count, nullptr);
            H5Sselect_hyperslab(space, H5S_SELECT_SET, &start, nullptr, &count, nullptr);
            if (write) {
                H5Dwrite(dataset, H5T_NATIVE_DOUBLE, memory, space, collective, buffer.data());
            } else {
                H5Dread(dataset, H5T_NATIVE_DOUBLE, memory, space, collective, buffer.data());
            }
            H5Sclose(memory);
            H5Sclose(space);
            H5Dclose(dataset);
        }
        H5Pclose(links);
        H5Pclose(collective);
        H5Fclose(file);
        H5Pclose(access);
    }

    const Setup& setup_;
    md::MemGroup tree_;
};

}  // namespace

void tree(const Setup& setup) { Tree(setup).run(); }

}  // namespace bench
