// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "mpi/call.hpp"

#include <fmt/format.h>

#include <array>

namespace memdata::mpi {

void check(int code, std::string_view call, const ErrorContext& context) {
    if (code == MPI_SUCCESS) {
        return;
    }
    std::array<char, MPI_MAX_ERROR_STRING> text{};
    int length = 0;
    MPI_Error_string(code, text.data(), &length);
    throw IoError(fmt::format("{} failed: {}", call, std::string_view(text.data(), static_cast<std::size_t>(length))),
                  context);
}

bool can_free() noexcept {
    int finalized = 0;
    MPI_Finalized(&finalized);
    return finalized == 0;
}

}  // namespace memdata::mpi
