// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "io/dataset_transfer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "array/block_copy.hpp"
#include "array/take.hpp"
#include "base/byte_order.hpp"
#include "h5/elements.hpp"
#include "h5/space.hpp"
#include "h5/types.hpp"
#include "io/converted_for.hpp"
#include "io/round_memory.hpp"
#include "memdata/mpi/agreement.hpp"

namespace memdata::io {

namespace {

/// A dataset's blocks cut along one axis into rounds, as many on every rank; edges at multiples of `step` of the
/// global index, so that a rank touches each of its chunks in one round when step is a multiple of the chunk. A chunk
/// that two ranks share may come up in two rounds: the last of one rank, the first of the next.
struct Cut {
    int axis = 0;
    Index step = 1;
    Index rounds = 1;

    Cut(const Distribution& distribution, std::size_t itemsize, const std::vector<Index>& chunks, Index limit) {
        const Shape& global = distribution.global_shape();
        const Shape block = global.with(distribution.axis(), distribution.partition().max_count());
        const Index bytes = block.bytes(itemsize);
        // The first axis of which a unit (a chunk's extent, or one index) fits; the finest cut when none does.
        Index best = -1;
        for (int a = 0; a < global.ndim(); ++a) {
            const Index unit = chunks.empty() ? 1 : chunks[static_cast<std::size_t>(a)];
            const Index index = bytes / std::max<Index>(1, block[a]);
            const Index unit_bytes = std::max<Index>(1, index * std::min(unit, std::max<Index>(1, block[a])));
            if (best < 0 || unit_bytes < best) {
                best = unit_bytes;
                axis = a;
                step = unit * std::max<Index>(1, limit / unit_bytes);
            }
            if (unit_bytes <= limit) {
                break;
            }
        }
        for (int rank = 0; rank < distribution.ranks(); ++rank) {
            const Index start = start_of(distribution, rank);
            const Index extent = distribution.local_shape(rank)[axis];
            rounds = std::max(rounds, (start % step + extent + step - 1) / step);
        }
    }

    /// This round's part [first, last) of a rank's block along the axis, in local indices.
    [[nodiscard]] std::pair<Index, Index> part(const Distribution& distribution, int rank, Index round) const {
        const Index start = start_of(distribution, rank);
        const Index extent = distribution.local_shape(rank)[axis];
        const Index edge = start / step * step - start;
        return {std::clamp<Index>(edge + round * step, 0, extent),
                std::clamp<Index>(edge + (round + 1) * step, 0, extent)};
    }

private:
    [[nodiscard]] Index start_of(const Distribution& distribution, int rank) const {
        return axis == distribution.axis() ? distribution.partition().offset(rank) : 0;
    }
};

ResolvedSelection everything(const Shape& shape) {
    ResolvedSelection all;
    for (const Index extent : shape) {
        all.axes.emplace_back(IndexRange{0, extent, 1});
    }
    return all;
}

h5::Dataset open(hid_t file, const std::string& path) {
    return h5::Dataset(h5::check(H5Dopen2(file, path.c_str(), H5P_DEFAULT), "H5Dopen2", {.path = path}));
}

h5::PropertyList transfer_properties(bool collectively) {
    h5::PropertyList transfer(h5::check(H5Pcreate(H5P_DATASET_XFER), "H5Pcreate"));
    h5::check(H5Pset_dxpl_mpio(transfer.get(), collectively ? H5FD_MPIO_COLLECTIVE : H5FD_MPIO_INDEPENDENT),
              "H5Pset_dxpl_mpio");
    return transfer;
}

/// A selection that HDF5 can take (ascending, no repeats) and what is left to do in memory, axis by axis.
struct Ordered {
    ResolvedSelection ascending;
    std::vector<std::vector<Index>> positions;  // empty: nothing to do on this axis

