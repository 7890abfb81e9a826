// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// The fuzz targets without libFuzzer, so that they do not rot: every input of corpus.txt, and random changes of these.
// MEMDATA_FUZZ_SEED sets where the random numbers begin, MEMDATA_FUZZ_CHANGES how many changes a target gets.
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "corpus.hpp"
#include "targets.hpp"

namespace {

using Corpus = std::map<std::string, std::vector<std::string>>;

const Corpus& corpus() {
    static const Corpus all = memdata_fuzz::read_corpus(MEMDATA_FUZZ_CORPUS);
    return all;
}

std::string escaped(const std::string& bytes) {
    std::string text;
    for (const char c : bytes.substr(0, 300)) {
        char hex[5];
        std::snprintf(hex, sizeof hex, "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
        text += c == '\\' ? "\\\\" : c >= ' ' && c <= '~' ? std::string(1, c) : std::string(hex);
    }
    return text;
}

unsigned long from_environment(const char* name, unsigned long otherwise) {
    const char* text = std::getenv(name);
    return text != nullptr && *text != '\0' ? std::strtoul(text, nullptr, 10) : otherwise;
}

void change(std::string& input, const std::vector<std::string>& others, std::mt19937_64& random) {
    const auto below = [&](std::size_t count) {
        return static_cast<std::size_t>(random() % std::max<std::size_t>(1, count));
    };
    const std::size_t at = below(input.size() + 1);
    switch (below(5)) {
        case 0:
            input.insert(at, 1, static_cast<char>(random()));
            break;
        case 1:
            input.erase(at, 1 + below(4));
            break;
        case 2: {
            const std::string& other = others[below(others.size())];
            input = input.substr(0, at) + other.substr(below(other.size() + 1));
            break;
        }
        default:
            if (at < input.size()) {
                input[at] = static_cast<char>(random());
            }
    }
}

class Replay : public ::testing::TestWithParam<memdata_fuzz::Target> {};

TEST_P(Replay, corpus) {
    const memdata_fuzz::Target& target = GetParam();
    const auto inputs = corpus().find(std::string(target.name));
    ASSERT_NE(inputs, corpus().end()) << "no inputs for this target";
    for (const std::string& input : inputs->second) {
        EXPECT_NO_THROW(target.run(input)) << escaped(input);
    }
    EXPECT_NO_THROW(target.run(""));
}

TEST_P(Replay, changes_of_it) {
    const memdata_fuzz::Target& target = GetParam();
    const std::vector<std::string>& inputs = corpus().at(std::string(target.name));
    const unsigned long seed = from_environment("MEMDATA_FUZZ_SEED", 1);
    std::mt19937_64 random(seed);
    std::string input;
    for (unsigned long i = from_environment("MEMDATA_FUZZ_CHANGES", 2000); i > 0; --i) {
        if (input.empty() || input.size() > 2000 || i % 8 == 0) {
            input = inputs[random() % inputs.size()];
        }
        change(input, inputs, random);
        ASSERT_NO_THROW(target.run(input)) << "MEMDATA_FUZZ_SEED=" << seed << "\n" << escaped(input);
    }
}

INSTANTIATE_TEST_SUITE_P(Fuzz, Replay, ::testing::ValuesIn(memdata_fuzz::targets),
                         [](const auto& target) { return std::string(target.param.name); });

}  // namespace
