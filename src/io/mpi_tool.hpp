// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>

// MPI's tools interface (MPI_T), as far as Open MPI's parameters need it. Nothing here is collective.
namespace memdata::io {

/// Keeps MPI_T initialised.
class ToolSession {
public:
    ToolSession();
    ~ToolSession();
    ToolSession(const ToolSession&) = delete;
    ToolSession& operator=(const ToolSession&) = delete;

    /// A control variable as text; nothing when this MPI has none of that name (yet).
    [[nodiscard]] std::optional<std::string> read(const std::string& name) const;
    /// Was it set? It is not once MPI has used the value.
    [[nodiscard]] bool write(const std::string& name, const std::string& value) const;
};

}  // namespace memdata::io
