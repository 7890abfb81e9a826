// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

namespace memdata::io {

enum class Direction { read, write };

}  // namespace memdata::io
