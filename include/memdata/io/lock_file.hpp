// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <string>

namespace memdata {

/// Guards the making of a file among processes and jobs, as caput's lock_file does, on one process (save() uses
/// it on rank 0). The lock ".NAME.lock" appears whole and at once (link(2)), with its holder's host, pid, job and
/// time inside; the file grows as ".NAME" and is renamed at the end.
///
/// A lock is stale, and is taken over, when its holder ran on this host (same boot, same pid namespace) and that
/// process is gone; clocks do not matter. A holder elsewhere cannot be judged: its lock stays until it is removed or
/// broken. Who had the lock of a living process broken by mistake does not commit: see commit().
class LockFile {
public:
    struct Options {
        bool preserve = false;    ///< keep the temporary file when it is not committed
        bool break_lock = false;  ///< take the lock whoever holds it
    };

    /// Throws LockError, naming the holder, when somebody else has the lock; IoError when the folder cannot be
    /// written. Removes the temporary file that a dead holder left.
    LockFile(const std::string& file, Options options);
    explicit LockFile(const std::string& file) : LockFile(file, Options{}) {}
    LockFile(const LockFile&) = delete;
    LockFile& operator=(const LockFile&) = delete;
    /// Gives the lock back; removes the temporary file unless committed or preserved.
    ~LockFile();

    /// Where to write.
    [[nodiscard]] const std::string& temporary() const noexcept { return temporary_; }
    [[nodiscard]] const std::string& lock() const noexcept { return lock_; }

    /// Renames the temporary file to the final name and gives the lock back. With `sync`, file and folder are
    /// flushed to the device. With `replace` off it fails when the final name exists by now. Throws IoError, and
    /// LockError when somebody else has the lock by now.
    void commit(bool sync, bool replace = true);

private:
    struct Held;

    /// False when somebody has broken it and made one of his own.
    [[nodiscard]] bool is_mine() const noexcept;
    void release() noexcept;

    std::string file_;
    std::string temporary_;
    std::string lock_;
    Options options_;
    std::unique_ptr<Held> held_;  // what the lock says, while it is held
};

}  // namespace memdata
