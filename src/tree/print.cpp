// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/tree/print.hpp"

#include <fmt/format.h>

#include <ostream>
#include <string>

namespace memdata {

std::string to_string(const MemDataset& dataset) {
    std::string line = fmt::format("{} {}", to_string(dataset.dtype()), to_string(dataset.shape()));
    if (dataset.is_distributed()) {
        const Distribution& distribution = dataset.distributed().distribution();
        line += fmt::format(", distributed over axis {}", distribution.axis());
        if (!distribution.partition().is_balanced()) {
            line += fmt::format(" ({})", to_string(distribution.partition()));
        }
    }
    if (dataset.storage() != Storage{}) {
        line += fmt::format(", {}", to_string(dataset.storage()));
    }
    return line;
}

namespace {

/// A name on one line, whatever is in it.
std::string on_one_line(const std::string& name) {
    std::string text;
    for (const char character : name) {
        const auto code = static_cast<unsigned char>(character);
        if (code == '\n') {
            text += "\\n";
        } else if (code == '\t') {
            text += "\\t";
        } else if (code < 0x20 || code == 0x7F) {
            text += fmt::format("\\x{:02x}", code);
        } else {
            text += character;
        }
    }
    return text;
}

void print_attrs(std::string& out, const MemAttrs& attrs, const std::string& indent) {
    for (const auto& [name, value] : attrs) {
        out += fmt::format("{}@{} = {}\n", indent, on_one_line(name), to_string(value));
    }
}

void print_children(std::string& out, const MemGroup& group, const std::string& indent) {
    std::size_t left = group.size();
    for (const MemNode& node : group.children()) {
        --left;
        const std::string below = indent + (left > 0 ? "│   " : "    ");
        out += indent + (left > 0 ? "├── " : "└── ");
        if (node.is_group()) {
            out += fmt::format("{}/\n", on_one_line(node.name()));
            print_attrs(out, node.attrs(), below);
            print_children(out, node.as_group(), below);
        } else {
            out += fmt::format("{}: {}\n", on_one_line(node.name()), to_string(node.as_dataset()));
            print_attrs(out, node.attrs(), below);
        }
    }
}

}  // namespace

std::string to_string(const MemGroup& group) {
    std::string out = on_one_line(group.path()) + "\n";
    print_attrs(out, group.attrs(), group.empty() ? "    " : "│   ");
    print_children(out, group, "");
    return out;
}

std::ostream& operator<<(std::ostream& out, const MemGroup& group) { return out << to_string(group); }

}  // namespace memdata
