// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "io_large.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace md = memdata;

namespace bench {

namespace {

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
        const std::vector<Method> save = {
            {"memdata", [&] { md::save(tree, setup_.file("memdata"), {.sync = false}); }, fresh("memdata")},
            {"mpi_io", mpi_io(true, true), fresh("mpi_io")},
            {"mpi_io_indep", mpi_io(true, false), fresh("mpi_io")},
            {"posix", [&] { through_posix(true); }, fresh("posix")}};
        measure(setup_, {.name = "large", .op = "save", .axis = axis_, .bytes = bytes, .objects = 1}, save);
        tree = md::MemGroup(setup_.world);
        // Each way reads into memory that it allocates, as load() does.
        const std::vector<Method> load = {
            {"memdata", [&] { static_cast<void>(md::load(setup_.world, setup_.file("memdata"))); }},
            {"mpi_io", mpi_io(false, true)},
            {"mpi_io_indep", mpi_io(false, false)},
            {"posix", [&] { through_posix(false); }}};
        measure(setup_, {.name = "large", .op = "load", .axis = axis_, .bytes = bytes, .objects = 1}, load);
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

}  // namespace

void large(const Setup& setup) {
    for (const int axis : {0, 1}) {
        Large(setup, axis).run();
    }
}

}  // namespace bench
