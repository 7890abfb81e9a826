// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "damage_mutate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <random>
#include <string_view>
#include <utility>

namespace memdata_test {

namespace {

std::uint64_t word_at(const std::string& bytes, std::size_t at, std::size_t size) {
    std::uint64_t word = 0;
    for (std::size_t i = size; i-- > 0;) {
        word = word << 8U | static_cast<unsigned char>(bytes[at + i]);
    }
    return word;
}

void put_word(std::string& bytes, std::size_t at, std::size_t size, std::uint64_t word) {
    for (std::size_t i = 0; i < size && at + i < bytes.size(); ++i) {
        bytes[at + i] = static_cast<char>(word >> (8 * i) & 0xffU);
    }
}

/// Bob Jenkins' lookup3 (hashlittle), with which HDF5 checks its newer structures.
std::uint32_t lookup3(std::string_view key) {
    std::uint32_t a = 0xdeadbeefU + static_cast<std::uint32_t>(key.size());
    std::uint32_t b = a;
    std::uint32_t c = a;
    const auto rotated = [](std::uint32_t x, unsigned by) { return x << by | x >> (32U - by); };
    const auto mix = [&](std::uint32_t& x, std::uint32_t& y, std::uint32_t& z, unsigned by) {
        x -= z;
        x ^= rotated(z, by);
        z += y;
    };
    const auto add = [&](std::string_view block) {
        const std::array<std::uint32_t*, 3> words{&a, &b, &c};
        for (std::size_t i = 0; i < block.size(); ++i) {
            *words[i / 4] += static_cast<std::uint32_t>(static_cast<unsigned char>(block[i])) << (8 * (i % 4));
        }
    };
    while (key.size() > 12) {
        add(key.substr(0, 12));
        mix(a, b, c, 4);
        mix(b, c, a, 6);
        mix(c, a, b, 8);
        mix(a, b, c, 16);
        mix(b, c, a, 19);
        mix(c, a, b, 4);
        key.remove_prefix(12);
    }
    if (key.empty()) {
        return c;
    }
    add(key);
    const auto last = [&](std::uint32_t& x, std::uint32_t y, unsigned by) {
        x ^= y;
        x -= rotated(y, by);
    };
    last(c, b, 14);
    last(a, c, 11);
    last(b, a, 25);
    last(c, b, 16);
    last(a, c, 4);
    last(b, a, 14);
    last(c, b, 24);
    return c;
}

/// What the structures of the format begin with. Headers of objects in the oldest format have no mark; the addresses
/// of those are in the symbol tables (SNOD).
constexpr std::array<std::string_view, 19> marks = {"\x89HDF", "TREE", "SNOD", "HEAP", "GCOL", "OHDR", "OCHK",
                                                    "FRHP",    "FHDB", "FHIB", "BTHD", "BTIN", "BTLF", "FAHD",
                                                    "FADB",    "EAHD", "EAIB", "EASB", "EADB"};

bool is_old(std::string_view mark) { return mark == "TREE" || mark == "SNOD" || mark == "HEAP" || mark == "GCOL"; }

}  // namespace

/// The standard's generator is the same everywhere, its distributions are not.
class Damager::Random {
public:
    explicit Random(std::uint64_t number) : engine_(number * 0x9E3779B97F4A7C15U + 1) {}
    /// From 0 to count - 1.
    std::size_t below(std::size_t count) {
        return static_cast<std::size_t>(engine_() % std::max<std::size_t>(1, count));
    }
    std::uint64_t bits() { return engine_(); }

private:
    std::mt19937_64 engine_;
};

Damager::Damager(std::string file) : file_(std::move(file)) { find_structures(); }

void Damager::find_structures() {
    constexpr std::size_t longest = 1024;
    for (const std::string_view mark : marks) {
        for (std::size_t at = file_.find(mark); at != std::string::npos; at = file_.find(mark, at + 1)) {
            structures_.push_back(at);
            // Where does its checksum lie? Where it fits. The old structures have none.
            for (std::size_t size = 8; !is_old(mark) && size <= longest && at + size + 4 <= file_.size(); ++size) {
                if (lookup3(std::string_view(file_).substr(at, size)) == word_at(file_, at + size, 4)) {
                    pieces_.push_back({at, at + size});
                    break;
                }
            }
        }
    }
    for (std::size_t at = 8; at + 8 <= file_.size(); at += 8) {
        const std::uint64_t word = word_at(file_, at, 8);
        if (word >= 48 && word < file_.size() && word % 8 == 0) {
            addresses_.push_back(at);
            if (file_[word] == '\1' && word + 16 < file_.size() && file_[word + 1] == '\0') {
                structures_.push_back(word);  // the header of an object, version 1
            }
        }
    }
    std::ranges::sort(structures_);
    structures_.erase(std::unique(structures_.begin(), structures_.end()), structures_.end());
}

std::size_t Damager::place_in_structure(Random& random) const {
    // Heads of structures say most; messages and entries follow.
    const std::size_t reach = std::array<std::size_t, 4>{16, 48, 128, 512}[random.below(4)];
    return std::min(structures_[random.below(structures_.size())] + random.below(reach), file_.size() - 1);
}

std::string Damager::flip(std::string& bytes, Random& random, bool anywhere) const {
    const std::size_t count = std::array<std::size_t, 4>{1, 1, 4, 64}[random.below(4)];
    std::string what =
        fmt::format("{} byte(s) flipped {}, the first at ", count, anywhere ? "anywhere" : "where structures are");
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t at = anywhere ? random.below(bytes.size()) : place_in_structure(random);
        const bool one_bit = random.below(2) == 0;
        bytes[at] = static_cast<char>(static_cast<unsigned char>(bytes[at]) ^
                                      (one_bit ? 1U << random.below(8) : 1 + random.below(255)));
        what += i == 0 ? fmt::format("{} (now {:#04x})", at, static_cast<unsigned char>(bytes[at])) : "";
    }
    return what;
}

