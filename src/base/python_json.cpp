// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "base/python_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "memdata/base/error.hpp"

namespace memdata::detail {

namespace {

using Json = nlohmann::ordered_json;

/// Python's text as standard JSON of the same length: the numbers that JSON lacks become empty strings, and
/// we remember which of the text's strings (counted from its start) they are. Whatever text a user has in
/// his strings, it cannot be mistaken for one.
struct Standard {
    struct Number {
        std::size_t string;  // ordinal of the string that stands for it
        double value;
    };
    std::string text;
    std::vector<Number> numbers;
};

class Standardiser {
public:
    explicit Standardiser(std::string_view text) { result_.text = text; }

    Standard run() {
        while (at_ < text().size()) {
            const char c = text()[at_];
            if (c == '"') {
                skip_string();
            } else if (c == '-' || c == 'N' || c == 'I' || (c >= '0' && c <= '9')) {
                skip_number();
            } else {
                ++at_;
            }
        }
        return std::move(result_);
    }

private:
    std::string& text() { return result_.text; }

    void replace(std::size_t length, double value) {
        std::fill_n(text().begin() + static_cast<std::ptrdiff_t>(at_), length, ' ');
        text()[at_] = text()[at_ + 1] = '"';
        result_.numbers.push_back({strings_++, value});
        at_ += length;
    }

    void skip_number() {
        constexpr double infinity = std::numeric_limits<double>::infinity();
        const std::string_view rest = std::string_view(text()).substr(at_);
        for (const auto& [name, value] :
             {std::pair{std::string_view("NaN"), std::nan("")}, std::pair{std::string_view("Infinity"), infinity},
              std::pair{std::string_view("-Infinity"), -infinity}}) {
            if (rest.starts_with(name)) {
                return replace(name.size(), value);
            }
        }
        const std::size_t end = std::min(rest.find_first_not_of("0123456789+-.eE"), rest.size());
        const std::size_t length = std::max(end, std::size_t{1});
        if (overflows(std::string(rest.substr(0, length)))) {
            return replace(length, rest[0] == '-' ? -infinity : infinity);
        }
        at_ += length;
    }

    /// Is it a well-formed number such as 1e999? Python reads infinity, the parser refuses it.
    static bool overflows(std::string number) {
        const std::size_t exponent = number.find_first_of("eE");
        double value = 0;
        const char* const end = number.data() + number.size();
        if (exponent == std::string::npos || number.find('-', exponent) != std::string::npos ||
            std::from_chars(number.data(), end, value).ec != std::errc::result_out_of_range) {
            return false;
        }
        // The same form without the size, for the parser to judge.
        const auto digit = [](char c) { return c >= '0' && c <= '9'; };
        const auto first = std::find_if(number.begin(), number.end(), digit);
        std::replace_if(first + 1, number.end(), digit, '0');
        return Json::accept(number);
    }

    /// The value of \uXXXX at `position`, or -1.
    int escape_at(std::size_t position) {
        unsigned value = 0;
        if (position + 6 > text().size() || text()[position] != '\\' || text()[position + 1] != 'u') {
            return -1;
        }
        const char* const first = text().data() + position + 2;
        const auto [end, error] = std::from_chars(first, first + 4, value, 16);
        return error == std::errc() && end == first + 4 ? static_cast<int>(value) : -1;
    }

    void skip_string() {
        ++strings_;
        for (++at_; at_ < text().size() && text()[at_] != '"';) {
            const int unit = escape_at(at_);
            const bool high = unit >= 0xD800 && unit < 0xDC00;
            const bool low = unit >= 0xDC00 && unit < 0xE000;
            if (high && escape_at(at_ + 6) >= 0xDC00 && escape_at(at_ + 6) < 0xE000) {
                at_ += 12;
            } else if (high || low) {
                // Python writes and reads half of a surrogate pair, which no UTF-8 can hold.
                text().replace(at_, 6, "\\ufffd");
                at_ += 6;
            } else {
                at_ += text()[at_] == '\\' ? 2 : 1;
            }
        }
        ++at_;
    }

    Standard result_;
    std::size_t at_ = 0;
    std::size_t strings_ = 0;
};

/// Builds the tree (when one is wanted) from the parser's events.
class Builder : public nlohmann::json_sax<Json> {
public:
    Builder(const std::vector<Standard::Number>& numbers, Json* root) : numbers_(numbers), root_(root) {}

    [[nodiscard]] const std::string& reason() const { return reason_; }

