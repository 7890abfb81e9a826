// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "io_tree.hpp"

#include <chrono>
#include <optional>
#include <thread>

#include "io_plain_tree.hpp"

namespace md = memdata;

namespace bench {

namespace {

/// Runs f on rank 0 while the others sleep: they are not to take its core. Collective.
template <class F>
void on_rank_0(const md::Communicator& comm, F&& f) {
    if (comm.rank() == 0) {
        f();
    }
    MPI_Request request = MPI_REQUEST_NULL;
    MPI_Ibarrier(comm, &request);
    for (int done = 0; done == 0;) {
        MPI_Test(&request, &done, MPI_STATUS_IGNORE);
        if (done == 0) {
            std::this_thread::sleep_for(std::chrono::microseconds(50));
        }
    }
}

class Tree {
public:
    explicit Tree(const Setup& setup) : setup_(setup), tree_(setup.world) {
        for (int i = 0; i < shape_.datasets(); ++i) {
            const auto extent = static_cast<md::Index>(SmallTree::extent(i));
            const std::string path = SmallTree::path(i);
            md::MemDataset& dataset =
                SmallTree::is_distributed(i)
                    ? tree_.create_dataset(path, md::MPIArray::full<double>(setup.world, {extent}, md::Axis{0}, i))
                    : tree_.create_dataset(path, md::Array::full<double>({extent}, i));
            dataset.attrs()["i"] = i;
            dataset.attrs()["f"] = 0.5 * i;
            dataset.attrs()["s"] = "some text";
            dataset.attrs()["b"] = i % 2 == 1;
            dataset.attrs()["v"] = std::vector<double>{1, 2, 3};
            data_.emplace_back(SmallTree::extent(i), i);
        }
    }

    void run() {
        const auto file = [&](const char* method) { return setup_.file(method); };
        const std::vector<Method> save = {
            {"memdata", [&] { md::save(tree_, file("memdata"), {.sync = false}); }, fresh("memdata"), right("memdata")},
            {"h5d_each", [&] { write_each(setup_.world, file("h5d_each"), shape_); }, fresh("h5d_each")},
            {"serial", [&] { on_rank_0(setup_.world, [&] { write_serially(file("serial"), shape_, data_); }); },
             fresh("serial"), right("serial")}};
        // What was read is let go of when the clock does not run.
        std::optional<md::MemGroup> loaded;
        std::vector<PlainDataset> read;
        const auto let_go = [&] {
            loaded.reset();
            read = {};
        };
        const std::vector<Method> load = {
            {"memdata", [&] { loaded.emplace(md::load(setup_.world, file("memdata"))); }, let_go},
            {"h5d_each", [&] { read = read_each(setup_.world, file("h5d_each"), shape_); }, let_go},
            {"serial", [&] { on_rank_0(setup_.world, [&] { read = bench::read_serially(file("serial")); }); }, let_go}};
        Case which{.name = "tree", .op = "save", .axis = 0, .bytes = shape_.bytes(), .objects = shape_.datasets()};
        measure(setup_, which, save);
        which.op = "load";
        measure(setup_, which, load);
        for (const char* method : {"memdata", "h5d_each", "serial"}) {
            setup_.remove(method);
        }
    }

private:
    [[nodiscard]] std::function<void()> fresh(const char* method) const {
        return [this, method] { setup_.remove(method); };
    }
    /// Is the file of this method the tree?
    [[nodiscard]] std::function<void()> right(const char* method) const {
        return [this, method] {
            const md::MemGroup read = md::load(setup_.world, setup_.file(method));
            std::size_t nodes = 0;
            bool same = true;
            read.visit([&](const md::MemNode& node) {
                ++nodes;
                const auto wanted = tree_.get(node.path());
                same = same && wanted && wanted->get().attrs() == node.attrs() &&
                       wanted->get().is_group() == node.is_group() &&
                       (node.is_group() || wanted->get().as_dataset().local() == node.as_dataset().local());
            });
            expect_right(setup_, method, same && nodes == static_cast<std::size_t>(shape_.groups + shape_.datasets()));
        };
    }

    const Setup& setup_;
    SmallTree shape_;
    md::MemGroup tree_;
    std::vector<std::vector<double>> data_;  // of rank 0's serial program
};

}  // namespace

void tree(const Setup& setup) { Tree(setup).run(); }

}  // namespace bench
