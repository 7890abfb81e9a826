// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "inject_cases.hpp"

#include <hdf5.h>

#include <memory>
#include <optional>
#include <ostream>
#include <utility>

#include "fault_tree.hpp"

namespace memdata_test {

namespace md = memdata;

namespace {

using md::Index;

constexpr Index rows = 40;
constexpr Index columns = 24;
constexpr Index many = 12000;  // elements of common data that are broadcast by themselves

template <class T>
T element(int generation, Index i, Index j) {
    return static_cast<T>(generation * 2000 + i * columns + j);
}

template <class T>
md::MPIArray field(const md::Communicator& comm, int generation, md::Axis axis) {
    auto array = md::MPIArray::zeros<T>(comm, {rows, columns}, axis);
    auto view = array.template local<T, 2>();
    for (auto [i, row] : array.indices(md::Axis{0})) {
        for (auto [j, column] : array.indices(md::Axis{1})) {
            view(i, j) = element<T>(generation, row, column);
        }
    }
    return array;
}

std::string word(int generation, Index i) {
    return "word " + std::to_string(generation) + " of number " + std::to_string(i);
}

md::MPIArray words(const md::Communicator& comm, int generation) {
    std::vector<std::string> all;
    for (Index i = 0; i < rows; ++i) {
        all.push_back(word(generation, i));
    }
    return md::MPIArray::from_common(comm, md::Array(all), md::Axis{0});
}

/// Besides make_tree(): attributes of several kinds, strings, other types in the file, data without filters and with.
md::MemGroup whole_tree(const md::Communicator& comm, int generation) {
    md::MemGroup tree = make_tree(comm, generation);
    tree.attrs()["names"] = std::vector<std::string>{"one", "two", "three of them"};
    md::MemGroup& group = tree.create_group("more/of the same");
    group.attrs()["numbers"] = std::vector<double>(20, generation);
    group.create_dataset("rows", field<double>(comm, generation, md::Axis{0})).attrs()["unit"] = "K of the whole sky";
    group.create_dataset("columns", field<float>(comm, generation, md::Axis{1}));
    group.create_dataset("swapped", field<double>(comm, generation, md::Axis{0}),
                         {.file_dtype = md::dtype_of<double>().with_byte_order(md::ByteOrder::big)});
    group.create_dataset("narrow", field<double>(comm, generation, md::Axis{1}),
                         {.chunks = {16, 10}, .filters = {md::Fletcher32{}}, .file_dtype = md::dtype_of<float>()});
    group.create_dataset("words", words(comm, generation));
    group.create_dataset("codes", md::MPIArray::zeros(comm, md::Dtype::fixed_string(8), {rows}, md::Axis{0}));
    group.create_dataset("table", md::Array::full<double>({many}, generation));
    group.create_dataset("packed table", md::Array::full<double>({many}, generation),
                         {.chunks = {5000}, .filters = {md::Deflate{1}}});
    return tree;
}

template <class T>
bool is_field(const md::MemDataset& dataset, int generation) {
    const auto& array = dataset.distributed();
    const auto view = array.local<T, 2>();
    for (auto [i, row] : array.indices(md::Axis{0})) {
        for (auto [j, column] : array.indices(md::Axis{1})) {
            if (view(i, j) != element<T>(generation, row, column)) {
                return false;
            }
        }
    }
    return true;
}

std::string check_whole(const md::MemGroup& tree, int generation) {
    if (std::string wrong = check_tree(tree, generation); !wrong.empty()) {
        return wrong;
    }
    const md::MemGroup& group = tree.group("more/of the same");
    if (tree.attrs().at("names").array().size() != 3 ||
        group.attrs().at("numbers").array().span<double>()[19] != generation ||
        group.dataset("rows").attrs().at("unit").as<std::string>() != "K of the whole sky") {
        return "wrong attributes";
    }
    if (!is_field<double>(group.dataset("rows"), generation) ||
        !is_field<float>(group.dataset("columns"), generation)) {
        return "wrong contiguous data";
    }
    if (!is_field<double>(group.dataset("swapped"), generation) ||
        !is_field<float>(group.dataset("narrow"), generation)) {
        return "wrong converted data";
    }
    const md::MPIArray& text = group.dataset("words").distributed();
    const auto view = text.local<std::string, 1>();
    for (auto [i, global] : text.indices(md::Axis{0})) {
        if (view(i) != word(generation, global)) {
            return "wrong words";
        }
    }
    for (const char* name : {"table", "packed table"}) {
        for (const double number : group.dataset(name).common().span<double>()) {
            if (number != generation) {
                return std::string("wrong ") + name;
            }
        }
    }
    return "";
}

std::string check_file(const md::Communicator& comm, const std::string& file) {
    return check_whole(md::load(comm, file), 2);
}

void save_first(const md::Communicator& comm, const std::string& file) {
    md::save(whole_tree(comm, 1), file, {.sync = false});
}

InjectCase saving(std::string name, const md::SaveOptions& options) {
    InjectCase made{.name = std::move(name), .is_save = true};
    made.replaces = options.if_exists != md::IfExists::fail;
    made.prepare = made.replaces ? save_first : [](const md::Communicator&, const std::string&) {};
    made.operation = [options](const md::Communicator& comm) {
        auto tree = std::make_shared<md::MemGroup>(whole_tree(comm, 2));
        return [tree, options](const std::string& file) { md::save(*tree, file, options); };
    };
    made.check = check_file;
    made.by_hdf5 = options.transfer.way == md::TransferWay::hdf5;
    return made;
}

/// What was loaded is kept, to be looked at when nothing is made to fail any more.
InjectCase loading(std::string name, const md::LoadOptions& options,
                   std::function<std::string(const md::MemGroup&)> check_loaded) {
    InjectCase made{.name = std::move(name)};
    made.prepare = save_first;
    auto loaded = std::make_shared<std::optional<md::MemGroup>>();
    made.operation = [options, loaded](const md::Communicator& comm) {
        return [options, loaded, comm](const std::string& file) {
            loaded->reset();
            loaded->emplace(md::load(comm, file, options));
        };
    };
    made.check = [loaded, check_loaded](const md::Communicator&, const std::string&) {
        const std::optional<md::MemGroup> tree = std::exchange(*loaded, std::nullopt);  // its communicator goes, too
        return tree ? check_loaded(*tree) : std::string("nothing was loaded");
    };
    made.by_hdf5 = options.transfer.way == md::TransferWay::hdf5;
    return made;
}

/// A part of some datasets, over other axes than they were saved.
InjectCase loading_parts() {
    const std::string part = "/more/of the same";
    const std::string group = part + "/";
    md::LoadOptions options;
    options.only = {part, "/packed", "/chunked", "/by_row"};
    options.select = {{group + "rows", md::Selection{}.on(md::Axis{0}, md::slice(3, 33, 3))},
                      {"/packed", md::Selection{}.on(md::Axis{1}, std::vector<Index>{5, 1, 60, 1})},
                      {"/chunked", md::Selection{}.on(md::Axis{0}, md::slice(10, 200))},
                      {group + "packed table", md::Selection{}.on(md::Axis{0}, md::slice(0, 7000, 2))}};
    options.distribute = {{group + "rows", md::Axis{1}}, {"/packed", md::Axis{0}}, {"/by_row", md::Axis{1}}};
    options.convert = {{group + "columns", {md::dtype_of<double>()}},
                       {group + "codes", {md::Dtype::variable_string()}}};
    return loading("load_parts", options, [group](const md::MemGroup& tree) -> std::string {
        const md::MPIArray& some = tree.dataset(group + "rows").distributed();
        const auto view = some.local<double, 2>();
        for (auto [i, row] : some.indices(md::Axis{0})) {
            for (auto [j, column] : some.indices(md::Axis{1})) {
                if (view(i, j) != element<double>(1, 3 + 3 * row, column)) {
                    return "wrong rows";
                }
            }
        }
        return is_field<double>(tree.dataset(group + "columns"), 1) ? "" : "wrong columns";
    });
}

/// Rank 0 makes what only HDF5 reads: a virtual dataset, a compact one, and integers of 24 bits.
void make_odd(const md::Communicator& comm, const std::string& file) {
    if (comm.rank() == 0) {
        const std::vector<int> numbers(rows, 7);
        const hsize_t extent = rows;
        const hid_t to = H5Fcreate(file.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
        const hid_t space = H5Screate_simple(1, &extent, nullptr);
        const auto add = [&](const char* name, hid_t type, hid_t list, bool fill) {
            const hid_t dataset = H5Dcreate2(to, name, type, space, H5P_DEFAULT, list, H5P_DEFAULT);
            if (fill) {
                H5Dwrite(dataset, H5T_NATIVE_INT, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers.data());
            }
            H5Dclose(dataset);
        };
        const hid_t narrow = H5Tcopy(H5T_STD_I32LE);
        H5Tset_precision(narrow, 24);
        const hid_t compact = H5Pcreate(H5P_DATASET_CREATE);
        H5Pset_layout(compact, H5D_COMPACT);
        const hid_t view = H5Pcreate(H5P_DATASET_CREATE);
        H5Pset_virtual(view, space, ".", "/narrow numbers", space);
        add("narrow numbers", narrow, H5P_DEFAULT, true);
        add("compact numbers", H5T_STD_I32LE, compact, true);
        add("numbers seen from elsewhere", H5T_STD_I32LE, view, false);
        for (const hid_t list : {compact, view}) {
            H5Pclose(list);
        }
        H5Tclose(narrow);
        H5Sclose(space);
        H5Fclose(to);
    }
    comm.barrier();
}

InjectCase loading_odd() {
    md::LoadOptions options;
    const std::vector<std::string> names{"narrow numbers", "compact numbers", "numbers seen from elsewhere"};
    for (const std::string& name : names) {
        options.distribute.emplace(name, md::Axis{0});
    }
    InjectCase made = loading("load_odd", options, [names](const md::MemGroup& tree) -> std::string {
        for (const std::string& name : names) {
            for (const std::int32_t number : tree.dataset(name).distributed().local().span<std::int32_t>()) {
                if (number != 7) {
                    return "wrong " + name;
                }
            }
        }
        return "";
    });
    made.prepare = make_odd;
    return made;
}

InjectCase saving_one() {
    InjectCase made{.name = "save_dataset", .is_save = true};
    made.prepare = save_first;
    made.operation = [](const md::Communicator& comm) {
        auto array = std::make_shared<md::MPIArray>(field<double>(comm, 2, md::Axis{1}));
        return [array, path = std::string("/more/of the same/rows")](const std::string& file) {
            md::save_dataset(*array, file, path, {}, {.if_exists = md::IfExists::update, .sync = false});
        };
    };
    made.check = [](const md::Communicator& comm, const std::string& file) -> std::string {
        const md::MemGroup tree = md::load(comm, file);
        return !is_field<double>(tree.dataset("more/of the same/rows"), 2) ? "wrong rows" : check_tree(tree, 1);
    };
    return made;
}

InjectCase loading_one() {
    InjectCase made{.name = "load_dataset"};
    made.prepare = save_first;
    auto loaded = std::make_shared<std::optional<md::MPIArray>>();
    made.operation = [loaded](const md::Communicator& comm) {
        return [loaded, comm, path = std::string("/more/of the same/rows")](const std::string& file) {
            loaded->reset();
            loaded->emplace(md::load_dataset(comm, file, path));
        };
    };
    made.check = [loaded](const md::Communicator&, const std::string&) {
        return std::string(*loaded && (*loaded)->shape() == md::Shape{rows, columns} ? "" : "not loaded");
    };
    return made;
}

md::TransferOptions by(md::TransferWay way) { return {.way = way, .progress_bar = false}; }

}  // namespace

std::ostream& operator<<(std::ostream& out, const InjectCase& which) { return out << which.name; }

const std::vector<InjectCase>& inject_cases() {
    static const std::vector<InjectCase> cases = [] {
        using md::TransferWay;
        const auto whole = [](const md::MemGroup& tree) { return check_whole(tree, 1); };
        std::vector<InjectCase> made;
        made.push_back(saving("save", {.transfer = by(TransferWay::automatic)}));
        made.push_back(saving("save_direct", {.sync = false, .transfer = by(TransferWay::direct)}));
        made.push_back(saving("save_new", {.if_exists = md::IfExists::fail, .transfer = by(TransferWay::exchange)}));
        made.push_back(saving("save_update", {.if_exists = md::IfExists::update, .sync = false}));
        made.push_back(saving("save_apart", {.sync = false, .transfer = by(TransferWay::automatic)}));
        made.back().ranks = InjectCase::Ranks::apart;
        made.push_back(saving("save_unknown", {.sync = false, .transfer = by(TransferWay::automatic)}));
        made.back().ranks = InjectCase::Ranks::unknown;
        made.push_back(saving("save_hdf5", {.sync = false, .transfer = by(TransferWay::hdf5)}));
        made.push_back(saving_one());
        made.push_back(loading("load", {.transfer = by(TransferWay::automatic)}, whole));
        made.push_back(loading("load_direct", {.transfer = by(TransferWay::direct)}, whole));
        made.push_back(loading("load_exchange", {.transfer = by(TransferWay::exchange)}, whole));
        made.push_back(loading("load_apart", {.transfer = by(TransferWay::exchange)}, whole));
        made.back().ranks = InjectCase::Ranks::apart;
        made.push_back(loading("load_hdf5", {.transfer = by(TransferWay::hdf5)}, whole));
        made.push_back(loading_parts());
        made.push_back(loading_odd());
        made.push_back(loading_one());
        return made;
    }();
    return cases;
}

}  // namespace memdata_test
