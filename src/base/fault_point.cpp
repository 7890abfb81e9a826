// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "base/fault_point.hpp"

#ifdef MEMDATA_FAULT_POINTS

#include <atomic>
#include <functional>
#include <mutex>
#include <new>
#include <optional>
#include <stdexcept>
#include <utility>

#include "memdata/base/error.hpp"

namespace memdata::faults {

namespace {

std::atomic<bool> active{false};

struct State {
    std::mutex mutex;
    std::optional<Plan> plan;
    std::map<std::string, int, std::less<>> passed;
};

State& state() {
    static State instance;
    return instance;
}

/// Is this where the plan strikes?
std::optional<Kind> strike(std::string_view name) {
    State& now = state();
    const std::lock_guard lock(now.mutex);
    auto found = now.passed.find(name);
    if (found == now.passed.end()) {
        found = now.passed.emplace(std::string(name), 0).first;
    }
    ++found->second;
    const bool strikes = now.plan && now.plan->name == name && now.plan->pass == found->second;
    return strikes ? std::optional(now.plan->kind) : std::nullopt;
}

void begin(std::optional<Plan> plan) {
    State& now = state();
    const std::lock_guard lock(now.mutex);
    now.plan = std::move(plan);
    now.passed.clear();
    active = true;
}

}  // namespace

void point(std::string_view name) {
    if (!active.load(std::memory_order_relaxed)) {
        return;
    }
    const std::optional<Kind> kind = strike(name);
    if (!kind) {
        return;
    }
    const std::string text = "a fault on purpose at '" + std::string(name) + "'";
    switch (*kind) {
        case Kind::memdata_error:
            throw IoError(text, {.path = "/on/purpose"});
        case Kind::bad_alloc:
            throw std::bad_alloc();
        case Kind::runtime_error:
            throw std::runtime_error(text);
    }
}

std::exception_ptr at(std::string_view name) noexcept {
    try {
        point(name);
        return nullptr;
    } catch (...) {
        return std::current_exception();
    }
}

void arm(const Plan& plan) { begin(plan); }

void count() { begin(std::nullopt); }

std::map<std::string, int> disarm() {
    active = false;
    State& now = state();
    const std::lock_guard lock(now.mutex);
    now.plan.reset();
    return {now.passed.begin(), now.passed.end()};
}

}  // namespace memdata::faults

#endif