    explicit Ordered(const ResolvedSelection& wanted) {
        for (const AxisIndices& axis : wanted.axes) {
            positions.emplace_back();
            if (axis.is_ascending()) {
                ascending.axes.push_back(axis);
                continue;
            }
            std::vector<Index> sorted;
            for (Index i = 0; i < axis.count(); ++i) {
                sorted.push_back(axis[i]);
            }
            std::ranges::sort(sorted);
            sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
            for (Index i = 0; i < axis.count(); ++i) {
                positions.back().push_back(std::ranges::lower_bound(sorted, axis[i]) - sorted.begin());
            }
            ascending.axes.emplace_back(std::move(sorted));
        }
    }
    [[nodiscard]] bool is_trivial() const {
        return std::ranges::all_of(positions, [](const auto& axis) { return axis.empty(); });
    }
    [[nodiscard]] Array arrange(Array array) const {
        for (std::size_t axis = 0; axis < positions.size(); ++axis) {
            if (!positions[axis].empty()) {
                array = take(array, static_cast<int>(axis), positions[axis]);
            }
        }
        return array;
    }
};

}  // namespace

namespace {

/// One rank's share of a round, ready for the collective call: whatever can fail on one rank alone is behind it.
struct Share {
    h5::Space file_space;
    h5::Space memory_space;
    Array buffer;
    std::byte* data = nullptr;

