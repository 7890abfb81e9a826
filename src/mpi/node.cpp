// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "mpi/node.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <mpi.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <mutex>
#include <new>
#include <optional>

#include "memdata/mpi/agreement.hpp"
#include "mpi/call.hpp"

namespace memdata::mpi {

namespace {

constexpr Index page = 4096;
/// What one rank fills for the others at a time. It is to stay in the second-level cache (256 KiB was best of 64 KiB
/// to 1 MiB), but each peer's part of it should not be tiny.
constexpr Index least_stage = Index{256} << 10;
constexpr Index least_part = Index{8} << 10;

/// Waiting: so many looks with the processor to ourselves, then it is given away between two looks, because there
/// may be more ranks than cores; now and then MPI gets a turn, because another rank may wait for a message of ours.
constexpr int busy_looks = 200;
constexpr int looks_between_progress = 1000;

/// Hardly the same twice on a machine; nothing secret.
std::uint64_t unlikely_word() noexcept {
    const auto now = static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
    return (now ^ (static_cast<std::uint64_t>(::getpid()) << 40U)) * 0x9E3779B97F4A7C15U;
}

}  // namespace

struct Node::Control {
    alignas(64) std::atomic<std::uint32_t> arrived;
    alignas(64) std::atomic<std::uint32_t> generation;
    alignas(64) std::atomic<std::uint64_t> token;
    alignas(64) std::array<std::atomic<std::uint64_t>, words> shared;
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free && std::atomic<std::uint32_t>::is_always_lock_free,
              "they are used by several processes");

namespace {

/// Nodes live here; the communicator's attribute points at them. MPI tells nobody when it frees MPI_COMM_WORLD.
struct Registry {
    std::mutex mutex;
    std::vector<std::shared_ptr<Node>> nodes;
    int key = MPI_KEYVAL_INVALID;
};

Registry& registry() {
    static Registry& instance = *new Registry;  // MPI may free communicators after static objects are gone
    return instance;
}

int on_communicator_freed(MPI_Comm, int, void* node, void*) {
    const std::scoped_lock lock(registry().mutex);
    std::erase_if(registry().nodes, [&](const auto& known) { return known.get() == node; });
    return MPI_SUCCESS;
}

}  // namespace

std::shared_ptr<Node> Node::of(const Communicator& comm) {
    {
        const std::scoped_lock lock(registry().mutex);
        if (registry().key == MPI_KEYVAL_INVALID) {
            check(MPI_Comm_create_keyval(MPI_COMM_NULL_COPY_FN, on_communicator_freed, &registry().key, nullptr),
                  "MPI_Comm_create_keyval");
        }
        void* found = nullptr;
        int known = 0;
        check(MPI_Comm_get_attr(comm, registry().key, static_cast<void*>(&found), &known), "MPI_Comm_get_attr");
        if (known != 0) {
            return static_cast<Node*>(found)->shared_from_this();
        }
    }
    std::shared_ptr<Node> node =
        agree(comm, "finding the ranks of this node", [] { return std::shared_ptr<Node>(new Node); });
    node->find_ranks(comm);
    agree(comm, "keeping what was found of this node", [] {
        const std::scoped_lock lock(registry().mutex);
        registry().nodes.reserve(registry().nodes.size() + 1);
    });
    {
        const std::scoped_lock lock(registry().mutex);
        registry().nodes.push_back(node);
    }
    check(MPI_Comm_set_attr(comm, registry().key, node.get()), "MPI_Comm_set_attr");
    return node;
}

std::size_t Node::buffers_kept() {
    const std::scoped_lock lock(registry().mutex);
    return static_cast<std::size_t>(
        std::ranges::count_if(registry().nodes, [](const auto& node) { return node->buffer_ != nullptr; }));
}

Node::~Node() {
    if (buffer_ != nullptr) {
        ::munmap(buffer_, mapped_);
    }
}

void Node::find_ranks(const Communicator& comm) {
    MPI_Comm split = MPI_COMM_NULL;
    check(MPI_Comm_split_type(comm, MPI_COMM_TYPE_SHARED, comm.rank(), MPI_INFO_NULL, &split), "MPI_Comm_split_type");
    if (NodeTest::most_ranks > 0) {
        const Comm whole(split);
        int number = 0;
        check(MPI_Comm_rank(split, &number), "MPI_Comm_rank");
        check(MPI_Comm_split(whole.get(), number / NodeTest::most_ranks, number, &split), "MPI_Comm_split");
    }
    const Comm owner(split);
    std::optional<Communicator> attached;
    agree(comm, "finding the ranks of this node", [&] {
        attached.emplace(split, boost::mpi::comm_attach);
        ranks_.resize(static_cast<std::size_t>(attached->size()));
        pids_.resize(ranks_.size());
        numbers_.assign(static_cast<std::size_t>(comm.size()), -1);
    });
    const Communicator& here = *attached;
    me_ = here.rank();
    int rank = comm.rank();
    check(MPI_Allgather(&rank, 1, MPI_INT, ranks_.data(), 1, MPI_INT, here), "MPI_Allgather");
    int pid = ::getpid();
    check(MPI_Allgather(&pid, 1, MPI_INT, pids_.data(), 1, MPI_INT, here), "MPI_Allgather");
    share_buffer(here);
    if (buffer_ == nullptr) {  // to each other the ranks are as if on nodes of their own
        ranks_ = {rank};
        me_ = 0;
    } else {
        try_reading(here);
    }
    for (std::size_t i = 0; i < ranks_.size(); ++i) {
        numbers_[static_cast<std::size_t>(ranks_[i])] = static_cast<int>(i);
    }
}

Index Node::share_bytes() const noexcept {
    return (static_cast<Index>(sizeof(Control)) + page - 1) / page * page + 2 * stage_bytes_;
}

void Node::share_buffer(const Communicator& comm) {
    stage_bytes_ = std::max(least_stage, least_part * (comm.size() - 1));
    mapped_ = static_cast<std::size_t>(share_bytes() * comm.size());
    // An anonymous file: no name to be left behind, no limit by the size of /dev/shm, none of the memory of MPI.
    std::array<std::int64_t, 2> file{-1, 0};
    if (comm.rank() == 0) {
        const int made = ::memfd_create("memdata", MFD_CLOEXEC);
        if (made >= 0 && ::posix_fallocate(made, 0, static_cast<off_t>(mapped_)) == 0) {
            file = {made, static_cast<std::int64_t>(unlikely_word() >> 1U)};
            if (map_buffer(::getpid(), made, 0)) {
                control(0).token = static_cast<std::uint64_t>(file[1]);
            }
        } else if (made >= 0) {
            ::close(made);
        }
    }
    check(MPI_Bcast(file.data(), 2, MPI_INT64_T, 0, comm), "MPI_Bcast");
    if (comm.rank() != 0 && file[0] >= 0) {
        static_cast<void>(map_buffer(pids_[0], static_cast<int>(file[0]), static_cast<std::uint64_t>(file[1])));
    }
    int mapped = buffer_ != nullptr ? 1 : 0;
    check(MPI_Allreduce(MPI_IN_PLACE, &mapped, 1, MPI_INT, MPI_MIN, comm), "MPI_Allreduce");
    if (comm.rank() == 0 && file[0] >= 0) {
        ::close(static_cast<int>(file[0]));
    }
    if (mapped == 0 && buffer_ != nullptr) {
        ::munmap(buffer_, mapped_);
        buffer_ = nullptr;
    }
}

/// Maps another process's file; it is another file when the process is in a container with numbers of its own: then
/// the token is not there.
bool Node::map_buffer(int pid, int descriptor, std::uint64_t token) {
    std::array<char, 64> path{};
    *fmt::format_to_n(path.data(), path.size() - 1, "/proc/{}/fd/{}", pid, descriptor).out = '\0';
    const int file = ::open(path.data(), O_RDWR | O_CLOEXEC);
    if (file < 0) {
        return false;
    }
    const bool long_enough = ::lseek(file, 0, SEEK_END) == static_cast<off_t>(mapped_);
    void* const memory =
        long_enough ? ::mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0) : MAP_FAILED;
    ::close(file);
    if (memory == MAP_FAILED) {
        return false;
    }
    buffer_ = static_cast<std::byte*>(memory);
    if (control(0).token != token) {
        ::munmap(memory, mapped_);
        buffer_ = nullptr;
        return false;
    }
    return true;
}

