// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "io/staged_transfer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>

#include "io/piece_copy.hpp"
#include "io/stage.hpp"
#include "memdata/base/error.hpp"
#include "memdata/mpi/agreement.hpp"
#include "mpi/large_count.hpp"
#include "mpi/peers.hpp"

namespace memdata::io {

namespace {

using Units = std::vector<Unit>;

/// Bytes for (or from) every other rank, one after the other.
struct Parcels {
    std::vector<Index> starts;  // by rank, and the end
    std::vector<std::byte> bytes;

    explicit Parcels(int ranks) : starts(static_cast<std::size_t>(ranks) + 1, 0) {}
    void clear() { std::ranges::fill(starts, 0); }
    [[nodiscard]] Index& length(int rank) { return starts[static_cast<std::size_t>(rank) + 1]; }
    /// After length() of every rank is set.
    void allocate() {
        for (std::size_t rank = 1; rank < starts.size(); ++rank) {
            starts[rank] += starts[rank - 1];
        }
        bytes.resize(static_cast<std::size_t>(starts.back()));
    }
    [[nodiscard]] std::vector<std::byte*> starts_of_all() {
        std::vector<std::byte*> result;
        for (std::size_t rank = 0; rank + 1 < starts.size(); ++rank) {
            result.push_back(bytes.data() + starts[rank]);
        }
        return result;
    }
    [[nodiscard]] mpi::PeerTypes types() const {
        mpi::PeerTypes types(static_cast<int>(starts.size()) - 1);
        for (std::size_t rank = 0; rank + 1 < starts.size(); ++rank) {
            if (const Index length = starts[rank + 1] - starts[rank]; length > 0) {
                types.set(static_cast<int>(rank),
                          mpi::box_type(1, Shape{starts.back()}, {starts[rank]}, Shape{length}));
            }
        }
        return types;
    }
};

/// One transfer of all datasets, round by round.
class Transfer {
public:
    Transfer(const Communicator& comm, const FileAccess& file, const std::vector<StagedDataset>& datasets,
             Monitor& monitor, Direction direction)
        : comm_(comm),
          datasets_(datasets),
          monitor_(monitor),
          plan_(datasets, comm.size()),
          store_(datasets, plan_, direction, file),
          staged_(comm.size()),
          owned_(comm.size()) {}

    void read() {
        for (const Units& units : plan_.rounds()) {
            monitor_.dataset(datasets_[units.front().dataset].path);
            agree(comm_, "reading", [&] {
                monitor_.check();
                lay_out(units);
                std::vector<std::byte*> next = staged_.starts_of_all();
                for_each_own(units, [&](Stage& stage) {
                    store_.read(stage);
                    for_each_owner(stage, [&](int rank) {
                        std::byte*& packed = next[static_cast<std::size_t>(rank)];
                        packed = copy(stage, rank, stage_end(stage), rank_end(stage, rank, packed), packed);
                    });
                });
                name_types(staged_, owned_);
            });
            exchange(units, staged_, owned_);
            agree(comm_, "unpacking what was read", [&] {
                std::vector<std::byte*> next = owned_.starts_of_all();
                for_each_foreign(units, [&](const Stage& stage) {
                    std::byte*& packed = next[static_cast<std::size_t>(stage.unit.stager)];
                    packed = copy(stage, comm_.rank(), packed_end(packed), local_end(stage), packed);
                });
                record(units);
            });
        }
    }

