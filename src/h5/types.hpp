// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "h5/call.hpp"
#include "memdata/base/dtype.hpp"

namespace memdata::h5 {

/// The HDF5 type of elements of `dtype`, as h5py writes it: byte order as in `dtype`, bool an enumeration
/// FALSE/TRUE, complex a compound r, i. Serves on disk and in memory alike, but for variable strings: in memory
/// theirs is char*.
[[nodiscard]] Type make_type(const Dtype& dtype);

/// The Dtype of an HDF5 type, byte order included; throws DtypeError, with the path, when there is none.
[[nodiscard]] Dtype read_type(hid_t type, const std::string& path);

}  // namespace memdata::h5
