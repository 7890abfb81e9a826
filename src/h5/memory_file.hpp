// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "h5/call.hpp"
#include "memdata/base/dtype.hpp"
#include "memdata/base/shape.hpp"

// Files in memory (core driver), of one process: to have HDF5 do with a chunk what it has no call for.
namespace memdata::h5 {

/// A new file, or one of these bytes.
[[nodiscard]] File memory_file(const ErrorContext& context, std::string bytes = {});
/// What the file would be on disk.
[[nodiscard]] std::string bytes_of(const File& file, const ErrorContext& context);

/// Creation properties of a dataset in chunks.
[[nodiscard]] PropertyList chunked_properties(const Shape& chunk, const ErrorContext& context);

/// Makes the dataset "chunk" of one chunk in the file; one that is not valid, with HDF5's errors on the stack, when
/// HDF5 or a filter in the list refuses.
[[nodiscard]] Dataset make_one_chunk(const File& file, const Dtype& file_dtype, const Shape& chunk, hid_t creation);

}  // namespace memdata::h5
