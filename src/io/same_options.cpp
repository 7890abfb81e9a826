// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "io/same_options.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/serialization/map.hpp>
#include <cstdint>
#include <set>
#include <span>

#include "memdata/base/error.hpp"
#include "memdata/mpi/agreement.hpp"
#include "mpi/call.hpp"
#include "mpi/hash.hpp"
#include "mpi/large_count.hpp"
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

/// The progress callback and bar are rank 0's alone.
void add(OptionTexts& texts, const TransferOptions& options) {
    texts["option transfer.way"] = text(options.way);
    texts["option transfer.round_bytes"] = std::to_string(options.round_bytes);
    texts["option transfer.watchdog.seconds"] = fmt::format("{}", options.watchdog.seconds);
    texts["option transfer.watchdog.abort"] = text(options.watchdog.abort);
    for (const auto& [key, value] : options.mpi_info) {
        texts[fmt::format("option transfer.mpi_info[\"{}\"]", key)] = value;
    }
}

bool are_alike(const Communicator& comm, const OptionTexts& mine) {
    std::string bytes;
    for (const auto& [name, value] : mine) {
        bytes += fmt::format("{}:{}{}:{}", name.size(), name, value.size(), value);
    }
    const std::uint64_t hash = mpi::hash(std::as_bytes(std::span(bytes)));
    std::array<std::uint64_t, 2> range{hash, ~hash};
    mpi::check(MPI_Allreduce(MPI_IN_PLACE, range.data(), 2, MPI_UINT64_T, MPI_MIN, comm), "MPI_Allreduce");
    return range[0] == ~range[1];
}

const std::string& value_of(const OptionTexts& texts, const std::string& name) {
    static const std::string absent = "not given";
    const auto found = texts.find(name);
    return found == texts.end() ? absent : found->second;
}

/// The first name whose value differs, or "".
std::string first_difference(const OptionTexts& a, const OptionTexts& b) {
    std::set<std::string> names;
    for (const OptionTexts* texts : {&a, &b}) {
        for (const auto& [name, value] : *texts) {
            names.insert(name);
        }
    }
    for (const std::string& name : names) {
        if (a.contains(name) != b.contains(name) || value_of(a, name) != value_of(b, name)) {
            return name;
        }
    }
    return "";
}

}  // namespace

OptionTexts describe(const std::string& file, const SaveOptions& options) {
    OptionTexts texts{{"the file name", file},
                      {"option if_exists", text(options.if_exists)},
                      {"option into", options.into},
                      {"option hints", text(options.hints)},
                      {"option compare_common_data", text(options.compare_common_data)},
                      {"option sync", text(options.sync)},
                      {"option preserve", text(options.preserve)},
                      {"option break_lock", text(options.break_lock)}};
    add(texts, options.transfer);
    return texts;
}

OptionTexts describe(const std::string& file, const LoadOptions& options) {
    OptionTexts texts{{"the file name", file}, {"option hints", text(options.hints)}, {"option from", options.from}};
    for (std::size_t i = 0; i < options.only.size(); ++i) {
        texts[fmt::format("option only[{}]", i)] = options.only[i];
    }
    for (const auto& [path, selection] : options.select) {
        texts[fmt::format("option select[\"{}\"]", path)] = to_string(selection);
    }
    for (const auto& [path, placement] : options.distribute) {
        texts[fmt::format("option distribute[\"{}\"]", path)] =
            placement ? fmt::format("axis {}", placement->value) : "common";
    }
    for (const auto& [path, wanted] : options.convert) {
        texts[fmt::format("option convert[\"{}\"]", path)] =
            fmt::format("{}, {}", to_string(wanted.dtype), wanted.how == Conversion::exact ? "exact" : "lossy");
    }
    for (const auto& [path, storage] : options.storage) {
        texts[fmt::format("option storage[\"{}\"]", path)] = to_string(storage);
    }
    add(texts, options.transfer);
    return texts;
}

void same_options(const Communicator& comm, const OptionTexts& mine) {
    if (are_alike(comm, mine)) {
        return;
    }
    OptionTexts first = mine;
    mpi::broadcast_value(comm, first, 0);
    std::string name = first_difference(first, mine);
    int rank = name.empty() ? comm.size() : comm.rank();
    mpi::check(MPI_Allreduce(MPI_IN_PLACE, &rank, 1, MPI_INT, MPI_MIN, comm), "MPI_Allreduce");
    mpi::broadcast_value(comm, name, rank);
    same_on_all_ranks(comm, name, value_of(mine, name));
    throw MismatchError(name + " must be the same on all ranks");  // not given, and given as "not given"
}

}  // namespace memdata::io
