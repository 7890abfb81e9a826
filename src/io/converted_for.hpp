// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <fmt/format.h>

#include <string>

#include "memdata/base/convert.hpp"
#include "memdata/base/error.hpp"

namespace memdata::io {

/// converted(), with the dataset's path in the DtypeError.
inline Array converted_for(const std::string& path, const Array& data, const Dtype& dtype, Conversion how) {
    try {
        return converted(data, dtype, how);
    } catch (const DtypeError& error) {
        throw DtypeError(fmt::format("'{}': {}", path, error.what()), {.path = path, .dtype = to_string(data.dtype())});
    }
}

}  // namespace memdata::io
