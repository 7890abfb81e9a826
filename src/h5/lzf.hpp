// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

namespace memdata::h5 {

/// Registers h5py's LZF filter with HDF5, by liblzf, unless there is one (a plugin). Does nothing when memdata was
/// built without that library. (Debian's plugin hdf5-plugin-lzf does not load by itself: it is not linked to liblzf.)
void register_lzf();

}  // namespace memdata::h5
