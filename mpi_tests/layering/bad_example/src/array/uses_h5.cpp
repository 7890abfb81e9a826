// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause

#include <hdf5.h>  // bad
#include "h5/handle.hpp"  // bad
