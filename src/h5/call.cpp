// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "h5/call.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <exception>
#include <vector>

namespace memdata::h5 {

QuietErrors::QuietErrors() {
    H5Eget_auto2(H5E_DEFAULT, &function_, &data_);
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

QuietErrors::~QuietErrors() { H5Eset_auto2(H5E_DEFAULT, function_, data_); }

std::string error_stack() {
    std::vector<std::string> causes;
    const auto collect = [](unsigned, const H5E_error2_t* entry, void* out) -> herr_t {
        try {
            auto& list = *static_cast<std::vector<std::string>*>(out);
            std::string text = entry->desc == nullptr ? "" : entry->desc;
            if (!text.empty() && std::ranges::find(list, text) == list.end()) {
                list.push_back(std::move(text));
            }
            return 0;
        } catch (const std::exception&) {
            return 1;  // no memory for more of it, and no exception may pass through HDF5's C code
        }
    };
    // Upward starts at the innermost call: the cause.
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, collect, &causes);
    H5Eclear2(H5E_DEFAULT);
    return causes.empty() ? "HDF5 gives no reason" : fmt::format("{}", fmt::join(causes, "; "));
}

void throw_failure(std::string_view call, const ErrorContext& context) {
    const std::string reason = error_stack();
    std::string subject = context.path.empty() ? "" : fmt::format(" of '{}'", context.path);
    if (!context.file.empty()) {
        subject += fmt::format(" in file '{}'", context.file);
    }
    throw IoError(fmt::format("{}{} failed: {}", call, subject, reason), context);
}

}  // namespace memdata::h5
