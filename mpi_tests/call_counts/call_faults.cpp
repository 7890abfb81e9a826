// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "call_faults.hpp"

#include <atomic>

namespace memdata_test {

namespace {

constinit std::atomic<bool> armed{false};
constinit FilePlan plan{};
constinit std::atomic<std::int64_t> calls{0};
constinit std::atomic<const char*> struck{nullptr};

bool strike(const char* name) noexcept {
    const char* none = nullptr;
    struck.compare_exchange_strong(none, name);
    return true;
}

}  // namespace

void arm_file_fault(const FilePlan& wanted) noexcept {
    plan = wanted;
    calls = 0;
    struck = nullptr;
    armed = true;
}

FileFault disarm_file_fault() {
    armed = false;
    const char* name = struck;
    return {calls, name == nullptr ? "" : name};
}

int fault_of(const char* name, Needs needs) noexcept {
    if (!armed || plan.kind == FilePlan::Kind::cut_short ||
        (plan.kind == FilePlan::Kind::full && needs != Needs::room)) {
        return 0;
    }
    const std::int64_t number = ++calls;
    const bool strikes =
        plan.kind == FilePlan::Kind::once ? number == plan.number : plan.number > 0 && number >= plan.number;
    return strikes && strike(name) ? plan.error : 0;
}

bool is_cut_short(const char* name, std::size_t bytes) noexcept {
    return armed && plan.kind == FilePlan::Kind::cut_short && bytes > 1 && ++calls == plan.number && strike(name);
}

}  // namespace memdata_test
