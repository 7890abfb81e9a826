// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <ranges>
#include <span>
#include <string>

#include "memdata/base/element_types.hpp"

namespace memdata {

/// Any number of T: the element of an array of dtype "sequence of T", HDF5's variable-length type. The values are kept
/// as the bytes of a std::string, whose room for short texts saves the allocation of short sequences.
template <class T>
class Sequence {
    static_assert(TrivialElement<T>, "a sequence holds plain elements: no strings of variable length, no sequences");
    static_assert(alignof(T) <= alignof(std::string), "the elements' alignment is more than a string's bytes have");

public:
    using value_type = T;

    Sequence() = default;
    Sequence(std::initializer_list<T> values) { assign(values); }
    template <std::ranges::sized_range R>
    requires std::same_as<std::ranges::range_value_t<R>, T>
    explicit Sequence(const R& values) { assign(values); }

    /// Other values, copied.
    template <std::ranges::sized_range R>
    requires std::same_as<std::ranges::range_value_t<R>, T>
    void assign(const R& values) {
        bytes_.assign(static_cast<std::size_t>(std::ranges::size(values)) * sizeof(T), '\0');
        std::ranges::copy(values, this->values().begin());
    }
    /// Other length; new values are zero bytes.
    void resize(std::size_t size) { bytes_.resize(size * sizeof(T)); }

    [[nodiscard]] std::size_t size() const noexcept { return bytes_.size() / sizeof(T); }
    [[nodiscard]] bool empty() const noexcept { return bytes_.empty(); }
    [[nodiscard]] std::span<T> values() noexcept { return {reinterpret_cast<T*>(bytes_.data()), size()}; }
    [[nodiscard]] std::span<const T> values() const noexcept {
        return {reinterpret_cast<const T*>(bytes_.data()), size()};
    }

    /// Of the same bytes.
    friend bool operator==(const Sequence&, const Sequence&) = default;

private:
    std::string bytes_;
};

}  // namespace memdata
