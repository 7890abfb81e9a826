// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause

#pragma once
#include "h5/handle.hpp"  // bad
#  include "io/detail.hpp"  // bad
