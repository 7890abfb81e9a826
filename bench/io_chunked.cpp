// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "io_chunked.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <filesystem>

#include "one_writer.hpp"

namespace md = memdata;

namespace bench {

namespace {

constexpr md::Index rows = 1024;
constexpr md::Index chunk_rows = 64;
constexpr md::Index chunk_columns = 2048;  // 1 MiB

/// Data as a measurement's, which compress about as such do: a smooth curve under noise, with as many bits as the
/// noise leaves a meaning (24 of the mantissa's 52).
double sample(md::Index row, md::Index column) {
    auto state = static_cast<std::uint64_t>(row << 32 | column) + 0x9e3779b97f4a7c15U;  // splitmix64
    state = (state ^ (state >> 30U)) * 0xbf58476d1ce4e5b9U;
    state = (state ^ (state >> 27U)) * 0x94d049bb133111ebU;
    const double noise = static_cast<double>((state ^ (state >> 31U)) >> 11U) * 0x1p-53 - 0.5;
    const double curve = 100 + 20 * std::sin(1e-3 * static_cast<double>(column) + static_cast<double>(row));
    constexpr std::uint64_t dropped = (std::uint64_t{1} << 28U) - 1;
    return std::bit_cast<double>(std::bit_cast<std::uint64_t>(curve + 1e-3 * noise) & ~dropped);
}

/// 0: no filters.
class Chunked {
public:
    Chunked(const Setup& setup, md::Index mib, int axis, int level)
        : setup_(setup),
          axis_(axis),
          level_(level),
          shape_{rows, std::max(chunk_columns, mib * 128)},
          storage_{.chunks = {chunk_rows, chunk_columns}},
          tree_(setup.world) {
        if (level > 0) {
            storage_.filters = {md::Shuffle{}, md::Deflate{static_cast<unsigned>(level)}};
        }
        md::MPIArray array = md::MPIArray::zeros<double>(setup.world, shape_, md::Axis{axis});
        const auto block = array.local<double, 2>();
        const md::Index start = array.local_bounds().start;
        for (md::Index i = 0; i < array.local_shape()[0]; ++i) {
            for (md::Index j = 0; j < array.local_shape()[1]; ++j) {
                block(i, j) = axis == 0 ? sample(start + i, j) : sample(i, start + j);
            }
        }
        tree_.create_dataset("d", std::move(array), storage_);
    }

    void run() {
        std::vector<Method> save = {{"memdata", [this] { this->save("memdata", md::TransferWay::automatic); },
                                     fresh("memdata"), right("memdata", "memdata", md::TransferWay::automatic)},
                                    {"hdf5_collective", [this] { this->save("hdf5", md::TransferWay::hdf5); },
                                     fresh("hdf5"), right("hdf5_collective", "hdf5", md::TransferWay::automatic)}};
        const bool whole_chunks = axis_ == 0 && rows % (chunk_rows * setup_.world.size()) == 0;
        if (level_ > 0 && whole_chunks && shape_[1] % chunk_columns == 0) {
            save.push_back({"one_writer", [this] { save_by_one_writer(); }, fresh("one_writer"),
                            right("one_writer", "one_writer", md::TransferWay::automatic)});
        }
        measure(setup_, described("save"), save);
        setup_.remove("hdf5");
        setup_.remove("one_writer");
        const std::vector<Method> load = {
            {"memdata", [this] { static_cast<void>(this->load("memdata", md::TransferWay::automatic)); }},
            {"hdf5_collective", [this] { static_cast<void>(this->load("memdata", md::TransferWay::hdf5)); }, nullptr,
             right("hdf5_collective", "memdata", md::TransferWay::hdf5)}};
        measure(setup_, described("load"), load);
        setup_.remove("memdata");
    }

private:
    [[nodiscard]] Case described(const std::string& op) const {
        Case result{.name = level_ > 0 ? "filtered" : "chunked",
                    .op = op,
                    .axis = axis_,
                    .bytes = shape_.bytes(sizeof(double)),
                    .shape = {shape_.begin(), shape_.end()}};
        if (level_ > 0) {
            result.more = [this, bytes = result.bytes] {
                const auto stored = static_cast<double>(std::filesystem::file_size(setup_.file("memdata")));
                return fmt::format("\"filters\": \"shuffle, deflate {}\", \"level\": {}, \"ratio_compressed\": {:.2f}",
                                   level_, level_, static_cast<double>(bytes) / stored);
            };
        }
        return result;
    }

    [[nodiscard]] std::function<void()> fresh(const std::string& file) const {
        return [this, file] { setup_.remove(file); };
    }
    /// The file, loaded in this way, is what was saved.
    [[nodiscard]] std::function<void()> right(const std::string& method, const std::string& file,
                                              md::TransferWay way) const {
        return [this, method, file, way] {
            const md::MemGroup loaded = this->load(file, way, true);
            expect_right(setup_, method,
                         loaded.dataset("d").distributed().local() == tree_.dataset("d").distributed().local());
        };
    }

    void save(const std::string& file, md::TransferWay way) const {
        md::save(tree_, setup_.file(file), {.sync = false, .transfer = {.way = way}});
    }
    void save_by_one_writer() const {
        bench::save_by_one_writer(tree_.dataset("d").distributed(), storage_.chunks, level_, setup_.file("one_writer"));
    }
    /// Over the axis that the file names, or (what one writer makes names none) that of the data.
    [[nodiscard]] md::MemGroup load(const std::string& file, md::TransferWay way, bool force_axis = false) const {
        md::LoadOptions options{.transfer = {.way = way}};
        if (force_axis) {
            options.distribute = {{"d", md::Axis{axis_}}};
        }
        return md::load(setup_.world, setup_.file(file), options);
    }

    const Setup& setup_;
    int axis_;
    int level_;
    md::Shape shape_;
    md::Storage storage_;
    md::MemGroup tree_;
};

md::Index chunked_mib(const Setup& setup) { return std::ranges::min(setup.mib); }
md::Index filtered_mib(const Setup& setup) { return setup.quick ? 32 : 128; }

Needs needs(md::Index mib) { return {.files = (3 * mib + 64) << 20, .memory = 2 * mib << 20}; }

}  // namespace

void chunked(const Setup& setup) {
    for (const int axis : {0, 1}) {
        if (setup.wants(axis)) {
            Chunked(setup, chunked_mib(setup), axis, 0).run();
        }
    }
}

Needs chunked_needs(const Setup& setup) { return needs(chunked_mib(setup)); }

void filtered(const Setup& setup) {
    for (const int level : {1, 4}) {
        for (const int axis : {0, 1}) {
            if (setup.wants(axis)) {
                Chunked(setup, filtered_mib(setup), axis, level).run();
            }
        }
    }
}

Needs filtered_needs(const Setup& setup) { return needs(filtered_mib(setup)); }

}  // namespace bench
