// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "memdata/memdata.hpp"

namespace memdata_test {

/// Attributes of every kind there is: all element types as scalars and arrays of any shape, text of any length and
/// alphabet, null, JSON, time, foreign byte orders. Values by the formula (formula.hpp), where there is no better.
/// With `beyond_header` also values above the 64 KiB of an old object header, which need a newer format.
memdata::MemAttrs attribute_cases(bool beyond_header);

}  // namespace memdata_test
