// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

#include "memdata/base/array_view.hpp"

namespace memdata {

/// What a conversion does with an element that the other type cannot hold.
enum class Conversion : std::uint8_t {
    exact,  ///< throws
    lossy,  ///< keeps what fits, as numpy's astype
};

/// A row-major copy with elements of another type.
///
/// exact: every element keeps its value, else DtypeError names the first that does not, with its index. NaN stays NaN;
/// a bool is the number 0 or 1; a real number is a complex one; an enumeration is its integers, but only a declared
/// value is one of an enumeration. No complex number is real, and text is no number, whatever the values: DtypeError,
/// also when there are no elements.
///
/// lossy: integers wrap around; a real number is rounded to a shorter one (too large: infinite), cut to an integer
/// towards zero (out of range: the nearest integer of the type; NaN: 0); the imaginary part is dropped; a bool is true
/// unless the number is 0 (NaN: true); text that is too long is cut, in UTF-8 before a character. Numbers and text are
/// not converted to each other: DtypeError.
///
/// Text keeps its bytes, whatever the charsets. One of fixed size that is terminated by a null has a byte less for the
/// text. Compounds are converted member by member, by the names, which must be the same; offsets may differ, gaps
/// become zero. Subarrays keep their shape, sequences their lengths. Throws MemoryError as Array::uninitialized().
[[nodiscard]] Array converted(const ConstArrayView& source, const Dtype& dtype, Conversion how = Conversion::exact);

/// The same for `count` elements in one piece, of plain bytes and any byte order on either side; needs a few KiB of
/// memory. DtypeError names the first element that is not exact by its number; the target is then partly written.
/// Source and target may not overlap.
void convert_elements(const Dtype& from, const std::byte* source, const Dtype& to, std::byte* target, Index count,
                      Conversion how = Conversion::exact);

}  // namespace memdata
