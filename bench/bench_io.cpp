// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// save() and load() against the plain ways to move the same bytes, all in one run on one file system.
//   mpirun -n 4 bench_io [--mib 512] [--runs 5] [--quick] [DIR]
// A JSON line a result: bench, case, op, axis, backend, np, bytes, objects, method, median_s, mb_per_s.
#include <fcntl.h>
#include <hdf5.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstring>
#include <filesystem>

#include "harness.hpp"
#include "one_writer.hpp"

namespace md = memdata;

namespace {

struct Setup {
    md::Communicator world;
    std::string folder = ".";
    md::Index mib = 512;
    int runs = 5;

    [[nodiscard]] std::string file(const std::string& method) const { return folder + "/bench_io." + method; }
    void remove(const std::string& method) const {
        world.barrier();
        if (world.rank() == 0) {
            std::filesystem::remove(file(method));
        }
        world.barrier();
    }
};

void report(const Setup& setup, const std::string& name, const std::string& op, int axis, md::Index bytes, int objects,
            const std::vector<bench::Method>& methods, const std::vector<double>& medians) {
    const std::string backend = md::backend(setup.world).component;  // collective
    for (std::size_t m = 0; m < methods.size() && setup.world.rank() == 0; ++m) {
        fmt::print(
            "{{\"bench\": \"io\", \"case\": \"{}\", \"op\": \"{}\", \"axis\": {}, \"backend\": \"{}\", \"np\": {}, "
            "\"bytes\": {}, \"objects\": {}, \"method\": \"{}\", \"median_s\": {:.5f}, \"mb_per_s\": {:.1f}}}\n",
            name, op, axis, backend, setup.world.size(), bytes, objects, methods[m].name, medians[m],
            static_cast<double>(bytes) / 1e6 / medians[m]);
    }
    std::fflush(stdout);
}

/// One two-dimensional float64 array, and this rank's block of it as the plain ways see it.
class Large {
public:
    Large(const Setup& setup, int axis)
        : setup_(setup),
          axis_(axis),
          shape_{8192, setup.mib * 131072 / 8192},
          array_(md::MPIArray::zeros<double>(setup.world, shape_, md::Axis{axis})) {
        double x = setup.world.rank();
        for (double& value : array_.local().span<double>()) {
            value = x;
            x += 1;
        }
        const int full[2] = {static_cast<int>(shape_[0]), static_cast<int>(shape_[1])};
        const int part[2] = {static_cast<int>(array_.local_shape()[0]), static_cast<int>(array_.local_shape()[1])};
        int start[2] = {0, 0};
        start[axis] = static_cast<int>(array_.local_bounds().start);
        MPI_Type_create_subarray(2, full, part, start, MPI_ORDER_C, MPI_DOUBLE, &view_);
        MPI_Type_commit(&view_);
    }
    Large(const Large&) = delete;
    Large& operator=(const Large&) = delete;
    ~Large() { MPI_Type_free(&view_); }

    void run() {
        const md::Index bytes = shape_.bytes(sizeof(double));
        md::MemGroup tree(setup_.world);
        tree.create_dataset("d", array_.clone());
        const auto mpi_io = [&](bool write, bool collective) {
            return [=, this] { through_mpi_io(write, collective); };
        };
        const auto fresh = [&](const std::string& method) { return [this, method] { setup_.remove(method); }; };
        const std::vector<bench::Method> save = {
            {"memdata", [&] { md::save(tree, setup_.file("memdata"), {.sync = false}); }, fresh("memdata")},
            {"mpi_io", mpi_io(true, true), fresh("mpi_io")},
            {"mpi_io_indep", mpi_io(true, false), fresh("mpi_io")},
            {"posix", [&] { through_posix(true); }, fresh("posix")}};
        report(setup_, "large", "save", axis_, bytes, 1, save, bench::medians(setup_.world, save, setup_.runs));
        tree = md::MemGroup(setup_.world);
        // Each way reads into memory that it allocates, as load() does.
        const std::vector<bench::Method> load = {
            {"memdata", [&] { static_cast<void>(md::load(setup_.world, setup_.file("memdata"))); }},
            {"mpi_io", mpi_io(false, true)},
            {"mpi_io_indep", mpi_io(false, false)},
            {"posix", [&] { through_posix(false); }}};
        report(setup_, "large", "load", axis_, bytes, 1, load, bench::medians(setup_.world, load, setup_.runs));
        for (const char* method : {"memdata", "mpi_io", "posix"}) {
            setup_.remove(method);
        }
    }

private:
    [[nodiscard]] md::Array target() const { return md::Array::uninitialized(array_.dtype(), array_.local_shape()); }

