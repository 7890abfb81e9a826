// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// Filters and chunks: what is asked for is in the file and comes back as a hint, save after save; what cannot be is
// told alike on all ranks, before anything is written or read. filter_truth.py is h5py's side of it.
#include <gtest/gtest.h>
#include <hdf5.h>

#include <cstdlib>
#include <filesystem>

#include "expect_on_all.hpp"
#include "formula.hpp"
#include "h5/filters.hpp"
#include "own_filter.hpp"
#include "scratch.hpp"

namespace md = memdata;
using memdata_test::check;
using memdata_test::create;
using memdata_test::scratch;
using Filters = std::vector<md::Filter>;

namespace {

const md::Shape shape = {23, 40};
const std::vector<md::Index> chunks = {6, 16};
const std::vector<std::pair<std::string, md::Placement>> places = {
    {"common", std::nullopt}, {"rows", md::Axis{0}}, {"columns", md::Axis{1}}};

/// By the names that filter_truth.py knows.
std::map<std::string, Filters> listed_filters() {
    std::map<std::string, Filters> filters = {
        {"deflate", {md::Deflate{6}}},
        {"deflate_mandatory", {md::Filter{1, {0}, true}}},
        {"shuffle_deflate_checksum", {md::Shuffle{}, md::Deflate{}, md::Fletcher32{}}},
        {"szip_nn", {md::Szip{}}},
        {"szip_ec", {md::Szip{md::SzipCoding::entropy, 32}}},
        {"nbit", {md::Filter{5}}},
        {"scaleoffset", {md::Filter{6, {2, 0}}}},
    };
    if (md::h5::has_filter(md::Lzf{}.id)) {
        filters["lzf"] = {md::Lzf{}};
        filters["shuffle_lzf"] = {md::Shuffle{}, md::Lzf{}};
    }
    return filters;
}

std::optional<std::string> file_of_h5py(const std::string& name) {
    const char* folder = std::getenv("MEMDATA_FILTER_FILES");
    return folder == nullptr ? std::nullopt : std::optional(std::string(folder) + "/" + name);
}

class FilterTest : public ::testing::Test {
protected:
    md::Communicator world;
    std::string file = scratch("filter.h5");

    static void SetUpTestSuite() { memdata_test::register_own_filters(); }

    void save(const md::MemGroup& tree) const { md::save(tree, file, {.sync = false}); }
    md::MemGroup load(const md::LoadOptions& options = {}) const { return md::load(world, file, options); }

