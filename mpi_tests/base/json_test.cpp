// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include <cmath>
#include <nlohmann/json.hpp>
#include <random>

#include "expect.hpp"
#include "memdata/base/attributes.hpp"

namespace memdata {
namespace {

using Json = nlohmann::ordered_json;
using testing::message_of;

Json parsed(const std::string& text) { return AttrValue::json_text(text).json(); }
std::string dumped(const Json& value) { return AttrValue::json(value).json_text(); }

/// As json.dumps wrote them.
const char* const python_texts[] = {
    R"({"foo": {"bar": [1, 2, 3], "fu": "1"}})",
    R"({"nan": NaN, "inf": Infinity})",
    R"([NaN, -Infinity, Infinity, "NaN", "-Infinity", {"NaN": "\"NaN", "Infinity": NaN}])",
    R"({"i": 1, "f": 0.1, "big": 1e+300, "t": true, "n": null, "l": [1, [2, {"x": []}]]})",
    R"([1.0, -0.0, 1e-05, 0.0001, 1e+16, 123456789012345.0, 1.7976931348623157e+308, 5e-324])",
    R"([9223372036854775807, -9223372036854775808, 18446744073709551615])",
    R"({})",
    R"([])",
    R"("")",
    R"("2024-02-29T12:34:56.789000")",
    R"("\"q\" \\ \n\r\t\b\f\u0000\u001f/")",
    R"({"z": 1, "a": 2, "m": 3})",
    "\"naïve 日本 \xF0\x9F\x98\x80\"",
    "NaN",
    "-Infinity",
    "null",
};

TEST(JsonText, IsKeptByteForByteAndDumpsAsPythonWrites) {
    for (const std::string text : python_texts) {
        EXPECT_EQ(AttrValue::json_text(text).json_text(), text);
        EXPECT_EQ(dumped(parsed(text)), text);  // what Python wrote, we write
        const AttrValue value = AttrValue::json_text(text);
        EXPECT_EQ(AttrValue(value), value);
        EXPECT_EQ(value.kind(), AttrValue::Kind::json);
        EXPECT_EQ(value.file_dtype(), Dtype::variable_string());
    }
    const std::string odd = " {\"a\" :1 ,\n\"b\":[ ]}\t";
    EXPECT_EQ(AttrValue::json_text(odd).json_text(), odd);
    EXPECT_EQ(parsed(odd), (Json{{"a", 1}, {"b", Json::array()}}));
}

TEST(JsonText, NonFiniteNumbersAreNumbers) {
    const Json value = parsed(R"({"a": NaN, "NaN": "NaN", "b": [Infinity, -Infinity, "Infinity \" NaN", 5], "c": ""})");
    EXPECT_TRUE(value["a"].is_number_float());
    EXPECT_TRUE(std::isnan(value["a"].get<double>()));
    EXPECT_EQ(value["NaN"], "NaN");
    EXPECT_EQ(value["b"][0].get<double>(), std::numeric_limits<double>::infinity());
    EXPECT_EQ(value["b"][1].get<double>(), -std::numeric_limits<double>::infinity());
    EXPECT_EQ(value["b"][2], "Infinity \" NaN");
    EXPECT_EQ(value["b"][3], 5);
    EXPECT_EQ(value["c"], "");
    EXPECT_TRUE(std::isnan(parsed("NaN").get<double>()));
    EXPECT_TRUE(std::isnan(parsed(" NaN ").get<double>()));
    // As Python, too large is infinite and too small is zero.
    EXPECT_EQ(parsed("1e999").get<double>(), std::numeric_limits<double>::infinity());
    EXPECT_EQ(parsed("[-1.5E+999, 2]")[0].get<double>(), -std::numeric_limits<double>::infinity());
    EXPECT_EQ(parsed("1e-999").get<double>(), 0.0);
    EXPECT_EQ(dumped(Json{1e300 * 1e300, std::nan(""), -1e300 * 1e300}), "[Infinity, NaN, -Infinity]");
}

TEST(JsonText, HalvesOfSurrogatesAsPythonWritesThem) {
    EXPECT_EQ(parsed(R"("\ud83d\ude00")"), "\xF0\x9F\x98\x80");
    EXPECT_EQ(parsed(R"("a\udc80b")"),
              "a\xEF\xBF\xBD"
              "b");
    EXPECT_EQ(parsed(R"("\ud800")"), "\xEF\xBF\xBD");
    EXPECT_EQ(parsed(R"("\ud800\ud83d\ude00")"), "\xEF\xBF\xBD\xF0\x9F\x98\x80");
    EXPECT_EQ(parsed(R"("\\ud800")"), "\\ud800");
    EXPECT_EQ(AttrValue::json_text(R"("\ud800")").json_text(), R"("\ud800")");
}

TEST(JsonText, KeepsTheOrderOfNamesAndTheLastOfEqualOnes) {
    const Json value = parsed(R"({"z": 1, "a": {"y": NaN, "b": ""}, "z": 3})");
    EXPECT_EQ(value.begin().key(), "z");
    EXPECT_EQ(value["z"], 3);
    EXPECT_EQ(value.size(), 2U);
    EXPECT_EQ(value["a"]["b"], "");
}

