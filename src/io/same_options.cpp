// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "io/same_options.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <set>
#include <span>

#include "memdata/base/error.hpp"
#include "memdata/mpi/agreement.hpp"
#include "mpi/call.hpp"
#include "mpi/hash.hpp"
#include "mpi/large_count.hpp"
#include "mpi/same.hpp"
#include "mpi/serialize.hpp"

namespace memdata::io {

namespace {

std::string text(bool value) { return value ? "true" : "false"; }

std::string text(IfExists value) {
    switch (value) {
        case IfExists::replace:
            return "replace";
        case IfExists::fail:
            return "fail";
        case IfExists::update:
            return "update";
    }
    return "?";
}

std::string text(TransferWay way) {
    switch (way) {
        case TransferWay::automatic:
            return "automatic";
        case TransferWay::direct:
            return "direct";
        case TransferWay::exchange:
            return "exchange";
        case TransferWay::hdf5:
            return "hdf5";
    }
    return "?";
}

template <class T>
std::uint64_t digest_of(const T& value) {
    const std::string bytes = mpi::pack(value);
    return mpi::hash(std::as_bytes(std::span(bytes)));
}

/// The first name whose value differs, or "".
std::string first_difference(const OptionValues& a, const OptionValues& b) {
    std::set<std::string> names;
    for (const OptionValues* values : {&a, &b}) {
        for (const auto& [name, value] : *values) {
            names.insert(name);
        }
    }
    for (const std::string& name : names) {
        if (!a.contains(name) || !b.contains(name) || a.at(name) != b.at(name)) {
            return name;
        }
    }
    return "";
}

}  // namespace

OptionValue::OptionValue(std::string whole)
    : digest(mpi::hash(std::as_bytes(std::span(whole)))), text(std::move(whole)) {}

OptionValue describe(const Selection& selection) {
    std::uint64_t digest = 0;
    const auto add = [&](std::span<const Index> numbers) { digest = mpi::hash(std::as_bytes(numbers), digest); };
    for (const Selection::Entry& entry : selection.entries()) {
        const auto kind = static_cast<Index>(entry.indices.index());
        add(std::array<Index, 2>{entry.axis, kind});
        if (const Slice* slice = std::get_if<Slice>(&entry.indices)) {
            add(std::array<Index, 5>{slice->start.has_value(), slice->start.value_or(0), slice->stop.has_value(),
                                     slice->stop.value_or(0), slice->step});
        } else {
            add(std::get<1>(entry.indices));
        }
    }
    return {digest, to_string(selection)};  // which cuts long lists
}

/// The progress callback and bar are rank 0's alone.
void describe(OptionValues& values, const TransferOptions& options) {
    values["option transfer.way"] = text(options.way);
    values["option transfer.round_bytes"] = std::to_string(options.round_bytes);
    values["option transfer.watchdog.seconds"] = fmt::format("{}", options.watchdog.seconds);
    values["option transfer.watchdog.abort"] = text(options.watchdog.abort);
    for (const auto& [key, value] : options.mpi_info) {
        values[fmt::format("option transfer.mpi_info[\"{}\"]", key)] = value;
    }
}

OptionValues describe(const std::string& file, const SaveOptions& options) {
    OptionValues values{{"the file name", file},
                        {"option if_exists", text(options.if_exists)},
                        {"option into", options.into},
                        {"option hints", text(options.hints)},
                        {"option compare_common_data", text(options.compare_common_data)},
                        {"option sync", text(options.sync)},
                        {"option preserve", text(options.preserve)},
                        {"option break_lock", text(options.break_lock)}};
    describe(values, options.transfer);
    return values;
}

OptionValues describe(const std::string& file, const LoadOptions& options) {
    OptionValues values{{"the file name", file}, {"option hints", text(options.hints)}, {"option from", options.from}};
    for (std::size_t i = 0; i < options.only.size(); ++i) {
        values[fmt::format("option only[{}]", i)] = options.only[i];
    }
    for (const auto& [path, selection] : options.select) {
        values[fmt::format("option select[\"{}\"]", path)] = describe(selection);
    }
    for (const auto& [path, placement] : options.distribute) {
        values[fmt::format("option distribute[\"{}\"]", path)] =
            placement ? fmt::format("axis {}", placement->value) : "common";
    }
    for (const auto& [path, wanted] : options.convert) {
        values[fmt::format("option convert[\"{}\"]", path)] = OptionValue(
            digest_of(wanted.dtype) + static_cast<std::uint64_t>(wanted.how),
            fmt::format("{}, {}", to_string(wanted.dtype), wanted.how == Conversion::exact ? "exact" : "lossy"));
    }
    for (const auto& [path, storage] : options.storage) {
        values[fmt::format("option storage[\"{}\"]", path)] = OptionValue(digest_of(storage), to_string(storage));
    }
    describe(values, options.transfer);
    return values;
}

void same_options(const Communicator& comm, const Turn& turn, FunctionRef<OptionValues()> mine) {
    OptionValues values;
    const bool alike = mpi::agree_alike(comm, "describing the options", [&] {
        turn.check();
        values = mine();
        return digest_of(values);
    });
    if (alike) {
        return;
    }
    const OptionValues first = mpi::broadcast_result(comm, "comparing the options", 0, [&] { return values; });
    std::string name = agree(comm, "comparing the options", [&] { return first_difference(first, values); });
    int rank = name.empty() ? comm.size() : comm.rank();
    mpi::check(MPI_Allreduce(MPI_IN_PLACE, &rank, 1, MPI_INT, MPI_MIN, comm), "MPI_Allreduce");
    mpi::broadcast_value(comm, name, rank);
    // Not given, and given as "not given", are not the same.
    const auto found = values.find(name);
    const bool given = found != values.end();
    const std::array<std::uint64_t, 2> compared{given ? 1U : 0U, given ? found->second.digest : 0U};
    const std::string shown = agree(comm, "comparing the options", [&]() -> std::string {
        return !given ? "not given" : found->second.text.empty() ? "(empty)" : found->second.text;
    });
    mpi::same_on_all_ranks(comm, name, std::as_bytes(std::span(compared)), shown);
}

}  // namespace memdata::io
