// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause

#include "h5/handle.hpp"
#include "io/detail.hpp"
#include "memdata/container/top.hpp"
#include "memdata.hpp"  // bad
