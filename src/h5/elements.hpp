// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <string>

#include "h5/call.hpp"
#include "memdata/base/array.hpp"

namespace memdata::h5 {

/// Hands all of `array` to `write(buffer)`, an H5Awrite or H5Dwrite of elements of memory_dtype(): in the byte order of
/// `file_dtype`, which differs in nothing else; strings as char pointers, sequences as hvl_t, in the machine's. HDF5's
/// own conversion would lose values of an enumeration that have no name. Throws DtypeError when a variable string holds
/// a zero byte, which HDF5 would cut there.
void write_elements(const Array& array, const Dtype& file_dtype, const std::string& path,
                    const std::function<void(const void* buffer)>& write);

/// The other way round: fills `array`, whose elements lie in `space` in the file, by `read(buffer)`; `memory_type` is
/// that of memory_dtype().
void read_elements(Array& array, const Dtype& file_dtype, hid_t memory_type, hid_t space,
                   const std::function<void(void* buffer)>& read);

/// As what HDF5 hands over elements that are in the file as `file_dtype`.
[[nodiscard]] inline Dtype memory_dtype(const Dtype& file_dtype) {
    return file_dtype.is_trivial() ? file_dtype : file_dtype.native();
}

/// After elements came from a file as they are: a byte that is neither 0 nor 1 is no bool in C++.
void normalise_bools(Array& array) noexcept;
/// The same for elements of plain bytes.
void normalise_bools(const Dtype& dtype, std::byte* elements, Index count) noexcept;

}  // namespace memdata::h5
