// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// Every case of matrix_cases.hpp: saved by one number of ranks, judged by h5py (matrix_truth.py), loaded by another
// number over another axis, and compared with the formula.
#include <gtest/gtest.h>

#include <complex>
#include <cstdlib>
#include <cstring>

#include "expect_on_all.hpp"
#include "formula.hpp"
#include "h5/filters.hpp"
#include "matrix_cases.hpp"
#include "scratch.hpp"

namespace md = memdata;
using memdata_test::Case;

namespace {

/// As numpy's astype.
template <class To, class From>
bool is_cut_from(const md::Dtype& from, const std::byte* found, std::uint64_t key) {
    From whole{};
    To cut{};
    memdata_test::put_element(from, reinterpret_cast<std::byte*>(&whole), key);
    std::memcpy(&cut, found, sizeof cut);
    return cut == static_cast<To>(whole);
}

bool is_cut_element(const md::Dtype& from, const std::byte* found, std::uint64_t key) {
    switch (from.kind()) {
        case md::TypeKind::float64:
            return is_cut_from<float, double>(from, found, key);
        case md::TypeKind::complex128:
            return is_cut_from<std::complex<float>, std::complex<double>>(from, found, key);
        case md::TypeKind::int64:
            return is_cut_from<std::int16_t, std::int64_t>(from, found, key);
        case md::TypeKind::uint32:
            return is_cut_from<std::uint8_t, std::uint32_t>(from, found, key);
        default:
            return false;
    }
}

class Matrix : public ::testing::Test {
protected:
    md::Communicator world;
    std::vector<Case> cases;

    void SetUp() override {
        const bool has_lzf = md::h5::has_filter(md::Lzf{}.id);
        for (Case& one : memdata_test::matrix_cases()) {
            if (has_lzf || !one.path.starts_with("/lzf/")) {
                cases.push_back(std::move(one));
            }
        }
    }

    void create(md::MemGroup& tree, const Case& one) const {
        memdata_test::create(tree, one.path, one.dtype, one.shape, one.placement, one.storage,
                             one.partition(world.size()));
    }

    static std::string saved_file() {
        const char* folder = std::getenv("MEMDATA_MATRIX_FILES");
        if (folder == nullptr) {
            throw std::runtime_error("MEMDATA_MATRIX_FILES is not set");
        }
        return std::string(folder) + "/matrix.h5";
    }

    /// What is wrong with a dataset's values, of which the file has less than the formula.
    static std::string check_cut(const Case& one, const md::MemDataset& dataset) {
        const md::Array whole = dataset.is_common() ? dataset.common().clone() : dataset.distributed().allgather();
        for (md::Index i = 0; i < whole.size(); ++i) {
            const auto at = static_cast<std::size_t>(i) * whole.dtype().itemsize();
            if (!is_cut_element(one.dtype, whole.data() + at, memdata_test::element_key(one.path, i))) {
                return one.path + ": element " + std::to_string(i) + " is wrong";
            }
        }
        return whole.shape() == one.shape ? "" : one.path + " has another shape";
    }

