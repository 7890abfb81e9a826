// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace memdata_test {

/// A file that was damaged, and how: enough to do it again by hand.
struct Damaged {
    std::string bytes;
    std::string what;
};

/// Damages an HDF5 file in as many ways as there are numbers: bytes flipped anywhere or where structures of the file
/// lie, words replaced by numbers that hurt or by addresses of something else, tails cut, pages zeroed, exchanged,
/// doubled, bytes put in or taken out. Where HDF5 has a checksum over what was changed, it is made to fit again most of
/// the time: else nothing behind the checksum would ever be reached. The same number does the same everywhere.
class Damager {
public:
    explicit Damager(std::string file);
    [[nodiscard]] Damaged operator()(std::uint64_t number) const;
    /// Pieces with a checksum that were found.
    [[nodiscard]] std::size_t checked_pieces() const noexcept { return pieces_.size(); }

private:
    class Random;
    /// Bytes [begin, end) have their checksum behind them.
    struct Piece {
        std::size_t begin;
        std::size_t end;
    };

    void find_structures();
    [[nodiscard]] std::size_t place_in_structure(Random& random) const;
    [[nodiscard]] std::string flip(std::string& bytes, Random& random, bool anywhere) const;
    [[nodiscard]] std::string replace_word(std::string& bytes, Random& random) const;
    [[nodiscard]] std::string exchange_address(std::string& bytes, Random& random) const;
    [[nodiscard]] static std::string spoil_pages(std::string& bytes, Random& random);
    [[nodiscard]] static std::string change_length(std::string& bytes, Random& random);
    void mend_checksums(std::string& bytes) const;

    std::string file_;
    std::vector<std::size_t> structures_;  // where they begin
    std::vector<std::size_t> addresses_;   // words that look like the place of something in the file
    std::vector<Piece> pieces_;
};

}  // namespace memdata_test
