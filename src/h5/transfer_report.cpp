// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "h5/transfer_report.hpp"

#include <fmt/format.h>

#include "h5/call.hpp"

namespace memdata::h5 {

bool TransferReport::is_collective() const noexcept {
    return global_causes == 0 && (io_mode & H5D_MPIO_CHUNK_INDEPENDENT) == 0;
}

TransferReport read_report(hid_t transfer_properties) {
    TransferReport report;
    check(H5Pget_mpio_no_collective_cause(transfer_properties, &report.local_causes, &report.global_causes),
          "H5Pget_mpio_no_collective_cause");
    H5D_mpio_actual_io_mode_t mode = H5D_MPIO_NO_COLLECTIVE;
    check(H5Pget_mpio_actual_io_mode(transfer_properties, &mode), "H5Pget_mpio_actual_io_mode");
    report.io_mode = static_cast<std::uint32_t>(mode);
    return report;
}

std::string describe_cause(int bit) {
    switch (std::uint32_t{1} << bit) {
        case H5D_MPIO_SET_INDEPENDENT:
            return "independent transfer was asked for";
        case H5D_MPIO_DATATYPE_CONVERSION:
            return "the element type is converted";
        case H5D_MPIO_DATA_TRANSFORMS:
            return "a data transform is set";
        case H5D_MPIO_MPI_OPT_TYPES_ENV_VAR_DISABLED:
            return "the environment variable HDF5_MPI_OPT_TYPES is 0";
        case H5D_MPIO_NOT_SIMPLE_OR_SCALAR_DATASPACES:
            return "a dataspace is neither simple nor scalar";
        case H5D_MPIO_NOT_CONTIGUOUS_OR_CHUNKED_DATASET:
            return "the dataset is neither contiguous nor chunked";
        case H5D_MPIO_PARALLEL_FILTERED_WRITES_DISABLED:
            return "this HDF5 cannot write filtered data in parallel";
        case H5D_MPIO_ERROR_WHILE_CHECKING_COLLECTIVE_POSSIBLE:
            return "HDF5 could not find out whether collective transfer is possible";
        default:
            return fmt::format("a cause that memdata does not know (bit {})", bit);
    }
}

std::string describe_io_mode(std::uint32_t mode) {
    switch (mode) {
        case H5D_MPIO_NO_COLLECTIVE:
            return "none collective";
        case H5D_MPIO_CHUNK_INDEPENDENT:
            return "chunk independent";
        case H5D_MPIO_CHUNK_COLLECTIVE:
            return "chunk collective";
        case H5D_MPIO_CHUNK_MIXED:
            return "chunk mixed";
        case H5D_MPIO_CONTIGUOUS_COLLECTIVE:
            return "contiguous collective";
        default:
            return fmt::format("mode {}", mode);
    }
}

}  // namespace memdata::h5
