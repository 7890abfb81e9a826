// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "random_slices.hpp"

#include <algorithm>
#include <utility>

namespace memdata::testing {

Indices count_up(Index n) {
    Indices result;
    for (Index i = 0; i < n; ++i) {
        result.push_back(i);
    }
    return result;
}

Indices numbers_of(const Indices& shape, const std::vector<Indices>& indices) {
    Indices numbers{0};
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
        Indices next;
        for (const Index number : numbers) {
            for (const Index index : indices[axis]) {
                next.push_back(number * shape[axis] + index);
            }
        }
        numbers = std::move(next);
    }
    return numbers;
}

std::vector<Indices> Taken::on(const Layout& layout, int rank) const {
    std::vector<Indices> result = indices;
    const Index start = layout.start(rank);
    const Index stop = start + layout.counts[static_cast<std::size_t>(rank)];
    std::erase_if(result[static_cast<std::size_t>(layout.axis)], [&](Index i) { return i < start || i >= stop; });
    return result;
}

Taken any_subscripts(Random& random, const Indices& shape, bool any_step) {
    Taken taken;
    const auto ndim = static_cast<Index>(shape.size());
    // Axes [first, last) are whole: as an ellipsis, as slices, or unsaid at the end.
    const Index first = random.between(0, ndim);
    const Index last = random.between(first, ndim);
    const Index spelling = random.between(0, 2);
    for (Index axis = 0; axis < ndim; ++axis) {
        const Index extent = shape[static_cast<std::size_t>(axis)];
        if (random.between(0, 7) == 0 && (axis <= first || axis >= last)) {
            taken.subscripts.emplace_back(new_axis);
            taken.shape.push_back(1);
        }
        if (axis >= first && axis < last) {
            if (spelling == 0 || (spelling == 1 && last < ndim)) {
                taken.subscripts.emplace_back(whole_axis);
            } else if (spelling == 2 && axis == first) {
                taken.subscripts.emplace_back(ellipsis);
            }
            taken.indices.push_back(count_up(extent));
        } else if (extent > 0 && random.between(0, 3) == 0) {
            const Index index = random.between(0, extent - 1);
            taken.subscripts.emplace_back(random.between(0, 1) == 0 ? index : index - extent);
            taken.indices.push_back({index});
            taken.axes.emplace_back();
            continue;
        } else {
            const Index start = random.between(0, extent);
            const Index stop = random.between(start, extent);
            const Index step = random.between(1, 3);
            Indices list;
            for (Index i = start; i < stop; i += step) {
                list.push_back(i);
            }
            if (any_step && random.between(0, 1) == 0) {
                std::ranges::reverse(list);
                taken.subscripts.emplace_back(
                    list.empty()
                        ? slice(0, 0, -step)
                        : Slice{list.front(), list.back() == 0 ? std::nullopt : std::optional(list.back() - 1), -step});
            } else {
                taken.subscripts.emplace_back(slice(start, stop, step));
            }
            taken.indices.push_back(std::move(list));
        }
        taken.axes.emplace_back(static_cast<int>(taken.shape.size()));
        taken.shape.push_back(std::ssize(taken.indices.back()));
    }
    if (random.between(0, 7) == 0 && (spelling != 1 || last < ndim || first == last)) {  // every axis has been said
        taken.subscripts.emplace_back(new_axis);
        taken.shape.push_back(1);
    }
    return taken;
}

Layout any_layout(Random& random, int ranks, Index max_extent) {
    Indices shape;
    for (Index axis = random.between(1, 4); axis-- > 0;) {
        shape.push_back(random.between(0, 12) == 0 ? 0 : random.between(1, max_extent));
    }
    Layout result = layout(shape, static_cast<int>(random.between(0, std::ssize(shape) - 1)), ranks);
    if (random.between(0, 1) == 0) {
        result.counts = random.split(shape[static_cast<std::size_t>(result.axis)], ranks);
    }
    return result;
}

const Dtype& any_dtype(Random& random) {
    return all_dtypes()[static_cast<std::size_t>(random.between(0, std::ssize(all_dtypes()) - 1))];
}

::testing::AssertionResult holds_all(const Array& array, const Indices& numbers) {
    if (array.size() != std::ssize(numbers)) {
        return ::testing::AssertionFailure() << array.size() << " elements, not " << numbers.size();
    }
    for (Index i = 0; i < array.size(); ++i) {
        if (!holds_number(array, i, numbers[static_cast<std::size_t>(i)])) {
            return ::testing::AssertionFailure()
                   << "element " << i << " is not that of global number " << numbers[static_cast<std::size_t>(i)];
        }
    }
    return ::testing::AssertionSuccess();
}

}  // namespace memdata::testing
