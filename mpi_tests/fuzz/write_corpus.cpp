// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
// write_corpus CORPUS.TXT FOLDER: the inputs of corpus.txt as files, a folder for each target, as libFuzzer wants them.
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>

#include "corpus.hpp"

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fputs("usage: write_corpus CORPUS.TXT FOLDER\n", stderr);
        return 2;
    }
    try {
        for (const auto& [target, inputs] : memdata_fuzz::read_corpus(argv[1])) {
            const std::filesystem::path folder = std::filesystem::path(argv[2]) / target;
            std::filesystem::create_directories(folder);
            for (std::size_t i = 0; i < inputs.size(); ++i) {
                std::ofstream(folder / ("given_" + std::to_string(i)), std::ios::binary) << inputs[i];
            }
        }
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
    return 0;
}
