// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause

#pragma once
#include <H5Fpublic.h>  // bad
#include <memdata/io/names_hdf5.hpp>
