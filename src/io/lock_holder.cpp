// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "io/lock_holder.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <sstream>
#include <utility>

namespace memdata::io {

namespace {

using nlohmann::json;

std::string first_line(const std::string& file) {
    std::ifstream in(file);
    std::string line;
    std::getline(in, line);
    return line;
}

/// When a process started, in clock ticks since boot (field 22 of /proc/PID/stat, after the name in brackets):
/// with it a pid used a second time is not taken for the first. 0 when only its entry in the process table is left (a
/// zombie); nothing when the process is gone, or may not be seen (/proc mounted with hidepid).
std::optional<long long> start_ticks(long pid) {
    const std::string stat = first_line(fmt::format("/proc/{}/stat", pid));
    const auto after_name = stat.rfind(')');
    if (after_name == std::string::npos) {
        return std::nullopt;
    }
    std::istringstream fields(stat.substr(after_name + 1));
    std::string state;
    fields >> state;
    if (state == "Z" || state == "X") {
        return 0;
    }
    std::string skipped;
    for (int number = 4; number < 22; ++number) {
        fields >> skipped;
    }
    long long ticks = 0;
    fields >> ticks;
    return ticks;
}

std::string host_name() {
    std::array<char, 256> name{};
    gethostname(name.data(), name.size() - 1);
    return name.data();
}

/// Of the process: pids count in one, time since boot in another.
std::string name_space(const char* kind) {
    std::error_code ignored;
    return std::filesystem::read_symlink(std::string("/proc/self/ns/") + kind, ignored).string();
}

const char* environment_or_empty(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

/// Where this process lives: with these in common, the numbers of processes mean the same.
struct Here {
    std::string host = host_name();
    std::string boot = first_line("/proc/sys/kernel/random/boot_id");
    std::string pid_namespace = name_space("pid");
    std::string time_namespace = name_space("time");
};

/// An empty object when it cannot be read.
json parse(const std::string& text) {
    json holder = json::parse(text, nullptr, false);
    return holder.is_object() ? holder : json::object();
}

std::string text_of(const json& holder, const char* key) {
    const auto found = holder.find(key);
    return found == holder.end() ? "" : found->is_string() ? found->get<std::string>() : found->dump();
}

/// The locks of this process.
struct Held {
    std::mutex mutex = {};
    std::set<std::string> texts = {};
};

Held& held() {
    static Held locks;
    return locks;
}

bool is_held_here(const std::string& text) {
    const std::lock_guard guard(held().mutex);
    return held().texts.contains(text);
}

bool no_such_process(long pid) { return kill(static_cast<pid_t>(pid), 0) != 0 && errno == ESRCH; }

}  // namespace

/// Not by a json object: its destructor takes memory, and ends the program when there is none (nlohmann 3.11).
std::string make_holder() {
    static std::atomic<long> count{0};
    const Here here;
    const auto quoted = [](const std::string& text) { return json(text).dump(); };
    return fmt::format(R"({{"boot":{},"host":{},"job":{},"number":{},"pid":{},"pid_namespace":{},"start_ticks":{},)"
                       R"("time":"{:%Y-%m-%dT%H:%M:%SZ}","time_namespace":{}}})"
                       "\n",
                       quoted(here.boot), quoted(here.host), quoted(environment_or_empty("SLURM_JOB_ID")), ++count,
                       getpid(), quoted(here.pid_namespace), start_ticks(getpid()).value_or(0),
                       fmt::gmtime(std::time(nullptr)), quoted(here.time_namespace));
}

HeldLock::HeldLock(std::string text) : text_(std::move(text)) {
    const std::lock_guard guard(held().mutex);
    held().texts.insert(text_);
}

HeldLock::~HeldLock() {
    const std::lock_guard guard(held().mutex);
    held().texts.erase(text_);
}

std::string describe_holder(const std::string& text) {
    const json holder = parse(text);
    if (text_of(holder, "host").empty()) {
        return "a holder that does not say who it is";
    }
    const std::string job = text_of(holder, "job");
    return fmt::format("host {}, pid {}{}, since {}", text_of(holder, "host"), text_of(holder, "pid"),
                       job.empty() ? "" : fmt::format(", job {}", job), text_of(holder, "time"));
}

bool is_gone(const std::string& text) {
    const json holder = parse(text);
    const Here here;
    if (text_of(holder, "host") != here.host || text_of(holder, "boot") != here.boot ||
        text_of(holder, "pid_namespace") != here.pid_namespace ||
        text_of(holder, "time_namespace") != here.time_namespace) {
        return false;
    }
    const auto pid_found = holder.find("pid");
    if (pid_found == holder.end() || !pid_found->is_number_integer() || !holder.contains("start_ticks")) {
        return false;
    }
    const long pid = pid_found->get<long>();
    if (no_such_process(pid)) {
        return true;
    }
    const std::optional<long long> started = start_ticks(pid);
    if (!started) {
        return no_such_process(pid);  // it has just gone, or belongs to another user and is hidden
    }
    if (std::to_string(*started) != text_of(holder, "start_ticks")) {
        return true;  // the pid is another process's by now
    }
    return pid == getpid() && !is_held_here(text);
}

std::string draft_of(const std::string& lock, const std::string& text) {
    const json holder = parse(text);
    const std::string host = text_of(holder, "host");
    const auto pid = holder.find("pid");
    const bool is_told =
        !host.empty() && host.find('/') == std::string::npos && pid != holder.end() && pid->is_number_integer();
    return is_told ? fmt::format("{}.{}.{}", lock, host, pid->get<long>()) : "";
}

}  // namespace memdata::io
