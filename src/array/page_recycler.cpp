// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "array/page_recycler.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <string>

#include "memdata/base/error.hpp"

namespace memdata {

namespace {

constexpr Index page = Index{2} << 20;
/// Pages that are kept for the next step when this one has no use for them.
constexpr std::size_t kept = std::size_t{4} << 20U;
constexpr std::size_t most_stretches = 1024;
/// A process may have 65530 mappings (vm.max_map_count); every stretch of pages that moves is one more. A part of them
/// is all that is taken.
constexpr long most_mappings = 16000;

Index round_up(Index bytes) { return (bytes + page - 1) / page * page; }
Index round_down(Index bytes) { return bytes / page * page; }

long mappings_of_this_process() {
    std::ifstream maps("/proc/self/maps");
    long lines = 0;
    for (std::string line; std::getline(maps, line);) {
        ++lines;
    }
    return lines;
}

/// A block has a hole, and somewhere else ranks wait for this one. Called where nothing may throw, so the job ends with
/// this message.
[[noreturn]] void end_job_over_hole() {
    throw MemoryError("redistribute: the system took memory away and has no other (RLIMIT_AS, RLIMIT_DATA?)");
}

/// The whole pages of the part that the step brings: those that end in it, or (for a target, whose pages must not hold
/// anything yet) those that begin in it.
struct WholePages {
    Index first;
    Index last;
};
WholePages ended(const Progress& p) { return {std::max(round_up(p.begin), round_down(p.before)), round_down(p.now)}; }
WholePages begun(const Progress& p) {
    return {std::max(round_up(p.begin), round_up(p.before)), std::min(round_up(p.now), round_down(p.end))};
}

}  // namespace

PageRecycler::PageRecycler(std::span<Array* const> sources, std::span<Array* const> targets)
    : sources_(sources), targets_(targets) {
    if (std::ranges::any_of(sources, [](const Array* source) { return source->discardable() > 0; })) {
        free_.reserve(most_stretches);
        moves_left_ = most_mappings - mappings_of_this_process();
    }
}

void PageRecycler::consumed(const Progress& progress) noexcept {
    Array& source = *sources_[static_cast<std::size_t>(progress.array)];
    const auto [first, last] = ended(progress);
    if (source.discardable() == 0 || first >= last) {
        return;
    }
    if (moves_left_ <= 0 || free_.size() == most_stretches) {
        source.discard(first, last);
        return;
    }
    free_.push_back({source.data() + first, static_cast<std::size_t>(last - first)});
}

void PageRecycler::fill(const Progress& progress) noexcept {
    Array& target = *targets_[static_cast<std::size_t>(progress.array)];
    auto [first, last] = begun(progress);
    if (target.discardable() == 0) {
        return;
    }
    while (first < last && !free_.empty() && moves_left_ > 0) {
        Pages& pages = free_.back();
        if (!move(pages.first, target.data() + first)) {
            return;
        }
        first += page;
        pages.first += page;
        pages.bytes -= static_cast<std::size_t>(page);
        if (pages.bytes == 0) {
            free_.pop_back();
        }
    }
}

bool PageRecycler::move(std::byte* from, std::byte* to) noexcept {
#ifdef MREMAP_DONTUNMAP
    // One page at a time: several may lie in several mappings, which do not move as one. The kernel joins the new
    // mappings again where it can. The old block keeps its address range, to be unmapped as a whole when it is freed.
    --moves_left_;
    constexpr auto bytes = static_cast<std::size_t>(page);
    if (::mremap(from, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, to) != MAP_FAILED) {
        return true;
    }
    // It may have unmapped the target before it failed, for lack of memory or permission.
    void* const again =
        ::mmap(to, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (again == MAP_FAILED ? errno != EEXIST : again != to) {
        end_job_over_hole();
    }
    ::madvise(to, bytes, MADV_HUGEPAGE);
#else
    static_cast<void>(from), static_cast<void>(to);
#endif
    moves_left_ = 0;
    return false;
}

void PageRecycler::give_back() noexcept {
    std::size_t allowed = moves_left_ > 0 ? kept : 0;
    for (Pages& pages : free_) {
        const std::size_t keep = std::min(allowed, pages.bytes / static_cast<std::size_t>(page) * page);
        ::madvise(pages.first + keep, pages.bytes - keep, MADV_DONTNEED);
        pages.bytes = keep;
        allowed -= keep;
    }
    std::erase_if(free_, [](const Pages& pages) { return pages.bytes == 0; });
}

}  // namespace memdata
