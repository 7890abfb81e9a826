// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "memdata/memdata.hpp"

namespace memdata_test {

/// Makes small, good files in `folder`, of all kinds of datasets, attributes and structures that the format knows:
/// by memdata, by HDF5 in its oldest and its newest format, and copies of caput's and h5py's. Returns their names.
/// Each of the first two kinds has a dataset "f64". One process does this.
std::vector<std::string> make_seeds(const memdata::Communicator& self, const std::string& folder);

}  // namespace memdata_test
