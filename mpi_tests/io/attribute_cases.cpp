// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "attribute_cases.hpp"

#include <chrono>
#include <complex>
#include <limits>
#include <nlohmann/json.hpp>

#include "formula.hpp"

namespace memdata_test {

namespace md = memdata;

namespace {

/// The formula takes the attribute's name for the path.
md::Array array_of(const std::string& name, const md::Dtype& dtype, const md::Shape& shape) {
    md::Array array = md::Array::zeros(dtype, shape);
    fill(array, name, shape, all_indices(shape));
    return array;
}

void add_every_type(md::MemAttrs& attrs) {
    const std::vector<md::Dtype> types = element_types();
    const std::vector<std::pair<std::string, md::Shape>> shapes = {
        {"scalar", {}},      {"one", {1}},   {"row", {5}},      {"table", {2, 3}},
        {"cube", {2, 1, 2}}, {"empty", {0}}, {"hollow", {3, 0}}};
    for (std::size_t t = 0; t < types.size(); ++t) {
        const std::string type = "type_" + std::to_string(t);
        for (const auto& [name, shape] : shapes) {
            attrs[type + "_" + name] = array_of(type + "_" + name, types[t], shape);
        }
        attrs[type + "_null"] = md::AttrValue::null(types[t]);
        const md::Dtype big = types[t].with_byte_order(md::ByteOrder::big);
        if (!(big == types[t])) {
            attrs[type + "_big"] = md::AttrValue(array_of(type + "_big", types[t], {4}), big);
        }
    }
}

void add_numbers(md::MemAttrs& attrs) {
    using Limits = std::numeric_limits<double>;
    attrs["nan"] = Limits::quiet_NaN();
    attrs["minus nan"] = -Limits::quiet_NaN();
    attrs["infinities"] = std::vector<double>{Limits::infinity(), -Limits::infinity(), -0.0, Limits::denorm_min()};
    attrs["int64 edges"] =
        std::vector<std::int64_t>{std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()};
    attrs["uint64 max"] = std::numeric_limits<std::uint64_t>::max();
    attrs["yes"] = true;
    attrs["no"] = false;
    attrs["complex"] = std::complex<double>(1.5, -0.0);
}

void add_text(md::MemAttrs& attrs) {
    attrs["text"] = "plain";
    attrs["text empty"] = "";
    attrs["text utf8"] = "na\xc3\xafve \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x9a\x80";
    attrs["text lines"] = "two\nlines\tand a tab ";
    attrs["text long"] = std::string(100000, 'x') + "\xc3\xa9";
    attrs["text ascii"] = md::Array::zeros(md::Dtype::variable_string(md::Charset::ascii), {});
    attrs["texts"] = std::vector<std::string>{"a", "", "\xc3\xa9", std::string(70000, 'y')};
    attrs["bytes"] = md::FixedString<8>("8 bytes.");
    attrs["bytes inside"] = md::FixedString<4>(std::string_view("a\0b", 3));
    attrs["looks like json"] = "{\"a\": 1}";
    attrs["is no json"] = "!!_memh5_json:{\"a\": ";
    attrs["\xd0\xba\xd0\xbb\xd1\x8e\xd1\x87"] = "unicode name";
    attrs["name with spaces/and slash"] = 1;
}

void add_json(md::MemAttrs& attrs) {
    attrs["json"] = md::AttrValue::json({{"z", 1}, {"a", {1, 2.5, nullptr, true, "\xc3\xa9"}}, {"m", {{"deep", -1}}}});
    attrs["json empty"] = md::AttrValue::json_text("{}");
    attrs["json python"] = md::AttrValue::json_text(R"({"nan": NaN, "inf": [Infinity, -Infinity], "e": "\u00e9"})");
    attrs["json spaces"] = md::AttrValue::json_text("[ 1 ,2,\n 3.10 , 1e+300]");
    attrs["json long"] = md::AttrValue::json_text("\"" + std::string(200000, 'j') + "\"");
    const md::AttrValue::TimePoint leap_day = std::chrono::sys_days(std::chrono::year(2024) / 2 / 29);
    attrs["time"] = md::AttrValue::TimePoint(leap_day + std::chrono::microseconds(45296789000));
    attrs["time whole"] = leap_day - std::chrono::days(60);
}

}  // namespace

md::MemAttrs attribute_cases(bool beyond_header) {
    md::MemAttrs attrs;
    add_every_type(attrs);
    add_numbers(attrs);
    add_text(attrs);
    add_json(attrs);
    if (beyond_header) {
        attrs["beyond numbers"] = array_of("beyond numbers", md::TypeKind::float64, {10000});
        attrs["beyond strings"] = array_of("beyond strings", md::Dtype::fixed_string(7), {100, 101});
        attrs["beyond texts"] = array_of("beyond texts", md::TypeKind::variable_string, {5000});
        attrs["beyond compounds"] = array_of("beyond compounds", compound_type(), {1300});
    }
    return attrs;
}

}  // namespace memdata_test
