// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "call_counts.hpp"

#include <atomic>

namespace memdata_test {

namespace {

struct Counter {
    std::atomic<std::int64_t> calls{0};
    std::atomic<std::int64_t> bytes{0};
};
constinit std::array<Counter, number_of_calls> counters{};  // in place before the first call of any library

struct Description {
    const char* name;
    CallKind kind;
};
constexpr std::array<Description, number_of_calls> descriptions{{
#define CALL(name, kind) {#name, CallKind::kind},
#include "counted_calls.def"
#undef CALL
}};

}  // namespace

void count_call(Call call, std::int64_t bytes) noexcept {
    Counter& counter = counters[static_cast<std::size_t>(call)];
    counter.calls.fetch_add(1, std::memory_order_relaxed);
    counter.bytes.fetch_add(bytes, std::memory_order_relaxed);
}

CallCounts calls_so_far() {
    CallCounts result;
    for (std::size_t i = 0; i < number_of_calls; ++i) {
        result.counts[i] = {counters[i].calls.load(), counters[i].bytes.load()};
    }
    return result;
}

CallCount CallCounts::of(CallKind kind) const {
    CallCount sum;
    for (std::size_t i = 0; i < number_of_calls; ++i) {
        if (descriptions[i].kind == kind) {
            sum.calls += counts[i].calls;
            sum.bytes += counts[i].bytes;
        }
    }
    return sum;
}

std::map<std::string, CallCount> CallCounts::by_name(CallKind kind) const {
    std::map<std::string, CallCount> result;
    for (std::size_t i = 0; i < number_of_calls; ++i) {
        if (descriptions[i].kind == kind && counts[i].calls > 0) {
            result.emplace(descriptions[i].name, counts[i]);
        }
    }
    return result;
}

CallCounts CallCounts::since(const CallCounts& before) const {
    CallCounts result;
    for (std::size_t i = 0; i < number_of_calls; ++i) {
        result.counts[i] = {counts[i].calls - before.counts[i].calls, counts[i].bytes - before.counts[i].bytes};
    }
    return result;
}

}  // namespace memdata_test
