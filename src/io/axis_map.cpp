// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "io/axis_map.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace memdata::io {

namespace {

/// Adds an element to runs; one step further joins the last of them.
void append(std::vector<Run>& runs, Index stage, Index local) {
    if (!runs.empty()) {
        Run& last = runs.back();
        if (last.count == 1) {
            last.stage_step = stage - last.stage;
            last.local_step = local - last.local;
            last.count = 2;
            return;
        }
        if (stage == last.stage + last.count * last.stage_step && local == last.local + last.count * last.local_step) {
            ++last.count;
            return;
        }
    }
    runs.push_back({stage, 1, local, 1, 1});
}

}  // namespace

AxisMap::AxisMap(const AxisIndices& selected) : ascending_(selected) {
    if (const IndexRange* range = selected.range()) {
        if (range->step < 0 && range->count > 0) {
            order_ = Order::backward;
            ascending_ = IndexRange{range->start + (range->count - 1) * range->step, range->count, -range->step};
        }
        return;
    }
    if (selected.is_ascending()) {
        return;
    }
    order_ = Order::any;
    std::vector<Index> distinct;
    for (Index position = 0; position < selected.count(); ++position) {
        distinct.push_back(selected[position]);
    }
    std::ranges::sort(distinct);
    distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
    for (Index position = 0; position < selected.count(); ++position) {
        entries_.push_back({std::ranges::lower_bound(distinct, selected[position]) - distinct.begin(), position});
    }
    std::ranges::sort(entries_, {}, [](const Entry& entry) { return std::tuple(entry.number, entry.position); });
    ascending_ = AxisIndices(std::move(distinct));
}

Index AxisMap::neighbours(Index n, Index last) const {
    if (const IndexRange* range = ascending_.range()) {
        return range->step == 1 ? last - n : 1;
    }
    Index count = 1;
    while (n + count < last && index(n + count) == index(n) + count) {
        ++count;
    }
    return count;
}

Index AxisMap::lower_bound(Index index) const {
    if (const IndexRange* range = ascending_.range()) {
        const Index above = index - range->start;
        return above <= 0 ? 0 : std::min(range->count, (above + range->step - 1) / range->step);
    }
    Index low = 0;
    Index high = size();
    while (low < high) {
        const Index middle = low + (high - low) / 2;
        (ascending_[middle] < index ? low : high) = ascending_[middle] < index ? middle + 1 : middle;
    }
    return low;
}

std::vector<Window> AxisMap::windows(Index chunk, Index most) const {
    std::vector<Window> result;
    for (Index first = 0; first < size();) {
        const Index number = chunk == 0 ? 0 : index(first) / chunk;
        const bool is_last = chunk == 0 || number >= index(size() - 1) / chunk;
        const Index edge = is_last ? size() : lower_bound((number + 1) * chunk);
        const Index last = std::min(edge, first + most);
        result.push_back({number, first, last});
        first = last;
    }
    return result;
}

std::pair<const AxisMap::Entry*, const AxisMap::Entry*> AxisMap::entries(const Window& window) const {
    const auto first = std::ranges::lower_bound(entries_, window.first, {}, &Entry::number);
    const auto last = std::ranges::lower_bound(entries_, window.last, {}, &Entry::number);
    return {entries_.data() + (first - entries_.begin()), entries_.data() + (last - entries_.begin())};
}

Index AxisMap::positions(const Window& window) const {
    if (order_ == Order::any) {
        const auto [first, last] = entries(window);
        return last - first;
    }
    return window.count();
}

std::vector<std::pair<int, Index>> AxisMap::ranks(const Window& window, const Partition& partition) const {
    std::map<int, Index> counts;
    if (order_ == Order::any) {
        const auto [first, last] = entries(window);
        for (const Entry* entry = first; entry != last; ++entry) {
            ++counts[partition.owner(entry->position)];
        }
    } else if (window.count() > 0) {
        const Index low = order_ == Order::forward ? window.first : size() - window.last;
        const Index high = order_ == Order::forward ? window.last : size() - window.first;
        for (int rank = partition.owner(low); rank <= partition.owner(high - 1); ++rank) {
            const Index from = std::max(low, partition.offset(rank));
            const Index to = std::min(high, partition.offset(rank) + partition.count(rank));
            if (from < to) {
                counts[rank] = to - from;
            }
        }
    }
    return {counts.begin(), counts.end()};
}

std::vector<Run> AxisMap::runs(const Window& window, std::optional<Index> base, Index first, Index last) const {
    std::vector<Run> result;
    const auto stage_of = [&](Index number) { return base ? index(number) - *base : number - window.first; };
    if (order_ == Order::any) {
        const auto [from, to] = entries(window);
        for (const Entry* entry = from; entry != to; ++entry) {
            if (entry->position >= first && entry->position < last) {
                append(result, stage_of(entry->number), entry->position - first);
            }
        }
        return result;
    }
    const bool forward = order_ == Order::forward;
    const Index low = std::max(window.first, forward ? first : size() - last);
    const Index high = std::min(window.last, forward ? last : size() - first);
    const auto local_of = [&](Index number) { return (forward ? number : size() - 1 - number) - first; };
    if (low >= high) {
        return result;
    }
    if (const IndexRange* range = ascending_.range(); range != nullptr || !base) {
        result.push_back({stage_of(low), base ? range->step : 1, local_of(low), forward ? 1 : -1, high - low});
        return result;
    }
    for (Index number = low; number < high; ++number) {
        append(result, stage_of(number), local_of(number));
    }
    return result;
}

}  // namespace memdata::io
