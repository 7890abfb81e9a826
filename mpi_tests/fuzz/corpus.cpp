// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "corpus.hpp"

#include <charconv>
#include <fstream>
#include <stdexcept>
#include <string_view>

namespace memdata_fuzz {

namespace {

std::string unescaped(std::string_view text) {
    std::string bytes;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '\\' || at + 1 == text.size()) {
            bytes += text[at];
        } else if (text[++at] == 'n') {
            bytes += '\n';
        } else if (text[at] == 'x' && at + 2 < text.size()) {
            unsigned value = 0;
            const char* const first = text.data() + at + 1;
            if (std::from_chars(first, first + 2, value, 16).ptr != first + 2) {
                throw std::runtime_error("no two hexadecimal digits in: " + std::string(text));
            }
            bytes += static_cast<char>(value);
            at += 2;
        } else {
            bytes += text[at];
        }
    }
    return bytes;
}

/// A repetition "{text*N}" stands for itself when N is no number.
std::string repeated(const std::string& text) {
    const std::size_t open = text.find("{");
    const std::size_t star = text.find('*', open);
    const std::size_t close = text.find('}', star);
    unsigned times = 0;
    if (open == std::string::npos || star == std::string::npos || close == std::string::npos ||
        std::from_chars(text.data() + star + 1, text.data() + close, times).ptr != text.data() + close) {
        return text;
    }
    std::string result = text.substr(0, open);
    for (unsigned i = 0; i < times; ++i) {
        result.append(text, open + 1, star - open - 1);
    }
    return result + repeated(text.substr(close + 1));
}

}  // namespace

std::map<std::string, std::vector<std::string>> read_corpus(const std::string& file) {
    std::ifstream in(file);
    if (!in) {
        throw std::runtime_error("cannot read " + file);
    }
    std::map<std::string, std::vector<std::string>> corpus;
    for (std::string line; std::getline(in, line);) {
        if (line.empty() || line.front() == '#') {
            continue;
        }
        const std::size_t colon = line.find(": ");
        if (colon == std::string::npos) {
            throw std::runtime_error("no target in: " + line);
        }
        corpus[line.substr(0, colon)].push_back(unescaped(repeated(line.substr(colon + 2))));
    }
    return corpus;
}

}  // namespace memdata_fuzz
