// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause

#pragma once
#include <hdf5.h>
#include "h5/handle.hpp"
#include "memdata/tree/private.hpp"
