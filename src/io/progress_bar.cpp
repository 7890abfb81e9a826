// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "io/progress_bar.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "io/describe_bytes.hpp"

namespace memdata::io {

namespace {

constexpr double first_seconds = 1;
constexpr std::chrono::duration<double> interval(0.2);
constexpr int usual_width = 80;

/// The terminal of the mpirun that is this process's parent, where it has one: "/dev/pts/3", or "".
std::string launcher_terminal() {
    struct stat status {};
    if (fstat(STDERR_FILENO, &status) != 0 || !S_ISFIFO(status.st_mode)) {
        return "";  // sent elsewhere
    }
    const std::string parent = fmt::format("/proc/{}", getppid());
    std::string name;
    std::getline(std::ifstream(parent + "/comm"), name);
    constexpr std::array<std::string_view, 5> launchers{"mpirun", "mpiexec", "orterun", "prterun", "prte"};
    if (std::ranges::find(launchers, name) == launchers.end()) {
        return "";
    }
    std::error_code error;
    const std::string target = std::filesystem::read_symlink(parent + "/fd/2", error);
    const bool is_terminal = target.starts_with("/dev/pts/") || target.starts_with("/dev/tty");
    return !error && is_terminal ? target : "";
}

int width_of(int terminal) {
    struct winsize size {};
    return ioctl(terminal, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : usual_width;
}

int terminal_width() {
    if (isatty(STDERR_FILENO) != 0) {
        return width_of(STDERR_FILENO);
    }
    const int terminal = open(launcher_terminal().c_str(), O_RDONLY | O_NOCTTY | O_CLOEXEC);
    if (terminal < 0) {
        return usual_width;
    }
    const int width = width_of(terminal);
    close(terminal);
    return width;
}

void print(std::string_view text) {
    [[maybe_unused]] const auto written = write(STDERR_FILENO, text.data(), text.size());
}

constexpr std::string_view wipe = "\r\033[K";

std::string_view variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

}  // namespace

std::string progress_line(const Progress& progress, int width) {
    std::string head =
        fmt::format("{} {}: {} {} ", progress.operation, std::filesystem::path(progress.file).filename().string(),
                    progress.phase, progress.dataset);
    const auto seconds = static_cast<int>(progress.seconds);
    const std::string clock = fmt::format("{}:{:02}", seconds / 60, seconds % 60);
    if (progress.total <= 0) {
        return (head + clock).substr(0, static_cast<std::size_t>(width));
    }
    const double part = static_cast<double>(progress.bytes) / static_cast<double>(progress.total);
    const auto rate = static_cast<Index>(static_cast<double>(progress.bytes) / std::max(progress.seconds, 1e-3));
    const std::string tail = fmt::format("] {:3.0f} % of {}, {}/s, {}", 100 * part, describe_bytes(progress.total),
                                         describe_bytes(rate), clock);
    constexpr int least_bar = 10;
    const int room = width - static_cast<int>(tail.size()) - least_bar - 1;
    head = head.substr(0, static_cast<std::size_t>(std::max(room, 0)));
    const int bar = std::clamp(width - static_cast<int>(head.size() + tail.size()) - 1, 0, 40);
    const auto full = static_cast<std::size_t>(part * bar);
    const std::string filled = std::string(full, '=') + std::string(static_cast<std::size_t>(bar) - full, ' ');
    return (head + '[' + filled + tail).substr(0, static_cast<std::size_t>(width));
}

bool ProgressBar::is_wanted() {
    if (variable("MEMDATA_PROGRESS") == "0" || variable("TERM") == "dumb") {
        return false;
    }
    return isatty(STDERR_FILENO) != 0 || !launcher_terminal().empty();
}

ProgressBar::ProgressBar(const LiveState& state) : state_(state), ticker_(interval, [this] { draw(); }) {}

ProgressBar::~ProgressBar() {
    ticker_.stop();
    if (drawn_) {
        print(wipe);
    }
}

void ProgressBar::draw() {
    const Progress now = state_.progress();
    if (now.seconds < first_seconds) {
        return;
    }
    drawn_ = true;
    print(std::string(wipe) + progress_line(now, terminal_width() - 1));
}

}  // namespace memdata::io
