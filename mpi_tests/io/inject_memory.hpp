// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

// Stands in front of operator new: lets one allocation of the thread that asks for it fail.
namespace memdata_test {

/// Allocation `number` from now on, from 1, throws std::bad_alloc; 0: they are only counted.
void arm_allocation_fault(std::int64_t number) noexcept;

struct AllocationFault {
    std::int64_t allocations = 0;
    bool struck = false;
};
AllocationFault disarm_allocation_fault() noexcept;

/// On stderr, who asked for the memory that was refused last.
void print_failed_allocation() noexcept;

}  // namespace memdata_test
