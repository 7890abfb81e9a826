// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "memdata/base/array.hpp"

namespace memdata {

/// The value of an attribute: null, a scalar or array of any element type, text, or a nested mapping. A value:
/// it copies, compares, prints.
class AttrValue {
public:
    enum class Kind { null, array, json };
    using TimePoint = std::chrono::system_clock::time_point;
    template <class T>
    static constexpr bool is_readable = Element<T> || std::same_as<T, TimePoint>;

    /// Null: HDF5's empty dataspace.
    AttrValue() = default;
    /// The same with an element type on disk; AttrValue() has float64.
    [[nodiscard]] static AttrValue null(const Dtype& file_dtype);
    /// A scalar of any element type, bool and complex included.
    template <Element T>
    AttrValue(const T& value)  // NOLINT(google-explicit-constructor): attrs["n"] = 3
        : value_(Array::scalar<T>(value)) {}
    /// UTF-8 text.
    AttrValue(const char* text) : AttrValue(std::string(text)) {}       // NOLINT(google-explicit-constructor)
    AttrValue(std::nullptr_t) = delete;                                 // null is AttrValue()
    AttrValue(std::string_view text) : AttrValue(std::string(text)) {}  // NOLINT(google-explicit-constructor)
    /// One-dimensional data: std::vector, std::array, std::span of any element type.
    template <std::ranges::sized_range R>
    requires(Element<std::ranges::range_value_t<R>> && !std::convertible_to<const R&, std::string_view> && !Element<R>)
        AttrValue(const R& values)
        : value_(Array(values)) {}  // NOLINT(google-explicit-constructor)
    /// Any shape and type; an ASCII or fixed string is an array with such a dtype.
    AttrValue(Array array) : value_(std::move(array)) {}  // NOLINT(google-explicit-constructor)
    /// The same, to be written with another byte order. Throws DtypeError when the types differ in more.
    AttrValue(Array array, const Dtype& file_dtype);
    /// A mapping, list or anything JSON holds: stored as caput does, as text behind "!!_memh5_json:". Throws
    /// FormatError for text that is not UTF-8 and for more than 1000 levels.
    [[nodiscard]] static AttrValue json(const nlohmann::ordered_json& value);
    /// The same from text, kept byte for byte; NaN, Infinity and -Infinity are allowed, as Python writes them.
    /// Throws FormatError when it is not JSON.
    [[nodiscard]] static AttrValue json_text(std::string text);
    /// ISO text with microseconds, UTC, stored as caput stores Python's datetime: a JSON string by isoformat(),
    /// which leaves the fraction out when it is zero. Finer fractions are cut.
    AttrValue(TimePoint time);  // NOLINT(google-explicit-constructor)

    AttrValue(const AttrValue& other);
    AttrValue& operator=(const AttrValue& other);
    AttrValue(AttrValue&&) noexcept = default;
    AttrValue& operator=(AttrValue&&) noexcept = default;
    ~AttrValue() = default;

    [[nodiscard]] Kind kind() const noexcept { return static_cast<Kind>(value_.index()); }
    [[nodiscard]] bool is_null() const noexcept { return kind() == Kind::null; }
    /// One text, that as<std::string>() reads?
    [[nodiscard]] bool is_string() const noexcept;

    /// The scalar (or only element) as T: exact, or DtypeError: 3 is a double, 3.5 no int, 300 no int8. T may be
    /// std::string (of any string type), a FixedString that the text fits, a TimePoint (of ISO text, UTC when it names
    /// no offset), or a described type (converted()). Bool is 0 or 1; an enumeration is its integer. Throws ShapeError
    /// when there is not exactly one element.
    template <class T>
    requires(is_readable<T>) [[nodiscard]] T as() const {
        check_single();
        return std::move(as_vector<T>().front());
    }
    /// All elements in row-major order, with the same conversions.
    template <class T>
    requires(is_readable<T>) [[nodiscard]] std::vector<T> as_vector() const {
        if constexpr (std::same_as<T, TimePoint>) {
            return read_times();
        } else if constexpr (detail::is_fixed_string<T>) {
            const std::vector<std::string> texts = as_vector<std::string>();
            check_fit(texts, T::capacity);
            return std::vector<T>(texts.begin(), texts.end());
        } else if constexpr (!ListedElement<T>) {
            const Array converted = converted_to(dtype_of<T>());
            return std::vector<T>(converted.span<T>().begin(), converted.span<T>().end());
        } else {
            using C = typename detail::Canonical<T>::type;
            std::vector<C> values;
            read(dtype_of<C>(), &values);
            if constexpr (std::same_as<C, T>) {
                return values;
            } else {
                return std::vector<T>(values.begin(), values.end());
            }
        }
    }
    /// Throws DtypeError when the value is no array.
    [[nodiscard]] const Array& array() const;
    /// The element type on disk: that of array(), or the one given with it; float64 for null, text for JSON.
    [[nodiscard]] Dtype file_dtype() const;
    /// Parsed; NaN and the infinities are numbers. Throws DtypeError when the value is no JSON.
    [[nodiscard]] nlohmann::ordered_json json() const;
    /// The text behind the prefix. Throws DtypeError when the value is no JSON.
    [[nodiscard]] const std::string& json_text() const;

    /// Same kind, types, shape and bits; JSON: same text.
    friend bool operator==(const AttrValue& a, const AttrValue& b);

private:
    struct JsonText {
        std::string text;
        friend bool operator==(const JsonText&, const JsonText&) = default;
    };

    /// Fills a std::vector of the C++ type of `wanted`.
    void read(const Dtype& wanted, void* vector_of_wanted) const;
    [[nodiscard]] Array converted_to(const Dtype& wanted) const;
    [[nodiscard]] std::vector<TimePoint> read_times() const;
    /// Throws what as() throws for a value that has not exactly one element.
    void check_single() const;
    static void check_fit(const std::vector<std::string>& texts, std::size_t capacity);

    std::variant<std::monostate, Array, JsonText> value_;
    std::optional<Dtype> file_dtype_;
};

/// For people: 3, 2.5, true, "text", [1, 2, 3], {"a": 1}, null; longer values than `width` characters end in
/// "..." there.
[[nodiscard]] std::string to_string(const AttrValue& value, std::size_t width = 80);

/// caput's prefix of JSON text in a file.
inline constexpr std::string_view json_prefix = "!!_memh5_json:";

/// The attributes of a node, by name, in the order of the names.
class MemAttrs {
public:
    using Map = std::map<std::string, AttrValue, std::less<>>;

    /// Inserts null when there is none, as a std::map does.
    AttrValue& operator[](std::string_view name);
    /// Throws PathError when there is none.
    [[nodiscard]] const AttrValue& at(std::string_view name) const;
    [[nodiscard]] bool contains(std::string_view name) const { return values_.contains(name); }
    /// Was there one?
    bool erase(std::string_view name);
    [[nodiscard]] std::size_t size() const noexcept { return values_.size(); }
    [[nodiscard]] bool empty() const noexcept { return values_.empty(); }
    [[nodiscard]] auto begin() const noexcept { return values_.begin(); }
    [[nodiscard]] auto end() const noexcept { return values_.end(); }
    [[nodiscard]] auto begin() noexcept { return values_.begin(); }
    [[nodiscard]] auto end() noexcept { return values_.end(); }
    friend bool operator==(const MemAttrs&, const MemAttrs&) = default;

private:
    Map values_;
};

}  // namespace memdata