    void through_mpi_io(bool write, bool collective) {
        MPI_File file = MPI_FILE_NULL;
        MPI_File_open(setup_.world, setup_.file("mpi_io").c_str(),
                      write ? MPI_MODE_RDWR | MPI_MODE_CREATE : MPI_MODE_RDONLY, MPI_INFO_NULL, &file);
        MPI_File_set_view(file, 0, MPI_DOUBLE, view_, "native", MPI_INFO_NULL);
        const auto count = static_cast<int>(array_.local().size());
        md::Array into = write ? md::Array() : target();
        if (write) {
            (collective ? MPI_File_write_at_all : MPI_File_write_at)(file, 0, array_.local().data(), count, MPI_DOUBLE,
                                                                     MPI_STATUS_IGNORE);
        } else {
            (collective ? MPI_File_read_at_all : MPI_File_read_at)(file, 0, into.data(), count, MPI_DOUBLE,
                                                                   MPI_STATUS_IGNORE);
        }
        MPI_File_close(&file);
    }

    void through_posix(bool write) {
        const int fd = open(setup_.file("posix").c_str(), write ? O_RDWR | O_CREAT : O_RDONLY, 0644);
        md::Array into = write ? md::Array() : target();
        std::byte* data = write ? array_.local().data() : into.data();
        const md::Index rows = axis_ == 0 ? 1 : shape_[0];
        const auto run = static_cast<std::size_t>(array_.local().bytes() / rows);
        const md::Index first = array_.local_bounds().start * (axis_ == 0 ? shape_[1] : 1) * 8;
        for (md::Index row = 0; row < rows; ++row) {
            for (std::size_t done = 0; done < run;) {
                const auto offset = static_cast<off_t>(row * shape_[1] * 8 + first) + static_cast<off_t>(done);
                const ssize_t now =
                    write ? pwrite(fd, data + done, run - done, offset) : pread(fd, data + done, run - done, offset);
                if (now <= 0) {
                    throw md::IoError("the benchmark cannot read or write its file");
                }
                done += static_cast<std::size_t>(now);
            }
            data += run;
        }
        close(fd);
    }

    const Setup& setup_;
    int axis_;
    md::Shape shape_;
    md::MPIArray array_;
    MPI_Datatype view_ = MPI_DATATYPE_NULL;
};

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
        const std::vector<bench::Method> save = {
            {"memdata", [&] { md::save(tree_, name, {.sync = false}); }, [&] { setup_.remove("memdata"); }},
            {"h5d_each", [&] { one_call_each(true); }, [&] { setup_.remove("h5d_each"); }}};
        report(setup_, "tree", "save", 0, bytes, groups * datasets, save,
               bench::medians(setup_.world, save, setup_.runs));
        const std::vector<bench::Method> load = {{"memdata", [&] { static_cast<void>(md::load(setup_.world, name)); }},
                                                 {"h5d_each", [&] { one_call_each(false); }}};
        report(setup_, "tree", "load", 0, bytes, groups * datasets, load,
               bench::medians(setup_.world, load, setup_.runs));
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
        std::vector<bench::Method> save = {
            {"memdata", [&] { this->save("memdata", md::TransferWay::automatic); }, [&] { setup_.remove("memdata"); }},
            {"hdf5_collective", [&] { this->save("hdf5", md::TransferWay::hdf5); }, [&] { setup_.remove("hdf5"); }}};
        if (!storage_.filters.empty() && axis_ == 0) {
            save.push_back({"one_writer",
                            [&] {
                                bench::save_by_one_writer(tree_.dataset("d").distributed(), storage_.chunks, level,
                                                          setup_.file("one_writer"));
                            },
                            [&] { setup_.remove("one_writer"); }});
        }
        report(setup_, name_, "save", axis_, bytes_, 1, save, bench::medians(setup_.world, save, setup_.runs));
        const std::vector<bench::Method> load = {{"memdata", [&] { this->load(md::TransferWay::automatic); }},
                                                 {"hdf5_collective", [&] { this->load(md::TransferWay::hdf5); }}};
        report(setup_, name_, "load", axis_, bytes_, 1, load, bench::medians(setup_.world, load, setup_.runs));
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

int main(int argc, char** argv) {
    const md::Environment environment(argc, argv);
    Setup setup;
    bool quick = false;
    CLI::App app("save() and load() against MPI-IO, POSIX and plain HDF5; one JSON line a result", "bench_io");
    app.add_option("DIR", setup.folder, "where to write (removed afterwards)")->check(CLI::ExistingDirectory);
    app.add_option("--mib", setup.mib, "size of the large dataset in MiB")
        ->check(CLI::Range(1, 1 << 14))
        ->capture_default_str();
    app.add_option("--runs", setup.runs, "runs of which the median is told")
        ->check(CLI::Range(1, 100))
        ->capture_default_str();
    app.add_flag("--quick", quick, "64 MiB, 3 runs");
    CLI11_PARSE(app, argc, argv);
    if (quick) {
        setup.mib = 64;
        setup.runs = 3;
    }
    for (const int axis : {0, 1}) {
        Large(setup, axis).run();
    }
    Tree(setup).run();
    for (const bool filtered : {false, true}) {
        for (const int axis : {0, 1}) {
            Chunked(setup, axis, filtered).run();
        }
    }
    return 0;
}
