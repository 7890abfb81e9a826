// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <string>
#include <vector>

#include "io/load_plan.hpp"
#include "io/staging_plan.hpp"
#include "io/structure.hpp"
#include "memdata/base/array.hpp"

namespace memdata::io {

/// Does rank 0 read it for all? Common datasets, and strings, which only a serial driver can read.
[[nodiscard]] bool is_read_by_rank_0(const PlannedDataset& dataset);

/// What rank 0 found in the file besides its structure.
struct SerialData {
    std::map<std::string, ChunkLayout> chunks = {};  ///< by path: where the chunks of those lie that all ranks read
    std::map<std::string, Array> small = {};         ///< by path: what is sent along with that
    std::map<std::string, Array> large = {};         ///< by path: common data that are sent one by one; on rank 0 only
};

/// On rank 0: reads what it reads for all, and finds the chunks of the rest. Throws IoError, FormatError, DtypeError.
[[nodiscard]] SerialData read_serially(SerialFile& file, const std::vector<PlannedDataset>& datasets);

/// A dataset of the plan that memdata itself can read, though not just copy from its place in one piece of the file.
[[nodiscard]] StagedDataset staged(const PlannedDataset& dataset, const ChunkLayout& chunks, const Dtype& dtype,
                                   const Distribution& distribution, std::byte* local);

}  // namespace memdata::io
