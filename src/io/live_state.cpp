// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "io/live_state.hpp"

#include <algorithm>

namespace memdata::io {

namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

void LiveState::begin(std::string_view operation, const std::string& file) {
    const std::lock_guard lock(mutex_);
    progress_.operation = operation;
    progress_.file = file;
}

void LiveState::phase(std::string_view name) {
    const std::lock_guard lock(mutex_);
    progress_.phase = name;
    progress_.dataset.clear();
    phase_start_ = last_event_ = Clock::now();
}

void LiveState::dataset(const std::string& path) {
    const std::lock_guard lock(mutex_);
    progress_.dataset = path;
    last_event_ = Clock::now();
}

void LiveState::expect(Index total) {
    const std::lock_guard lock(mutex_);
    progress_.total = total;
}

void LiveState::advance(Index bytes) {
    const std::lock_guard lock(mutex_);
    progress_.bytes += bytes;
    last_event_ = Clock::now();
}

Progress LiveState::progress() const {
    const std::lock_guard lock(mutex_);
    Progress copy = progress_;
    copy.bytes = std::min(copy.bytes, copy.total);
    copy.seconds = seconds_since(start_);
    return copy;
}

LiveState::Times LiveState::times() const {
    const std::lock_guard lock(mutex_);
    return {seconds_since(phase_start_), seconds_since(last_event_)};
}

}  // namespace memdata::io