    void write(const PlaceChunk& place_chunk) {
        for (const Units& units : plan_.rounds()) {
            monitor_.dataset(datasets_[units.front().dataset].path);
            agree(comm_, "packing what is to be written", [&] {
                monitor_.check();
                lay_out(units);
                std::vector<std::byte*> next = owned_.starts_of_all();
                for_each_foreign(units, [&](const Stage& stage) {
                    std::byte*& packed = next[static_cast<std::size_t>(stage.unit.stager)];
                    packed = copy(stage, comm_.rank(), local_end(stage), packed_end(packed), packed);
                });
                name_types(owned_, staged_);
            });
            exchange(units, owned_, staged_);
            std::vector<Encoded> encoded;
            agree(comm_, "writing", [&] {
                std::vector<std::byte*> next = staged_.starts_of_all();
                for_each_own(units, [&](Stage& stage) {
                    store_.allocate(stage);
                    for_each_owner(stage, [&](int rank) {
                        std::byte*& packed = next[static_cast<std::size_t>(rank)];
                        packed = copy(stage, rank, rank_end(stage, rank, packed), stage_end(stage), packed);
                    });
                    if (datasets_[stage.unit.dataset].is_filtered()) {
                        encoded.push_back(encode(stage));
                    } else {
                        store_.write_plain(stage);
                    }
                });
                record(units);
            });
            write_encoded(units, encoded, place_chunk);
        }
    }

private:
    /// A chunk that has gone through its filters.
    struct Encoded {
        std::size_t dataset;
        std::vector<std::byte> bytes;
        h5::ChunkPlace place;
    };

    /// Calls f(rank) for the ranks that own elements of a unit.
    template <class F>
    void for_each_owner(const Stage& stage, F&& f) const {
        for (const auto& owner : plan_.grid(stage.unit.dataset).ranks[stage.place.distributed]) {
            f(owner.first);
        }
    }

    /// Bytes of the elements that `count` indices of the distributed axis have in a unit.
    [[nodiscard]] Index piece_bytes(const Unit& unit, const StagingPlan::Grid::Place& place, Index count) const {
        const StagedDataset& dataset = datasets_[unit.dataset];
        Index bytes = static_cast<Index>(dataset.dtype.itemsize()) * count;
        for (std::size_t axis = 0; axis < place.windows.size(); ++axis) {
            if (static_cast<int>(axis) != dataset.distribution.axis()) {
                bytes *= plan_.grid(unit.dataset).maps[axis].positions(place.windows[axis]);
            }
        }
        return bytes;
    }

    /// How much goes between this rank as a stager, and as an owner, and the others.
    void lay_out(const Units& units) {
        const int me = comm_.rank();
        staged_.clear();
        owned_.clear();
        for (const Unit& unit : units) {
            const auto& grid = plan_.grid(unit.dataset);
            const auto place = grid.place(unit.number, datasets_[unit.dataset].distribution.axis());
            for (const auto& [rank, count] : grid.ranks[place.distributed]) {
                if (rank == unit.stager || (rank != me && unit.stager != me)) {
                    continue;
                }
                (rank == me ? owned_.length(unit.stager) : staged_.length(rank)) += piece_bytes(unit, place, count);
            }
        }
        staged_.allocate();
        owned_.allocate();
    }

    /// Calls f(stage) for the units that this rank stages, one after the other in the same memory.
    template <class F>
    void for_each_own(const Units& units, F&& f) {
        for (const Unit& unit : units) {
            if (unit.stager == comm_.rank()) {
                Stage stage = store_.geometry(unit);
                stage.bytes = std::move(memory_);
                f(stage);
                memory_ = std::move(stage.bytes);
            }
        }
    }

    /// Calls f(stage), without bytes, for the units that others stage and of which this rank owns elements.
    template <class F>
    void for_each_foreign(const Units& units, F&& f) const {
        for (const Unit& unit : units) {
            if (unit.stager == comm_.rank()) {
                continue;
            }
            const Stage stage = store_.geometry(unit);
            for_each_owner(stage, [&](int rank) {
                if (rank == comm_.rank()) {
                    f(stage);
                }
            });
        }
    }

