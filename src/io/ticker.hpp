// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace memdata::io {

/// A thread that calls `tick` after every `interval` until it is stopped. It takes no signals: they are the
/// program's.
class Ticker {
public:
    /// Throws std::system_error when there can be no more threads.
    Ticker(std::chrono::duration<double> interval, std::function<void()> tick);
    Ticker(const Ticker&) = delete;
    Ticker& operator=(const Ticker&) = delete;
    ~Ticker() { stop(); }

    /// Waits for a tick that is under way; none comes after it.
    void stop();

private:
    void run(std::chrono::duration<double> interval, const std::function<void()>& tick);

    std::mutex mutex_;
    std::condition_variable wake_;
    bool stop_ = false;
    std::thread thread_;
};

}  // namespace memdata::io
