// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "array/runs.hpp"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace memdata {

namespace {

constexpr Index line = 64;              // bytes of a cache line
constexpr Index prefetched = 8 * line;  // bytes of the next run that are asked for early
constexpr Index long_run = 4 * line;    // from here on a run is streamed by itself; shorter ones share cache lines

std::size_t size(Index bytes) { return static_cast<std::size_t>(bytes); }

/// memcpy that does not bring the target into the cache: memory is not read before it is overwritten.
void stream(std::byte* to, const std::byte* from, Index bytes) {
#ifdef __SSE2__
    const auto misaligned = static_cast<Index>(reinterpret_cast<std::uintptr_t>(to) % line);
    const Index head = std::min(misaligned == 0 ? 0 : line - misaligned, bytes);
    std::memcpy(to, from, size(head));
    Index i = head;
    for (; i + line <= bytes; i += line) {
        const auto* source = reinterpret_cast<const __m128i*>(from + i);
        auto* target = reinterpret_cast<__m128i*>(to + i);
        const __m128i a = _mm_loadu_si128(source);
        const __m128i b = _mm_loadu_si128(source + 1);
        const __m128i c = _mm_loadu_si128(source + 2);
        const __m128i d = _mm_loadu_si128(source + 3);
        _mm_stream_si128(target, a);
        _mm_stream_si128(target + 1, b);
        _mm_stream_si128(target + 2, c);
        _mm_stream_si128(target + 3, d);
    }
    std::memcpy(to + i, from + i, size(bytes - i));
#else
    std::memcpy(to, from, size(bytes));
#endif
}

/// The processor does not see by itself where the next run begins.
void prefetch(const std::byte* run, Index bytes) {
    for (Index i = 0; i < std::min(bytes, prefetched); i += line) {
        __builtin_prefetch(run + i);
    }
}

/// Short runs of a length the compiler knows: loads and stores instead of calls.
template <std::size_t N>
void repeat(std::byte* to, Index to_stride, const std::byte* from, Index from_stride, Index count) {
    for (Index i = 0; i < count; ++i) {
        std::memcpy(to + i * to_stride, from + i * from_stride, N);
    }
}

#ifdef __SSE2__
/// The same, streamed: the runs follow each other in the target, which is aligned to 16 bytes.
template <std::size_t N>
void repeat_streamed(std::byte* to, const std::byte* from, Index from_stride, Index count) {
    for (Index i = 0; i < count; ++i) {
        for (std::size_t part = 0; part < N; part += sizeof(__m128i)) {
            const __m128i value = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + i * from_stride + part));
            _mm_stream_si128(reinterpret_cast<__m128i*>(to + static_cast<std::size_t>(i) * N + part), value);
        }
    }
}
#endif

/// Streams short runs one after the other where that works without a detour.
bool stream_short_runs(std::byte* to, const std::byte* from, Index from_stride, Index run, Index count) {
#ifdef __SSE2__
    if (reinterpret_cast<std::uintptr_t>(to) % sizeof(__m128i) != 0) {
        return false;
    }
    switch (run) {
        case 16:
            return repeat_streamed<16>(to, from, from_stride, count), true;
        case 32:
            return repeat_streamed<32>(to, from, from_stride, count), true;
        case 64:
            return repeat_streamed<64>(to, from, from_stride, count), true;
        default:
            break;
    }
#endif
    return false;
}

void copy_runs(std::byte* to, Index to_stride, const std::byte* from, Index from_stride, Index run, Index count,
               Stores stores) {
    switch (run) {
        case 1:
            return repeat<1>(to, to_stride, from, from_stride, count);
        case 2:
            return repeat<2>(to, to_stride, from, from_stride, count);
        case 4:
            return repeat<4>(to, to_stride, from, from_stride, count);
        case 8:
            return repeat<8>(to, to_stride, from, from_stride, count);
        case 12:
            return repeat<12>(to, to_stride, from, from_stride, count);
        case 16:
            return repeat<16>(to, to_stride, from, from_stride, count);
        case 24:
            return repeat<24>(to, to_stride, from, from_stride, count);
        case 32:
            return repeat<32>(to, to_stride, from, from_stride, count);
        case 64:
            return repeat<64>(to, to_stride, from, from_stride, count);
        default:
            break;
    }
    for (Index i = 0; i < count; ++i) {
        prefetch(from + (i + 1) * from_stride, i + 1 < count ? run : 0);
        if (stores == Stores::streaming && run >= long_run) {
            stream(to + i * to_stride, from + i * from_stride, run);
        } else {
            std::memcpy(to + i * to_stride, from + i * from_stride, size(run));
        }
    }
}

}  // namespace

Runs runs_of(const Shape& block, int axis, Index start, Index length, std::size_t itemsize) {
    const Index inner = block.elements(axis + 1, block.ndim()) * static_cast<Index>(itemsize);
    Runs runs{start * inner, block.elements(0, axis), block[axis] * inner, length * inner};
    if (runs.count == 1 || runs.run == runs.stride) {
        runs.run = runs.stride = runs.bytes();
        runs.count = 1;
    }
    return runs;
}

void pack(const std::byte* block, const Runs& runs, Index first, Index bytes, std::byte* packed, Stores stores) {
    if (stores == Stores::streaming && runs.run < long_run) {
        if (first % runs.run == 0 && bytes % runs.run == 0 &&
            stream_short_runs(packed, block + runs.place(first), runs.stride, runs.run, bytes / runs.run)) {
            return;
        }
        // Whole lines are made in the first-level cache and streamed from there.
        std::array<std::byte, 64 * line> buffer;
        while (bytes > 0) {
            const Index now = std::min(bytes, static_cast<Index>(buffer.size()));
            pack(block, runs, first, now, buffer.data(), Stores::cached);
            stream(packed, buffer.data(), now);
            first += now;
            packed += now;
            bytes -= now;
        }
        return;
    }
    for_each_stretch(runs, first, bytes, [&](Index offset, Index length, Index count, Index stride) {
        copy_runs(packed, length, block + offset, stride, length, count, stores);
        packed += length * count;
    });
}

void unpack(const std::byte* packed, std::byte* block, const Runs& runs, Index first, Index bytes, Stores stores) {
    for_each_stretch(runs, first, bytes, [&](Index offset, Index length, Index count, Index stride) {
        copy_runs(block + offset, stride, packed, length, length, count, stores);
        packed += length * count;
    });
}

void copy(const std::byte* source, const Runs& from, std::byte* target, const Runs& to, Index first, Index bytes,
          Stores stores) {
    // Run by run of the side that has the longer ones; the other side is packed into, or unpacked from, each.
    if (from.run <= to.run) {
        for_each_stretch(to, first, bytes, [&](Index offset, Index length, Index count, Index stride) {
            for (Index i = 0; i < count; ++i, first += length) {
                pack(source, from, first, length, target + offset + i * stride, stores);
            }
        });
    } else {
        for_each_stretch(from, first, bytes, [&](Index offset, Index length, Index count, Index stride) {
            for (Index i = 0; i < count; ++i, first += length) {
                unpack(source + offset + i * stride, target, to, first, length, stores);
            }
        });
    }
}

void finish_stores() noexcept {
#ifdef __SSE2__
    _mm_sfence();
#endif
}

}  // namespace memdata