    /// What a rank's block and a unit have in common.
    [[nodiscard]] Piece piece(const Stage& stage, int rank) const {
        const StagedDataset& dataset = datasets_[stage.unit.dataset];
        const auto& grid = plan_.grid(stage.unit.dataset);
        const Partition& partition = dataset.distribution.partition();
        Piece result;
        for (std::size_t axis = 0; axis < stage.place.windows.size(); ++axis) {
            const bool distributed = static_cast<int>(axis) == dataset.distribution.axis();
            const Index first = distributed ? partition.offset(rank) : 0;
            const Index last = distributed ? first + partition.count(rank)
                                           : dataset.distribution.global_shape()[static_cast<int>(axis)];
            result.push_back(grid.maps[axis].runs(stage.place.windows[axis], stage.base[axis], first, last));
        }
        return result;
    }

    [[nodiscard]] static End stage_end(const Stage& stage) {
        return {End::Kind::stage, const_cast<std::byte*>(stage.bytes.data()), stage.extents.strides()};
    }
    [[nodiscard]] End local_end(const Stage& stage) const {
        const StagedDataset& dataset = datasets_[stage.unit.dataset];
        return {End::Kind::local, dataset.local, dataset.distribution.local_shape(comm_.rank()).strides()};
    }
    [[nodiscard]] static End packed_end(std::byte* packed) { return {End::Kind::packed, packed}; }
    /// Where this rank, as a stager, has the elements of an owner: in its own block, or packed.
    [[nodiscard]] End rank_end(const Stage& stage, int rank, std::byte* packed) const {
        return rank == comm_.rank() ? local_end(stage) : packed_end(packed);
    }

    /// Copies the piece of a unit that `rank` owns; returns where the packed bytes go on.
    std::byte* copy(const Stage& stage, int rank, const End& from, const End& to, std::byte* packed) const {
        std::byte* end = copy_piece(datasets_[stage.unit.dataset].dtype, piece(stage, rank), from, to);
        const bool is_packed = from.kind == End::Kind::packed || to.kind == End::Kind::packed;
        return is_packed ? end : packed;
    }

    /// Before exchange(), within agree().
    void name_types(const Parcels& from, const Parcels& to) {
        sent_.emplace(from.types());
        received_.emplace(to.types());
    }

    /// Nothing travels when every stager owns all of its units.
    void exchange(const Units& units, const Parcels& from, Parcels& to) const {
        const auto has_other_owners = [&](const Unit& unit) {
            return plan_.grid(unit.dataset).has_many_owners(unit.number, datasets_[unit.dataset].distribution.axis());
        };
        if (std::ranges::any_of(units, has_other_owners)) {
            mpi::exchange(comm_, from.bytes.data(), *sent_, to.bytes.data(), *received_);
        }
    }

    /// For the statistics and the progress: a round is over.
    void record(const Units& units) const {
        for (const Unit& unit : units) {
            const auto& grid = plan_.grid(unit.dataset);
            const auto place = grid.place(unit.number, datasets_[unit.dataset].distribution.axis());
            Index count = 0;
            for (const auto& owner : grid.ranks[place.distributed]) {
                count += owner.second;
            }
            monitor_.moved(datasets_[unit.dataset].path, Route::exchange, piece_bytes(unit, place, count));
        }
    }

    [[nodiscard]] Encoded encode(Stage& stage);
    void write_encoded(const Units& units, std::vector<Encoded>& encoded, const PlaceChunk& place_chunk);
    [[nodiscard]] std::string place(const Units& units, const std::vector<std::string>& sizes_for_0,
                                    const PlaceChunk& place_chunk) const;

