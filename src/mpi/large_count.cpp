// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "mpi/large_count.hpp"

#include <algorithm>
#include <array>
#include <atomic>

namespace memdata::mpi {

namespace {

std::atomic<Index> current_limit{Index{1} << 30};

/// `count` copies of `type`, `stride` bytes apart.
Type repeated(const Type& type, Index count, Index stride) {
    const Index max_count = count_limit();
    MPI_Datatype whole = MPI_DATATYPE_NULL;
    if (count <= max_count) {
        MPI_Aint lower = 0;
        MPI_Aint extent = 0;
        check(MPI_Type_get_extent(type.get(), &lower, &extent), "MPI_Type_get_extent");
        if (extent == stride) {  // known to be contiguous, and sent as such
            check(MPI_Type_contiguous(static_cast<int>(count), type.get(), &whole), "MPI_Type_contiguous");
            return Type(whole);
        }
        check(MPI_Type_create_hvector(static_cast<int>(count), 1, stride, type.get(), &whole),
              "MPI_Type_create_hvector");
        return Type(whole);
    }
    const Index full = count / max_count;
    const Index rest = count % max_count;
    const Type block = repeated(type, max_count, stride);
    const Type blocks = repeated(block, full, stride * max_count);
    if (rest == 0) {
        check(MPI_Type_dup(blocks.get(), &whole), "MPI_Type_dup");
        return Type(whole);
    }
    const Type tail = repeated(type, rest, stride);
    const std::array<int, 2> lengths{1, 1};
    const std::array<MPI_Aint, 2> displacements{0, stride * max_count * full};
    const std::array<MPI_Datatype, 2> types{blocks.get(), tail.get()};
    check(MPI_Type_create_struct(2, lengths.data(), displacements.data(), types.data(), &whole),
          "MPI_Type_create_struct");
    return Type(whole);
}

Type committed(Type type) {
    MPI_Datatype handle = type.get();
    check(MPI_Type_commit(&handle), "MPI_Type_commit");
    return type;
}

}  // namespace

Index count_limit() noexcept { return current_limit.load(std::memory_order_relaxed); }

CountLimit::CountLimit(Index limit) noexcept : before_(current_limit.exchange(limit)) {}

CountLimit::~CountLimit() { current_limit.store(before_); }

Type contiguous_type(Index bytes) { return committed(repeated(Type(MPI_BYTE, false), bytes, 1)); }

Type box_type(std::size_t itemsize, const Shape& block, const std::vector<Index>& start, const Shape& extents) {
    const Index item = static_cast<Index>(itemsize);
    const std::vector<Index> strides = block.strides();
    // The innermost axes that are taken whole, and the next one, make one contiguous run.
    int axis = block.ndim();
    Index run = item;
    Index displacement = 0;
    bool whole = true;
    while (axis > 0 && whole) {
        --axis;
        run *= extents[axis];
        whole = extents[axis] == block[axis];
    }
    Type type = repeated(Type(MPI_BYTE, false), run, 1);
    while (axis > 0) {
        --axis;
        type = repeated(type, extents[axis], strides[static_cast<std::size_t>(axis)] * item);
    }
    for (int a = 0; a < block.ndim(); ++a) {
        displacement += start[static_cast<std::size_t>(a)] * strides[static_cast<std::size_t>(a)] * item;
    }
    MPI_Datatype placed = MPI_DATATYPE_NULL;
    const int one = 1;
    const MPI_Aint where = displacement;
    check(MPI_Type_create_hindexed(1, &one, &where, type.get(), &placed), "MPI_Type_create_hindexed");
    return committed(Type(placed));
}

void broadcast(const Communicator& comm, void* data, Index bytes, int root) {
    auto* next = static_cast<std::byte*>(data);
    while (bytes > 0) {
        const Index now = std::min(bytes, count_limit());
        check(MPI_Bcast(next, static_cast<int>(now), MPI_BYTE, root, comm), "MPI_Bcast");
        next += now;
        bytes -= now;
    }
}

std::string broadcast_bytes(const Communicator& comm, std::string_view step, int root,
                            FunctionRef<std::string()> pack) {
    // What is small needs one message, and memory that every rank has made room for before.
    constexpr std::size_t message = 4096;
    struct Head {
        Index size = 0;
        std::array<char, message - sizeof(Index)> text{};
    } head;
    std::string bytes;
    agree(comm, step, [&] {
        bytes.reserve(message);
        if (comm.rank() == root) {
            bytes = pack();
            head.size = static_cast<Index>(bytes.size());
            std::copy_n(bytes.begin(), std::min(bytes.size(), head.text.size()), head.text.begin());
        }
    });
    if (comm.size() == 1) {
        return bytes;
    }
    broadcast(comm, &head, sizeof head, root);
    const auto size = static_cast<std::size_t>(head.size);
    if (size <= head.text.size()) {
        bytes.assign(head.text.data(), size);  // there is room
    } else {
        agree(comm, "making room for a value from another rank", [&] { bytes.resize(size); });
        broadcast(comm, bytes.data(), head.size, root);
    }
    return bytes;
}

void broadcast_packed(const Communicator& comm, std::string_view step, int root, FunctionRef<std::string()> pack,
                      FunctionRef<void(std::string)> take) {
    std::string bytes = broadcast_bytes(comm, step, root, pack);
    if (comm.size() > 1) {
        agree(comm, "unpacking a value from another rank", [&] {
            if (comm.rank() != root) {
                take(std::move(bytes));
            }
        });
    }
}

}  // namespace memdata::mpi
