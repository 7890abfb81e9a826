// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/base/partition.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/join.hpp"
#include "memdata/base/error.hpp"

namespace memdata {

Partition Partition::balanced(Index extent, int parts) {
    if (parts < 1 || extent < 0) {
        throw ArgumentError(fmt::format("cannot split extent {} into {} parts", extent, parts));
    }
    Partition result;
    result.extent_ = extent;
    result.parts_ = parts;
    return result;
}

Partition Partition::from_counts(std::vector<Index> counts) {
    if (counts.empty() || counts.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
        throw ArgumentError(fmt::format("a partition of {} parts", counts.size()));
    }
    std::vector<Index> offsets;
    offsets.reserve(counts.size() + 1);
    Index sum = 0;
    for (std::size_t part = 0; part < counts.size(); ++part) {
        const Index count = counts[part];
        if (count < 0) {
            throw ArgumentError(fmt::format("part {} has the negative size {}", part, count));
        }
        if (count > std::numeric_limits<Index>::max() - sum) {
            throw ArgumentError("the sizes of a partition's parts overflow 63 bits");
        }
        offsets.push_back(sum);
        sum += count;
    }
    offsets.push_back(sum);

    Partition result = balanced(sum, static_cast<int>(counts.size()));
    const auto same = [&, part = 0](Index count) mutable { return count == result.count(part++); };
    if (!std::all_of(counts.begin(), counts.end(), same)) {
        result.offsets_ = std::move(offsets);
    }
    return result;
}

Index Partition::count(int part) const noexcept {
    if (is_balanced()) {
        return extent_ / parts_ + (part < extent_ % parts_ ? 1 : 0);
    }
    const auto p = static_cast<std::size_t>(part);
    return offsets_[p + 1] - offsets_[p];
}

Index Partition::offset(int part) const noexcept {
    if (is_balanced()) {
        return part * (extent_ / parts_) + std::min<Index>(part, extent_ % parts_);
    }
    return offsets_[static_cast<std::size_t>(part)];
}

Index Partition::max_count() const noexcept {
    if (parts_ == 0) {
        return 0;
    }
    if (is_balanced()) {
        return count(0);
    }
    Index largest = 0;
    for (int part = 0; part < parts_; ++part) {
        largest = std::max(largest, count(part));
    }
    return largest;
}

int Partition::owner(Index index) const {
    if (index < 0 || index >= extent_) {
        throw ArgumentError(fmt::format("index {} is not in [0, {})", index, extent_));
    }
    if (is_balanced()) {
        const Index size = extent_ / parts_;
        const Index larger = extent_ % parts_;
        const Index boundary = larger * (size + 1);
        return static_cast<int>(index < boundary ? index / (size + 1) : larger + (index - boundary) / size);
    }
    // The last part that starts at or before the index: parts without elements come before it.
    const auto after = std::upper_bound(offsets_.begin(), offsets_.end(), index);
    return static_cast<int>(after - offsets_.begin()) - 1;
}

std::string to_string(const Partition& partition) {
    std::string text =
        fmt::format("{} over {} rank{}", partition.extent(), partition.parts(), partition.parts() == 1 ? "" : "s");
    if (!partition.is_balanced()) {
        constexpr int shown = 16;  // a message stays readable on thousands of ranks
        std::vector<Index> counts;
        for (int part = 0; part < std::min(partition.parts(), shown); ++part) {
            counts.push_back(partition.count(part));
        }
        text += fmt::format(" as {}{}", detail::join(counts, "+"), partition.parts() > shown ? "+..." : "");
    }
    return text;
}

}  // namespace memdata
