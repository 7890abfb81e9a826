// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "io/ticker.hpp"

#include <csignal>
#include <exception>
#include <utility>

namespace memdata::io {

namespace {

/// No signal reaches the threads that are started while this lives.
class BlockedSignals {
public:
    BlockedSignals() {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    BlockedSignals(const BlockedSignals&) = delete;
    BlockedSignals& operator=(const BlockedSignals&) = delete;
    ~BlockedSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

private:
    sigset_t before_{};
};

}  // namespace

Ticker::Ticker(std::chrono::duration<double> interval, std::function<void()> tick) {
    const BlockedSignals blocked;
    thread_ = std::thread([this, interval, tick = std::move(tick)] { run(interval, tick); });
}

void Ticker::stop() {
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable()) {
        thread_.join();
    }
}

void Ticker::run(std::chrono::duration<double> interval, const std::function<void()>& tick) {
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, interval, [this] { return stop_; })) {
        lock.unlock();
        try {
            tick();
        } catch (const std::exception&) {
            // Whoever only watches does not end the job because there is no memory for a line of text.
        }
        lock.lock();
    }
}

}  // namespace memdata::io
