// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "io/contiguous_transfer.hpp"

#include <algorithm>
#include <exception>
#include <memory>
#include <optional>

#include "io/exchange.hpp"
#include "io/round_memory.hpp"
#include "memdata/mpi/agreement.hpp"
#include "mpi/node.hpp"

namespace memdata::io {

namespace {

/// After the first failure it does nothing more, so that a rank in trouble still takes part in the others' exchange;
/// agree() then tells all.
class DeferringAccess {
public:
    DeferringAccess(const FileAccess& file, Direction direction) : file_(file), direction_(direction) {}

    void operator()(const ContiguousBlock& block, std::uint64_t offset, std::byte* data, Index bytes) noexcept {
        if (failure_) {
            return;
        }
        try {
            if (direction_ == Direction::write) {
                file_.write(block.path, offset, data, bytes);
            } else {
                file_.read(block.path, offset, data, bytes);
            }
        } catch (...) {
            failure_ = std::current_exception();
        }
    }

    [[nodiscard]] const std::exception_ptr& failure() const noexcept { return failure_; }

private:
    const FileAccess& file_;
    Direction direction_;
    std::exception_ptr failure_;
};

/// Below these lengths of a run the bytes are passed on instead of going to the file piece by piece. Measured on one
/// node (docs/performance.md): writers of one file wait for each other, readers do not.
constexpr Index direct_write_run = Index{512} << 10;
constexpr Index direct_read_run = Index{16} << 10;

bool goes_directly(const ContiguousBlock& block, Direction direction, TransferWay way) {
    if (way != TransferWay::automatic || block.distribution.ranks() == 1) {
        return way != TransferWay::exchange || block.distribution.ranks() == 1;
    }
    return Stripes(block).longest_run() >= (direction == Direction::write ? direct_write_run : direct_read_run);
}

/// Which blocks go how, in the order of the file, and the rounds of those that are exchanged.
struct Plan {
    std::vector<std::pair<ContiguousBlock, Stripes>> direct;
    std::vector<ContiguousBlock> exchanged;
    std::optional<Exchange> exchange;  // of the blocks above: the plan stays where it is
    std::vector<Round> rounds;

    Plan(const Communicator& comm, std::shared_ptr<mpi::Node> node, const std::vector<ContiguousBlock>& blocks,
         Direction direction, TransferWay way) {
        for (const ContiguousBlock& block : blocks) {
            if (goes_directly(block, direction, way)) {
                direct.emplace_back(block, Stripes(block));
            } else {
                exchanged.push_back(block);
            }
        }
        std::ranges::stable_sort(exchanged, {}, &ContiguousBlock::file_offset);
        exchange.emplace(comm, exchanged, std::move(node));
        rounds = exchange->rounds();
    }
    Plan(const Plan&) = delete;
    Plan& operator=(const Plan&) = delete;
};

}  // namespace

void transfer_contiguous(const Communicator& comm, const FileAccess& file, Direction direction,
                         const std::vector<ContiguousBlock>& blocks, TransferWay way, Monitor& monitor) {
    if (blocks.empty()) {
        return;
    }
    std::shared_ptr<mpi::Node> node = mpi::Node::of(comm);
    std::optional<Plan> plan;
    agree(comm, "planning a transfer", [&] { plan.emplace(comm, std::move(node), blocks, direction, way); });
    DeferringAccess access(file, direction);
    // From here on nothing is thrown on one rank but within agree().
    for (const auto& [block, stripes] : plan->direct) {
        monitor.dataset(block.path);
        stripes.for_each_run(
            comm.rank(), 0, stripes.total(), [&, &block = block](Index position, Index local, Index length) {
                access(block, block.file_offset + static_cast<std::uint64_t>(position), block.local + local, length);
            });
        monitor.moved(block.path, Route::direct, stripes.total());
    }
    Exchange& exchange = *plan->exchange;
    if (!plan->exchanged.empty()) {
        monitor.dataset(plan->exchanged.front().path);
    }
    Index unchecked = 0;  // bytes a rank until the next look: rounds in shared memory are small
    for (const Round& round : plan->rounds) {
        if (!exchange.is_shared() || unchecked <= 0) {
            agree(comm, "making room for an exchange", [&] {
                monitor.check();
                exchange.prepare(round);
            });
            unchecked = round_memory;
        }
        unchecked -= round.stretch;
        if (direction == Direction::write) {
            exchange.gather(round);
            exchange.for_each_staged(round, access);
        } else {
            exchange.for_each_staged(round, access);
            exchange.spread(round);
        }
        exchange.for_each_moved(round, [&](const ContiguousBlock& block, Index bytes) {
            monitor.dataset(block.path);
            monitor.moved(block.path, Route::exchange, bytes);
        });
    }
    agree(comm, direction == Direction::write ? "writing" : "reading", access.failure());
}

}  // namespace memdata::io
