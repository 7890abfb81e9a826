// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "memdata/base/dtype.hpp"
#include "memdata/base/shape.hpp"

// What is fuzzed: functions that take any bytes. They return, or throw Broken when memdata's code does what it must
// not; every other exception that comes out of them is a finding, too. libFuzzer runs them (fuzz_main.cpp), and an
// ordinary test runs them on the inputs of corpus.txt and on random changes of these (replay_test.cpp).
namespace memdata_fuzz {

void paths(std::string_view input);
void json(std::string_view input);
void selections(std::string_view input);
void subscripts(std::string_view input);
void dtypes(std::string_view input);
void archives(std::string_view input);
void hints(std::string_view input);
void mpi_info(std::string_view input);
void locks(std::string_view input);
void chunks(std::string_view input);

struct Target {
    std::string_view name;
    void (*run)(std::string_view input);
};
inline constexpr std::array<Target, 10> targets{{{"paths", paths},
                                                 {"json", json},
                                                 {"selections", selections},
                                                 {"subscripts", subscripts},
                                                 {"dtypes", dtypes},
                                                 {"archives", archives},
                                                 {"hints", hints},
                                                 {"mpi_info", mpi_info},
                                                 {"locks", locks},
                                                 {"chunks", chunks}}};

/// A promise that is not kept.
struct Broken : std::logic_error {
    using std::logic_error::logic_error;
};
inline void require(bool condition, const char* what) {
    if (!condition) {
        throw Broken(what);
    }
}

/// Values made of the bytes of an input, from the front; zeros when there are no more.
class Input {
public:
    explicit Input(std::string_view bytes) : rest_(bytes) {}

    [[nodiscard]] bool empty() const { return rest_.empty(); }
    [[nodiscard]] std::string_view rest() const { return rest_; }
    std::uint64_t bits(std::size_t bytes) {
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < bytes && !rest_.empty(); ++i) {
            value = value << 8U | static_cast<unsigned char>(rest_.front());
            rest_.remove_prefix(1);
        }
        return value;
    }
    /// From 0 to count - 1.
    int below(int count) { return static_cast<int>(bits(1) % static_cast<unsigned>(count)); }
    bool coin() { return below(2) != 0; }
    /// Small, negative, or anything.
    memdata::Index index();
    std::string text();
    memdata::Shape shape(int most_axes);
    /// Throws what the factories of Dtype throw.
    memdata::Dtype dtype(int depth = 0);

private:
    memdata::Dtype nested_dtype(int kind, int depth);

    std::string_view rest_;
};

}  // namespace memdata_fuzz