TEST(JsonText, HostileTextIsAFormatError) {
    const std::string texts[] = {
        "",
        " ",
        "{",
        "}",
        "[",
        "]",
        "[1",
        "[1,]",
        "[,]",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\": 1,}",
        "{a: 1}",
        "{1: 2}",
        "nan",
        "NAN",
        "Nan",
        "inf",
        "Infinit",
        "-NaN",
        "+Infinity",
        "--Infinity",
        "NaN1",
        "1NaN",
        "NaNNaN",
        "NaN NaN",
        "[NaN Infinity]",
        "{NaN: 1}",
        "{Infinity: 1}",
        "{\"a\": NaN, NaN: 1}",
        "{\"a\" NaN}",
        "\"a\"NaN",
        "NaN\"a\"",
        "N",
        "I",
        "-",
        "-I",
        "01",
        "1.",
        ".5",
        "1e",
        "1e+",
        "0x10",
        "01e999",
        "1.e999",
        "1e999e9",
        "-e999",
        "1e9991.5e999",
        "\"",
        "\"a",
        "'a'",
        "\"\\x41\"",
        "\"\\u12\"",
        "\"\\uD8",
        "\"\\uD800\\u",
        "\"\\",
        "\"a\nb\"",
        "tru",
        "nul",
        "truefalse",
        "1 2",
        "{} {}",
        "// c\n1",
        "/* c */ 1",
        "\xff",
        "\"\xff\"",
        "\"\xc0\x80\"",
        "\"\xed\xa0\x80\"",
        "[1]]",
        std::string("1\0", 2),
        std::string("\0", 1),
        std::string("{}\0garbage", 10),
        std::string("\"\0\"", 3),
    };
    for (const std::string& text : texts) {
        EXPECT_THROW((void)AttrValue::json_text(text), FormatError) << text;
    }
}

TEST(JsonText, DeepNestingIsAFormatError) {
    const auto nested = [](std::size_t depth, const std::string& open, const std::string& close) {
        std::string text;
        for (std::size_t i = 0; i < depth; ++i) {
            text += open;
        }
        text += "1";
        for (std::size_t i = 0; i < depth; ++i) {
            text += close;
        }
        return text;
    };
    EXPECT_EQ(dumped(parsed(nested(1000, "[", "]"))), nested(1000, "[", "]"));
    EXPECT_THROW((void)AttrValue::json_text(nested(1001, "[", "]")), FormatError);
    EXPECT_THROW((void)AttrValue::json_text(nested(100000, "[", "]")), FormatError);
    EXPECT_THROW((void)AttrValue::json_text(nested(100000, "{\"a\":", "}")), FormatError);
    EXPECT_THROW((void)AttrValue::json_text(std::string(100000, '[')), FormatError);
    EXPECT_THROW((void)AttrValue::json_text(std::string(100000, '{')), FormatError);
    Json deep = 1;
    for (int i = 0; i < 1500; ++i) {
        deep = Json::array({std::move(deep)});
    }
    EXPECT_THROW((void)AttrValue::json(deep), FormatError);
}

TEST(JsonText, WideTextIsFine) {
    std::string text = "[0";
    for (int i = 1; i < 100000; ++i) {
        text += i % 2 == 0 ? ", NaN" : ", [1, {}]";
    }
    text += "]";
    EXPECT_EQ(dumped(parsed(text)), text);
}

/// No text may crash it, and what is accepted is read back from our own text.
TEST(JsonText, RandomTexts) {
    const std::vector<std::string> tokens{"[",    "]",        "{",       "}",       ",",  ":",    "\"",    "\\",
                                          "NaN",  "Infinity", "-",       "1",       "e9", ".5",   "\"a\"", "true",
                                          "null", " ",        "\\ud800", "\\u0041", "é",  "\xff", "1e999"};
    std::mt19937 random(5);
    int accepted = 0;
    for (int round = 0; round < 100000; ++round) {
        std::string text;
        for (std::size_t n = 1 + random() % 7; n > 0; --n) {
            text += tokens[random() % tokens.size()];
        }
        try {
            const std::string first = dumped(parsed(text));
            EXPECT_EQ(dumped(parsed(first)), first) << text;
            ++accepted;
        } catch (const FormatError&) {
            // most are
        }
    }
    EXPECT_GT(accepted, 1000);
}

TEST(JsonValue, DumpsInPythonsStyle) {
    EXPECT_EQ(dumped({{"a", 1}, {"b", {1.0, 2.5, true, nullptr}}, {"c", Json::object()}}),
              R"({"a": 1, "b": [1.0, 2.5, true, null], "c": {}})");
    EXPECT_EQ(dumped("größe\n\""), "\"größe\\n\\\"\"");
    EXPECT_EQ(dumped(Json{{"k\"", "\x7f"}}), "{\"k\\\"\": \"\x7f\"}");
    EXPECT_THROW((void)AttrValue::json("bad \xff"), FormatError);
    EXPECT_THROW((void)AttrValue::json(Json{{"bad \xff", 1}}), FormatError);
    EXPECT_THROW((void)AttrValue::json(Json::binary({1, 2})), FormatError);
    EXPECT_THROW((void)AttrValue::json(Json(Json::value_t::discarded)), FormatError);
}

TEST(JsonValue, OnlyJsonIsJson) {
    EXPECT_THROW((void)AttrValue("{}").json(), DtypeError);
    EXPECT_THROW((void)AttrValue(1).json_text(), DtypeError);
    EXPECT_THROW((void)AttrValue().json(), DtypeError);
    EXPECT_THROW((void)AttrValue::json_text("{}").array(), DtypeError);
    const std::string message = message_of<FormatError>([] { (void)AttrValue::json_text("[1, x]"); });
    EXPECT_NE(message.find("byte 4"), std::string::npos) << message;
}

}  // namespace
}  // namespace memdata
