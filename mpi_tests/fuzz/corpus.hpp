// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <string>
#include <vector>

namespace memdata_fuzz {

/// Inputs by target. A line of the file is a target, a colon, a blank and the bytes, of which \xNN, \n and \\ are
/// escaped; {text*N} repeats a text. Lines with # in front are comments. Throws std::runtime_error.
std::map<std::string, std::vector<std::string>> read_corpus(const std::string& file);

}  // namespace memdata_fuzz
