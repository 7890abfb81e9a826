// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause

#pragma once
#include <memdata/memdata.hpp>  // bad
#include "../mpi/upwards.hpp"
#include "../tree/private.hpp"  // bad
