// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "base/function_ref.hpp"
#include "io/turn.hpp"
#include "memdata/io/options.hpp"
#include "memdata/mpi/communicator.hpp"

namespace memdata::io {

/// The value of an option: what is compared, and what a person is told of it.
struct OptionValue {
    std::uint64_t digest = 0;
    std::string text = {};

    OptionValue() = default;
    OptionValue(std::string whole);  // NOLINT(google-explicit-constructor): all of it is compared
    OptionValue(std::uint64_t compared, std::string shown) : digest(compared), text(std::move(shown)) {}
    friend bool operator==(const OptionValue&, const OptionValue&) = default;
    template <class Archive>
    void serialize(Archive& ar, unsigned) {
        ar& digest& text;
    }
};

/// Options by what they are called in a message: "option hints".
using OptionValues = std::map<std::string, OptionValue>;

[[nodiscard]] OptionValues describe(const std::string& file, const SaveOptions& options);
[[nodiscard]] OptionValues describe(const std::string& file, const LoadOptions& options);
/// For parts of options: adds them to the others.
void describe(OptionValues& values, const TransferOptions& options);
[[nodiscard]] OptionValue describe(const Selection& selection);

/// The first step of what all ranks do. Throws Error on all ranks when it is not this thread's turn on one of them.
/// Throws MismatchError on all ranks unless they all have the same options; it names the first that differs, and the
/// values. `mine` tells this rank's. Collective on comm (one reduction; more on failure).
void same_options(const Communicator& comm, const Turn& turn, FunctionRef<OptionValues()> mine);

}  // namespace memdata::io
