// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/mpi/agreement.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <limits>
#include <new>
#include <string>
#include <vector>

#include "memdata/base/error.hpp"
#include "mpi/call.hpp"
#include "mpi/hash.hpp"
#include "mpi/large_count.hpp"
#include "mpi/serialize.hpp"

namespace memdata {

namespace {

/// An exception as it travels: kind, message, context.
struct Failure {
    ErrorKind kind = ErrorKind::general;
    std::string message;
    ErrorContext context;

    template <class Archive>
    void serialize(Archive& ar, unsigned) {
        ar& kind& message& context.path& context.file& context.dtype& context.holder;
        int axis = context.axis.value_or(std::numeric_limits<int>::min());
        int rank = context.rank.value_or(-1);
        ar& axis& rank;
        context.axis = axis == std::numeric_limits<int>::min() ? std::nullopt : std::optional(axis);
        context.rank = rank < 0 ? std::nullopt : std::optional(rank);
    }
};

Failure describe(const std::exception_ptr& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const Error& error) {
        return {error.kind(), error.what(), error.context()};
    } catch (const std::bad_alloc&) {
        return {ErrorKind::memory, "not enough memory", {}};
    } catch (const std::exception& error) {
        return {ErrorKind::general, error.what(), {}};
    } catch (...) {
        return {ErrorKind::general, "an exception of unknown type", {}};
    }
}

}  // namespace

void agree(const Communicator& comm, std::string_view step, const std::exception_ptr& failure) {
    const int none = comm.size();
    int first = failure ? comm.rank() : none;
    mpi::check(MPI_Allreduce(MPI_IN_PLACE, &first, 1, MPI_INT, MPI_MIN, comm), "MPI_Allreduce");
    if (first == none) {
        return;
    }
    Failure carried;
    if (comm.rank() == first) {
        carried = describe(failure);
    }
    mpi::broadcast_value(comm, carried, first);
    // A failure that was agreed on before keeps the rank that saw it.
    if (!carried.context.rank) {
        carried.context.rank = first;
        if (comm.size() > 1) {
            carried.message += fmt::format(" [rank {}, {}]", first, step);
        }
    }
    throw_error(carried.kind, carried.message, std::move(carried.context));
}

void same_on_all_ranks(const Communicator& comm, std::string_view what, std::span<const std::byte> bytes) {
    const std::uint64_t mine = mpi::hash(bytes);
    std::array<std::uint64_t, 2> range{mine, ~mine};
    mpi::check(MPI_Allreduce(MPI_IN_PLACE, range.data(), 2, MPI_UINT64_T, MPI_MIN, comm), "MPI_Allreduce");
    if (range[0] == ~range[1]) {
        return;
    }
    std::vector<std::uint64_t> all(static_cast<std::size_t>(comm.size()));
    mpi::check(MPI_Allgather(&mine, 1, MPI_UINT64_T, all.data(), 1, MPI_UINT64_T, comm), "MPI_Allgather");
    std::vector<int> others;
    for (int rank = 0; rank < comm.size(); ++rank) {
        if (all[static_cast<std::size_t>(rank)] != all[0]) {
            others.push_back(rank);
        }
    }
    throw MismatchError(fmt::format("{} must be the same on all ranks, but differs from rank 0 on rank{} {}", what,
                                    others.size() == 1 ? "" : "s", fmt::join(others, ", ")),
                        {.rank = others.front()});
}

void same_on_all_ranks(const Communicator& comm, std::string_view what, std::string_view text) {
    same_on_all_ranks(comm, what, std::as_bytes(std::span(text)));
}

}  // namespace memdata
