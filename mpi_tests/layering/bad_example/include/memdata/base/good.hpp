// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause

#pragma once
#include <sys/mman.h>  // bad
#include <nlohmann/json_fwd.hpp>
#include <nlohmann/json.hpp>  // bad
#include <array>  // also the name of a folder
#include <vector>
#include <mpi.h>  // bad
#include <memdata/base/good.hpp>
