// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <complex>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <type_traits>

#include "memdata/base/fixed_string.hpp"
#include "memdata/base/float16.hpp"

namespace memdata {

/// Kinds of element. Those from sequence on are described further by a Dtype.
enum class TypeKind : std::uint8_t {
    boolean,
    int8,
    int16,
    int32,
    int64,
    uint8,
    uint16,
    uint32,
    uint64,
    float16,
    float32,
    float64,
    complex64,
    complex128,
    variable_string,  ///< std::string, any length
    sequence,         ///< Sequence<T>: any number of elements of one type
    fixed_string,     ///< FixedString<N>: N bytes, padded
    compound,         ///< named members at fixed offsets, as bytes
    subarray,         ///< a small array inside a compound
    enumeration,      ///< an integer whose values have names
    opaque,           ///< bytes that only the program understands, with a tag
};

/// How the program's own struct or enum becomes an element: specialise it with `static Dtype dtype()`, made by
/// describe() (described.hpp), right behind the type.
template <class T>
struct Described;

template <class T>
class Sequence;

namespace detail {

template <class T, TypeKind K>
struct ElementType {
    using type = T;
    static constexpr TypeKind kind = K;
};

/// THE list of element types: what a type is called in C++, and its kind. Everything that works
/// "for every type" (visit, dtype_of, the HDF5 and MPI types, the tests) is generated from it.
using ElementTypes =
    std::tuple<ElementType<bool, TypeKind::boolean>, ElementType<std::int8_t, TypeKind::int8>,
               ElementType<std::int16_t, TypeKind::int16>, ElementType<std::int32_t, TypeKind::int32>,
               ElementType<std::int64_t, TypeKind::int64>, ElementType<std::uint8_t, TypeKind::uint8>,
               ElementType<std::uint16_t, TypeKind::uint16>, ElementType<std::uint32_t, TypeKind::uint32>,
               ElementType<std::uint64_t, TypeKind::uint64>, ElementType<Float16, TypeKind::float16>,
               ElementType<float, TypeKind::float32>, ElementType<double, TypeKind::float64>,
               ElementType<std::complex<float>, TypeKind::complex64>,
               ElementType<std::complex<double>, TypeKind::complex128>,
               ElementType<std::string, TypeKind::variable_string>>;

/// The list's type for an integer of another name (long long where int64_t is long).
template <class T>
struct Canonical {
    using type = T;
};
template <class T>
requires(std::integral<T>&& std::same_as<T, std::remove_cv_t<T>> && sizeof(T) <= 8 && !std::same_as<T, bool> &&
         !std::same_as<T, char> && !std::same_as<T, wchar_t> && !std::same_as<T, char8_t> &&
         !std::same_as<T, char16_t> && !std::same_as<T, char32_t>) struct Canonical<T> {
    using by_size = std::tuple<std::int8_t, std::int16_t, std::int32_t, std::int64_t>;
    static constexpr std::size_t log2 = sizeof(T) == 1 ? 0 : sizeof(T) == 2 ? 1 : sizeof(T) == 4 ? 2 : 3;
    using signed_type = std::tuple_element_t<log2, by_size>;
    using type = std::conditional_t<std::is_signed_v<T>, signed_type, std::make_unsigned_t<signed_type>>;
};

template <class T>
inline constexpr bool is_fixed_string = false;
template <std::size_t N>
inline constexpr bool is_fixed_string<FixedString<N>> = true;

/// Bytes for an opaque element.
template <class T>
inline constexpr bool is_byte_array = false;
template <std::size_t N>
inline constexpr bool is_byte_array<std::array<std::byte, N>> = N > 0;

template <class T>
inline constexpr bool is_sequence = false;
template <class T>
inline constexpr bool is_sequence<Sequence<T>> = true;

template <class T>
concept HasDescription = requires {
    Described<T>::dtype();
};

template <class T, class List>
inline constexpr bool in_list = false;
template <class T, class... E>
inline constexpr bool in_list<T, std::tuple<E...>> = (std::same_as<T, typename E::type> || ...);

template <class T, class... E>
constexpr TypeKind kind_in(std::tuple<E...>*) {
    TypeKind kind{};
    ((kind = std::same_as<T, typename E::type> ? E::kind : kind), ...);
    return kind;
}

}  // namespace detail

/// A C++ type of THE list.
template <class T>
concept ListedElement = detail::in_list<typename detail::Canonical<T>::type, detail::ElementTypes>;

/// A C++ type that can be the element of an Array: of the list, FixedString, Sequence, std::array of std::byte
/// (opaque), or a struct or enum that Described describes.
template <class T>
concept Element = ListedElement<T> || detail::is_fixed_string<T> || detail::is_byte_array<T> ||
    detail::is_sequence<T> || detail::HasDescription<T>;

/// An element that is plain bytes: not a string or sequence of any length.
template <class T>
concept TrivialElement = Element<T> && std::is_trivially_copyable_v<T>;

}  // namespace memdata
