// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "io/contiguous_transfer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>

#include "io/exchange.hpp"
#include "memdata/base/error.hpp"
#include "memdata/mpi/agreement.hpp"
#include "mpi/call.hpp"

namespace memdata::io {

namespace {

/// Independent access to the file, in pieces of at most round_bytes. After the first failure it does nothing
/// more, so that a rank in trouble still takes part in the others' exchange; agree() then tells all.
class FileAccess {
public:
    FileAccess(MPI_File file, Direction direction, Index round_bytes, const std::string& name)
        : file_(file), direction_(direction), round_bytes_(round_bytes), name_(name) {}

    void operator()(const ContiguousBlock& block, Index position, std::byte* data, Index bytes) noexcept {
        if (failure_) {
            return;
        }
        try {
            for (Index done = 0; done < bytes;) {
                const auto now = static_cast<int>(std::min(bytes - done, round_bytes_));
                move(block, static_cast<MPI_Offset>(block.file_offset) + position + done, data + done, now);
                done += now;
            }
        } catch (...) {
            failure_ = std::current_exception();
        }
    }

    [[nodiscard]] const std::exception_ptr& failure() const noexcept { return failure_; }

private:
    void move(const ContiguousBlock& block, MPI_Offset offset, std::byte* data, int bytes) const {
        const bool writing = direction_ == Direction::write;
        MPI_Status status{};
        const int code = writing ? MPI_File_write_at(file_, offset, data, bytes, MPI_BYTE, &status)
                                 : MPI_File_read_at(file_, offset, data, bytes, MPI_BYTE, &status);
        const std::string doing = fmt::format("{} '{}' {} file '{}'", writing ? "writing" : "reading", block.path,
                                              writing ? "to" : "from", name_);
        const ErrorContext context{.path = block.path, .file = name_};
        const char* why = writing ? "is the disk or quota full, or the file at its size limit?" : "is it truncated?";
        if (code != MPI_SUCCESS) {
            mpi::check(code, fmt::format("{} ({})", doing, why), context);
        }
        int done = 0;
        mpi::check(MPI_Get_count(&status, MPI_BYTE, &done), "MPI_Get_count");
        if (done != bytes) {
            throw IoError(fmt::format("{}: {} of {} bytes at offset {}; {}", doing, done, bytes, offset, why), context);
        }
    }

    MPI_File file_;
    Direction direction_;
    Index round_bytes_;
    const std::string& name_;
    std::exception_ptr failure_;
};

/// Below these lengths of a run the bytes are passed on instead of going to the file piece by piece. First guesses,
/// not yet tuned by measurement: reading ahead makes short reads cheaper than short writes.
constexpr Index direct_write_run = Index{64} << 10;
constexpr Index direct_read_run = Index{16} << 10;

bool goes_directly(const ContiguousBlock& block, Direction direction, const TransferOptions& options) {
    if (options.way != TransferWay::automatic || block.distribution.ranks() == 1) {
        return options.way != TransferWay::exchange || block.distribution.ranks() == 1;
    }
    return Stripes(block).longest_run() >= (direction == Direction::write ? direct_write_run : direct_read_run);
}

}  // namespace

void transfer_contiguous(const Communicator& comm, MPI_File file, Direction direction,
                         const std::vector<ContiguousBlock>& blocks, const TransferOptions& options,
                         const std::string& file_name, Monitor& monitor) {
    FileAccess access(file, direction, options.round_bytes, file_name);
    std::vector<ContiguousBlock> exchanged;
    for (const ContiguousBlock& block : blocks) {
        if (!goes_directly(block, direction, options)) {
            exchanged.push_back(block);
            continue;
        }
        const Stripes stripes(block);
        stripes.for_each_run(comm.rank(), 0, stripes.total(), [&](Index position, Index local, Index length) {
            access(block, position, block.local + local, length);
        });
        monitor.moved(block.path, Route::direct, stripes.total());
    }
    Exchange exchange(comm, exchanged);
    for (const Round& round : exchange.rounds()) {
        agree(comm, "making room for an exchange", [&] { exchange.prepare(round); });
        if (direction == Direction::write) {
            exchange.gather(round);
            exchange.for_each_staged(round, access);
        } else {
            exchange.for_each_staged(round, access);
            exchange.spread(round);
        }
        for (const Segment& segment : round) {
            monitor.moved(exchanged[segment.block].path, Route::exchange, segment.high - segment.low);
        }
    }
    agree(comm, direction == Direction::write ? "writing" : "reading", access.failure());
}

}  // namespace memdata::io