    Share(hid_t dataset, const std::string& path, const ResolvedSelection& in_file, const Shape& memory,
          const ResolvedSelection& in_memory)
        : file_space(h5::check(H5Dget_space(dataset), "H5Dget_space", {.path = path})),
          memory_space(h5::make_space(memory)) {
        h5::select(file_space.get(), in_file);
        h5::select(memory_space.get(), in_memory);
    }
};

/// A dataset that all ranks have open, and what is the same in all rounds of its transfer.
struct Opened {
    Cut cut;
    h5::Dataset dataset;
    h5::PropertyList transfer;
    h5::Type type;
    ResolvedSelection mine;
    Index bytes;
};

std::vector<Index> corner(const MPIArray& array, int axis, Index first) {
    std::vector<Index> result(static_cast<std::size_t>(array.ndim()), 0);
    result[static_cast<std::size_t>(axis)] = first;
    return result;
}

ResolvedSelection local_part(const ResolvedSelection& global, const MPIArray& array) {
    const auto [start, stop] = array.local_bounds();
    return global.part(array.axis(), start, stop - start);
}

}  // namespace

void write_dataset(hid_t file, const std::string& path, const MPIArray& array, const Storage& storage,
                   const TransferOptions& options, Monitor& monitor) {
    monitor.dataset(path);
    const Communicator& comm = array.comm();
    const Dtype file_dtype = storage.file_dtype.value_or(array.dtype());
    const Opened opened = agree(comm, "opening a dataset", [&] {
        return Opened{Cut(array.distribution(), array.dtype().itemsize(), storage.chunks,
                          std::min(options.round_bytes, round_memory)),
                      open(file, path),
                      transfer_properties(true),
                      h5::make_type(file_dtype),
                      local_part(everything(array.shape()), array),
                      array.shape().bytes(array.dtype().itemsize())};
    });
    const Shape& block = array.local_shape();
    for (Index round = 0; round < opened.cut.rounds; ++round) {
        const Share share = agree(comm, "preparing to write a dataset", [&] {
            monitor.check();
            const auto [first, last] = opened.cut.part(array.distribution(), comm.rank(), round);
            const ResolvedSelection in_file = opened.mine.part(opened.cut.axis, first, last - first);
            if (file_dtype == array.dtype()) {
                Share whole(opened.dataset.get(), path, in_file, block,
                            everything(block).part(opened.cut.axis, first, last - first));
                whole.data = const_cast<std::byte*>(array.local().data());
                return whole;
            }
            // Converted here, not by HDF5: with a conversion of its own it would drop collective transfer.
            const Shape shape = in_file.shape();
            Share made(opened.dataset.get(), path, in_file, shape, everything(shape));
            const Array part = copy_box(array.local(), corner(array, opened.cut.axis, first), shape);
            made.buffer = Array::uninitialized(Dtype::opaque(file_dtype.itemsize()), shape);
            convert_elements(array.dtype(), part.data(), file_dtype, made.buffer.data(), part.size(),
                             storage.conversion);
            made.data = made.buffer.data();
            return made;
        });
        agree(comm, "writing a dataset", [&] {
            h5::check(H5Dwrite(opened.dataset.get(), opened.type.get(), share.memory_space.get(),
                               share.file_space.get(), opened.transfer.get(), share.data),
                      "H5Dwrite", [&] { return ErrorContext{.path = path}; });
            monitor.called_hdf5(path, h5::read_report(opened.transfer.get()));
        });
        monitor.moved(path, Route::hdf5, opened.bytes / opened.cut.rounds);
    }
    monitor.moved(path, Route::hdf5, opened.bytes % opened.cut.rounds);
}

void read_dataset(hid_t file, const std::string& path, const ResolvedSelection& selection, const Dtype& file_dtype,
                  Conversion conversion, Reading how, MPIArray& array, const TransferOptions& options,
                  Monitor& monitor) {
    monitor.dataset(path);
    const Communicator& comm = array.comm();
    const Route route = how == Reading::serial ? Route::serial : Route::hdf5;
    const Opened opened = agree(comm, "opening a dataset", [&] {
        return Opened{
            Cut(array.distribution(), array.dtype().itemsize(), {}, std::min(options.round_bytes, round_memory)),
            open(file, path),
            transfer_properties(how == Reading::collective),
            h5::make_type(file_dtype),
            local_part(selection, array),
            array.shape().bytes(array.dtype().itemsize())};
    });
    for (Index round = 0; round < opened.cut.rounds; ++round) {
        std::optional<Ordered> ordered;
        Index first = 0;
        Share share = agree(comm, "preparing to read a dataset", [&] {
            monitor.check();
            const auto [begin, last] = opened.cut.part(array.distribution(), comm.rank(), round);
            first = begin;
            ordered.emplace(opened.mine.part(opened.cut.axis, first, last - first));
            const Shape shape = ordered->ascending.shape();
            Share made(opened.dataset.get(), path, ordered->ascending, shape, everything(shape));
            // What was never written HDF5 need not fill.
            made.buffer = how == Reading::collective ? Array::uninitialized(file_dtype.native(), shape)
                                                     : Array::zeros(file_dtype.native(), shape);
            return made;
        });
        agree(comm, "reading a dataset", [&] {
            h5::check(H5Dread(opened.dataset.get(), opened.type.get(), share.memory_space.get(), share.file_space.get(),
                              opened.transfer.get(), share.buffer.data()),
                      "H5Dread", [&] { return ErrorContext{.path = path}; });
            if (route == Route::hdf5) {
                monitor.called_hdf5(path, h5::read_report(opened.transfer.get()));
            }
            swap_byte_order(file_dtype, share.buffer.data(), share.buffer.size());
            h5::normalise_bools(share.buffer);
            if (file_dtype.native() != array.dtype()) {
                share.buffer = converted_for(path, share.buffer, array.dtype(), conversion);
            }
            paste_box(array.local(), corner(array, opened.cut.axis, first), ordered->arrange(std::move(share.buffer)));
        });
        monitor.moved(path, route, opened.bytes / opened.cut.rounds);
    }
    monitor.moved(path, route, opened.bytes % opened.cut.rounds);
}

void read_selected(hid_t dataset, const std::string& path, const ResolvedSelection& selection, const Dtype& file_dtype,
                   Array& array) {
    const Ordered ordered(selection);
    const h5::Space file_space(h5::check(H5Dget_space(dataset), "H5Dget_space", {.path = path}));
    h5::select(file_space.get(), ordered.ascending);
    const Shape shape = ordered.ascending.shape();
    const h5::Space memory_space = h5::make_space(shape);
    const h5::Type type = h5::make_type(h5::memory_dtype(file_dtype));
    const auto read = [&](void* buffer) {
        h5::check(H5Dread(dataset, type.get(), memory_space.get(), file_space.get(), H5P_DEFAULT, buffer), "H5Dread",
                  {.path = path});
    };
    if (ordered.is_trivial()) {
        h5::read_elements(array, file_dtype, type.get(), memory_space.get(), read);
    } else {
        Array part = Array::zeros(array.dtype(), shape);
        h5::read_elements(part, file_dtype, type.get(), memory_space.get(), read);
        array = ordered.arrange(std::move(part));
    }
}

}  // namespace memdata::io
