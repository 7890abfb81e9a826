// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <boost/mpl/bool.hpp>
#include <boost/serialization/is_bitwise_serializable.hpp>
#include <boost/serialization/serialization.hpp>
#include <cstddef>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "memdata/base/error.hpp"

// Archives of Boost.Serialization's kind for values between processes of one program: nothing but the bytes, one after
// the other. Boost's own go through a stream for every number, which made up most of the time for a tree of many small
// nodes.
namespace memdata::mpi {

/// Can an element be copied as its bytes?
template <class T>
inline constexpr bool is_plain =
    std::is_arithmetic_v<T> || std::is_enum_v<T> || boost::serialization::is_bitwise_serializable<T>::value;

/// Writes to the end of a string.
class OutArchive {
public:
    using is_saving = boost::mpl::true_;
    using is_loading = boost::mpl::false_;

    [[nodiscard]] const std::string& bytes() const& noexcept { return bytes_; }
    [[nodiscard]] std::string bytes() && noexcept { return std::move(bytes_); }

    void save_binary(const void* data, std::size_t size) { bytes_.append(static_cast<const char*>(data), size); }

    template <class T>
    OutArchive& operator<<(const T& value) {
        if constexpr (is_plain<T>) {
            save_binary(&value, sizeof value);
        } else {
            // Serialize functions are the same for both directions, and so not const.
            boost::serialization::serialize_adl(*this, const_cast<T&>(value), 0U);
        }
        return *this;
    }
    OutArchive& operator<<(std::string_view text) {
        *this << text.size();
        save_binary(text.data(), text.size());
        return *this;
    }
    OutArchive& operator<<(const std::string& text) { return *this << std::string_view(text); }
    template <class T>
    OutArchive& operator<<(const std::vector<T>& values) {
        *this << values.size();
        if constexpr (is_plain<T> && !std::is_same_v<T, bool>) {
            save_binary(values.data(), values.size() * sizeof(T));
        } else {
            for (const auto& value : values) {
                *this << value;
            }
        }
        return *this;
    }
    template <class Key, class T>
    OutArchive& operator<<(const std::map<Key, T>& values) {
        *this << values.size();
        for (const auto& [key, value] : values) {
            *this << key << value;
        }
        return *this;
    }
    template <class T>
    OutArchive& operator<<(const std::optional<T>& value) {
        *this << value.has_value();
        return value ? *this << *value : *this;
    }
    template <class T>
    OutArchive& operator&(const T& value) {
        return *this << value;
    }

private:
    std::string bytes_;
};

/// Reads what an OutArchive wrote; throws Error when there is too little. No number in the bytes is trusted with memory
/// or with the stack: what they are to hold is compared with what is left of them.
class InArchive {
public:
    using is_saving = boost::mpl::false_;
    using is_loading = boost::mpl::true_;

    /// Of bytes that stay where they are.
    explicit InArchive(std::string_view bytes) noexcept : rest_(bytes) {}

    void load_binary(void* data, std::size_t size) {
        check(size);
        if (size > 0) {
            std::memcpy(data, rest_.data(), size);
        }
        rest_.remove_prefix(size);
    }

    /// How many elements follow, each of at least so many bytes.
    [[nodiscard]] std::size_t count(std::size_t bytes) {
        std::size_t elements = 0;
        *this >> elements;
        check(elements);
        check(elements * bytes);
        return elements;
    }
    /// Throws Error when there are not so many bytes left.
    void check(std::size_t size) const {
        if (size > rest_.size()) {
            throw Error("a value from another rank is cut short");
        }
    }
    /// Runs f, which reads a part of a value that has parts of its own kind; throws Error when there is no end to it.
    template <class F>
    void nested(F&& f) {
        constexpr int deepest = 1000;
        if (depth_ >= deepest) {
            throw Error("a value from another rank is nested too deeply");
        }
        ++depth_;
        f();
        --depth_;
    }

    InArchive& operator>>(bool& value) {
        unsigned char byte = 0;
        load_binary(&byte, sizeof byte);
        value = byte != 0;
        return *this;
    }
    template <class T>
    InArchive& operator>>(T& value) {
        if constexpr (is_plain<T>) {
            load_binary(&value, sizeof value);
        } else {
            boost::serialization::serialize_adl(*this, value, 0U);
        }
        return *this;
    }
    InArchive& operator>>(std::string& text) {
        const std::size_t size = count(1);
        text.assign(rest_.substr(0, size));
        rest_.remove_prefix(size);
        return *this;
    }
    template <class T>
    InArchive& operator>>(std::vector<T>& values) {
        values.clear();
        if constexpr (is_plain<T> && !std::is_same_v<T, bool>) {
            values.resize(count(sizeof(T)));
            load_binary(values.data(), values.size() * sizeof(T));
        } else {
            values.resize(count(1));
            for (T& value : values) {
                *this >> value;
            }
        }
        return *this;
    }
    template <class Key, class T>
    InArchive& operator>>(std::map<Key, T>& values) {
        values.clear();
        for (std::size_t left = count(1); left > 0; --left) {
            Key key{};
            *this >> key;
            *this >> values.emplace_hint(values.end(), std::move(key), T{})->second;
        }
        return *this;
    }
    template <class T>
    InArchive& operator>>(std::optional<T>& value) {
        bool is_there = false;
        *this >> is_there;
        value.reset();
        return is_there ? *this >> value.emplace() : *this;
    }
    template <class T>
    InArchive& operator&(T& value) {
        return *this >> value;
    }

private:
    std::string_view rest_;
    int depth_ = 0;
};

}  // namespace memdata::mpi
