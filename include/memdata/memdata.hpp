// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Everything.
#include "memdata/array/distribution.hpp"
#include "memdata/array/mpi_array.hpp"
#include "memdata/array/redistribution.hpp"
#include "memdata/base/array.hpp"
#include "memdata/base/attributes.hpp"
#include "memdata/base/dtype.hpp"
#include "memdata/base/error.hpp"
#include "memdata/base/partition.hpp"
#include "memdata/base/path.hpp"
#include "memdata/base/selection.hpp"
#include "memdata/base/shape.hpp"
#include "memdata/base/storage.hpp"
#include "memdata/base/view.hpp"
#include "memdata/io/backend.hpp"
#include "memdata/io/lock_file.hpp"
#include "memdata/io/options.hpp"
#include "memdata/io/save_load.hpp"
#include "memdata/mpi/agreement.hpp"
#include "memdata/mpi/communicator.hpp"
#include "memdata/mpi/environment.hpp"
#include "memdata/tree/dataset.hpp"
#include "memdata/tree/mem_group.hpp"
#include "memdata/tree/print.hpp"
#include "memdata/tree/same_tree.hpp"
