// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "base/number_converter.hpp"
#include "memdata/base/convert.hpp"

namespace memdata::detail {

/// How elements of one native dtype become elements of another one: decided once, for any number of them.
class ElementConverter {
public:
    /// Throws DtypeError when the types alone rule the conversion out.
    ElementConverter(const Dtype& from, const Dtype& to, Conversion how);

    /// Converts `count` elements that lie `stride` bytes apart. Returns how many; when that is fewer, the next one is
    /// not exact. Nothing need be aligned, but for std::string.
    Index run(const std::byte* from, Index from_stride, std::byte* to, Index to_stride, Index count) const;

private:
    using Run = Index (ElementConverter::*)(const std::byte*, Index, std::byte*, Index, Index) const;
    /// A member of a compound, or the only part of a subarray or sequence.
    struct Part;

    Index copy(const std::byte* from, Index from_stride, std::byte* to, Index to_stride, Index count) const;
    Index numbers(const std::byte* from, Index from_stride, std::byte* to, Index to_stride, Index count) const;
    Index text(const std::byte* from, Index from_stride, std::byte* to, Index to_stride, Index count) const;
    Index members(const std::byte* from, Index from_stride, std::byte* to, Index to_stride, Index count) const;
    Index subarrays(const std::byte* from, Index from_stride, std::byte* to, Index to_stride, Index count) const;
    Index sequences(const std::byte* from, Index from_stride, std::byte* to, Index to_stride, Index count) const;

    Dtype from_;
    Dtype to_;
    Conversion how_;
    Run run_ = nullptr;
    NumberRun number_run_ = nullptr;
    std::vector<Part> parts_;
};

struct ElementConverter::Part {
    std::size_t from_offset;
    std::size_t to_offset;
    ElementConverter converter;
};

/// Throws DtypeError when the types alone rule the conversion out, whatever their byte orders.
void check_convertible(const Dtype& from, const Dtype& to, Conversion how);

/// The text of a string element.
[[nodiscard]] std::string_view text_at(const std::byte* element, const Dtype& dtype);

}  // namespace memdata::detail
