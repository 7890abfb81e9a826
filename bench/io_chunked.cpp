// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "io_chunked.hpp"

#include <cmath>

#include "one_writer.hpp"

namespace md = memdata;

namespace bench {

namespace {

/// A chunked dataset, with and without filters: memdata's exchange of chunks against HDF5's collective calls. The data
/// compress about as those of a measurement: a smooth curve with noise in the last digits.
class Chunked {
public:
    Chunked(const Setup& setup, int axis, bool filtered)
        : setup_(setup),
          axis_(axis),
          name_(filtered ? "shuffle_deflate4" : "chunked"),
          storage_{.chunks = {64, 2048}} {  // 1 MiB
        if (filtered) {
            storage_.filters = {md::Shuffle{}, md::Deflate{level}};
        }
        const md::Shape shape{1024, std::max(md::Index{2048}, setup.mib * (filtered ? 32 : 128))};
        md::MPIArray array = md::MPIArray::zeros<double>(setup.world, shape, md::Axis{axis});
        unsigned noise = 1U + static_cast<unsigned>(setup.world.rank());
        double x = 0;
        for (double& value : array.local().span<double>()) {
            noise = noise * 1664525U + 1013904223U;
            value = std::round((std::sin(x += 1e-3) + 1e-4 * (noise >> 20U)) * 1e5) / 1e5;
        }
        bytes_ = array.shape().bytes(sizeof(double));
        tree_ = md::MemGroup(setup.world);
        tree_.create_dataset("d", std::move(array), storage_);
    }

    void run() {
        std::vector<Method> save = {
            {"memdata", [&] { this->save("memdata", md::TransferWay::automatic); }, [&] { setup_.remove("memdata"); }},
            {"hdf5_collective", [&] { this->save("hdf5", md::TransferWay::hdf5); }, [&] { setup_.remove("hdf5"); }}};
        if (!storage_.filters.empty() && axis_ == 0) {
            save.push_back({"one_writer",
                            [&] {
                                save_by_one_writer(tree_.dataset("d").distributed(), storage_.chunks, level,
                                                   setup_.file("one_writer"));
                            },
                            [&] { setup_.remove("one_writer"); }});
        }
        measure(setup_, {.name = name_, .op = "save", .axis = axis_, .bytes = bytes_, .objects = 1}, save);
        const std::vector<Method> load = {{"memdata", [&] { this->load(md::TransferWay::automatic); }},
                                          {"hdf5_collective", [&] { this->load(md::TransferWay::hdf5); }}};
        measure(setup_, {.name = name_, .op = "load", .axis = axis_, .bytes = bytes_, .objects = 1}, load);
        setup_.remove("memdata");
        setup_.remove("hdf5");
        setup_.remove("one_writer");
    }

private:
    static constexpr int level = 4;  // of deflate

    void save(const std::string& method, md::TransferWay way) {
        md::save(tree_, setup_.file(method), {.sync = false, .transfer = {.way = way}});
    }
    void load(md::TransferWay way) {
        static_cast<void>(md::load(setup_.world, setup_.file("memdata"), {.transfer = {.way = way}}));
    }

    const Setup& setup_;
    int axis_;
    std::string name_;
    md::Storage storage_;
    md::Index bytes_ = 0;
    md::MemGroup tree_;
};

}  // namespace

void chunked(const Setup& setup) {
    for (const int axis : {0, 1}) {
        Chunked(setup, axis, false).run();
    }
}

void filtered(const Setup& setup) {
    for (const int axis : {0, 1}) {
        Chunked(setup, axis, true).run();
    }
}

}  // namespace bench
