// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "h5/call.hpp"
#include "io/contiguous_transfer.hpp"
#include "io/monitor.hpp"
#include "memdata/array/mpi_array.hpp"
#include "memdata/base/selection.hpp"
#include "memdata/base/storage.hpp"

namespace memdata::io {

/// Collective H5Dwrite of a whole distributed dataset that exists in the file: TransferWay::hdf5. In rounds that all
/// ranks share, cut along chunk edges; ranks without elements take part. Collective on the array's communicator.
void write_dataset(hid_t file, const std::string& path, const MPIArray& array, const Storage& storage,
                   const TransferOptions& options, Monitor& monitor);

/// How read_dataset() reads.
enum class Reading {
    collective,
    /// Each rank alone, for datasets that were not written in all parts: collectively, HDF5 (seen in 1.10.8) fails on
    /// chunks that are not there, and hangs when nothing is there and a rank takes no elements.
    independent,
    serial,  ///< each rank alone, in a file that it has opened with a serial driver
};

/// H5Dread of what `selection` takes of a dataset into an array of the selected shape, in the same way: for
/// TransferWay::hdf5, and for what only HDF5 can find or convert (datasets that are compact, virtual, in external files
/// or not there yet; numbers of unusual sizes). `file_dtype` is the element type in the file, converted to the array's.
/// Collective on the array's communicator, however each rank reads.
void read_dataset(hid_t file, const std::string& path, const ResolvedSelection& selection, const Dtype& file_dtype,
                  Conversion conversion, Reading how, MPIArray& array, const TransferOptions& options,
                  Monitor& monitor);

/// The same on one process, for a common dataset in an open HDF5 dataset, without conversion but of byte order.
void read_selected(hid_t dataset, const std::string& path, const ResolvedSelection& selection, const Dtype& file_dtype,
                   Array& array);

}  // namespace memdata::io
