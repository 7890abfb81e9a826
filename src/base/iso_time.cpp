// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "base/iso_time.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>

namespace memdata::detail {

namespace {

namespace chrono = std::chrono;
using TimePoint = chrono::system_clock::time_point;

/// Reads from the front of a text; the first failure sticks.
class Scanner {
public:
    explicit Scanner(std::string_view text) : rest_(text) {}

    [[nodiscard]] bool ok() const { return ok_; }
    [[nodiscard]] bool at_end() const { return rest_.empty(); }

    /// One of `choices`; the zero byte when there is none.
    char any_of(std::string_view choices) {
        if (rest_.empty() || choices.find(rest_.front()) == std::string_view::npos) {
            return '\0';
        }
        const char found = rest_.front();
        rest_.remove_prefix(1);
        return found;
    }
    void expect(std::string_view choices) { ok_ = ok_ && any_of(choices) != '\0'; }

    /// Exactly `digits` digits of a number up to `largest`.
    int number(int digits, int largest) {
        int value = 0;
        for (int i = 0; i < digits; ++i) {
            const char digit = any_of("0123456789");
            ok_ = ok_ && digit != '\0';
            value = ok_ ? 10 * value + (digit - '0') : 0;
        }
        ok_ = ok_ && value <= largest;
        return value;
    }

    chrono::nanoseconds fraction() {
        std::int64_t value = 0;
        int digits = 0;
        for (char digit = any_of("0123456789"); digit != '\0'; digit = any_of("0123456789")) {
            ok_ = ok_ && ++digits <= 9;
            value = ok_ ? 10 * value + (digit - '0') : 0;
        }
        ok_ = ok_ && digits > 0;
        for (; digits < 9; ++digits) {
            value *= 10;
        }
        return chrono::nanoseconds(value);
    }

private:
    std::string_view rest_;
    bool ok_ = true;
};

}  // namespace

std::string iso_text(TimePoint time) {
    const auto rounded = chrono::floor<chrono::microseconds>(time);
    const auto day = chrono::floor<chrono::days>(rounded);
    const chrono::year_month_day date(day);
    const chrono::hh_mm_ss clock(rounded - day);
    std::string text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                                   static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                                   clock.hours().count(), clock.minutes().count(), clock.seconds().count());
    if (clock.subseconds().count() != 0) {
        text += fmt::format(".{:06}", clock.subseconds().count());
    }
    return text;
}

std::optional<TimePoint> parse_iso(std::string_view text) {
    Scanner scan(text);
    const int year = scan.number(4, 9999);
    scan.expect("-");
    const int month = scan.number(2, 12);
    scan.expect("-");
    const int day = scan.number(2, 31);
    scan.expect("T ");
    const int hour = scan.number(2, 23);
    scan.expect(":");
    const int minute = scan.number(2, 59);
    scan.expect(":");
    const int second = scan.number(2, 59);
    const chrono::nanoseconds fraction = scan.any_of(".") != '\0' ? scan.fraction() : chrono::nanoseconds(0);
    int offset = 0;  // minutes east of UTC
    if (const char sign = scan.any_of("Z+-"); sign == '+' || sign == '-') {
        offset = 60 * scan.number(2, 23);
        scan.any_of(":");
        offset += scan.number(2, 59);
        offset = sign == '-' ? -offset : offset;
    }
    const chrono::year_month_day date{chrono::year(year), chrono::month(static_cast<unsigned>(month)),
                                      chrono::day(static_cast<unsigned>(day))};
    if (!scan.ok() || !scan.at_end() || !date.ok()) {
        return std::nullopt;
    }
    const chrono::sys_seconds seconds =
        chrono::sys_days(date) + chrono::hours(hour) + chrono::minutes(minute - offset) + chrono::seconds(second);
    // The clock counts nanoseconds in 64 bits: from 1677 to 2262.
    if (seconds < chrono::ceil<chrono::seconds>(TimePoint::min()) ||
        seconds >= chrono::floor<chrono::seconds>(TimePoint::max())) {
        return std::nullopt;
    }
    return chrono::time_point_cast<TimePoint::duration>(seconds) + chrono::duration_cast<TimePoint::duration>(fraction);
}

}  // namespace memdata::detail
