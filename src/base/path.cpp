// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/base/path.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "memdata/base/error.hpp"

namespace memdata::path {

namespace {

std::string assemble(bool absolute, const std::vector<std::string>& names) {
    std::string path(absolute ? 1 : 0, '/');
    for (const std::string& name : names) {
        if (&name != &names.front()) {
            path += '/';
        }
        path += name;
    }
    return path;
}

}  // namespace

bool is_absolute(std::string_view path) noexcept { return path.starts_with('/'); }

std::vector<std::string> split(std::string_view path) {
    if (path.find('\0') != std::string_view::npos) {
        const std::string shown(path.substr(0, path.find('\0')));
        throw PathError(fmt::format("a zero byte follows \"{}\" in a path", shown), {.path = shown});
    }
    std::vector<std::string> names;
    while (!path.empty()) {
        const std::string_view name = path.substr(0, path.find('/'));
        path.remove_prefix(std::min(name.size() + 1, path.size()));
        if (!name.empty() && name != ".") {
            names.emplace_back(name);
        }
    }
    return names;
}

std::string join(std::string_view base, std::string_view relative) {
    if (is_absolute(relative)) {
        return normalise(relative);
    }
    std::vector<std::string> names = split(base);
    for (std::string& name : split(relative)) {
        names.push_back(std::move(name));
    }
    return assemble(is_absolute(base), names);
}

std::string normalise(std::string_view path) { return assemble(is_absolute(path), split(path)); }

std::string parent(std::string_view path) {
    std::vector<std::string> names = split(path);
    if (!names.empty()) {
        names.pop_back();
    }
    return assemble(is_absolute(path), names);
}

std::string name(std::string_view path) {
    std::vector<std::string> names = split(path);
    return names.empty() ? std::string() : std::move(names.back());
}

}  // namespace memdata::path
