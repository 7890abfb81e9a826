// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "memdata/base/shape.hpp"

namespace memdata {

/// A split of [0, extent) into consecutive blocks, one a part (a rank).
class Partition {
public:
    /// No parts, no extent.
    Partition() = default;
    /// caput's rule (split_m): the first extent % parts blocks get one more. Throws ArgumentError when
    /// parts < 1 or extent < 0.
    [[nodiscard]] static Partition balanced(Index extent, int parts);
    /// Block sizes as given, zero allowed. Equal to balanced() when the sizes are. Throws ArgumentError
    /// when there are none, one is negative, or the sum overflows.
    [[nodiscard]] static Partition from_counts(std::vector<Index> counts);

    [[nodiscard]] int parts() const noexcept { return parts_; }
    [[nodiscard]] Index extent() const noexcept { return extent_; }
    /// Size and start of a part's block; 0 <= part < parts().
    [[nodiscard]] Index count(int part) const noexcept;
    [[nodiscard]] Index offset(int part) const noexcept;
    [[nodiscard]] Index max_count() const noexcept;
    /// The part whose block holds `index`; throws ArgumentError when it is not in [0, extent).
    [[nodiscard]] int owner(Index index) const;
    [[nodiscard]] bool is_balanced() const noexcept { return offsets_.empty(); }

    friend bool operator==(const Partition&, const Partition&) noexcept = default;

private:
    Index extent_ = 0;
    int parts_ = 0;
    std::vector<Index> offsets_;  // parts_ + 1 of them, or none when balanced
};

/// "7 over 3 ranks" or "7 over 3 ranks as 1+0+6" (the first 16 parts).
[[nodiscard]] std::string to_string(const Partition& partition);

}  // namespace memdata