    const Communicator& comm_;
    const std::vector<StagedDataset>& datasets_;
    Monitor& monitor_;
    StagingPlan plan_;
    UnitStore store_;
    Parcels staged_;  // between this rank as a stager and the owners
    Parcels owned_;   // between this rank as an owner and the stagers
    std::optional<mpi::PeerTypes> sent_;
    std::optional<mpi::PeerTypes> received_;
    std::vector<std::byte> memory_;
};

/// Rank 0 learns how large everybody's filtered chunks are (packed ChunkPlaces for rank 0, offset unused) and tells
/// where they go, in the same order.
std::string Transfer::place(const Units& units, const std::vector<std::string>& sizes_for_0,
                            const PlaceChunk& place_chunk) const {
    const std::vector<std::string> sizes = mpi::exchange_bytes(comm_, sizes_for_0);
    const std::vector<std::string> answers = agree(comm_, "making room for chunks", [&] {
        std::vector<std::string> packed(sizes.size());
        if (comm_.rank() != 0) {
            return packed;
        }
        std::vector<std::vector<h5::ChunkPlace>> places(sizes.size());
        for (std::size_t rank = 0; rank < sizes.size(); ++rank) {
            mpi::unpack(sizes[rank], places[rank]);
        }
        std::vector<std::size_t> next(sizes.size(), 0);
        for (const Unit& unit : units) {
            const StagedDataset& dataset = datasets_[unit.dataset];
            if (dataset.is_filtered()) {
                const auto rank = static_cast<std::size_t>(unit.stager);
                h5::ChunkPlace& chunk = places[rank].at(next[rank]++);
                const auto windows = plan_.grid(unit.dataset).place(unit.number, dataset.distribution.axis()).windows;
                chunk = place_chunk(unit.dataset, chunk_start(dataset, windows), chunk.bytes, chunk.skipped);
            }
        }
        for (std::size_t rank = 0; rank < sizes.size(); ++rank) {
            packed[rank] = mpi::pack(places[rank]);
        }
        return packed;
    });
    return std::move(mpi::exchange_bytes(comm_, answers).front());
}

Transfer::Encoded Transfer::encode(Stage& stage) {
    Encoded result{.dataset = stage.unit.dataset, .bytes = {}, .place = {}};
    result.bytes = store_.encode(stage, result.place.skipped);
    if (result.bytes.size() > std::numeric_limits<std::uint32_t>::max()) {
        const std::string& path = datasets_[stage.unit.dataset].path;
        throw IoError(fmt::format("a chunk of '{}' has more than 4 GiB after its filters", path), {.path = path});
    }
    result.place.bytes = static_cast<std::uint32_t>(result.bytes.size());
    return result;
}

void Transfer::write_encoded(const Units& units, std::vector<Encoded>& encoded, const PlaceChunk& place_chunk) {
    bool any = false;  // on any rank
    for (const Unit& unit : units) {
        any = any || datasets_[unit.dataset].is_filtered();
    }
    if (!any) {
        return;
    }
    const std::vector<std::string> sizes = agree(comm_, "packing the sizes of chunks", [&] {
        std::vector<h5::ChunkPlace> mine;
        for (const Encoded& chunk : encoded) {
            mine.push_back(chunk.place);
        }
        std::vector<std::string> packed(static_cast<std::size_t>(comm_.size()));
        packed.front() = mpi::pack(mine);
        return packed;
    });
    const std::string answer = place(units, sizes, place_chunk);
    agree(comm_, "writing", [&] {
        std::vector<h5::ChunkPlace> places;
        mpi::unpack(answer, places);
        for (std::size_t i = 0; i < encoded.size(); ++i) {
            store_.write_encoded(encoded[i].dataset, encoded[i].bytes, places[i]);
        }
    });
}

}  // namespace

void read_staged(const Communicator& comm, const FileAccess& file, const std::vector<StagedDataset>& datasets,
                 Monitor& monitor) {
    if (datasets.empty()) {
        return;
    }
    std::optional<Transfer> transfer;
    agree(comm, "planning a transfer", [&] { transfer.emplace(comm, file, datasets, monitor, Direction::read); });
    transfer->read();
}

void write_staged(const Communicator& comm, const FileAccess& file, const std::vector<StagedDataset>& datasets,
                  const PlaceChunk& place_chunk, Monitor& monitor) {
    if (datasets.empty()) {
        return;
    }
    std::optional<Transfer> transfer;
    agree(comm, "planning a transfer", [&] { transfer.emplace(comm, file, datasets, monitor, Direction::write); });
    transfer->write(place_chunk);
}

}  // namespace memdata::io