    bool null() override { return add(nullptr); }
    bool boolean(bool value) override { return add(value); }
    bool number_integer(number_integer_t value) override { return add(value); }
    bool number_unsigned(number_unsigned_t value) override { return add(value); }
    bool number_float(number_float_t value, const string_t&) override { return add(value); }
    bool string(string_t& value) override {
        if (const std::optional<double> number = next_string()) {
            return add(*number);
        }
        return add(std::move(value));
    }
    bool key(string_t& name) override {
        if (next_string()) {
            return fail("NaN or Infinity where a key should be");
        }
        if (root_ != nullptr) {
            slot_ = &(*open_.back())[name];
        }
        return true;
    }
    bool start_object(std::size_t) override { return start(Json::value_t::object); }
    bool end_object() override { return end(); }
    bool start_array(std::size_t) override { return start(Json::value_t::array); }
    bool end_array() override { return end(); }
    bool binary(binary_t&) override { return fail("binary data"); }
    bool parse_error(std::size_t position, const std::string& token, const Json::exception&) override {
        // The parser's own message would show the text after our replacements.
        return fail(
            fmt::format("unexpected {} at byte {}", token.empty() ? "end" : "text", position > 0 ? position - 1 : 0));
    }

private:
    bool fail(std::string reason) {
        reason_ = std::move(reason);
        return false;
    }

    std::optional<double> next_string() {
        if (next_number_ < numbers_.size() && numbers_[next_number_].string == strings_++) {
            return numbers_[next_number_++].value;
        }
        return std::nullopt;
    }

    template <class T>
    bool add(T&& value) {
        if (root_ != nullptr) {
            place(Json(std::forward<T>(value)));
        }
        return true;
    }

    Json* place(Json value) {
        if (open_.empty()) {
            *root_ = std::move(value);
            return root_;
        }
        if (open_.back()->is_array()) {
            open_.back()->push_back(std::move(value));
            return &open_.back()->back();
        }
        *slot_ = std::move(value);
        return slot_;
    }

    bool start(Json::value_t type) {
        if (++depth_ > max_json_depth) {
            return fail(fmt::format("it is nested deeper than {} levels", max_json_depth));
        }
        if (root_ != nullptr) {
            // A parent does not grow while its child is open: pointers stay good.
            open_.push_back(place(Json(type)));
        }
        return true;
    }

    bool end() {
        --depth_;
        if (root_ != nullptr) {
            open_.pop_back();
        }
        return true;
    }

    const std::vector<Standard::Number>& numbers_;
    Json* root_;
    std::vector<Json*> open_;
    Json* slot_ = nullptr;
    int depth_ = 0;
    std::size_t next_number_ = 0;
    std::size_t strings_ = 0;
    std::string reason_;
};

void read(std::string_view text, Json* root) {
    // The parser takes a zero byte for the end of the text.
    if (const std::size_t zero = text.find('\0'); zero != std::string_view::npos) {
        throw FormatError(fmt::format("text is not JSON: a zero byte at byte {}", zero));
    }
    const Standard standard = Standardiser(text).run();
    Builder builder(standard.numbers, root);
    if (!Json::sax_parse(standard.text, &builder)) {
        throw FormatError("text is not JSON: " + builder.reason());
    }
}

std::string dump_string(const std::string& text) {
    try {
        return Json(text).dump();
    } catch (const Json::exception&) {
        throw FormatError("text in a JSON value is not UTF-8");
    }
}

void dump(const Json& value, int depth, std::string& out) {
    if (depth > max_json_depth) {
        throw FormatError(fmt::format("a JSON value is nested deeper than {} levels", max_json_depth));
    }
    const char* separator = "";
    switch (value.type()) {
        case Json::value_t::object:
            out += '{';
            for (const auto& [name, member] : value.get_ref<const Json::object_t&>()) {
                out += std::exchange(separator, ", ") + dump_string(name) + ": ";
                dump(member, depth + 1, out);
            }
            out += '}';
            break;
        case Json::value_t::array:
            out += '[';
            for (const Json& element : value) {
                out += std::exchange(separator, ", ");
                dump(element, depth + 1, out);
            }
            out += ']';
            break;
        case Json::value_t::string:
            out += dump_string(value.get_ref<const std::string&>());
            break;
        case Json::value_t::number_float: {
            const auto number = value.get<double>();
            out += std::isnan(number)   ? "NaN"
                   : std::isinf(number) ? (number < 0 ? "-Infinity" : "Infinity")
                                        : number_text(number);
            break;
        }
        case Json::value_t::binary:
        case Json::value_t::discarded:
            throw FormatError("a JSON value holds binary data or nothing");
        default:
            out += value.dump();
            break;
    }
}

template <class T>
std::string shortest_text(T value) {
    std::string text = fmt::format("{}", value);
    if (std::isfinite(value) && text.find_first_of(".e") == std::string::npos) {
        text += ".0";
    }
    return text;
}

}  // namespace

void check_json(std::string_view text) { read(text, nullptr); }

nlohmann::ordered_json parse_json(std::string_view text) {
    Json root;
    read(text, &root);
    return root;
}

std::string dump_json(const nlohmann::ordered_json& value) {
    std::string out;
    dump(value, 0, out);
    return out;
}

std::string number_text(double value) { return shortest_text(value); }

std::string number_text(float value) { return shortest_text(value); }

}  // namespace memdata::detail