std::string Damager::replace_word(std::string& bytes, Random& random) const {
    const std::size_t size = std::array<std::size_t, 4>{1, 2, 4, 8}[random.below(4)];
    const std::size_t at = place_in_structure(random) / size * size;
    const std::array<std::uint64_t, 14> numbers = {0,
                                                   1,
                                                   0xff,
                                                   0x7fff,
                                                   0xffff,
                                                   0x7fffffff,
                                                   0x80000000,
                                                   0xffffffff,
                                                   std::uint64_t{1} << 40U,
                                                   std::uint64_t{1} << 62U,
                                                   std::uint64_t{1} << 63U,
                                                   ~std::uint64_t{0},
                                                   bytes.size(),
                                                   bytes.size() - 8};
    const std::uint64_t word = numbers[random.below(numbers.size())];
    put_word(bytes, at, size, word);
    return fmt::format("{} byte(s) at {} replaced by {:#x}", size, at, word);
}

std::string Damager::exchange_address(std::string& bytes, Random& random) const {
    const std::size_t at = addresses_[random.below(addresses_.size())];
    const std::uint64_t other = random.below(2) == 0 ? word_at(bytes, addresses_[random.below(addresses_.size())], 8)
                                                     : structures_[random.below(structures_.size())];
    put_word(bytes, at, 8, other);
    return fmt::format("the address at {} replaced by {}", at, other);
}

std::string Damager::spoil_pages(std::string& bytes, Random& random) {
    const std::size_t page = std::array<std::size_t, 3>{64, 512, 4096}[random.below(3)];
    const std::size_t pages = std::max<std::size_t>(1, bytes.size() / page);
    const std::size_t from = random.below(pages) * page;
    const std::size_t to = random.below(pages) * page;
    const std::size_t size = std::min({page, bytes.size() - from, bytes.size() - to});
    switch (random.below(4)) {
        case 0:
            std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(to), size, '\0');
            return fmt::format("{} bytes at {} zeroed", size, to);
        case 1:
            bytes.replace(to, size, std::string(bytes, from, size));
            return fmt::format("{} bytes at {} replaced by those at {}", size, to, from);
        case 2: {
            const std::string kept(bytes, to, size);
            bytes.replace(to, size, std::string(bytes, from, size));
            bytes.replace(from, size, kept);
            return fmt::format("{} bytes at {} exchanged with those at {}", size, to, from);
        }
        default:
            for (std::size_t i = 0; i < size; ++i) {
                bytes[to + i] = static_cast<char>(random.bits());
            }
            return fmt::format("{} bytes at {} replaced by random ones", size, to);
    }
}

std::string Damager::change_length(std::string& bytes, Random& random) {
    const std::size_t at = random.below(bytes.size());
    const std::size_t size = 1 + random.below(16);
    switch (random.below(4)) {
        case 0:
            bytes.insert(at, size, '\0');
            return fmt::format("{} zero bytes put in at {}", size, at);
        case 1:
            bytes.erase(at, size);
            return fmt::format("{} bytes taken out at {}", size, at);
        default:
            bytes.resize(at);
            return fmt::format("cut after {} bytes", at);
    }
}

void Damager::mend_checksums(std::string& bytes) const {
    for (const auto& [begin, end] : pieces_) {
        if (end + 4 <= bytes.size() && std::memcmp(&bytes[begin], &file_[begin], end - begin) != 0) {
            put_word(bytes, end, 4, lookup3(std::string_view(bytes).substr(begin, end - begin)));
        }
    }
}

Damaged Damager::operator()(std::uint64_t number) const {
    Random random(number);
    Damaged result{file_, ""};
    const std::size_t times = random.below(4) == 0 ? 2 : 1;
    for (std::size_t i = 0; i < times; ++i) {
        result.what += i > 0 ? "; " : "";
        const std::size_t choice = random.below(20);
        if (choice < 3) {
            result.what += flip(result.bytes, random, true);
        } else if (choice < 8) {
            result.what += flip(result.bytes, random, false);
        } else if (choice < 13) {
            result.what += replace_word(result.bytes, random);
        } else if (choice < 16) {
            result.what += exchange_address(result.bytes, random);
        } else if (choice < 18) {
            result.what += spoil_pages(result.bytes, random);
        } else {
            result.what += change_length(result.bytes, random);
            break;  // the places of before are others now
        }
    }
    if (result.bytes.size() == file_.size() && random.below(8) != 0) {
        mend_checksums(result.bytes);
    }
    return result;
}

}  // namespace memdata_test
