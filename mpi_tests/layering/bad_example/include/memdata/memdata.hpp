// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause

#pragma once
#include <memdata/base/good.hpp>
#include <memdata/io/names_hdf5.hpp>
