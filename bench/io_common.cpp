// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "io_common.hpp"

#include "io_folder.hpp"
#include "io_plain.hpp"

namespace md = memdata;

namespace bench {

namespace {

md::Index elements_of(const Setup& setup) { return (setup.quick ? 64 : 256) * md::Index{131072}; }

bool is_right(const md::Array& array) {
    const auto values = array.span<double>();
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (values[i] != element(static_cast<md::Index>(i))) {
            return false;
        }
    }
    return true;
}

class Common {
public:
    explicit Common(const Setup& setup) : setup_(setup), shape_{elements_of(setup)}, tree_(setup.world) {
        md::Array array = uninitialized();
        const auto values = array.span<double>();
        for (std::size_t i = 0; i < values.size(); ++i) {
            values[i] = element(static_cast<md::Index>(i));
        }
        tree_.create_dataset("d", std::move(array));
    }

    void run() {
        save();
        prepare_file();
        load("warm");
        const bool droppable = drop_from_cache(setup_.world, setup_.file("memdata"));
        if (droppable) {
            load("dropped");
        }
        clear();
    }

private:
    [[nodiscard]] md::Array uninitialized() const { return md::Array::uninitialized(md::dtype_of<double>(), shape_); }

    [[nodiscard]] Case described(const std::string& op, const std::string& cache = "warm") const {
        return {.name = "common",
                .op = op,
                .bytes = shape_.bytes(sizeof(double)),
                .cache = cache,
                .shape = {shape_.begin(), shape_.end()}};
    }

    void clear() const {
        setup_.remove("memdata");
        setup_.remove("plain");
    }

    void write_on_rank_0() const {
        if (setup_.world.rank() == 0) {
            const md::Array& array = tree_.dataset("d").common();
            const int fd = open_for_writing(setup_.file("plain"));
            write_all(fd, array.data(), static_cast<std::size_t>(array.bytes()), 0);
            close_file(fd);
        }
    }

    [[nodiscard]] md::Array load_by_memdata() const {
        md::MemGroup loaded = md::load(setup_.world, setup_.file("memdata"));
        return std::move(loaded.dataset("d").common());
    }

    [[nodiscard]] md::Array read(const std::string& file, md::Index offset, bool broadcast) const {
        md::Array array = uninitialized();
        if (!broadcast || setup_.world.rank() == 0) {
            const int fd = open_for_reading(file);
            read_all(fd, array.data(), static_cast<std::size_t>(array.bytes()), offset);
            close_file(fd);
        }
        if (broadcast) {
            MPI_Bcast(array.data(), static_cast<int>(array.size()), MPI_DOUBLE, 0, setup_.world);
        }
        return array;
    }

    void save() const {
        const auto by_memdata = [this](bool compare) {
            return [this, compare] {
                md::save(tree_, setup_.file("memdata"), {.compare_common_data = compare, .sync = false});
            };
        };
        const auto fresh = [this] { clear(); };
        const auto check = [this] { expect_right(setup_, "memdata", is_right(load_by_memdata())); };
        const auto check_plain = [this] {
            expect_right(setup_, "posix", is_right(read(setup_.file("plain"), 0, false)));
        };
        const std::vector<Method> methods = {{"memdata", by_memdata(true), fresh, check},
                                             {"memdata_trusting", by_memdata(false), fresh, check},
                                             {"posix", [this] { write_on_rank_0(); }, fresh, check_plain}};
        measure(setup_, described("save"), methods);
    }

    void prepare_file() {
        clear();
        md::save(tree_, setup_.file("memdata"), {.sync = false});
        tree_ = md::MemGroup(setup_.world);
        setup_.world.barrier();
        flush(setup_.world, setup_.file("memdata"));
    }

    Method reader(const std::string& method, const std::function<md::Array()>& read, bool dropped) const {
        return {.name = method,
                .run = [read] { static_cast<void>(read()); },
                .prepare = dropping(setup_, setup_.file("memdata"), dropped),
                .check = [this, method, read] { expect_right(setup_, method, is_right(read())); }};
    }

    void load(const std::string& cache) const {
        const bool dropped = cache == "dropped";
        const std::string file = setup_.file("memdata");
        const md::Index offset = offset_in_file(setup_.world, file, "d");
        const auto posix = [this, file, offset](bool broadcast) {
            return [this, file, offset, broadcast] { return read(file, offset, broadcast); };
        };
        const auto memdata = [this] { return load_by_memdata(); };
        measure(setup_, described("load", cache),
                {reader("memdata", memdata, dropped), reader("posix", posix(false), dropped),
                 reader("posix_bcast", posix(true), dropped)});
    }

    const Setup& setup_;
    md::Shape shape_;
    md::MemGroup tree_;
};

}  // namespace

void common(const Setup& setup) { Common(setup).run(); }

Needs common_needs(const Setup& setup) {
    const md::Index bytes = elements_of(setup) * md::Index{sizeof(double)};
    return {.files = bytes + (md::Index{1} << 20), .memory = 2 * bytes * setup.world.size()};
}

}  // namespace bench
