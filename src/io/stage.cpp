// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "io/stage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/byte_order.hpp"
#include "base/converted_part.hpp"
#include "base/fault_point.hpp"
#include "base/join.hpp"
#include "h5/elements.hpp"
#include "memdata/base/error.hpp"

namespace memdata::io {

namespace {

/// Chunks without filters up to this size are written whole, with what is beyond the dataset's edge.
constexpr Index whole_chunk_bytes = Index{4} << 20;

/// Reading over a gap up to this size is cheaper than another read.
constexpr Index most_gap_bytes = Index{64} << 10;
/// Bytes that are read at once, with gaps.
constexpr Index most_read_bytes = Index{4} << 20;

bool stages_whole_chunk(const StagedDataset& dataset, Direction direction) {
    // By the larger of the two types, as the units are cut: else a chunk of several units would be taken for one.
    const std::size_t itemsize = std::max(dataset.dtype.itemsize(), dataset.file_dtype.itemsize());
    return dataset.is_filtered() || (direction == Direction::write && !dataset.chunks.empty() &&
                                     Shape(dataset.chunks).bytes(itemsize) <= whole_chunk_bytes);
}

void fill_with(const std::vector<std::byte>& element, std::byte* elements, Index count) {
    for (Index i = 0; i < count; ++i) {
        std::memcpy(elements + i * static_cast<Index>(element.size()), element.data(), element.size());
    }
}

}  // namespace

UnitStore::UnitStore(const std::vector<StagedDataset>& datasets, const StagingPlan& plan, Direction direction,
                     const FileAccess& file)
    : datasets_(datasets), plan_(plan), direction_(direction), file_(file) {
    for (const StagedDataset& dataset : datasets) {
        grids_.emplace_back(dataset.chunks, dataset.selection);
    }
}

std::vector<Index> chunk_start(const StagedDataset& dataset, const std::vector<Window>& windows) {
    std::vector<Index> start;
    for (std::size_t axis = 0; axis < windows.size(); ++axis) {
        start.push_back(windows[axis].chunk * dataset.chunks[axis]);
    }
    return start;
}

/// The row-major array in the file, a chunk or the whole dataset, that a plain unit lies in.
struct UnitStore::Region {
    std::uint64_t offset;
    Shape extents;
    std::vector<Index> start;  // in the dataset
};

Stage UnitStore::geometry(const Unit& unit) const {
    const StagedDataset& dataset = datasets_[unit.dataset];
    Stage stage{.unit = unit, .place = plan_.grid(unit.dataset).place(unit.number, dataset.distribution.axis())};
    if (stages_whole_chunk(dataset, direction_)) {
        stage.extents = Shape(dataset.chunks);
        for (const Index start : chunk_start(dataset, stage.place.windows)) {
            stage.base.emplace_back(start);
        }
        return stage;
    }
    std::vector<Index> extents;
    for (const Window& window : stage.place.windows) {
        extents.push_back(window.count());
        stage.base.emplace_back(std::nullopt);
    }
    stage.extents = Shape(std::move(extents));
    return stage;
}

void UnitStore::allocate(Stage& stage) const {
    const auto bytes = static_cast<std::size_t>(stage.extents.bytes(datasets_[stage.unit.dataset].dtype.itemsize()));
    if (direction_ == Direction::write && stage.base.front() && is_partial(stage)) {
        stage.bytes.assign(bytes, std::byte{0});
    } else {
        stage.bytes.resize(bytes);
    }
}

const h5::ChunkPlace& UnitStore::place(const Stage& stage) const {
    const StagedDataset& dataset = datasets_[stage.unit.dataset];
    const Index number = grids_[stage.unit.dataset].number(chunk_start(dataset, stage.place.windows));
    return dataset.places[static_cast<std::size_t>(number)];
}

bool UnitStore::is_partial(const Stage& stage) const {
    const StagedDataset& dataset = datasets_[stage.unit.dataset];
    const std::vector<Index> start = chunk_start(dataset, stage.place.windows);
    for (std::size_t axis = 0; axis < start.size(); ++axis) {
        if (start[axis] + dataset.chunks[axis] > dataset.file_shape[static_cast<int>(axis)]) {
            return true;
        }
    }
    return false;
}

UnitStore::Region UnitStore::region(const Stage& stage) const {
    const StagedDataset& dataset = datasets_[stage.unit.dataset];
    if (dataset.chunks.empty()) {
        return {dataset.file_offset, dataset.file_shape, std::vector<Index>(dataset.selection.axes.size(), 0)};
    }
    return {place(stage).offset, Shape(dataset.chunks), chunk_start(dataset, stage.place.windows)};
}

h5::ChunkCodec& UnitStore::codec(std::size_t dataset) {
    if (!codec_ || codec_dataset_ != dataset) {
        const StagedDataset& source = datasets_[dataset];
        codec_.emplace(source.filters, source.file_dtype, Shape(source.chunks), source.path);
        codec_dataset_ = dataset;
    }
    return *codec_;
}

// --- reading --------------------------------------------------------------------------------------------------------

void UnitStore::read_filtered(Stage& stage, const h5::ChunkPlace& place, std::byte* elements) {
    const StagedDataset& dataset = datasets_[stage.unit.dataset];
    stored_.resize(place.bytes);
    file_.read(dataset.path, place.offset, stored_.data(), static_cast<Index>(place.bytes));
    const bool plain = dataset.partial_chunks_are_plain && is_partial(stage);
    constexpr std::uint32_t all = ~std::uint32_t{0};
    faults::point("undoing the filters of a chunk");
    try {
        codec(stage.unit.dataset).decode(stored_, plain ? all : place.skipped, elements);
    } catch (const IoError& error) {
        throw FormatError(fmt::format("'{}' in file '{}' is damaged: the filters of its chunk of {} bytes at offset {} "
                                      "cannot be undone ({}): load the rest with LoadOptions::only, or take another "
                                      "copy of the file",
                                      dataset.path, file_.name(), place.bytes, place.offset, error.what()),
                          {.path = dataset.path, .file = file_.name()});
    }
}

namespace {

/// Calls f(position in the region's array, position in the stage, elements) for every run of elements that are
/// neighbours in both, in the order of the file.
template <class F>
void for_each_file_run(const StagingPlan::Grid& grid, const std::vector<Window>& windows, const Shape& extents,
                       const std::vector<Index>& start, F&& f) {
    const std::size_t ndim = windows.size();
    const std::vector<Index> strides = extents.strides();
    // The inner axes that are taken whole are one run; so are neighbours on the axis outside of them.
    std::size_t split = ndim;
    Index block = 1;
    while (split > 0 && windows[split - 1].count() == extents[static_cast<int>(split - 1)]) {
        block *= extents[static_cast<int>(--split)];
    }
    if (split == 0) {
        f(Index{0}, Index{0}, block);
        return;
    }
    const std::size_t last = split - 1;
    std::vector<Index> at(split, 0);
    Index stage = 0;
    while (true) {
        Index outer = 0;
        for (std::size_t axis = 0; axis < last; ++axis) {
            outer += (grid.maps[axis].index(windows[axis].first + at[axis]) - start[axis]) * strides[axis];
        }
        for (Index n = windows[last].first; n < windows[last].last;) {
            const Index first = grid.maps[last].index(n);
            const Index count = grid.maps[last].neighbours(n, windows[last].last);
            f(outer + (first - start[last]) * strides[last], stage, count * block);
            stage += count * block;
            n += count;
        }
        std::size_t axis = last;
        while (axis-- > 0) {
            if (++at[axis] < windows[axis].count()) {
                break;
            }
            at[axis] = 0;
        }
        if (axis == static_cast<std::size_t>(-1)) {
            return;
        }
    }
}

}  // namespace

void UnitStore::read_plain(const Stage& stage, std::byte* elements) const {
    const StagedDataset& dataset = datasets_[stage.unit.dataset];
    const Region from = region(stage);
    const auto item = static_cast<Index>(dataset.file_dtype.itemsize());
    struct FileRun {
        Index file;
        Index stage;
        Index bytes;
    };
    std::vector<FileRun> pending;  // what the next read brings
    std::vector<std::byte> buffer;
    const auto flush = [&] {
        if (pending.empty()) {
            return;
        }
        const Index low = pending.front().file;
        const Index high = pending.back().file + pending.back().bytes;
        const std::uint64_t offset = from.offset + static_cast<std::uint64_t>(low);
        if (pending.size() == 1) {
            file_.read(dataset.path, offset, elements + pending.front().stage, high - low);
        } else {
            buffer.resize(static_cast<std::size_t>(high - low));
            file_.read(dataset.path, offset, buffer.data(), high - low);
            for (const FileRun& run : pending) {
                std::memcpy(elements + run.stage, buffer.data() + (run.file - low),
                            static_cast<std::size_t>(run.bytes));
            }
        }
        pending.clear();
    };
    for_each_file_run(
        plan_.grid(stage.unit.dataset), stage.place.windows, from.extents, from.start,
        [&](Index file, Index position, Index count) {
            const FileRun run{file * item, position * item, count * item};
            if (!pending.empty() && (run.file - (pending.back().file + pending.back().bytes) > most_gap_bytes ||
                                     run.file + run.bytes - pending.front().file > most_read_bytes)) {
                flush();
            }
            pending.push_back(run);
        });
    flush();
}

void UnitStore::read(Stage& stage) {
    const StagedDataset& dataset = datasets_[stage.unit.dataset];
    allocate(stage);
    std::byte* elements = in_file_type(stage).data();
    const h5::ChunkPlace* place = dataset.chunks.empty() ? nullptr : &this->place(stage);
    if (place != nullptr && place->bytes == 0) {
        fill_with(dataset.fill, elements, stage.extents.elements());
    } else if (dataset.is_filtered()) {
        read_filtered(stage, *place, elements);
    } else {
        read_plain(stage, elements);
    }
    from_file_type(stage);
}

// --- the type in the file -------------------------------------------------------------------------------------------

std::vector<std::byte>& UnitStore::in_file_type(Stage& stage) {
    const StagedDataset& dataset = datasets_[stage.unit.dataset];
    if (dataset.file_dtype.native() == dataset.dtype) {
        return stage.bytes;
    }
    in_file_type_.resize(static_cast<std::size_t>(stage.extents.bytes(dataset.file_dtype.itemsize())));
    return in_file_type_;
}

std::vector<Index> UnitStore::indices_in_file(const Stage& stage, Index position) const {
    const StagingPlan::Grid& grid = plan_.grid(stage.unit.dataset);
    std::vector<Index> indices(stage.base.size());
    for (std::size_t axis = indices.size(); axis-- > 0;) {
        const Index extent = stage.extents[static_cast<int>(axis)];
        const Index at = position % extent;
        indices[axis] =
            stage.base[axis] ? *stage.base[axis] + at : grid.maps[axis].index(stage.place.windows[axis].first + at);
        position /= extent;
    }
    return indices;
}

void UnitStore::convert(const Stage& stage, const Dtype& from, const std::byte* source, const Dtype& to,
                        std::byte* target) const {
    const StagedDataset& dataset = datasets_[stage.unit.dataset];
    const auto from_item = static_cast<Index>(from.itemsize());
    const auto to_item = static_cast<Index>(to.itemsize());
    const auto part = [&](Index first, Index count) {
        const Index done = detail::convert_while_exact(from, source + first * from_item, to, target + first * to_item,
                                                       count, dataset.conversion);
        return done < count ? std::optional(first + done) : std::nullopt;
    };
    const auto fail = [&](Index position) {
        try {
            detail::throw_inexact(from, source + position * from_item, to,
                                  detail::tuple_text(indices_in_file(stage, position)));
        } catch (const DtypeError& error) {
            throw DtypeError(fmt::format("'{}': {}", dataset.path, error.what()),
                             {.path = dataset.path, .dtype = error.dtype()});
        }
    };
    const Index count = stage.extents.elements();
    const std::optional<Index> inexact = part(0, count);
    if (inexact && stage.base.front()) {
        // A whole chunk, in which may be elements that were not asked for, or none at all (beyond the edge): once more
        // without those.
        std::memset(target, 0, static_cast<std::size_t>(count * to_item));
        for_each_file_run(plan_.grid(stage.unit.dataset), stage.place.windows, stage.extents,
                          chunk_start(dataset, stage.place.windows), [&](Index first, Index, Index elements) {
                              if (const std::optional<Index> position = part(first, elements)) {
                                  fail(*position);
                              }
                          });
    } else if (inexact) {
        fail(*inexact);
    }
}

void UnitStore::from_file_type(Stage& stage) {
    const StagedDataset& dataset = datasets_[stage.unit.dataset];
    const Index count = stage.extents.elements();
    std::byte* elements = in_file_type(stage).data();
    h5::normalise_bools(dataset.file_dtype, elements, count);
    if (elements == stage.bytes.data()) {
        swap_byte_order(dataset.file_dtype, elements, count);
    } else {
        convert(stage, dataset.file_dtype, elements, dataset.dtype, stage.bytes.data());
    }
}

const std::vector<std::byte>& UnitStore::to_file_type(Stage& stage) {
    const StagedDataset& dataset = datasets_[stage.unit.dataset];
    const Index count = stage.extents.elements();
    std::vector<std::byte>& target = in_file_type(stage);
    if (&target == &stage.bytes) {
        swap_byte_order(dataset.file_dtype, target.data(), count);
    } else {
        convert(stage, dataset.dtype, stage.bytes.data(), dataset.file_dtype, target.data());
    }
    if (stage.base.front() && !dataset.fill.empty() && is_partial(stage)) {
        fill_beyond_edge(stage, target.data());
    }
    return target;
}

void UnitStore::fill_beyond_edge(const Stage& stage, std::byte* elements) const {
    const StagedDataset& dataset = datasets_[stage.unit.dataset];
    const auto row = stage.extents[stage.extents.ndim() - 1];
    const auto inside = [&](std::size_t axis, Index at) {
        return *stage.base[axis] + at < dataset.file_shape[static_cast<int>(axis)];
    };
    const std::size_t last = stage.base.size() - 1;
    const Index edge = std::min(row, dataset.file_shape[static_cast<int>(last)] - *stage.base[last]);
    for (Index position = 0; position < stage.extents.elements(); position += row) {
        bool is_inside = true;
        for (Index axis = static_cast<Index>(last), rest = position / row; axis-- > 0;) {
            const Index extent = stage.extents[static_cast<int>(axis)];
            is_inside = is_inside && inside(static_cast<std::size_t>(axis), rest % extent);
            rest /= extent;
        }
        const Index first = is_inside ? edge : 0;
        fill_with(dataset.fill, elements + (position + first) * static_cast<Index>(dataset.fill.size()), row - first);
    }
}

// --- writing --------------------------------------------------------------------------------------------------------

std::vector<std::byte> UnitStore::encode(Stage& stage, std::uint32_t& skipped) {
    faults::point("filtering a chunk");
    return codec(stage.unit.dataset).encode(to_file_type(stage).data(), skipped);
}

void UnitStore::write_encoded(std::size_t dataset, const std::vector<std::byte>& encoded,
                              const h5::ChunkPlace& place) const {
    file_.write(datasets_[dataset].path, place.offset, encoded.data(), static_cast<Index>(encoded.size()));
}

void UnitStore::write_plain(Stage& stage) {
    const StagedDataset& dataset = datasets_[stage.unit.dataset];
    const std::vector<std::byte>& elements = to_file_type(stage);
    const Region to = region(stage);
    if (stages_whole_chunk(dataset, direction_)) {
        file_.write(dataset.path, to.offset, elements.data(), static_cast<Index>(elements.size()));
        return;
    }
    const auto item = static_cast<Index>(dataset.file_dtype.itemsize());
    for_each_file_run(plan_.grid(stage.unit.dataset), stage.place.windows, to.extents, to.start,
                      [&](Index file, Index position, Index count) {
                          file_.write(dataset.path, to.offset + static_cast<std::uint64_t>(file * item),
                                      elements.data() + position * item, count * item);
                      });
}

}  // namespace memdata::io
