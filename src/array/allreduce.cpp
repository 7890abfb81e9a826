// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>
#include <mpi.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "array/block_copy.hpp"
#include "array/combine.hpp"
#include "array/same_arguments.hpp"
#include "memdata/array/collectives.hpp"
#include "memdata/array/mpi_array.hpp"
#include "memdata/base/error.hpp"
#include "memdata/base/partition.hpp"
#include "memdata/mpi/agreement.hpp"
#include "mpi/large_count.hpp"
#include "mpi/peers.hpp"

// MPI_Allreduce may combine in any order and need not give all ranks the same bits; these do, in the order of ranks.
namespace memdata {

namespace {

/// Bytes of one round, and bytes of all ranks together below which every rank gets everything and combines it itself.
constexpr Index round_bytes = Index{64} << 20;
constexpr Index small_bytes = Index{32} << 10;

/// Logical operations give 0 or 1 also where there is nothing to combine with (one rank).
bool is_logical(const ReduceOp* op) {
    return op != nullptr && (*op == ReduceOp::logical_and || *op == ReduceOp::logical_or);
}

class Reducer {
public:
    /// `op` is null for an operation of the user. Throws MemoryError.
    Reducer(const Communicator& comm, const Dtype& dtype, Index size, ElementOp combine, const ReduceOp* op)
        : comm_(comm),
          item_(static_cast<Index>(dtype.itemsize())),
          size_(size),
          combine_(std::move(combine)),
          logical_(is_logical(op)),
          users_(op == nullptr),
          small_(size * item_ <= std::min(small_bytes, mpi::count_limit()) / comm.size()),
          round_(std::clamp<Index>(std::min(round_bytes, mpi::count_limit()) / item_, 1, std::max<Index>(size, 1))),
          element_(mpi::contiguous_type(item_)) {
        const Index ranks = comm.size();
        const Index pieces = small_ ? size * ranks : (round_ + ranks - 1) / ranks * ranks;
        buffer_ = Array::uninitialized(TypeKind::uint8, Shape{pieces * item_});
        counts_.resize(static_cast<std::size_t>(ranks));
        offsets_ = mine_ = places_ = counts_;
    }

    /// Collective. `source` and `target` may be the same memory.
    void run(const std::byte* source, std::byte* target) {
        if (small_) {
            run_small(source, target);
            return;
        }
        for (Index first = 0; first < size_; first += round_) {
            run_round(source + first * item_, target + first * item_, std::min(round_, size_ - first));
        }
    }

private:
    void run_small(const std::byte* source, std::byte* target) {
        const int count = static_cast<int>(size_);
        mpi::check(MPI_Allgather(source, count, element_.get(), buffer_.data(), count, element_.get(), comm_),
                   "MPI_Allgather");
        fold(size_);
        std::memcpy(target, buffer_.data(), static_cast<std::size_t>(size_ * item_));
    }

    /// Every rank combines a part of the elements and gives the result to all.
    void run_round(const std::byte* source, std::byte* target, Index size) {
        const Partition parts = Partition::balanced(size, comm_.size());
        const Index part = parts.count(comm_.rank());
        for (int rank = 0; rank < comm_.size(); ++rank) {
            const auto r = static_cast<std::size_t>(rank);
            counts_[r] = static_cast<int>(parts.count(rank));
            offsets_[r] = static_cast<int>(parts.offset(rank));
            mine_[r] = static_cast<int>(part);
            places_[r] = static_cast<int>(part * rank);
        }
        mpi::check(MPI_Alltoallv(source, counts_.data(), offsets_.data(), element_.get(), buffer_.data(), mine_.data(),
                                 places_.data(), element_.get(), comm_),
                   "MPI_Alltoallv");
        fold(part);
        mpi::check(MPI_Allgatherv(buffer_.data(), static_cast<int>(part), element_.get(), target, counts_.data(),
                                  offsets_.data(), element_.get(), comm_),
                   "MPI_Allgatherv");
    }

    /// The buffer holds `count` elements of every rank; combines them into the first.
    void fold(Index count) {
        if (!users_) {
            fold_here(count);
        } else {
            agree(comm_, "combining elements", [&] { fold_here(count); });
        }
    }
    void fold_here(Index count) {
        if (logical_ && comm_.size() == 1) {
            combine_(buffer_.data(), buffer_.data(), count);
        }
        for (int rank = 1; rank < comm_.size() && count > 0; ++rank) {
            combine_(buffer_.data(), buffer_.data() + rank * count * item_, count);
        }
    }

