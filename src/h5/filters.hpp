// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "h5/call.hpp"
#include "memdata/base/dtype.hpp"
#include "memdata/base/storage.hpp"

// The filters of Storage in HDF5's property lists, and whether this process has them.
namespace memdata::h5 {

/// Is there a filter of this number, possibly a plugin?
[[nodiscard]] bool has_filter(int id);

/// Adds the filters to the creation properties of a dataset.
void add_filters(hid_t list, const std::vector<Filter>& filters, const ErrorContext& context);

/// The filters of a dataset, with the options that its user gave: without those that a filter adds when the dataset is
/// made, so that they can be given to add_filters() again. Those of filters that we do not know are as in the file.
[[nodiscard]] std::vector<Filter> read_filters(hid_t list, const ErrorContext& context);

/// Does read_filters() know which options of this filter its user gave?
[[nodiscard]] bool knows_given_options(int id);

/// Their names as the file spells them; empty ones where it does not.
[[nodiscard]] std::vector<std::string> filter_names(hid_t list, const ErrorContext& context);

/// Throws ArgumentError, naming path and filter, when this process cannot write a dataset so: a filter is not there or
/// can only decode, or it does not take its options, the type or the chunks. Nothing is touched on disk.
void check_can_write(const Storage& storage, const Dtype& file_dtype, const std::string& path);

/// The same for HDF5's own collective H5Dwrite, which forgets that a filter did not work on a chunk (1.10.8: the mask
/// is lost, and the chunk cannot be read any more): only filters that always do.
void check_can_write_in_parallel(const std::vector<Filter>& filters, const std::string& path);

/// Throws IoError, naming path and filter, when this process cannot undo the filters of a dataset; `names` as
/// filter_names() gives them.
void check_can_read(const std::vector<Filter>& filters, const std::vector<std::string>& names, const std::string& path);

}  // namespace memdata::h5
