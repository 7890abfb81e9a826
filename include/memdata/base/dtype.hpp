// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <bit>
#include <complex>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

#include "memdata/base/fixed_string.hpp"
#include "memdata/base/shape.hpp"

namespace memdata {

/// Kinds of element. The last three are described further by a Dtype's members.
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
    float32,
    float64,
    complex64,
    complex128,
    variable_string,  ///< std::string, any length; common datasets and attributes only
    fixed_string,     ///< FixedString<N>: N bytes, padded
    compound,         ///< named members at fixed offsets, as bytes
    subarray,         ///< a small array inside a compound
};

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
               ElementType<std::uint64_t, TypeKind::uint64>, ElementType<float, TypeKind::float32>,
               ElementType<double, TypeKind::float64>, ElementType<std::complex<float>, TypeKind::complex64>,
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

/// A C++ type that can be the element of an Array.
template <class T>
concept Element =
    detail::in_list<typename detail::Canonical<T>::type, detail::ElementTypes> || detail::is_fixed_string<T>;

enum class ByteOrder : std::uint8_t { little, big };
inline constexpr ByteOrder native_byte_order =
    std::endian::native == std::endian::big ? ByteOrder::big : ByteOrder::little;
enum class Charset : std::uint8_t { ascii, utf8 };
enum class Padding : std::uint8_t { null_terminated, null_padded, space_padded };

class Dtype;

/// A member of a compound; defined below Dtype.
struct Member;

/// The run-time type of an element: a value, cheap to copy. Arrays in memory are always of native
/// byte order; another order occurs as the type on disk only (Storage::file_dtype).
class Dtype {
public:
    /// float64.
    Dtype() = default;
    /// A kind without parameters; throws DtypeError for strings of fixed length, compounds, subarrays.
    /// Variable strings are UTF-8.
    Dtype(TypeKind kind);  // NOLINT(google-explicit-constructor): Dtype d = TypeKind::int32

    /// Throws DtypeError when size is 0 or does not fit 32 bits (HDF5's limit for a type).
    [[nodiscard]] static Dtype fixed_string(std::size_t size, Charset charset = Charset::ascii,
                                            Padding padding = Padding::null_padded);
    [[nodiscard]] static Dtype variable_string(Charset charset = Charset::utf8);
    /// Throws DtypeError when members are absent, overlap, reach past `itemsize`, repeat a name, or are
    /// variable strings.
    [[nodiscard]] static Dtype compound(std::vector<Member> members, std::size_t itemsize);
    /// `base` repeated; throws DtypeError when empty or too large.
    [[nodiscard]] static Dtype subarray(const Dtype& base, const Shape& dims);

    [[nodiscard]] TypeKind kind() const noexcept { return kind_; }
    /// Bytes of one element in memory; for a variable string those of its std::string.
    [[nodiscard]] std::size_t itemsize() const noexcept { return itemsize_; }
    [[nodiscard]] ByteOrder byte_order() const noexcept { return order_; }
    [[nodiscard]] Charset charset() const noexcept { return charset_; }
    [[nodiscard]] Padding padding() const noexcept { return padding_; }
    /// Of a compound, by ascending offset; else empty.
    [[nodiscard]] const std::vector<Member>& members() const noexcept;
    /// Of a subarray.
    [[nodiscard]] const Dtype& base() const;
    [[nodiscard]] const Shape& dims() const;

    /// May its bytes be copied from one process to another?
    [[nodiscard]] bool is_trivial() const noexcept { return kind_ != TypeKind::variable_string; }
    /// Is it, with all members, of the machine's byte order?
    [[nodiscard]] bool is_native() const noexcept;
    [[nodiscard]] Dtype native() const { return with_byte_order(native_byte_order); }
    /// The same with another byte order on every number in it.
    [[nodiscard]] Dtype with_byte_order(ByteOrder order) const;

    friend bool operator==(const Dtype& a, const Dtype& b) noexcept;

private:
    struct Detail;

    TypeKind kind_ = TypeKind::float64;
    ByteOrder order_ = native_byte_order;
    Charset charset_ = Charset::ascii;
    Padding padding_ = Padding::null_padded;
    std::size_t itemsize_ = sizeof(double);
    std::shared_ptr<const Detail> detail_;
};

struct Member {
    std::string name;
    std::size_t offset;  ///< in bytes from the start of the compound
    Dtype dtype;
    friend bool operator==(const Member&, const Member&) = default;
};

/// "float64", "string[10]", "string", "{id: int32, freq: float64}", "float32(3,)"; a foreign byte order in
/// front: "big-endian float64".
[[nodiscard]] std::string to_string(const Dtype& dtype);

/// The Dtype of a C++ element type.
template <Element T>
[[nodiscard]] Dtype dtype_of() {
    if constexpr (detail::is_fixed_string<T>) {
        return Dtype::fixed_string(T::capacity);
    } else {
        using C = typename detail::Canonical<T>::type;
        return Dtype(detail::kind_in<C>(static_cast<detail::ElementTypes*>(nullptr)));
    }
}

/// Can elements of type T be read in place from an array of `dtype`? (Charset and padding do not matter.)
template <Element T>
[[nodiscard]] bool holds(const Dtype& dtype) noexcept {
    const Dtype wanted = dtype_of<T>();
    return wanted.kind() == dtype.kind() && wanted.itemsize() == dtype.itemsize() && dtype.is_native();
}

/// Calls f(std::type_identity<T>{}) with the C++ type of `dtype` from the list and returns its result;
/// throws DtypeError for the kinds that have none (fixed strings, compounds, subarrays).
template <class F>
decltype(auto) visit(const Dtype& dtype, F&& f);

namespace detail {

[[noreturn]] void throw_no_element_type(const Dtype& dtype);

template <class F, class First, class... Rest>
decltype(auto) visit_list(const Dtype& dtype, F& f, std::tuple<First, Rest...>*) {
    if constexpr (sizeof...(Rest) > 0) {
        if (dtype.kind() != First::kind) {
            return visit_list(dtype, f, static_cast<std::tuple<Rest...>*>(nullptr));
        }
    } else if (dtype.kind() != First::kind) {
        throw_no_element_type(dtype);
    }
    return f(std::type_identity<typename First::type>{});
}

}  // namespace detail

template <class F>
decltype(auto) visit(const Dtype& dtype, F&& f) {
    return detail::visit_list(dtype, f, static_cast<detail::ElementTypes*>(nullptr));
}

}  // namespace memdata
