// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <hdf5.h>

#include <cstdint>
#include <string>

namespace memdata::h5 {

/// What HDF5 did in a parallel H5Dread or H5Dwrite, as bits that may be or-ed over calls and ranks.
struct TransferReport {
    std::uint32_t local_causes = 0;   ///< why not collective: reasons of this rank
    std::uint32_t global_causes = 0;  ///< of any rank
    std::uint32_t io_mode = 0;        ///< the actual one on this rank

    [[nodiscard]] bool is_collective() const noexcept;
};

/// Of the last transfer with this property list.
[[nodiscard]] TransferReport read_report(hid_t transfer_properties);

/// The bits that are in use for causes: 0 .. cause_bits - 1.
inline constexpr int cause_bits = 16;
/// One cause in words.
[[nodiscard]] std::string describe_cause(int bit);
/// An io mode in words: "chunk collective".
[[nodiscard]] std::string describe_io_mode(std::uint32_t mode);

}  // namespace memdata::h5
