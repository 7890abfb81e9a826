// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "io_large.hpp"

#include <optional>

#include "io_folder.hpp"
#include "io_plain.hpp"

namespace md = memdata;

namespace bench {

namespace {

/// The runs of 4 ranks are 256 KiB over axis 1 and 1 KiB over axis 2.
md::Shape three_dimensional(md::Index mib) { return {mib, 256, 512}; }
/// 16 KiB over axis 1 at 512 MiB, 64 KiB at 2 GiB.
md::Shape two_dimensional(md::Index mib) { return {8192, mib * 16}; }

/// One float64 array, the same bytes for all ways. There is one file at a time when saving, so that all find the page
/// cache in the same state, and when loading: all read memdata's. What one run leaves is removed before the next,
/// untimed.
class Large {
public:
    Large(const Setup& setup, std::string name, const md::Shape& shape, int axis)
        : setup_(setup),
          name_(std::move(name)),
          axis_(axis),
          shape_(shape),
          plain_(setup.world, md::Distribution(shape, md::Axis{axis}, setup.world.size())),
          tree_(setup.world) {
        tree_.create_dataset("d", md::MPIArray::zeros<double>(setup.world, shape, md::Axis{axis}));
        plain_.fill(tree_.dataset("d").distributed().local());
    }

    void run() {
        save();
        prepare_file();
        load("warm");
        const bool droppable = drop_from_cache(setup_.world, setup_.file("memdata"));
        if (droppable) {
            load("dropped");
        } else if (setup_.file_system != "tmpfs" && setup_.world.rank() == 0) {
            fmt::print(stderr, "bench_io: '{}' stays in the page cache: no times without it\n", setup_.folder);
        }
        clear();
    }

    void run_synced() {
        const std::vector<Method> methods = {
            writer("memdata", [this] { md::save(tree_, setup_.file("memdata"), {.sync = true}); }),
            writer("posix", [this] { plain_.write_posix(setup_.file("plain"), block(), true); })};
        measure(setup_, described("save"), methods);
        clear();
    }

private:
    [[nodiscard]] const md::Array& block() const { return tree_.dataset("d").distributed().local(); }

    [[nodiscard]] Case described(const std::string& op, const std::string& cache = "warm") const {
        return {.name = name_,
                .op = op,
                .axis = axis_,
                .bytes = shape_.bytes(sizeof(double)),
                .cache = cache,
                .shape = {shape_.begin(), shape_.end()}};
    }

    void clear() const {
        setup_.remove("memdata");
        setup_.remove("plain");
    }

    /// A way to save; what it has written is read back once.
    Method writer(const std::string& method, const std::function<void()>& run) const {
        const auto check = [this, method] {
            const bool memdata = method == "memdata";
            expect_right(setup_, method,
                         plain_.is_right(memdata ? load_by_memdata() : plain_.read_posix(setup_.file("plain"), 0)));
        };
        return {method, run, [this] { clear(); }, check};
    }

    void save() const {
        const auto mpi_io = [this](bool collective) {
            return [this, collective] { plain_.write_mpi(setup_.file("plain"), block(), collective); };
        };
        const std::vector<Method> methods = {
            writer("memdata", [this] { md::save(tree_, setup_.file("memdata"), {.sync = false}); }),
            writer("mpi_io", mpi_io(true)), writer("mpi_io_indep", mpi_io(false)),
            writer("posix", [this] { plain_.write_posix(setup_.file("plain"), block()); })};
        measure(setup_, described("save"), methods);
    }

    /// Clean and in the page cache; the data themselves go.
    void prepare_file() {
        clear();
        md::save(tree_, setup_.file("memdata"), {.sync = false});
        tree_ = md::MemGroup(setup_.world);
        setup_.world.barrier();
        flush(setup_.world, setup_.file("memdata"));
    }

    [[nodiscard]] md::Array load_by_memdata() const {
        md::MemGroup loaded = md::load(setup_.world, setup_.file("memdata"));
        return std::move(loaded.dataset("d").distributed().local());
    }

    /// A way to load into memory that it allocates and that goes in the timed region, as what load() returns.
    Method reader(const std::string& method, const std::function<md::Array()>& read, bool dropped) const {
        return {.name = method,
                .run = [read] { static_cast<void>(read()); },
                .prepare = dropping(setup_, setup_.file("memdata"), dropped),
                .check = [this, method, read] { expect_right(setup_, method, plain_.is_right(read())); }};
    }

    void load(const std::string& cache) const {
        const bool dropped = cache == "dropped";
        const std::string file = setup_.file("memdata");
        const md::Index offset = offset_in_file(setup_.world, file, "d");
        const auto mpi_io = [&](bool collective) {
            return [this, file, offset, collective] { return plain_.read_mpi(file, offset, collective); };
        };
        const auto posix = [this, file, offset] { return plain_.read_posix(file, offset); };
        const auto memdata = [this] { return load_by_memdata(); };
        measure(setup_, described("load", cache),
                {reader("memdata", memdata, dropped), reader("mpi_io", mpi_io(true), dropped),
                 reader("mpi_io_indep", mpi_io(false), dropped), reader("posix", posix, dropped)});
    }

    const Setup& setup_;
    std::string name_;
    int axis_;
    md::Shape shape_;
    PlainBlock plain_;
    md::MemGroup tree_;
};

}  // namespace

void large(const Setup& setup) {
    for (const md::Index mib : setup.mib) {
        for (int axis = 0; axis < 3; ++axis) {
            if (setup.wants(axis)) {
                Large(setup, "large", three_dimensional(mib), axis).run();
            }
        }
        if (setup.wants(1)) {
            Large(setup, "large_2d", two_dimensional(mib), 1).run();
        }
    }
}

Needs large_needs(const Setup& setup) {
    const md::Index bytes = std::ranges::max(setup.mib) << 20;
    return {.files = bytes + (md::Index{1} << 20), .memory = 2 * bytes};
}

void synced(const Setup& setup) {
    if (setup.file_system != "tmpfs" && setup.wants(0)) {
        Large(setup, "synced", three_dimensional(std::ranges::min(setup.mib)), 0).run_synced();
    }
}

Needs synced_needs(const Setup& setup) {
    const md::Index bytes = std::ranges::min(setup.mib) << 20;
    return {.files = bytes + (md::Index{1} << 20), .memory = 2 * bytes};
}

}  // namespace bench
