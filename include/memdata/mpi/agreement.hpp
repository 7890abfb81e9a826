// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <exception>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include "memdata/mpi/communicator.hpp"

namespace memdata {

/// Throws the same exception on every rank when `failure` is set on any: that of the first failing rank, with
/// the rank and the step added to its message. An exception that is no memdata::Error arrives as Error, a
/// std::bad_alloc as MemoryError. Collective on comm (one reduction; one broadcast more on failure).
void agree(const Communicator& comm, std::string_view step, const std::exception_ptr& failure);

/// Runs `local` on every rank; when it throws on any rank, every rank throws (see above). Returns what `local`
/// returns. `local` must not communicate. Collective on comm.
template <class F>
std::invoke_result_t<F> agree(const Communicator& comm, std::string_view step,
                              F&& local) requires std::is_invocable_v<F> {
    std::exception_ptr failure;
    if constexpr (std::is_void_v<std::invoke_result_t<F>>) {
        try {
            std::forward<F>(local)();
        } catch (...) {
            failure = std::current_exception();
        }
        agree(comm, step, failure);
    } else {
        std::optional<std::invoke_result_t<F>> result;
        try {
            result.emplace(std::forward<F>(local)());
        } catch (...) {
            failure = std::current_exception();
        }
        agree(comm, step, failure);
        return std::move(*result);
    }
}

/// Throws MismatchError on every rank, naming `what` and the ranks that differ from rank 0, unless `bytes` are
/// the same on all (compared by a 64-bit hash); of a text the message shows what differs. Collective on comm (one
/// reduction; more on failure).
void same_on_all_ranks(const Communicator& comm, std::string_view what, std::span<const std::byte> bytes);
void same_on_all_ranks(const Communicator& comm, std::string_view what, std::string_view text);

}  // namespace memdata
