// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "h5/call.hpp"
#include "memdata/base/dtype.hpp"

namespace memdata::h5 {

/// The HDF5 type of elements of `dtype`, as h5py writes it: byte order as in `dtype`, bool an enumeration
/// FALSE/TRUE, complex a compound r, i. Serves on disk and in memory alike; in memory variable strings are char*
/// and sequences hvl_t.
[[nodiscard]] Type make_type(const Dtype& dtype);

/// The Dtype of an HDF5 type, byte order included; throws DtypeError, with the path, when there is none. Of numbers and
/// bools that are stored in an unusual way it is a native Dtype that holds them exactly.
[[nodiscard]] Dtype read_type(hid_t type, const std::string& path);
/// Are elements of an HDF5 type, byte by byte, those of the Dtype that read_type() gave? Otherwise HDF5 must convert
/// them.
[[nodiscard]] bool is_stored_as(hid_t type, const Dtype& dtype);

}  // namespace memdata::h5
