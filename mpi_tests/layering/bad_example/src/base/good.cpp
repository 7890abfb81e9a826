// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause

#include <fmt/format.h>
#include <sys/mman.h>

#include <cstring>
#include <nlohmann/json.hpp>
#include <unistd.h>  // bad
#include "memdata/base/good.hpp"
