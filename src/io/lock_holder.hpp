// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

// Who holds a lock, as the lock itself says in one line of JSON, and whether that process is known to be gone.
namespace memdata::io {

/// What this process writes into a lock: host, pid, job, time, and what tells this very lock from any other.
[[nodiscard]] std::string make_holder();

/// Keeps in mind that this process holds the lock with this text: one that says the same process, but that it does not
/// hold, is one that it could not remove.
class HeldLock {
public:
    explicit HeldLock(std::string text);
    HeldLock(const HeldLock&) = delete;
    HeldLock& operator=(const HeldLock&) = delete;
    ~HeldLock();
    [[nodiscard]] const std::string& text() const noexcept { return text_; }

private:
    std::string text_;
};

/// "host node17, pid 4711, job 99, since 2024-01-01T00:00:00Z", of the text in a lock.
[[nodiscard]] std::string describe_holder(const std::string& text);

/// Is the holder known to be gone? Only one of this boot and these namespaces can be judged. Clocks do not matter.
[[nodiscard]] bool is_gone(const std::string& text);

/// The name of the file that becomes the lock, where it needs one: ".NAME.lock.HOST.PID" of the process that wrote
/// `text`. Empty: it does not say.
[[nodiscard]] std::string draft_of(const std::string& lock, const std::string& text);

}  // namespace memdata::io
