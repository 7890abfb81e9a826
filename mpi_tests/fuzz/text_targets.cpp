// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// Paths and JSON attributes.
#include <nlohmann/json.hpp>

#include "base/iso_time.hpp"
#include "base/python_json.hpp"
#include "memdata/base/attributes.hpp"
#include "memdata/base/error.hpp"
#include "memdata/base/path.hpp"
#include "targets.hpp"

namespace memdata_fuzz {

namespace md = memdata;

/// Two paths, one a line.
void paths(std::string_view input) {
    namespace path = md::path;
    const std::string_view first = input.substr(0, input.find('\n'));
    const std::string_view second = input.substr(std::min(first.size() + 1, input.size()));
    try {
        const std::vector<std::string> names = path::split(first);
        for (const std::string& name : names) {
            require(!name.empty() && name != "." && name.find('/') == std::string::npos, "a name that is none");
        }
        const std::string normal = path::normalise(first);
        require(path::normalise(normal) == normal, "normalise() twice is not once");
        require(path::is_absolute(normal) == path::is_absolute(first), "absolute or not");
        require(path::split(normal) == names, "normalise() changes the names");
        if (!names.empty()) {
            require(path::name(first) == names.back(), "the last name");
            require(path::join(path::parent(first), path::name(first)) == normal, "parent and name make no path");
        }
        std::vector<std::string> both = path::is_absolute(second) ? std::vector<std::string>() : names;
        for (const std::string& name : path::split(second)) {
            both.push_back(name);
        }
        require(path::split(path::join(first, second)) == both, "join() has other names");
    } catch (const md::PathError&) {
        require(input.find('\0') != std::string_view::npos, "a path is refused");
    }
}

namespace {

void read_as_time(const md::AttrValue& value) {
    try {
        static_cast<void>(value.as<md::AttrValue::TimePoint>());
    } catch (const md::Error&) {
        // No time: most are none.
    }
}

void check_json(std::string_view input) {
    md::AttrValue value;
    try {
        value = md::AttrValue::json_text(std::string(input));
    } catch (const md::FormatError&) {
        return;
    }
    require(value.json_text() == input, "the text is not kept");
    const md::AttrValue again = md::AttrValue::json(value.json());
    const md::AttrValue third = md::AttrValue::json(again.json());
    require(again == third, "what was written is not read back");
    require(!md::to_string(value, 40).empty(), "it prints nothing");
    read_as_time(value);
}

}  // namespace

void json(std::string_view input) {
    check_json(input);
    const md::AttrValue text{input};
    static_cast<void>(md::to_string(text, 20));
    read_as_time(text);
    if (const auto time = md::detail::parse_iso(input)) {
        const std::string written = md::detail::iso_text(*time);
        const auto read = md::detail::parse_iso(written);
        require(read && md::detail::iso_text(*read) == written, "a time is not read back");
    }
}

}  // namespace memdata_fuzz
