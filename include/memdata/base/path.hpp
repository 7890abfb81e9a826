// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>
#include <vector>

/// POSIX-like paths of nodes in a tree. "//" and trailing "/" are tolerated, "." is dropped, ".." is a name
/// like any other (HDF5 knows no parent links).
namespace memdata::path {

[[nodiscard]] bool is_absolute(std::string_view path) noexcept;
/// The names along a path: "/a//b/" gives {"a", "b"}; "/" and "" give none. Throws PathError for a name that
/// HDF5 cannot hold (a zero byte).
[[nodiscard]] std::vector<std::string> split(std::string_view path);
/// "/a" + "b/c" is "/a/b/c"; an absolute second path stands alone.
[[nodiscard]] std::string join(std::string_view base, std::string_view relative);
/// One "/" between names, none at the end: "a//b/" is "a/b", "///" is "/".
[[nodiscard]] std::string normalise(std::string_view path);
/// Everything before the last name: "/a/b" is "/a", "/a" is "/", "a" is "".
[[nodiscard]] std::string parent(std::string_view path);
/// The last name; "" for "/".
[[nodiscard]] std::string name(std::string_view path);

}  // namespace memdata::path
