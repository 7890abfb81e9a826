// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

#include "memdata/base/element_types.hpp"
#include "memdata/base/sequence.hpp"
#include "memdata/base/shape.hpp"

namespace memdata {

enum class ByteOrder : std::uint8_t { little, big };
inline constexpr ByteOrder native_byte_order =
    std::endian::native == std::endian::big ? ByteOrder::big : ByteOrder::little;
enum class Charset : std::uint8_t { ascii, utf8 };
enum class Padding : std::uint8_t { null_terminated, null_padded, space_padded };

class Dtype;

/// A member of a compound; defined below Dtype.
struct Member;

/// A value of an enumeration and its name. A uint64 above the range of int64 is here what has the same bits.
struct Enumerator {
    std::string name;
    std::int64_t value;
    friend bool operator==(const Enumerator&, const Enumerator&) = default;
};

/// The run-time type of an element: a value, cheap to copy. Arrays in memory are always of native
/// byte order; another order occurs as the type on disk only (Storage::file_dtype).
class Dtype {
public:
    /// float64.
    Dtype() = default;
    /// A kind without parameters; throws DtypeError for those that need more, which the functions below make. Variable
    /// strings are UTF-8.
    Dtype(TypeKind kind);  // NOLINT(google-explicit-constructor): Dtype d = TypeKind::int32

    /// Throws DtypeError when size is 0 or does not fit 32 bits (HDF5's limit for a type).
    [[nodiscard]] static Dtype fixed_string(std::size_t size, Charset charset = Charset::ascii,
                                            Padding padding = Padding::null_padded);
    [[nodiscard]] static Dtype variable_string(Charset charset = Charset::utf8);
    /// Throws DtypeError when members are absent, overlap, reach past `itemsize`, repeat a name, or are
    /// variable strings or sequences.
    [[nodiscard]] static Dtype compound(std::vector<Member> members, std::size_t itemsize);
    /// `base` repeated; throws DtypeError when empty or too large.
    [[nodiscard]] static Dtype subarray(const Dtype& base, const Shape& dims);
    /// Integers of type `base` with names. Throws DtypeError when base is no integer type, names or values are absent,
    /// repeated or do not fit base, and for FALSE = 0 and TRUE = 1, which is bool.
    [[nodiscard]] static Dtype enumeration(const Dtype& base, std::vector<Enumerator> enumerators);
    /// Throws DtypeError when size is 0 or does not fit 32 bits, or the tag has more than 255 bytes or a zero byte.
    [[nodiscard]] static Dtype opaque(std::size_t size, std::string tag = {});
    /// Any number of `base`. Throws DtypeError when base is a sequence or variable string.
    [[nodiscard]] static Dtype sequence(const Dtype& base);

    [[nodiscard]] TypeKind kind() const noexcept { return kind_; }
    /// Bytes of one element in memory; for a variable string or sequence those of its std::string.
    [[nodiscard]] std::size_t itemsize() const noexcept { return itemsize_; }
    [[nodiscard]] ByteOrder byte_order() const noexcept { return order_; }
    [[nodiscard]] Charset charset() const noexcept { return charset_; }
    [[nodiscard]] Padding padding() const noexcept { return padding_; }
    /// Of a compound, by ascending offset; else empty.
    [[nodiscard]] const std::vector<Member>& members() const noexcept;
    /// Of an enumeration, by ascending value; else empty.
    [[nodiscard]] const std::vector<Enumerator>& enumerators() const noexcept;
    /// Of an opaque type; else empty.
    [[nodiscard]] const std::string& tag() const noexcept;
    /// Of a subarray, sequence or enumeration; throws DtypeError for others.
    [[nodiscard]] const Dtype& base() const;
    /// Of a subarray; throws DtypeError for others.
    [[nodiscard]] const Shape& dims() const;

    /// May its bytes be copied from one process to another?
    [[nodiscard]] bool is_trivial() const noexcept {
        return kind_ != TypeKind::variable_string && kind_ != TypeKind::sequence;
    }
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

/// "float64", "string[10]", "string", "{id: int32, freq: float64}", "float32(3,)", "int8 {red = 0, blue = 1}",
/// "opaque[8]", "sequence of int32"; a foreign byte order in front: "big-endian float64".
[[nodiscard]] std::string to_string(const Dtype& dtype);

namespace detail {
/// The dtype when elements have `size` bytes in it; else throws DtypeError.
[[nodiscard]] Dtype checked_description(Dtype dtype, std::size_t size);
/// holds() for the dtype of a C++ type.
[[nodiscard]] bool reads_as(const Dtype& wanted, const Dtype& dtype) noexcept;
}  // namespace detail

/// The Dtype of a C++ element type.
template <Element T>
[[nodiscard]] Dtype dtype_of() {
    if constexpr (detail::HasDescription<T>) {
        static const Dtype dtype = detail::checked_description(Described<T>::dtype(), sizeof(T));
        return dtype;
    } else if constexpr (detail::is_fixed_string<T>) {
        return Dtype::fixed_string(T::capacity);
    } else if constexpr (detail::is_byte_array<T>) {
        return Dtype::opaque(sizeof(T));
    } else if constexpr (detail::is_sequence<T>) {
        static const Dtype dtype = Dtype::sequence(dtype_of<typename T::value_type>());
        return dtype;
    } else {
        using C = typename detail::Canonical<T>::type;
        return Dtype(detail::kind_in<C>(static_cast<detail::ElementTypes*>(nullptr)));
    }
}

/// Can elements of type T be read in place from an array of `dtype`? Charset, padding and tag do not matter; an
/// enumeration is also its integers, a sequence also the std::string of its bytes.
template <Element T>
[[nodiscard]] bool holds(const Dtype& dtype) noexcept {
    return detail::reads_as(dtype_of<T>(), dtype);
}

/// Calls f(std::type_identity<T>{}) with the C++ type of `dtype` from the list and returns its result;
/// throws DtypeError for the kinds that have none.
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
