// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// libFuzzer's entry, once for each target: MEMDATA_FUZZ_TARGET is the name of one.
#include <cstddef>
#include <cstdint>

#include "targets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    memdata_fuzz::MEMDATA_FUZZ_TARGET({reinterpret_cast<const char*>(data), size});
    return 0;
}