    const Communicator& comm_;
    Index item_;
    Index size_;
    ElementOp combine_;
    bool logical_;
    bool users_;
    bool small_;
    Index round_;  // elements
    mpi::Type element_;
    Array buffer_;
    std::vector<int> counts_;
    std::vector<int> offsets_;
    std::vector<int> mine_;
    std::vector<int> places_;
};

/// Least or greatest strings, by parts as above; they travel serialised.
Array reduce_strings(const Communicator& comm, const Array& array, ReduceOp op) {
    const Partition parts = Partition::balanced(array.size(), comm.size());
    const Shape flat{array.size()};
    const auto outgoing = agree(comm, "packing strings", [&] {
        std::vector<std::string> pieces;
        for (int rank = 0; rank < comm.size(); ++rank) {
            const auto texts = array.span<std::string>().subspan(static_cast<std::size_t>(parts.offset(rank)),
                                                                 static_cast<std::size_t>(parts.count(rank)));
            pieces.push_back(texts.empty() ? std::string() : mpi::pack(std::vector(texts.begin(), texts.end())));
        }
        return pieces;
    });
    std::vector<std::string> incoming = mpi::exchange_bytes(comm, outgoing);
    const std::string mine = agree(comm, "combining strings", [&] {
        std::vector<std::string> best;
        for (std::string& bytes : incoming) {
            if (bytes.empty()) {
                continue;
            }
            std::vector<std::string> next;
            mpi::unpack(std::move(bytes), next);
            if (best.empty()) {
                best = std::move(next);
                continue;
            }
            for (std::size_t i = 0; i < best.size(); ++i) {
                if (op == ReduceOp::min ? next[i] < best[i] : best[i] < next[i]) {
                    best[i] = std::move(next[i]);
                }
            }
        }
        return best.empty() ? std::string() : mpi::pack(best);
    });
    incoming = mpi::allgather_bytes(comm, mine);
    return agree(comm, "unpacking strings", [&] {
        Array result = Array::uninitialized(array.dtype(), array.shape());
        auto next = result.span<std::string>().begin();
        for (std::string& bytes : incoming) {
            std::vector<std::string> part;
            if (!bytes.empty()) {
                mpi::unpack(std::move(bytes), part);
            }
            next = std::ranges::move(part, next).out;
        }
        return result;
    });
}

/// `op` is null for an operation of the user.
void check_same(const Communicator& comm, const Array& array, const ReduceOp* op) {
    same_arguments(comm, "the dtype, the shape or the operation of allreduce", [&](auto& archive) {
        const int number = op != nullptr ? static_cast<int>(*op) : -1;
        archive << array.dtype() << array.shape() << number;
        return fmt::format("{} of {} {}", op != nullptr ? to_string(*op) : "the user's operation",
                           to_string(array.dtype()), to_string(array.shape()));
    });
}

void check_users(const Dtype& dtype, const ElementOp& op) {
    if (!dtype.is_trivial()) {
        throw DtypeError(
            fmt::format("allreduce: an operation on bytes has no meaning for elements of type {}", to_string(dtype)),
            {.dtype = to_string(dtype)});
    }
    if (!op) {
        throw ArgumentError("allreduce: the operation is empty");
    }
}

/// Memory for the result, for each rank to come by in its own way, and the result in it.
template <class Room>
Array reduce(const Communicator& comm, const Array& array, const ReduceOp* op, const ElementOp* users, Room&& room) {
    agree(comm, "choosing the operation of allreduce",
          [&] { op != nullptr ? check_meaning(array.dtype(), *op) : check_users(array.dtype(), *users); });
    check_same(comm, array, op);
    if (!array.dtype().is_trivial()) {
        return reduce_strings(comm, array, *op);
    }
    std::optional<Reducer> reducer;
    Array result = agree(comm, "allocating the array of allreduce", [&] {
        reducer.emplace(comm, array.dtype(), array.size(), op != nullptr ? combine_loop(array.dtype(), *op) : *users,
                        op);
        return room();
    });
    reducer->run(array.data(), result.data());
    return result;
}

Array reduce_new(const Communicator& comm, const Array& array, const ReduceOp* op, const ElementOp* users) {
    return reduce(comm, array, op, users, [&] { return Array::uninitialized(array.dtype(), array.shape()); });
}

void reduce_in_place(const Communicator& comm, Array& array, const ReduceOp* op, const ElementOp* users) {
    Array result = reduce(comm, array, op, users, [&] {
        return Array::wrap(array.dtype(), array.shape(), array.data());  // the same memory
    });
    if (!array.dtype().is_trivial()) {
        std::ranges::move(result.span<std::string>(), array.span<std::string>().begin());
    }
}

}  // namespace

Array allreduce(const Communicator& comm, const Array& array, ReduceOp op) {
    return reduce_new(comm, array, &op, nullptr);
}
Array allreduce(const Communicator& comm, const Array& array, const ElementOp& op) {
    return reduce_new(comm, array, nullptr, &op);
}
void allreduce_in_place(const Communicator& comm, Array& array, ReduceOp op) {
    reduce_in_place(comm, array, &op, nullptr);
}
void allreduce_in_place(const Communicator& comm, Array& array, const ElementOp& op) {
    reduce_in_place(comm, array, nullptr, &op);
}

Array MPIArray::allreduce(ReduceOp op) const {
    agree(comm_, "checking the blocks for allreduce", [&] {
        for (int rank = 0; rank < comm_.size(); ++rank) {
            if (distribution_.local_shape(rank) != distribution_.local_shape(0)) {
                throw ShapeError(
                    fmt::format("allreduce combines blocks of one shape, but rank 0 has {} and rank {} has {} (the "
                                "array is {})",
                                to_string(distribution_.local_shape(0)), rank,
                                to_string(distribution_.local_shape(rank)), to_string(distribution_)),
                    {.axis = axis(), .rank = rank});
            }
        }
    });
    return memdata::allreduce(comm_, block_, op);
}

}  // namespace memdata
