// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "inject_alarm.hpp"

#include <execinfo.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "inject_memory.hpp"

namespace memdata_test {

namespace {

std::array<char, 1024> message{};
std::size_t length = 0;

void say_where() noexcept {
    std::array<void*, 64> frames{};
    [[maybe_unused]] const auto written = write(STDERR_FILENO, message.data(), length);
    backtrace_symbols_fd(frames.data(), backtrace(frames.data(), static_cast<int>(frames.size())), STDERR_FILENO);
    print_failed_allocation();
}

extern "C" void on_alarm(int) {
    say_where();
    sleep(2);  // the other ranks are about to say where they are, too
    _exit(3);  // for which the launcher ends the job
}

[[noreturn]] void on_terminate() {
    say_where();
    _exit(4);
}

unsigned seconds() {
    const char* text = std::getenv("MEMDATA_INJECT_SECONDS");
    return text == nullptr ? 60 : static_cast<unsigned>(std::max(1, std::atoi(text)));
}

}  // namespace

CaseAlarm::CaseAlarm(const std::string& text) {
    static const bool prepared = [] {
        std::array<void*, 1> frame{};
        backtrace(frame.data(), 1);  // loads what it needs now, not in the handler
        std::signal(SIGALRM, on_alarm);
        return true;
    }();
    static_cast<void>(prepared);
    std::set_terminate(on_terminate);  // an Environment has set one that says less
    const int made =
        std::snprintf(message.data(), message.size(), "\nprocess %d hangs or ends in: %s\n", getpid(), text.c_str());
    length = std::min(message.size(), static_cast<std::size_t>(std::max(made, 0)));
    alarm(seconds());
}

CaseAlarm::~CaseAlarm() { alarm(0); }

}  // namespace memdata_test
