// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause

#pragma once
#include <hdf5.h>  // bad
#include <memdata/container/top.hpp>  // bad
// #include <memdata/container/top.hpp>
