// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "io/serial_load.hpp"

#include <fcntl.h>

#include "base/fault_point.hpp"
#include "h5/elements.hpp"
#include "io/converted_for.hpp"
#include "io/monitor.hpp"
#include "io/staged_transfer.hpp"

namespace memdata::io {

namespace {

constexpr Index small_dataset = Index{64} << 10;
constexpr Index small_datasets = Index{4} << 20;

/// memdata reads chunks itself: HDF5 does not see that a damaged one leaves its filters too short, and looks at every
/// chunk between the first and the last that a selection touches.
Array read_chunks(SerialFile& file, const PlannedDataset& dataset, const Dtype& dtype) {
    const Communicator self(MPI_COMM_SELF, boost::mpi::comm_attach);
    const Descriptor descriptor(file.name(), O_RDONLY | O_CLOEXEC, "opening");
    const FileAccess access(descriptor, file.name());
    Array array = Array::uninitialized(dtype, dataset.selection.shape());
    Monitor unheard(self, "load", file.name(), {.progress_bar = false});
    read_staged(self, access,
                {staged(dataset, file.locate_chunks(*dataset.node, dataset.selection), array.dtype(),
                        Distribution(array.shape(), Axis{0}, 1), array.data())},
                unheard);
    return array;
}

Array read(SerialFile& file, const PlannedDataset& dataset) {
    faults::point("reading common data");
    const FileNode& node = *dataset.node;
    if (!node.chunks.extents.empty() && !node.is_odd && node.dtype.is_trivial() &&
        dataset.selection.shape().elements() > 0) {
        if (dataset.dtype.is_trivial()) {
            return read_chunks(file, dataset, dataset.dtype);
        }
        // Fixed strings that become strings of any length are converted when they are no bytes of chunks any more.
        return converted_for(node.path, read_chunks(file, dataset, node.dtype), dataset.dtype, dataset.conversion);
    }
    Array data = file.read(node, dataset.selection);
    return dataset.is_converted() ? converted_for(node.path, data, dataset.dtype, dataset.conversion) : std::move(data);
}

}  // namespace

bool is_read_by_rank_0(const PlannedDataset& dataset) { return !dataset.axis || !dataset.node->dtype.is_trivial(); }

SerialData read_serially(SerialFile& file, const std::vector<PlannedDataset>& datasets) {
    SerialData result;
    Index total = 0;
    for (const PlannedDataset& dataset : datasets) {
        const FileNode& node = *dataset.node;
        file.check_chunk_count(node, dataset.selection);
        if (!is_read_by_rank_0(dataset)) {
            if (!node.chunks.extents.empty() && dataset.selection.shape().elements() > 0) {
                result.chunks.emplace(node.path, file.locate_chunks(node, dataset.selection));
            }
            continue;
        }
        Array data = read(file, dataset);
        const bool is_small = data.bytes() <= small_dataset && total + data.bytes() <= small_datasets;
        total += is_small ? data.bytes() : 0;
        const bool is_wanted_by_all = !data.dtype().is_trivial() || dataset.axis;  // only common bytes are sent later
        auto& there = is_small || is_wanted_by_all ? result.small : result.large;
        there.emplace(node.path, std::move(data));
    }
    return result;
}

StagedDataset staged(const PlannedDataset& dataset, const ChunkLayout& chunks, const Dtype& dtype,
                     const Distribution& distribution, std::byte* local) {
    const FileNode& node = *dataset.node;
    return {.path = node.path,
            .dtype = dtype,
            .file_dtype = node.file_dtype(),
            .conversion = dataset.conversion,
            .file_shape = node.shape,
            .selection = dataset.selection,
            .distribution = distribution,
            .chunks = chunks.extents,
            .file_offset = node.offset,
            .places = chunks.places,
            .filters = chunks.filters,
            .partial_chunks_are_plain = chunks.partial_chunks_are_plain,
            .fill = chunks.fill,
            .local = local};
}

}  // namespace memdata::io
