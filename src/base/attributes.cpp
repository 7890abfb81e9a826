// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/base/attributes.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <type_traits>

#include "base/attribute_text.hpp"
#include "base/exact.hpp"
#include "base/iso_time.hpp"
#include "base/python_json.hpp"
#include "memdata/base/convert.hpp"
#include "memdata/base/error.hpp"

namespace memdata {

namespace {

std::string stored_type(const AttrValue& value) {
    switch (value.kind()) {
        case AttrValue::Kind::null:
            return "null";
        case AttrValue::Kind::json:
            return "JSON";
        case AttrValue::Kind::array:
            break;
    }
    return to_string(value.array().dtype());
}

[[noreturn]] void throw_unreadable(const AttrValue& value, const std::string& wanted, const std::string& why = "") {
    const std::string type = stored_type(value);
    if (value.is_null()) {
        throw DtypeError(fmt::format("attribute is null: it has no value to be read as {}", wanted), {.dtype = type});
    }
    throw DtypeError(fmt::format("attribute of {} cannot be read as {}{}{}: {}", type, wanted, why.empty() ? "" : ", ",
                                 why, to_string(value)),
                     {.dtype = type});
}

bool is_text(const Dtype& dtype) {
    return dtype.kind() == TypeKind::variable_string || dtype.kind() == TypeKind::fixed_string;
}

std::vector<std::string> texts_of(const Array& array) {
    std::vector<std::string> result;
    const Dtype& dtype = array.dtype();
    if (dtype.kind() == TypeKind::variable_string) {
        const std::span<const std::string> texts = array.span<std::string>();
        result.assign(texts.begin(), texts.end());
        return result;
    }
    const auto* const bytes = reinterpret_cast<const char*>(array.data());
    for (Index i = 0; i < array.size(); ++i) {
        const auto offset = static_cast<std::size_t>(i) * dtype.itemsize();
        result.emplace_back(detail::unpadded({bytes + offset, dtype.itemsize()}, dtype.padding()));
    }
    return result;
}

}  // namespace

AttrValue AttrValue::null(const Dtype& file_dtype) {
    AttrValue result;
    result.file_dtype_ = file_dtype;
    return result;
}

AttrValue::AttrValue(Array array, const Dtype& file_dtype) : value_(std::move(array)), file_dtype_(file_dtype) {
    const Dtype& dtype = this->array().dtype();
    if (file_dtype.native() != dtype.native()) {
        throw DtypeError(fmt::format("an attribute of {} cannot be stored as {}: only the byte order may differ",
                                     to_string(dtype), to_string(file_dtype)),
                         {.dtype = to_string(dtype)});
    }
}

AttrValue AttrValue::json(const nlohmann::ordered_json& value) {
    AttrValue result;
    result.value_ = JsonText{detail::dump_json(value)};
    return result;
}

AttrValue AttrValue::json_text(std::string text) {
    detail::check_json(text);
    AttrValue result;
    result.value_ = JsonText{std::move(text)};
    return result;
}

AttrValue::AttrValue(TimePoint time) : value_(JsonText{fmt::format("\"{}\"", detail::iso_text(time))}) {}

AttrValue::AttrValue(const AttrValue& other) : file_dtype_(other.file_dtype_) {
    if (const Array* array = std::get_if<Array>(&other.value_)) {
        value_ = array->clone();
    } else if (const JsonText* json = std::get_if<JsonText>(&other.value_)) {
        value_ = *json;
    }
}

AttrValue& AttrValue::operator=(const AttrValue& other) {
    AttrValue copy(other);
    return *this = std::move(copy);
}

bool AttrValue::is_string() const noexcept {
    const Array* array = std::get_if<Array>(&value_);
    return array != nullptr && array->size() == 1 && is_text(array->dtype());
}

void AttrValue::read(const Dtype& wanted, void* vector_of_wanted) const {
    const Array* array = std::get_if<Array>(&value_);
    if (array == nullptr) {
        throw_unreadable(*this, to_string(wanted));
    }
    visit(wanted, [&]<class To>(std::type_identity<To>) {
        auto& values = *static_cast<std::vector<To>*>(vector_of_wanted);
        if (is_text(array->dtype())) {
            if constexpr (std::same_as<To, std::string>) {
                values = texts_of(*array);
                return;
            } else {
                throw_unreadable(*this, to_string(wanted));
            }
        }
        const bool named = array->dtype().kind() == TypeKind::enumeration;
        visit(named ? array->dtype().base() : array->dtype(), [&]<class From>(std::type_identity<From>) {
            const std::span<const From> stored = array->span<From>();
            values.reserve(stored.size());
            for (const From& element : stored) {
                const std::optional<To> value = detail::exact<To>(element);
                if (!value) {
                    throw_unreadable(*this, to_string(wanted), "which would change the value");
                }
                values.push_back(*value);
            }
        });
    });
}

Array AttrValue::converted_to(const Dtype& wanted) const {
    const Array* array = std::get_if<Array>(&value_);
    if (array == nullptr) {
        throw_unreadable(*this, to_string(wanted));
    }
    return detail::reads_as(wanted, array->dtype()) ? array->clone() : converted(*array, wanted);
}

std::vector<AttrValue::TimePoint> AttrValue::read_times() const {
    std::vector<std::string> texts;
    if (kind() == Kind::json) {
        const nlohmann::ordered_json parsed = json();
        if (parsed.is_string()) {
            texts.push_back(parsed.get<std::string>());
        } else {
            throw_unreadable(*this, "a time");
        }
    } else if (const Array* array = std::get_if<Array>(&value_); array && is_text(array->dtype())) {
        texts = texts_of(*array);
    } else {
        throw_unreadable(*this, "a time");
    }
    std::vector<TimePoint> times;
    for (const std::string& text : texts) {
        const std::optional<TimePoint> time = detail::parse_iso(text);
        if (!time) {
            throw_unreadable(*this, "a time", "which is no ISO date and time in the clock's range");
        }
        times.push_back(*time);
    }
    return times;
}

void AttrValue::check_single() const {
    if (const Array* array = std::get_if<Array>(&value_); array && array->size() != 1) {
        throw ShapeError(fmt::format("attribute of {} has shape {}: not one element", stored_type(*this),
                                     to_string(array->shape())));
    }
}

void AttrValue::check_fit(const std::vector<std::string>& texts, std::size_t capacity) {
    for (const std::string& text : texts) {
        // A zero byte at the end would be taken for padding.
        if (text.size() > capacity || text.ends_with('\0')) {
            throw DtypeError(fmt::format("attribute of string cannot be read as string[{}]: {}", capacity,
                                         to_string(AttrValue(text))),
                             {.dtype = "string"});
        }
    }
}

const Array& AttrValue::array() const {
    if (const Array* array = std::get_if<Array>(&value_)) {
        return *array;
    }
    throw_unreadable(*this, "an array");
}

Dtype AttrValue::file_dtype() const {
    if (file_dtype_) {
        return *file_dtype_;
    }
    switch (kind()) {
        case Kind::array:
            return array().dtype();
        case Kind::json:
            return Dtype::variable_string();
        case Kind::null:
            break;
    }
    return {};
}

nlohmann::ordered_json AttrValue::json() const { return detail::parse_json(json_text()); }

const std::string& AttrValue::json_text() const {
    if (const JsonText* json = std::get_if<JsonText>(&value_)) {
        return json->text;
    }
    throw_unreadable(*this, "JSON");
}

bool operator==(const AttrValue& a, const AttrValue& b) {
    return a.value_ == b.value_ && a.file_dtype() == b.file_dtype();
}

AttrValue& MemAttrs::operator[](std::string_view name) {
    const auto found = values_.find(name);
    return found != values_.end() ? found->second : values_[std::string(name)];
}

const AttrValue& MemAttrs::at(std::string_view name) const {
    const auto found = values_.find(name);
    if (found == values_.end()) {
        throw PathError(fmt::format("there is no attribute \"{}\"", name), {.path = std::string(name)});
    }
    return found->second;
}

bool MemAttrs::erase(std::string_view name) {
    const auto found = values_.find(name);
    if (found == values_.end()) {
        return false;
    }
    values_.erase(found);
    return true;
}

}  // namespace memdata