    /// A tree of one dataset.
    md::MemGroup tree_with(md::Storage storage, const md::Dtype& dtype = md::TypeKind::int32,
                           md::Placement placement = md::Axis{0}) const {
        md::MemGroup tree(world);
        create(tree, "/data", dtype, shape, placement, std::move(storage));
        return tree;
    }
    void expect_refused(const md::MemGroup& tree, const std::string& why) {
        if (world.rank() == 0) {
            std::filesystem::remove(file);
        }
        world.barrier();
        EXPECT_THROW_ON_ALL(world, save(tree), md::ArgumentError, "/data");
        EXPECT_THROW_ON_ALL(world, save(tree), md::ArgumentError, why);
        world.barrier();
        EXPECT_ON_ALL(world, !std::filesystem::exists(file) && !std::filesystem::exists(scratch(".filter.h5")));
    }
};

TEST_F(FilterTest, all_come_back_with_the_data) {
    const std::string saved = scratch("saved.h5");
    md::MemGroup tree(world);
    for (const auto& [group, placement] : places) {
        for (const auto& [name, filters] : listed_filters()) {
            std::string path = "/";
            path += group;
            path += '/';
            path += name;
            create(tree, path, md::TypeKind::int32, shape, placement, {.chunks = chunks, .filters = filters});
        }
    }
    md::save(tree, saved, {.sync = false});
    md::LoadOptions elsewhere;
    tree.visit([&](const md::MemNode& node) {
        if (node.is_dataset()) {
            elsewhere.distribute[node.path()] = md::Axis{node.path().starts_with("/rows") ? 1 : 0};
        }
    });
    for (int again = 0; again < 3; ++again) {  // what a filter makes of its options must not add up
        const md::MemGroup loaded = md::load(world, again == 0 ? saved : file, elsewhere);
        tree.visit([&](const md::MemNode& node) {
            if (node.is_dataset()) {
                const md::MemDataset& dataset = loaded.dataset(node.path());
                EXPECT_ON_ALL(world, dataset.storage() == node.as_dataset().storage())
                    << node.path() << ": " << to_string(dataset.storage());
                EXPECT_ON_ALL(world, check(dataset) == "") << check(dataset);
            }
        });
        save(loaded);
    }
}

TEST_F(FilterTest, any_registered_filter_by_its_number) {
    md::MemGroup tree(world);
    const std::map<std::string, md::Filter> own = {{"plain", {memdata_test::plain_filter, {77}}},
                                                   {"choosy", {memdata_test::choosy_filter, {99}, true}},
                                                   {"growing", {memdata_test::growing_filter, {5, 6}}}};
    for (const auto& [group, placement] : places) {
        for (const auto& [name, filter] : own) {
            std::string path = group;
            path += '/';
            path += name;
            create(tree, path, md::TypeKind::float32, shape, placement, {.chunks = chunks, .filters = {filter}});
        }
    }
    save(tree);
    for (int again = 0; again < 3; ++again) {
        const md::MemGroup loaded = load();
        tree.visit([&](const md::MemNode& node) {
            if (node.is_dataset()) {
                const md::MemDataset& dataset = loaded.dataset(node.path());
                EXPECT_ON_ALL(world, dataset.storage() == node.as_dataset().storage()) << to_string(dataset.storage());
                EXPECT_ON_ALL(world, check(dataset) == "") << check(dataset);
            }
        });
        save(loaded);
    }
}

/// Its options are those in the file, not what it makes of them once more; HDF5 reads what we wrote, and we what HDF5
/// wrote (common datasets).
TEST_F(FilterTest, a_filter_that_replaces_its_options) {
    const md::Filter replacing{memdata_test::replacing_filter, {200}};
    const std::map<std::string, Filters> lists = {
        {"alone", {replacing}},
        {"between", {md::Filter{5}, md::Shuffle{}, replacing, md::Fletcher32{}, md::Deflate{1}}}};
    md::MemGroup tree(world);
    for (const auto& [group, placement] : places) {
        for (const auto& [name, filters] : lists) {
            std::string path = group;
            path += '/';
            path += name;
            create(tree, path, md::TypeKind::float32, shape, placement, {.chunks = chunks, .filters = filters});
        }
    }
    save(tree);
    for (int again = 0; again < 2; ++again) {
        const md::MemGroup loaded = load();
        std::map<std::string, md::Array> right;
        tree.visit([&](const md::MemNode& node) {
            if (node.is_dataset()) {
                const md::MemDataset& dataset = loaded.dataset(node.path());
                EXPECT_ON_ALL(world, check(dataset) == "") << check(dataset);
                right[node.path()] = dataset.is_common() ? dataset.common().clone() : dataset.distributed().allgather();
            }
        });
        if (world.rank() == 0) {
            const hid_t id = H5Fopen(file.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
            for (const auto& [path, array] : right) {
                const hid_t dataset = H5Dopen2(id, path.c_str(), H5P_DEFAULT);
                md::Array read = md::Array::zeros(array.dtype(), array.shape());
                EXPECT_GE(H5Dread(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, read.data()), 0);
                EXPECT_TRUE(read == array) << path;
                H5Dclose(dataset);
            }
            H5Fclose(id);
        }
        world.barrier();
        save(loaded);
    }
}

TEST_F(FilterTest, as_many_as_can_be_checked) {
    save(tree_with({.chunks = chunks, .filters = Filters(31, md::Shuffle{})}));
    EXPECT_ON_ALL(world, check(load().dataset("data")) == "");
    expect_refused(tree_with({.chunks = chunks, .filters = Filters(32, md::Shuffle{})}), "32 filters are too many");
    expect_refused(tree_with({.chunks = chunks, .filters = Filters(16, md::Fletcher32{})}), "16 filters are too many");
    // By now that of memdata's own checks is registered; nobody else could read the file.
    expect_refused(tree_with({.chunks = chunks, .filters = {md::Filter{65535}}}), "this HDF5 does not have it");
}

TEST_F(FilterTest, of_h5py) {
    const auto filtered = file_of_h5py("filtered.h5");
    if (!filtered) {
        GTEST_SKIP() << "files of h5py: MEMDATA_FILTER_FILES is not set";
    }
    const auto expect_right = [&](const md::MemGroup& tree) {
        for (const auto& entry : listed_filters()) {  // clang 14 does not capture structured bindings
            const auto& name = entry.first;
            const auto& filters = entry.second;
            if (tree.contains(name)) {
                const md::MemDataset& dataset = tree.dataset(name);
                EXPECT_ON_ALL(world, check(dataset) == "") << check(dataset);
                EXPECT_ON_ALL(world, dataset.is_distributed());
                EXPECT_ON_ALL(world, dataset.storage() == (md::Storage{.chunks = chunks, .filters = filters}))
                    << name << ": " << to_string(dataset.storage());
            }
        }
    };
    for (const std::string& name : {*filtered, *file_of_h5py("lzf.h5")}) {
        if (name != *filtered && !md::h5::has_filter(md::Lzf{}.id)) {
            EXPECT_THROW_ON_ALL(world, static_cast<void>(md::load(world, name)), md::IoError, "liblzf-dev");
            continue;
        }
        const md::MemGroup tree = md::load(world, name);
        EXPECT_ON_ALL(world, tree.size() >= 2);
        expect_right(tree);
        save(tree);
        expect_right(load());
    }
}

TEST_F(FilterTest, refused_before_anything_is_written) {
    expect_refused(tree_with({.chunks = chunks, .filters = {md::Filter{memdata_test::absent_filter}}}),
                   "HDF5_PLUGIN_PATH");
    expect_refused(tree_with({.filters = {md::Filter{memdata_test::decoding_filter, {3}}}}), "for reading only");
    expect_refused(tree_with({.filters = {md::Filter{memdata_test::choosy_filter, {3}}}}, md::TypeKind::float64),
                   "filter 40003");
    expect_refused(tree_with({.filters = {md::Shuffle{}, md::Filter{memdata_test::choosy_filter, {100}}}}),
                   "filter 40003");
    expect_refused(tree_with({.filters = {md::Filter{6, {2, 0}}}}, md::TypeKind::boolean), "scaleoffset");
    expect_refused(tree_with({.filters = {md::Filter{6, {2, 0}}}}, md::TypeKind::boolean, std::nullopt), "scaleoffset");
    // One pixel too many for a chunk that is chosen when saving.
    md::MemGroup tiny(world);
    create(tiny, "/data", md::TypeKind::int8, {3}, md::Axis{0}, {.filters = {md::Szip{}}});
    expect_refused(tiny, "3 elements of a chunk");
}

TEST_F(FilterTest, refused_when_one_rank_lacks_it) {
    const bool odd = world.rank() == world.size() - 1;
    if (!odd) {
        memdata_test::register_absent_filter();
    }
    const md::Storage storage{.chunks = chunks, .filters = {md::Filter{memdata_test::absent_filter, {3}}}};
    expect_refused(tree_with(storage), "this HDF5 does not have it");
    if (odd) {
        memdata_test::register_absent_filter();
    }
    const md::MemGroup tree = tree_with(storage);
    for (const md::Placement& placement : {md::Placement(), md::Placement(md::Axis{1})}) {
        save(tree);
        EXPECT_ON_ALL(world, check(load().dataset("data")) == "");
        if (odd) {
            memdata_test::unregister_absent_filter();
        }
        const md::LoadOptions options{.distribute = {{"data", placement}}};
        EXPECT_THROW_ON_ALL(world, static_cast<void>(load(options)), md::IoError, "'/data'");
        EXPECT_THROW_ON_ALL(world, static_cast<void>(load(options)), md::IoError, "filter 40004 'a friend's filter'");
        EXPECT_THROW_ON_ALL(world, static_cast<void>(load(options)), md::IoError, "HDF5_PLUGIN_PATH");
        if (odd) {
            memdata_test::register_absent_filter();
        }
    }
    memdata_test::unregister_absent_filter();
    EXPECT_THROW_ON_ALL(world, static_cast<void>(load()), md::IoError, "filter 40004 'a friend's filter'");
    // Of nothing, nothing needs to be decoded.
    const md::MemGroup none = load({.select = {{"data", md::Selection{}.on(md::Axis{0}, md::slice(0))}}});
    EXPECT_ON_ALL(world, none.dataset("data").shape() == (md::Shape{0, 40}));
    EXPECT_ON_ALL(world, none.dataset("data").storage().filters == storage.filters);
}

TEST_F(FilterTest, chunks_are_chosen_when_saving) {
    md::MemGroup tree(world);
    const md::Shape large = {48, 5000};
    const md::Shape none = {0, 5};
    const md::Storage packed{.filters = {md::Shuffle{}, md::Deflate{1}}};
    const md::Storage automatic{.automatic_chunks = true};
    std::vector<md::Index> counts(static_cast<std::size_t>(world.size()), 1);
    counts.back() = 49 - world.size();
    const md::Partition uneven = md::Partition::from_counts(counts);
    create(tree, "common", md::TypeKind::float64, large, {}, automatic);
    create(tree, "rows", md::TypeKind::float64, large, md::Axis{0}, packed);
    create(tree, "columns", md::TypeKind::float64, large, md::Axis{1}, automatic);
    create(tree, "uneven", md::TypeKind::float64, large, md::Axis{0}, packed, uneven);
    create(tree, "none", md::TypeKind::float64, none, md::Axis{0}, packed);
    create(tree, "text", md::TypeKind::variable_string, {9, 4}, md::Axis{0}, packed);
    EXPECT_ON_ALL(world, tree.dataset("rows").storage() == packed);  // the wish stays what it was
    save(tree);
    EXPECT_ON_ALL(world, tree.dataset("rows").storage() == packed);
    const md::MemGroup loaded = load();
    const auto expect = [&](const char* path, std::vector<md::Index> chosen, const md::Storage& wished) {
        const md::MemDataset& dataset = loaded.dataset(path);
        EXPECT_ON_ALL(world, check(dataset) == "") << check(dataset);
        EXPECT_ON_ALL(world, dataset.storage() == (md::Storage{.chunks = chosen, .filters = wished.filters}))
            << path << ": " << to_string(dataset.storage());
        EXPECT_ON_ALL(world, tree.dataset(path).storage_on_disk() == dataset.storage()) << path;
    };
    const auto balanced = [&](int axis) {
        return md::automatic_chunks(large, 8, md::Axis{axis}, md::Partition::balanced(large[axis], world.size()));
    };
    expect("common", md::automatic_chunks(large, 8), automatic);
    expect("rows", balanced(0), packed);
    expect("columns", balanced(1), automatic);
    expect("uneven", md::automatic_chunks(large, 8, md::Axis{0}, uneven), packed);
    expect("none", {1, 5}, packed);
    expect("text", {9, 4}, packed);
    // 40000 bytes a row: a rank's rows are chunks of their own.
    EXPECT_ON_ALL(world, world.size() == 1 || 48 % world.size() != 0 || balanced(0)[0] <= 48 / world.size());
    // They follow a redistribution.
    tree.redistribute({{"rows", md::Axis{1}}});
    EXPECT_ON_ALL(world, tree.dataset("rows").storage_on_disk().chunks == balanced(1));
}

TEST_F(FilterTest, storage_by_option_of_load) {
    save(tree_with({.chunks = chunks, .filters = {md::Deflate{}}}));
    const md::Storage other{.chunks = {23, 5}, .filters = {md::Szip{}}};
    const md::MemGroup tree = load({.storage = {{"data", other}}});
    EXPECT_ON_ALL(world, tree.dataset("data").storage() == other);
    save(tree);
    EXPECT_ON_ALL(world, load().dataset("data").storage() == other);
    EXPECT_ON_ALL(world, check(load().dataset("data")) == "");
    EXPECT_ON_ALL(world, load({.storage = {{"/data", {}}}}).dataset("data").storage() == md::Storage{});
    // It has to fit what is taken.
    const md::LoadOptions cut{.select = {{"data", md::Selection{}.on(md::Axis{0}, md::slice(4))}},
                              .storage = {{"data", other}}};
    EXPECT_THROW_ON_ALL(world, static_cast<void>(load(cut)), md::ArgumentError, "'/data'");
    EXPECT_THROW_ON_ALL(world, static_cast<void>(load({.storage = {{"date", other}}})), md::PathError, "/date");
    if (world.size() > 1) {
        const md::Storage odd{.filters = {md::Deflate{world.rank() == 0 ? 1U : 2U}}};
        EXPECT_THROW_ON_ALL(world, static_cast<void>(load({.storage = {{"data", odd}}})), md::MismatchError,
                            "option storage[\"data\"]");
    }
}

TEST_F(FilterTest, hints_fit_what_was_selected) {
    save(tree_with({.chunks = chunks, .filters = {md::Szip{}, md::Fletcher32{}}}));
    const auto storage_of = [&](const md::Selection& selection) {
        const md::MemGroup tree = load({.select = {{"data", selection}}});
        save(tree);
        const md::Storage storage = load().dataset("data").storage();
        EXPECT_ON_ALL(world, storage == tree.dataset("data").storage()) << to_string(storage);
        save(tree_with({.chunks = chunks, .filters = {md::Szip{}, md::Fletcher32{}}}));
        return storage;
    };
    EXPECT_ON_ALL(world, storage_of(md::Selection{}.on(md::Axis{0}, {3, 3, 1})) ==
                             (md::Storage{.chunks = {3, 16}, .filters = {md::Szip{}, md::Fletcher32{}}}));
    // Seven elements are not enough for szip's eight pixels.
    EXPECT_ON_ALL(world, storage_of(md::Selection{}.on(md::Axis{0}, md::slice(1)).on(md::Axis{1}, md::slice(7))) ==
                             (md::Storage{.chunks = {1, 7}, .filters = {md::Fletcher32{}}}));
    EXPECT_ON_ALL(world,
                  storage_of(md::Selection{}.on(md::Axis{1}, md::slice(0))).chunks == (std::vector<md::Index>{6, 1}));
}

}  // namespace
