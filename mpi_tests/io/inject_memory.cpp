// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "inject_memory.hpp"

#include <execinfo.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace memdata_test {

namespace {

constinit thread_local bool armed = false;
constinit thread_local std::int64_t wanted = 0;
constinit thread_local AllocationFault fault{};

constinit std::array<void*, 48> frames{};  // who asked for the one that failed
constinit int frame_count = 0;

bool fails() noexcept {
    if (!armed || ++fault.allocations != wanted) {
        return false;
    }
    fault.struck = true;
    armed = false;  // backtrace() may allocate, too
    frame_count = backtrace(frames.data(), static_cast<int>(frames.size()));
    return true;
}

void* allocate(std::size_t bytes) {
    void* memory = fails() ? nullptr : std::malloc(bytes == 0 ? 1 : bytes);
    if (memory == nullptr) {
        throw std::bad_alloc();
    }
    return memory;
}

void* allocate(std::size_t bytes, std::align_val_t alignment) {
    const auto unit = static_cast<std::size_t>(alignment);
    void* memory = fails() ? nullptr : std::aligned_alloc(unit, (bytes + unit - 1) / unit * unit);
    if (memory == nullptr) {
        throw std::bad_alloc();
    }
    return memory;
}

}  // namespace

void arm_allocation_fault(std::int64_t number) noexcept {
    wanted = number;
    fault = {};
    frame_count = 0;
    armed = true;
}

void print_failed_allocation() noexcept { backtrace_symbols_fd(frames.data(), frame_count, STDERR_FILENO); }

AllocationFault disarm_allocation_fault() noexcept {
    armed = false;
    return fault;
}

}  // namespace memdata_test

void* operator new(std::size_t bytes) { return memdata_test::allocate(bytes); }
void* operator new[](std::size_t bytes) { return memdata_test::allocate(bytes); }
void* operator new(std::size_t bytes, std::align_val_t alignment) { return memdata_test::allocate(bytes, alignment); }
void* operator new[](std::size_t bytes, std::align_val_t alignment) { return memdata_test::allocate(bytes, alignment); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
