// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause

#pragma once
#include <mpi.h>
#include <boost/mpi.hpp>
#include "memdata/base/good.hpp"
#include "memdata/array/umbrella.hpp"  // bad