    /// What is wrong with a loaded dataset, apart from its values.
    static std::string check_kind(const Case& one, const md::MemDataset& dataset, const md::Dtype& dtype,
                                  md::Placement placement) {
        if (!(dataset.dtype() == dtype)) {
            return one.path + " is of " + to_string(dataset.dtype());
        }
        const auto axis = dataset.is_common() ? md::Placement() : md::Placement(dataset.distributed().axis());
        if (axis != placement) {
            return one.path + " lies elsewhere";
        }
        return "";
    }
};

TEST_F(Matrix, save) {
    md::MemGroup tree(world);
    std::size_t refused = 0;
    for (const Case& one : cases) {
        if (one.refused) {
            ++refused;
            EXPECT_THROW_ON_ALL(world, create(tree, one), md::ArgumentError, *one.refused);
            EXPECT_THROW_ON_ALL(world, create(tree, one), md::ArgumentError, one.path);
        } else {
            create(tree, one);
        }
    }
    EXPECT_ON_ALL(world, refused > 50 && cases.size() > 1000);
    md::save(tree, memdata_test::scratch("matrix.h5"), {.sync = false});
}

/// An element that the type in the file cannot hold, on one rank only, or in common data.
TEST_F(Matrix, save_refuses_elements_that_do_not_fit) {
    using md::Dtype;
    using md::TypeKind;
    const auto bytes_of = [](auto value) {
        std::string bytes(sizeof value, '\0');
        std::memcpy(bytes.data(), &value, sizeof value);
        return bytes;
    };
    struct Misfit {
        Dtype dtype, file_dtype;
        std::string element;
    };
    const Dtype colour = Dtype::enumeration(TypeKind::int8, {{"red", 0}, {"blue", 2}});
    const std::vector<Misfit> misfits = {
        {TypeKind::int32, TypeKind::int16, bytes_of(std::int32_t{70000})},
        {TypeKind::uint8, TypeKind::int8, bytes_of(std::uint8_t{200})},
        {TypeKind::float64, TypeKind::float32, bytes_of(0.1)},
        {TypeKind::float64, Dtype(TypeKind::int64).with_byte_order(md::ByteOrder::big), bytes_of(0.5)},
        {TypeKind::int8, colour, bytes_of(std::int8_t{1})},
        {Dtype::fixed_string(4), Dtype::fixed_string(4, md::Charset::ascii, md::Padding::null_terminated), "abcd"},
        {Dtype::compound({{"a", 0, TypeKind::int32}}, 4), Dtype::compound({{"a", 0, TypeKind::int16}}, 2),
         bytes_of(std::int32_t{-70000})},
        {Dtype::sequence(TypeKind::int32), Dtype::sequence(TypeKind::int16), bytes_of(std::int32_t{70000})}};
    const std::string file = memdata_test::scratch("refused.h5");
    md::MemGroup before(world);
    memdata_test::create(before, "old", TypeKind::float64, {9}, md::Axis{0});
    md::save(before, file, {.sync = false});
    for (const Misfit& misfit : misfits) {
        for (const md::Storage& way : std::vector<md::Storage>{{}, {.chunks = {4}}, {.filters = {md::Deflate{1}}}}) {
            for (const md::Placement& placement : {md::Placement(), md::Placement(md::Axis{0})}) {
                md::Storage storage = way;
                storage.file_dtype = misfit.file_dtype;
                md::MemGroup tree(world);
                md::MemDataset& dataset =
                    placement ? tree.create_dataset("data", md::MPIArray::zeros(world, misfit.dtype, {9}, *placement),
                                                    storage)
                              : tree.create_dataset("data", md::Array::zeros(misfit.dtype, {9}), storage);
                md::Array& local = dataset.local();
                if (!placement || (world.rank() == world.size() - 1 && local.size() > 0)) {
                    std::byte* last = local.data() + local.bytes() - static_cast<md::Index>(misfit.dtype.itemsize());
                    if (misfit.dtype.is_trivial()) {
                        std::memcpy(last, misfit.element.data(), misfit.element.size());
                    } else {
                        *reinterpret_cast<std::string*>(last) = misfit.element;
                    }
                }
                EXPECT_THROW_ON_ALL(world, md::save(tree, file, {.sync = false}), md::DtypeError, "/data")
                    << to_string(storage);
            }
        }
    }
    const md::MemGroup after = md::load(world, file);
    EXPECT_ON_ALL(world, after.size() == 1 && memdata_test::check(after.dataset("old")) == "");
}

/// Every dataset moves to where it was not: to each of the other places, as the numbers of the cases have it.
TEST_F(Matrix, load_over_another_axis) {
    md::LoadOptions options;
    std::vector<md::Placement> placements;
    for (std::size_t i = 0; i < cases.size(); ++i) {
        const Case& one = cases[i];
        placements.push_back(std::nullopt);
        if (one.refused || one.shape.is_scalar()) {
            continue;
        }
        const int ndim = one.shape.ndim();
        const int was = one.placement ? one.placement->value : ndim;
        const int is = (was + 1 + static_cast<int>(i) % ndim) % (ndim + 1);
        placements.back() = is == ndim ? md::Placement() : md::Placement(md::Axis{is});
        options.distribute[one.path] = placements.back();
        if (one.storage.file_dtype && !one.is_cut()) {
            options.convert[one.path] = {one.dtype};
        }
    }
    const md::MemGroup tree = md::load(world, saved_file(), options);
    std::string wrong;
    for (std::size_t i = 0; i < cases.size(); ++i) {
        const Case& one = cases[i];
        if (one.refused) {
            continue;
        }
        const md::MemDataset& dataset = tree.dataset(one.path);
        const md::Dtype& dtype = one.is_cut() ? *one.storage.file_dtype : one.dtype;
        wrong += check_kind(one, dataset, dtype, placements[i]);
        wrong += one.is_cut() ? check_cut(one, dataset)
                              : memdata_test::check(dataset, one.shape, memdata_test::all_indices(one.shape));
    }
    EXPECT_ON_ALL(world, wrong == "") << wrong;
}

/// What the file says: place, type, byte order, chunks and filters.
TEST_F(Matrix, load_as_it_is) {
    const md::MemGroup tree = md::load(world, saved_file());
    std::string wrong;
    std::size_t datasets = 0;
    tree.visit([&](const md::MemNode& node) { datasets += node.is_dataset() ? 1 : 0; });
    for (const Case& one : cases) {
        if (one.refused) {
            EXPECT_ON_ALL(world, !tree.contains(one.path)) << one.path;
            continue;
        }
        --datasets;
        const md::MemDataset& dataset = tree.dataset(one.path);
        wrong += check_kind(one, dataset, one.loaded_dtype(), one.placement);
        md::Storage storage = one.storage;
        storage.conversion = md::Conversion::exact;
        storage.file_dtype.reset();
        if (const auto& order = one.storage.file_dtype; order && !order->is_native()) {
            storage.file_dtype = order;
        }
        if (storage.wants_automatic_chunks()) {  // filter_test.cpp looks at the choice
            storage.automatic_chunks = false;
            storage.chunks = dataset.storage().chunks;
            wrong += storage.chunks.empty() ? one.path + " has no chunks" : "";
        }
        if (!(dataset.storage() == storage)) {
            wrong += one.path + " has storage " + to_string(dataset.storage()) + "\n";
        }
        if (one.loaded_dtype() == one.dtype) {
            wrong += memdata_test::check(dataset, one.shape, memdata_test::all_indices(one.shape));
        }
    }
    EXPECT_ON_ALL(world, wrong == "") << wrong;
    EXPECT_ON_ALL(world, datasets == 0);
}

}  // namespace