void Node::try_reading(const Communicator& comm) {
    token_ = unlikely_word();
    word(me_, 0) = reinterpret_cast<std::uintptr_t>(&token_);
    word(me_, 1) = token_;
    barrier();
    int can = 1;
    for (int number = 0; number < size() && can == 1; ++number) {
        std::uint64_t seen = 0;
        const Piece theirs{static_cast<std::uintptr_t>(word(number, 0)), sizeof seen};
        const Piece here{reinterpret_cast<std::uintptr_t>(&seen), sizeof seen};
        can = read(number, {&theirs, 1}, {&here, 1}) && seen == word(number, 1) ? 1 : 0;
    }
    check(MPI_Allreduce(MPI_IN_PLACE, &can, 1, MPI_INT, MPI_MIN, comm), "MPI_Allreduce");
    can_read_ = can == 1;
}

bool Node::read(int number, std::span<const Piece> theirs, std::span<const Piece> mine) const noexcept {
    if (NodeTest::refuse_reads) {
        return false;
    }
    static_assert(sizeof(Piece) == sizeof(iovec) && alignof(Piece) == alignof(iovec));
    Index wanted = 0;
    for (const Piece& piece : mine) {
        wanted += piece.bytes;
    }
    const ssize_t got =
        ::process_vm_readv(pids_[static_cast<std::size_t>(number)], reinterpret_cast<const iovec*>(mine.data()),
                           mine.size(), reinterpret_cast<const iovec*>(theirs.data()), theirs.size(), 0);
    return got == static_cast<ssize_t>(wanted);
}

void Node::barrier() const noexcept {
    if (size() == 1) {
        return;
    }
    Control& shared = control(0);
    const std::uint32_t generation = shared.generation.load(std::memory_order_acquire);
    if (shared.arrived.fetch_add(1, std::memory_order_acq_rel) + 1 == static_cast<std::uint32_t>(size())) {
        shared.arrived.store(0, std::memory_order_relaxed);
        shared.generation.fetch_add(1, std::memory_order_release);
        return;
    }
    for (int looks = 1; shared.generation.load(std::memory_order_acquire) == generation; ++looks) {
        if (looks > busy_looks) {
            ::sched_yield();
        }
        if (looks % looks_between_progress == 0) {
            int flag = 0;
            MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_SELF, &flag, MPI_STATUS_IGNORE);
            looks = busy_looks;
        }
    }
}

Node::Control& Node::control(int number) const noexcept {
    return *std::launder(reinterpret_cast<Control*>(buffer_ + number * share_bytes()));
}

std::atomic<std::uint64_t>& Node::word(int number, std::size_t i) const noexcept { return control(number).shared[i]; }

std::byte* Node::stage(int number, int half) const noexcept {
    return buffer_ + (number + 1) * share_bytes() - (2 - half) * stage_bytes_;
}

}  // namespace memdata::mpi
