// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/mpi/agreement.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include "base/fault_point.hpp"
#include "memdata/base/error.hpp"
#include "mpi/call.hpp"
#include "mpi/hash.hpp"
#include "mpi/large_count.hpp"
#include "mpi/same.hpp"
#include "mpi/serialize.hpp"
#include "mpi/wait.hpp"

namespace memdata {

namespace {

/// Characters of a text that are shown.
constexpr std::size_t shown_width = 300;

/// An exception as it travels: kind, message, context.
class Failure {
public:
    ErrorKind kind = ErrorKind::general;
    std::string message;
    ErrorContext context;

    template <class Archive>
    void serialize(Archive& ar, unsigned) {
        ar& kind& message& context.path& context.file& context.dtype& context.holder;
        travel(ar, context.axis);
        travel(ar, context.rank);
    }

private:
    template <class Archive>
    static void travel(Archive& ar, std::optional<int>& number) {
        bool known = number.has_value();
        int value = number.value_or(0);
        ar& known& value;
        number = known ? std::optional(value) : std::nullopt;
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

/// Rank `first` tells all what failed there. Trouble on the way (no memory) would be one rank's alone, with
/// nothing left to tell the others by: noexcept makes it the end of the job. The step is that of the rank that failed:
/// the others may be at another one, where it left a step before.
Failure carry(const Communicator& comm, std::string_view step, const std::exception_ptr& failure, int first) noexcept {
    Failure carried;
    std::string bytes;
    if (comm.rank() == first) {
        carried = describe(failure);
        // A failure that was agreed on before keeps the rank that saw it.
        if (!carried.context.rank) {
            carried.context.rank = first;
            if (comm.size() > 1) {
                carried.message += fmt::format(" [rank {}, {}]", first, step);
            }
        }
        bytes = mpi::pack(carried);
    }
    Index size = static_cast<Index>(bytes.size());
    mpi::broadcast(comm, &size, sizeof size, first);
    bytes.resize(static_cast<std::size_t>(size));
    mpi::broadcast(comm, bytes.data(), size, first);
    if (comm.rank() != first) {
        mpi::unpack(std::move(bytes), carried);
    }
    return carried;
}

/// The rank `first` failed: all throw that. Collective on comm.
[[noreturn]] void throw_on_all(const Communicator& comm, std::string_view step, const std::exception_ptr& failure,
                               int first) {
    Failure carried = carry(comm, step, failure, first);
    throw_error(carried.kind, carried.message, std::move(carried.context));
}

}  // namespace

void agree(const Communicator& comm, std::string_view step, const std::exception_ptr& failure) {
    const std::exception_ptr mine = failure ? failure : faults::at(step);
    const int none = comm.size();
    int first = mine ? comm.rank() : none;
    mpi::check(mpi::allreduce(&first, 1, MPI_INT, MPI_MIN, comm), "MPI_Iallreduce");
    if (first != none) {
        throw_on_all(comm, step, mine, first);
    }
}

namespace mpi {

bool agree_alike(const Communicator& comm, std::string_view step, FunctionRef<std::uint64_t()> digest) {
    const auto none = static_cast<std::uint64_t>(comm.size());
    std::array<std::uint64_t, 3> least{none, 0, 0};  // of the failing ranks, the digests, their complements
    std::exception_ptr failure;
    try {
        least[1] = digest();
        least[2] = ~least[1];
        faults::point(step);
    } catch (...) {
        failure = std::current_exception();
        least[0] = static_cast<std::uint64_t>(comm.rank());
    }
    check(allreduce(least.data(), 3, MPI_UINT64_T, MPI_MIN, comm), "MPI_Iallreduce");
    if (least[0] != none) {
        throw_on_all(comm, step, failure, static_cast<int>(least[0]));
    }
    return least[1] == ~least[2];
}

void same_on_all_ranks(const Communicator& comm, std::string_view what, std::span<const std::byte> bytes,
                       std::string_view shown) {
    const std::uint64_t mine = hash(bytes);
    if (agree_alike(comm, "comparing the ranks", [mine] { return mine; })) {
        return;
    }
    std::vector<std::uint64_t> all;
    std::vector<int> others;
    std::string first;  // a text of rank 0, and of another
    std::string other;
    agree(comm, "comparing the ranks", [&] {
        all.resize(static_cast<std::size_t>(comm.size()));
        others.reserve(all.size());
        if (!shown.empty()) {
            first = other = to_string(AttrValue(shown), shown_width);
        }
    });
    check(MPI_Allgather(&mine, 1, MPI_UINT64_T, all.data(), 1, MPI_UINT64_T, comm), "MPI_Allgather");
    for (int rank = 0; rank < comm.size(); ++rank) {
        if (all[static_cast<std::size_t>(rank)] != all[0]) {
            others.push_back(rank);
        }
    }
    broadcast_value(comm, first, 0);
    broadcast_value(comm, other, others.front());
    std::string message = fmt::format("{} must be the same on all ranks, but differs from rank 0 on rank{} {}", what,
                                      others.size() == 1 ? "" : "s", fmt::join(others, ", "));
    if (first != other) {  // else the difference is where the texts were cut
        message += fmt::format(": {} on rank 0, {} on rank {}", first, other, others.front());
    }
    throw MismatchError(message, {.rank = others.front()});
}

}  // namespace mpi

void same_on_all_ranks(const Communicator& comm, std::string_view what, std::span<const std::byte> bytes) {
    mpi::same_on_all_ranks(comm, what, bytes, "");
}

void same_on_all_ranks(const Communicator& comm, std::string_view what, std::string_view text) {
    mpi::same_on_all_ranks(comm, what, std::as_bytes(std::span(text)), text);
}

}  // namespace memdata
