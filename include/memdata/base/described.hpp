// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "memdata/base/dtype.hpp"

namespace memdata {

namespace detail {

template <class T>
inline constexpr bool is_std_array = false;
template <class T, std::size_t N>
inline constexpr bool is_std_array<std::array<T, N>> = true;

/// The extents of nested arrays, outermost first, and what they are of.
template <class T>
struct Nested {
    using element = T;
    static void add_extents(std::vector<Index>&) {}
};
template <class T, std::size_t N>
requires(!Element<T[N]>) struct Nested<T[N]> {
    using element = typename Nested<T>::element;
    static void add_extents(std::vector<Index>& extents) {
        extents.push_back(static_cast<Index>(N));
        Nested<T>::add_extents(extents);
    }
};
template <class T, std::size_t N>
requires(!Element<std::array<T, N>>) struct Nested<std::array<T, N>> : Nested<T[N]> {
    static_assert(sizeof(std::array<T, N>) == sizeof(T[N]));
};

template <class M>
Dtype member_dtype() {
    using T = typename Nested<M>::element;
    static_assert(TrivialElement<T>,
                  "a member of a described struct is an element of plain bytes, another described type, or an array of "
                  "these; text is a FixedString");
    std::vector<Index> extents;
    Nested<M>::add_extents(extents);
    return extents.empty() ? dtype_of<T>() : Dtype::subarray(dtype_of<T>(), Shape(std::move(extents)));
}

template <class T, class M>
std::size_t offset_of(M T::*member) {
    alignas(T) static const std::byte room[sizeof(T)] = {};
    const T* const object = reinterpret_cast<const T*>(room);
    return static_cast<std::size_t>(reinterpret_cast<const std::byte*>(&(object->*member)) - room);
}

template <class T>
void add_members(std::vector<Member>&) {}
template <class T, class M, class Owner, class... Rest>
void add_members(std::vector<Member>& members, std::string_view name, M Owner::*member, Rest... rest) {
    static_assert(std::is_base_of_v<Owner, T>, "a member of another type");
    members.push_back({std::string(name), offset_of<T, M>(member), member_dtype<M>()});
    add_members<T>(members, rest...);
}

template <class T>
void add_enumerators(std::vector<Enumerator>&) {}
template <class T, class... Rest>
void add_enumerators(std::vector<Enumerator>& enumerators, std::string_view name, T value, Rest... rest) {
    enumerators.push_back({std::string(name), static_cast<std::int64_t>(value)});
    add_enumerators<T>(enumerators, rest...);
}

}  // namespace detail

/// The dtype of the program's own type, for its Described. Of a struct, the names and members one after the other:
///
///     struct Particle { std::int64_t id; double pos[3]; md::FixedString<8> label; };
///     template <>
///     struct memdata::Described<Particle> {
///         static Dtype dtype() {
///             return describe<Particle>("id", &Particle::id, "pos", &Particle::pos, "label", &Particle::label);
///         }
///     };
///
/// A compound: the members may be elements of plain bytes, described structs and enums, arrays of these (C or
/// std::array); what is left out is a gap. Of an enum, the names and values: describe<Colour>("red", Colour::red, ...),
/// an enumeration. From there on the type is an Element: Array::zeros<Particle>, view<Particle, 1>(). Errors as
/// Dtype::compound() and Dtype::enumeration().
template <class T, class... NamesAndMembers>
[[nodiscard]] Dtype describe(NamesAndMembers... names_and_members) {
    static_assert(sizeof...(NamesAndMembers) % 2 == 0, "describe() takes pairs: a name, and what it names");
    if constexpr (std::is_enum_v<T>) {
        using Integer = std::underlying_type_t<T>;
        static_assert(ListedElement<Integer> && !std::same_as<Integer, bool>, "an enumeration is of integers");
        std::vector<Enumerator> enumerators;
        detail::add_enumerators<T>(enumerators, names_and_members...);
        return Dtype::enumeration(dtype_of<Integer>(), std::move(enumerators));
    } else {
        static_assert(std::is_trivially_copyable_v<T> && std::is_standard_layout_v<T>,
                      "a described struct is plain bytes: no virtual functions, owners of memory, or references");
        std::vector<Member> members;
        detail::add_members<T>(members, names_and_members...);
        return Dtype::compound(std::move(members), sizeof(T));
    }
}

}  // namespace memdata
